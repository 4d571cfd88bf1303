"""A designed voice sounds as it was described: pitch, pace and colour, measured of real speech."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise

import numpy as np
import pytest

from voice_design_mcp.describe import lexicon
from voice_design_mcp.describe.traits import Traits
from voice_design_mcp.sandbox.engine import seam
from voice_design_mcp.sandbox.engine.traits_to_voice import voice_of
from voice_design_mcp.speech.measure import Measured, measure

TEXTS = {
    "zh": "各位听众，大家好，欢迎收听晚间新闻。今天的天气非常晴朗。",
    "en": "Dear listeners, hello everyone. Welcome to the evening news. The weather today is bright and clear.",
    "de": "Liebe Zuhörer, guten Abend. Willkommen zu den Abendnachrichten. Das Wetter ist heute schön.",
    "it": "Cari ascoltatori, buonasera a tutti. Benvenuti al telegiornale della sera. Oggi il tempo è sereno.",
    "pt": "Caros ouvintes, boa noite a todos. Bem-vindos ao jornal da noite. Hoje o tempo está bonito.",
    "es": "Queridos oyentes, buenas noches a todos. Bienvenidos a las noticias de la noche. Hoy el tiempo está claro.",
    "ja": "皆さん、こんばんは。夜のニュースへようこそ。今日の天気はとても良いです。",
    "ko": "청취자 여러분, 안녕하세요. 저녁 뉴스에 오신 것을 환영합니다. 오늘 날씨는 매우 맑습니다.",
    "fr": "Chers auditeurs, bonsoir à tous. Bienvenue au journal du soir. Le temps est beau aujourd'hui.",
    "ru": "Дорогие слушатели, добрый вечер. Добро пожаловать в вечерние новости. Сегодня ясная погода.",
}
ANNOUNCER = (
    "A composed middle-aged male announcer with a deep, rich and magnetic voice, a steady speaking speed and clear "
    "articulation, suitable for news broadcasting or documentary commentary."
)
GIRL = (
    "Cute child's voice, approximately an 8-year-old girl, slightly childish speech, suited for animation character "
    "voiceover"
)
DESCRIBED = [  # the vendor's own examples first: description, lowest and highest median pitch in Hz, pace in English
    ("Standard broadcast style: clear and precise articulation with perfect enunciation", 135, 180, "medium"),
    (
        (
            "Young and lively female voice, fast-paced with a noticeable rising intonation, suited for fashion product "
            "presentations"
        ),
        195,
        255,
        "fast",
    ),
    (
        "Calm, slow-paced middle-aged male voice, deep and resonant, suited for news reading or documentary narration",
        80,
        108,
        "slow",
    ),
    (
        "Gentle and thoughtful female, around 30 years old, even-toned, suited for audio book reading",
        185,
        240,
        "medium",
    ),
    (GIRL, 260, 360, "medium"),
    (ANNOUNCER, 80, 108, "medium"),
    ("沉稳的中年男性播音员，音色低沉浑厚，富有磁性，语速平稳，吐字清晰，适合新闻播报或纪录片解说。", 80, 108, "medium"),
    ("年轻活泼的女性声音，语速较快，带有明显的上扬语调，适合介绍时尚产品。", 195, 255, "fast"),
    ("An elderly man with a husky, low voice, speaking slowly and seriously", 80, 112, "slow"),
    ("可爱的7岁小男孩，声音稚嫩清脆，适合动画角色配音。", 235, 330, "medium"),
]


def heard(description: str, language: str = "en", seed: int = 0) -> Measured:
    text = TEXTS[language]
    samples = seam.speak_whole(seam.design(description, seed), text, language)
    return measure(samples, seam.SAMPLE_RATE_HZ, text)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("description", "lowest_hz", "highest_hz", "pace"), DESCRIBED)
def test_a_described_voice_has_the_pitch_and_the_pace_of_its_description(
    description: str, lowest_hz: float, highest_hz: float, pace: str, seed: int
) -> None:
    measured = heard(description, seed=seed)
    assert measured.median_pitch_hz is not None
    assert lowest_hz < measured.median_pitch_hz < highest_hz
    assert measured.pace == pace


@pytest.mark.parametrize("language", seam.LANGUAGES)
@pytest.mark.parametrize("description", [ANNOUNCER, GIRL], ids=["announcer", "girl"])
def test_a_voice_keeps_its_pitch_in_every_language(description: str, language: str) -> None:
    target_hz = seam.design(description, 0).parameters["pitch_hz"]
    measured = heard(description, language)
    assert measured.median_pitch_hz == pytest.approx(target_hz, rel=0.12)
    assert measured.characters_per_s is not None
    assert (2.5 if language in {"zh", "ja", "ko"} else 8) < measured.characters_per_s < 15
    assert measured.silence_fraction < 0.35


def test_more_of_a_trait_is_more_of_its_sound() -> None:
    pitches = [heard(f"A woman's voice, {word} pitch").median_pitch_hz for word in lexicon.PITCHES]
    assert pitches == sorted(pitches, key=lambda hz: hz or 0)
    lengths = [heard(f"A woman's voice, {word} speed").duration_s for word in lexicon.SPEEDS]
    assert all(slower > 1.05 * faster for slower, faster in pairwise(lengths))
    assert lengths[0] > 1.4 * lengths[-1]


def test_emotion_and_colour_are_heard() -> None:
    lively, calm = heard("A lively, cheerful man"), heard("A calm, serious man")
    assert lively.pitch_range_semitones is not None
    assert calm.pitch_range_semitones is not None
    assert lively.pitch_range_semitones > 1.5 * calm.pitch_range_semitones
    assert heard("A crisp, bright woman").brightness_hz > 1.3 * heard("A deep, mellow woman").brightness_hz


def test_the_announcer_and_the_girl_could_not_be_confused() -> None:
    man, girl = heard(ANNOUNCER), heard(GIRL)
    assert man.median_pitch_hz is not None
    assert girl.median_pitch_hz is not None
    assert girl.median_pitch_hz > 2.5 * man.median_pitch_hz
    assert girl.brightness_hz > man.brightness_hz


@pytest.mark.parametrize(
    "traits",
    [
        *(Traits(emotions=(word,)) for word in lexicon.EMOTIONS),
        *(Traits(characteristics=(word,)) for word in lexicon.CHARACTERISTICS),
        *(Traits(uses=(word,)) for word in lexicon.USES),
    ],
    ids=str,
)
def test_every_word_that_the_parser_knows_changes_the_voice(traits: Traits) -> None:
    assert voice_of(traits, b"") != voice_of(Traits(), b"")


@pytest.mark.parametrize("description", [ANNOUNCER, GIRL], ids=["announcer", "girl"])
def test_two_seeds_of_one_description_differ_audibly_within_its_traits(description: str) -> None:
    first, *others = (heard(description, seed=seed) for seed in range(4))
    for other in others:
        assert other.median_pitch_hz == pytest.approx(first.median_pitch_hz, rel=0.13)
        assert other.duration_s == pytest.approx(first.duration_s, rel=0.10)
        differences = [
            abs(np.log(getattr(other, name) / getattr(first, name))) / least
            for name, least in (("median_pitch_hz", 0.02), ("duration_s", 0.01), ("brightness_hz", 0.04))
        ]
        assert max(differences) > 1


def test_a_design_is_the_same_everywhere_and_survives_being_stored() -> None:
    spec = seam.design(ANNOUNCER, 7)
    assert spec == seam.design(ANNOUNCER, 7)
    assert seam.VoiceSpec.from_json(spec.to_json()) == spec
    assert spec.parameters != seam.design(ANNOUNCER, 8).parameters


def test_what_traits_become_changes_only_with_the_engines_version() -> None:
    traits = Traits(gender="female", age="senior", pitch=-1, speed=-2, emotions=("gentle",), characteristics=("husky",))
    numbers = json.dumps(voice_of(traits, b"take").to_parameters(), sort_keys=True)
    assert (seam.FORMANT_VERSION, hashlib.sha256(numbers.encode()).hexdigest()[:16]) == ("2", "39be719ce75b217d")
