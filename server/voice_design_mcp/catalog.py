"""What the vendor sells: families, models, limits, regions, prices, dates. Data; each row names its source and its date.

Sources: S0 = Voice design API reference (Model Studio); S2 = Voice Design guide, Jun 25 2026; N792 = retirement notice 792,
Jun 05 2026; P = official price page; R = official rate-limit page; Q = Qwen TTS API page. Knows no network and no money beyond
the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact is from, and the day it was read."""

    document: str
    as_of: date


S0 = Source(document="Voice design API reference", as_of=date(2026, 11, 22))
S2 = Source(document="Voice Design guide", as_of=date(2026, 6, 25))
N792 = Source(document="Retirement notice 792", as_of=date(2026, 6, 5))
PRICE_PAGE = Source(document="Model Studio price page", as_of=date(2026, 11, 22))
RATE_PAGE = Source(document="Model Studio rate-limit page", as_of=date(2026, 11, 22))
TTS_PAGE = Source(document="Qwen TTS API page", as_of=date(2026, 11, 22))


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A list price. `basis`: listed by the vendor, derived from a listed one, or a ceiling where sources conflict."""

    amount: Decimal
    currency: Literal["USD", "CNY"]
    per: Literal["voice", "10,000 characters"]
    basis: Literal["listed", "derived", "ceiling"]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignLimits:
    """What a family's voice creation accepts. Lengths in characters (code points)."""

    voice_prompt_max: int
    preview_text_min: int
    preview_text_max: int
    name_pattern: str
    name_max: int
    languages: tuple[str, ...]
    sample_rates_hz: tuple[int, ...]
    response_formats: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A way to make voices: one `model` value on the wire, one list, one quota."""

    name: str
    wire_model: str
    limits: DesignLimits
    creation_price: Price
    voice_quota: int
    page_index_max: int
    unused_days_until_cleanup: int
    free_creations: int
    free_creation_days: int
    free_creation_regions: tuple[str, ...]
    retires: date | None
    successor: str
    requests_per_minute: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetModel:
    """A synthesis model that designed voices are bound to."""

    id: str
    family: str
    realtime: bool
    spoken_here: bool
    regions: tuple[str, ...]
    text_max: int
    price: Price
    requests_per_minute: int
    retires: date | None
    source: Source


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
    retires=date(2026, 10, 10),
    successor="voice-enrollment (target models qwen-audio-3.1-tts-flash, cosyvoice-v3.5-flash and others)",
    requests_per_minute=180,
    source=N792,
)

FAMILIES: Final[Mapping[str, Family]] = {QWEN.name: QWEN}


def _qwen_model(model: str, *, realtime: bool) -> TargetModel:
    # Realtime: CNY 1.0 in Beijing, USD 0.143353 elsewhere in the same pages; the higher of the two is held.
    amount, basis = (Decimal("1.0"), "ceiling") if realtime else (Decimal("0.8"), "listed")
    return TargetModel(
        id=model,
        family=QWEN.name,
        realtime=realtime,
        spoken_here=not realtime,
        regions=("singapore", "beijing"),
        text_max=600,
        price=Price(amount=amount, currency="CNY", per="10,000 characters", basis=basis, source=PRICE_PAGE),
        requests_per_minute=180,
        retires=QWEN.retires,
        source=S2,
    )


MODELS: Final[Mapping[str, TargetModel]] = {
    model.id: model
    for model in (
        _qwen_model("qwen3-tts-vd-2026-01-26", realtime=False),
        _qwen_model("qwen3-tts-vd-realtime-2026-01-15", realtime=True),
        _qwen_model("qwen3-tts-vd-realtime-2025-12-16", realtime=True),
    )
}
DEFAULT_TARGET_MODEL: Final = "qwen3-tts-vd-2026-01-26"
DEFAULT_LANGUAGE: Final = "zh"
"""The vendor's default (S0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region's hosts. A key works only in the region that issued it (S2)."""

    name: str
    shared_host: str
    workspace_host: str
    source: Source


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


def family_of(target_model: str) -> Family:
    """The family that designs voices for a target model in the catalog."""
    return FAMILIES[MODELS[target_model].family]


def billed_characters(text: str) -> int:
    """Characters as the vendor bills them: a Han character is 2, any other 1 (Q).

    Kana and hangul are 1 by our reading of that rule; scripts it does not mention are counted 2, so that a hold is never short.
    """
    return sum(_weight(ord(character)) for character in text)


def _weight(point: int) -> int:
    if point < 0x0590:  # Latin, Greek, Cyrillic, Armenian and their punctuation
        return 1
    unbilled_double = (
        0x1E00 <= point <= 0x206F  # Latin additions, Greek extended, punctuation
        or 0x3000 <= point <= 0x30FF  # CJK punctuation, kana
        or 0xAC00 <= point <= 0xD7A3  # hangul
        or 0xFF00 <= point <= 0xFFEF  # full-width forms
    )
    return 1 if unbilled_double else 2
