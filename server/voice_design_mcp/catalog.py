"""What the vendor sells: families, models, limits, regions, prices, dates. Data; each row names its source and its date.

Sources: S0 = Voice design API reference (Model Studio); S2 = Voice Design guide, Jun 25 2026; N792 = retirement notice 792,
Jun 05 2026; P = official price page; R = official rate-limit page; Q = Qwen TTS API page; V = unified voice design API page; RT =
Qwen-TTS-Realtime client events; C = CosyVoice speech API pages. Knows no network and no money beyond the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from .catalog_rows import DesignLimits, Family, Price, Region, Source, SpeechLimits, TargetModel

LANGUAGES: Final[Mapping[str, str]] = {
    "zh": "Chinese",
    "en": "English",
    "de": "German",
    "it": "Italian",
    "pt": "Portuguese",
    "es": "Spanish",
    "ja": "Japanese",
    "ko": "Korean",
    "fr": "French",
    "ru": "Russian",
}
"""Codes of `language` in voice design (S0) and the names that synthesis wants as `language_type` (Q)."""


SPEECH_FORMATS: Final = ("pcm", "wav", "mp3", "opus")
SPEECH_RATES_HZ: Final = (8000, 16000, 24000, 48000)
"""What speech can be had in, whatever its model gives: it is converted here."""


S0 = Source(document="Voice design API reference", as_of=date(2026, 11, 22))
S2 = Source(document="Voice Design guide", as_of=date(2026, 6, 25))
N792 = Source(document="Retirement notice 792", as_of=date(2026, 6, 5))
PRICE_PAGE = Source(document="Model Studio price page", as_of=date(2026, 11, 22))
RATE_PAGE = Source(document="Model Studio rate-limit page", as_of=date(2026, 11, 22))
TTS_PAGE = Source(document="Qwen TTS API page", as_of=date(2026, 11, 22))
DESIGN_PAGE = Source(document="Voice design API page, all families", as_of=date(2026, 11, 22))
REALTIME_PAGE = Source(document="Qwen-TTS-Realtime client events page", as_of=date(2026, 11, 22))
SYNTHESIZER_PAGE = Source(document="CosyVoice and Qwen-Audio speech API pages", as_of=date(2026, 11, 22))
OMNI = Source(document="vLLM-Omni 0.30 Speech API page and server", as_of=date(2026, 11, 22))
NOBODY = Source(document="no list found; the highest price of its family", as_of=date(2026, 11, 22))


QWEN: Final = Family(
    name="qwen",
    wire_model="qwen-voice-design",
    limits=DesignLimits(
        voice_prompt_max=2048,
        preview_text_min=1,
        preview_text_max=1024,
        name_pattern=r"[A-Za-z0-9_]{1,16}",
        name_max=16,
        languages=tuple(LANGUAGES),
        sample_rates_hz=(8000, 16000, 24000, 48000),
        response_formats=("pcm", "wav", "mp3", "opus"),
        source=S0,
    ),
    # S2 and the English page say USD 0.20, the Chinese price page CNY 0.2: the higher is held.
    creation_price=Price(amount=Decimal("0.20"), currency="USD", per="voice", basis="listed", source=S2),
    voice_quota=1000,
    page_index_max=200,
    unused_days_until_cleanup=365,
    free_creations=10,
    free_creation_days=90,
    free_creation_regions=("singapore",),
    regions=("singapore", "beijing"),
    reviewed=False,
    retires=date(2026, 10, 10),
    successor="voice-enrollment (target models cosyvoice-v3.5-flash, qwen-audio-3.1-tts-flash and others; Beijing only)",
    requests_per_minute=180,
    source=N792,
)

ENROLLMENT: Final = Family(
    name="enrollment",
    wire_model="voice-enrollment",
    limits=DesignLimits(
        voice_prompt_max=500,
        preview_text_min=15,  # the server's own; its documents name none, and their sample is shorter
        preview_text_max=200,
        name_pattern=r"[A-Za-z0-9]{1,10}",
        name_max=10,
        languages=("zh", "en"),
        sample_rates_hz=(16000, 24000, 48000),
        response_formats=("pcm", "wav", "mp3"),
        source=DESIGN_PAGE,
    ),
    creation_price=Price(amount=Decimal(0), currency="USD", per="voice", basis="listed", source=S2),
    voice_quota=1000,
    page_index_max=200,  # ours: the documents name no bound
    unused_days_until_cleanup=365,
    free_creations=0,
    free_creation_days=0,
    free_creation_regions=(),
    regions=("beijing",),
    reviewed=True,
    retires=None,
    successor="",
    requests_per_minute=180,  # the documents give design none of its own; as Qwen's
    source=DESIGN_PAGE,
)

OPEN: Final = replace(
    QWEN,
    name="open",
    wire_model="Qwen3-TTS-VoiceDesign",
    limits=replace(  # a server takes 500 characters of description unless it is started to take more, and says what it takes
        QWEN.limits,
        preview_text_min=10,
        preview_text_max=400,  # ours: a voice is made of a clip of 1 to 30 s
        sample_rates_hz=(24000,),
        response_formats=("wav",),
        source=OMNI,
    ),
    creation_price=replace(QWEN.creation_price, amount=Decimal(0), source=OMNI),
    unused_days_until_cleanup=36_500,
    free_creations=0,
    free_creation_days=0,
    free_creation_regions=(),
    regions=(),
    reviewed=True,  # it may speak once its clip is uploaded
    retires=None,
    successor="",
    requests_per_minute=0,
    source=OMNI,
)
"""The user's own servers: no price, no slot of the vendor's."""

FAMILIES: Final[Mapping[str, Family]] = {family.name: family for family in (QWEN, ENROLLMENT, OPEN)}
"""Every family by name."""

_QWEN_PLAIN: Final = SpeechLimits(languages=tuple(LANGUAGES), source=TTS_PAGE)
_QWEN_REALTIME: Final = SpeechLimits(
    languages=tuple(LANGUAGES),
    response_formats=("pcm", "wav", "mp3", "opus"),
    sample_rates_hz=(8000, 16000, 24000, 48000),
    speech_rate=(0.5, 2.0),
    pitch_rate=(0.5, 2.0),
    volume=(0, 100),
    source=REALTIME_PAGE,
)
_QWEN_AUDIO: Final = SpeechLimits(
    languages=tuple(LANGUAGES),
    response_formats=("pcm", "wav", "mp3", "opus"),
    sample_rates_hz=(8000, 16000, 22050, 24000, 44100, 48000),
    speech_rate=(0.5, 2.0),
    pitch_rate=(0.5, 2.0),
    volume=(0, 100),
    instructions_max=100,
    source=SYNTHESIZER_PAGE,
)
_COSYVOICE: Final = replace(_QWEN_AUDIO, languages=("zh", "en", "fr", "de", "ja", "ko", "ru", "pt"))


def _qwen_model(model: str, *, realtime: bool) -> TargetModel:
    # Realtime: CNY 1.0 in Beijing, USD 0.143353 elsewhere in the same pages; the higher of the two is held.
    amount, basis = (Decimal("1.0"), "ceiling") if realtime else (Decimal("0.8"), "listed")
    return TargetModel(
        id=model,
        family=QWEN.name,
        realtime=realtime,
        streams_by="realtime" if realtime else "sse",
        speech=_QWEN_REALTIME if realtime else _QWEN_PLAIN,
        regions=("singapore", "beijing"),
        text_max=600,
        han_counts_double=False,
        price=Price(amount=amount, currency="CNY", per="10,000 characters", basis=basis, source=PRICE_PAGE),
        requests_per_minute=180,
        retires=QWEN.retires,
        source=S2,
    )


def _enrolled_model(
    model: str, cny: str, basis: Literal["listed", "ceiling"], speech: SpeechLimits, source: Source = PRICE_PAGE
) -> TargetModel:
    cosyvoice = model.startswith("cosyvoice-")
    return TargetModel(
        id=model,
        family=ENROLLMENT.name,
        realtime=False,
        streams_by="inference" if cosyvoice else "sse",
        speech=speech,
        regions=("beijing",) if cosyvoice else ("singapore", "beijing"),
        text_max=20_000,
        han_counts_double=True,
        price=Price(amount=Decimal(cny), currency="CNY", per="10,000 characters", basis=basis, source=source),
        requests_per_minute=180,  # 3 a second for CosyVoice (R), 180 a minute for Qwen-Audio; v3.5 has no row
        retires=None,
        source=DESIGN_PAGE,
    )


QWEN_MODELS: Final[Mapping[str, TargetModel]] = {
    model.id: model
    for model in (
        _qwen_model("qwen3-tts-vd-2026-01-26", realtime=False),
        _qwen_model("qwen3-tts-vd-realtime-2026-01-15", realtime=True),
        _qwen_model("qwen3-tts-vd-realtime-2025-12-16", realtime=True),
    )
}
ENROLLED_MODELS: Final[Mapping[str, TargetModel]] = {
    model.id: model
    for model in (
        # Billed by the token since 2026-09-22 (CNY 1.5 a million in, 12 out, 12.5 a second): less than its old price by character.
        _enrolled_model("qwen-audio-3.1-tts-flash", "1", "ceiling", _QWEN_AUDIO),
        _enrolled_model("qwen-audio-3.1-tts-plus", "2", "ceiling", _QWEN_AUDIO, NOBODY),
        # Singapore's price; Beijing's is 1 and 1.4.
        _enrolled_model("qwen-audio-3.0-tts-flash", "1.12413", "ceiling", _QWEN_AUDIO),
        _enrolled_model("qwen-audio-3.0-tts-plus", "1.49884", "ceiling", _QWEN_AUDIO),
        _enrolled_model("cosyvoice-v3.5-flash", "0.8", "listed", _COSYVOICE),
        _enrolled_model("cosyvoice-v3.5-plus", "1.5", "listed", _COSYVOICE),
        _enrolled_model("cosyvoice-v3-flash", "1", "listed", _COSYVOICE),
        _enrolled_model("cosyvoice-v3-plus", "2", "listed", replace(_COSYVOICE, instructions_max=0)),
    )
}
OPEN_MODEL: Final = "qwen3-tts-open"
_OPEN: Final = TargetModel(
    id=OPEN_MODEL,
    family=OPEN.name,
    realtime=False,
    streams_by="own",
    speech=SpeechLimits(languages=tuple(LANGUAGES), source=OMNI),
    regions=(),
    text_max=600,
    han_counts_double=False,
    price=Price(amount=Decimal(0), currency="USD", per="10,000 characters", basis="listed", source=OMNI),
    requests_per_minute=0,
    retires=None,
    source=OMNI,
)
MODELS: Final[Mapping[str, TargetModel]] = {**QWEN_MODELS, **ENROLLED_MODELS, OPEN_MODEL: _OPEN}
"""Every target model by its id."""
PREFERRED_MODELS: Final = (
    "qwen3-tts-vd-2026-01-26",
    "cosyvoice-v3.5-flash",  # the replacement that N792 names
    "qwen-audio-3.0-tts-flash",
    "qwen-audio-3.1-tts-flash",
    "cosyvoice-v3.5-plus",
    "qwen-audio-3.0-tts-plus",
    "cosyvoice-v3-flash",
    "cosyvoice-v3-plus",
    "qwen-audio-3.1-tts-plus",
    "qwen3-tts-vd-realtime-2026-01-15",
    "qwen3-tts-vd-realtime-2025-12-16",
    OPEN_MODEL,
)
"""Which model a voice is designed for where nobody chose one: the first that the vendor still serves to the account."""
DEFAULT_LANGUAGE: Final = "zh"
"""The vendor's default (S0)."""


REGIONS: Final[Mapping[str, Region]] = {
    "singapore": Region(
        name="singapore",
        shared_host="dashscope-intl.aliyuncs.com",
        workspace_host="{workspace_id}.ap-southeast-1.maas.aliyuncs.com",
        source=S0,
    ),
    "beijing": Region(
        name="beijing",
        shared_host="dashscope.aliyuncs.com",
        workspace_host="{workspace_id}.cn-beijing.maas.aliyuncs.com",
        source=S2,
    ),
}


def origin(region: str, workspace_id: str = "") -> str:
    """The vendor's https origin for a region: shared, or a workspace's own."""
    row = REGIONS[region]
    return "https://" + (row.workspace_host.format(workspace_id=workspace_id) if workspace_id else row.shared_host)


def family_designing(model: str) -> Family | None:
    """The family of a target model, or whose design model it is; None for a model that no family here knows."""
    if model in MODELS:
        return family_of(model)
    return next((family for family in FAMILIES.values() if model == family.wire_model), None)


def region_of(host: str) -> str:
    """The region whose host this is, shared or a workspace's; empty for any other host."""
    for name, row in REGIONS.items():
        if host == row.shared_host or host.endswith(row.workspace_host.removeprefix("{workspace_id}")):
            return name
    return ""


def family_of(target_model: str) -> Family:
    """The family that designs voices for a target model in the catalog."""
    return FAMILIES[MODELS[target_model].family]


def requests_per_minute(target_model: str) -> int:
    """How often a minute a model is asked at most, by all who use the account, 0 without a limit; as Qwen's where it is unknown."""
    return (MODELS.get(target_model) or family_designing(target_model) or QWEN).requests_per_minute
