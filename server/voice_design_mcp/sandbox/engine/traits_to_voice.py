"""Traits and a seed to the numbers of a voice: pitch, formants, pace and colour. Knows no engine's language.

The base values and the effect of each word were measured one by one on the engine; a seed moves a voice audibly without
leaving what its traits ask for.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from voice_design_mcp.describe.traits import Traits
from voice_design_mcp.sandbox.engine.spec import EngineError, Parameter

FORMANTS = 9
"""How many formants a voice has: a low resonance, then eight of the vocal tract."""


@dataclass(frozen=True, slots=True)
class FormantVoice:
    """The numbers of one voice, the same in every language.

    Attributes:
        pitch_hz: Median pitch.
        spread: Movement of the pitch around it, in semitones of standard deviation.
        speed: 1.0 is the normal pace of the language.
        formants_percent: Size of the vocal tract: above 100 is smaller.
        widths_percent: Of the formants; wide is soft.
        tilt: Balance of the spectrum: above 0 is bright, below is dark.
        consonants_percent: Their strength.
        voicing_percent: Strength of the voiced sound.
        breath: Strength of breath in the voice.
        roughness: 0 smooth to 7 creaking.
        flutter: Unsteadiness of the pitch.
        echo_percent: Strength of a short echo.
        gain_db: Against the level of every other voice.
        formant_jitter: Factor for each formant's frequency.
        height_jitter: Factor for each formant's strength.
    """

    pitch_hz: float
    spread: float
    speed: float
    formants_percent: float
    widths_percent: float = 100.0
    tilt: float = 0.0
    consonants_percent: float = 100.0
    voicing_percent: float = 100.0
    breath: float = 0.0
    roughness: float = 0.0
    flutter: float = 2.0
    echo_percent: float = 0.0
    gain_db: float = 0.0
    formant_jitter: tuple[float, ...] = (1.0,) * FORMANTS
    height_jitter: tuple[float, ...] = (1.0,) * FORMANTS

    def to_parameters(self) -> dict[str, Parameter]:
        """Return the numbers as a spec keeps them, rounded so that JSON does not change them."""
        values: dict[str, float | tuple[float, ...]] = asdict(self)
        return {
            name: [round(number, 4) for number in value] if isinstance(value, tuple) else round(value, 4)
            for name, value in values.items()
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Parameter]) -> FormantVoice:
        """Read what `to_parameters` gave.

        Raises:
            EngineError: A number is missing, or is none.
        """
        try:
            return cls(**{field.name: _stored(field.name, parameters[field.name]) for field in fields(cls)})
        except (KeyError, TypeError, ValueError, OverflowError) as problem:
            raise EngineError("The stored voice is damaged: its numbers cannot be read.") from problem


def _stored(name: str, value: Any) -> Any:
    """Check one stored parameter: a list is of one number for each formant, anything else is a number."""
    if name not in {"formant_jitter", "height_jitter"}:
        return _finite(value)
    if len(value) != FORMANTS:
        raise ValueError(name)
    return tuple(map(_finite, value))


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a word does: the first five are factors, the rest is added."""

    pitch_hz: float = 1.0
    spread: float = 1.0
    speed: float = 1.0
    formants_percent: float = 1.0
    widths_percent: float = 1.0
    tilt: float = 0.0
    consonants_percent: float = 0.0
    voicing_percent: float = 0.0
    breath: float = 0.0
    roughness: float = 0.0
    flutter: float = 0.0
    echo_percent: float = 0.0
    gain_db: float = 0.0

    def on(self, voice: FormantVoice) -> FormantVoice:
        changed = {
            field.name: getattr(voice, field.name) * getattr(self, field.name)
            if field.default == 1.0
            else getattr(voice, field.name) + getattr(self, field.name)
            for field in fields(self)
        }
        return replace(voice, **changed)


_BASE_SPREAD = 1.9
BASES: dict[tuple[str, str], tuple[float, float]] = {  # median pitch in Hz, formants in %
    ("male", "child"): (255, 122),
    ("male", "teen"): (150, 107),
    ("male", "young"): (118, 102),
    ("male", "adult"): (112, 100),
    ("male", "middle"): (104, 98),
    ("male", "senior"): (116, 97),
    ("female", "child"): (290, 126),
    ("female", "teen"): (235, 116),
    ("female", "young"): (215, 113),
    ("female", "adult"): (205, 112),
    ("female", "middle"): (190, 110),
    ("female", "senior"): (176, 108),
    ("neutral", "child"): (272, 124),
    ("neutral", "teen"): (185, 111),
    ("neutral", "young"): (160, 107),
    ("neutral", "adult"): (155, 106),
    ("neutral", "middle"): (148, 105),
    ("neutral", "senior"): (146, 103),
}
_AGES = {
    "child": _Effect(speed=0.96),
    "teen": _Effect(speed=1.03),
    "young": _Effect(speed=1.02),
    "adult": _Effect(),
    "middle": _Effect(speed=0.98),
    "senior": _Effect(speed=0.88, flutter=5),
}
_PITCHES = {
    -2: _Effect(pitch_hz=0.84, formants_percent=0.98),
    -1: _Effect(pitch_hz=0.92, formants_percent=0.99),
    0: _Effect(),
    1: _Effect(pitch_hz=1.09, formants_percent=1.01),
    2: _Effect(pitch_hz=1.19, formants_percent=1.02),
}
_SPEEDS = {
    -2: _Effect(speed=0.78),
    -1: _Effect(speed=0.89),
    0: _Effect(),
    1: _Effect(speed=1.13),
    2: _Effect(speed=1.28),
}
_EMOTIONS = {
    "cheerful": _Effect(pitch_hz=1.05, spread=1.35, speed=1.05, tilt=1.5),
    "lively": _Effect(pitch_hz=1.04, spread=1.45, speed=1.08, tilt=1.5, consonants_percent=10),
    "calm": _Effect(spread=0.80, speed=0.95),
    "gentle": _Effect(spread=0.90, speed=0.96, tilt=-1, breath=6, gain_db=-1, consonants_percent=-10),
    "serious": _Effect(pitch_hz=0.97, spread=0.70, speed=0.97),
    "composed": _Effect(spread=0.85, speed=0.98),
    "soothing": _Effect(spread=0.85, speed=0.90, tilt=-1.5, breath=8, gain_db=-1),
    "rising": _Effect(spread=1.25),
}
_CHARACTERISTICS = {
    "deep": _Effect(pitch_hz=0.90, formants_percent=0.97, tilt=-2.5),
    "resonant": _Effect(widths_percent=0.80, formants_percent=0.985, tilt=-0.5, echo_percent=10),
    "crisp": _Effect(widths_percent=0.90, tilt=2, consonants_percent=25),
    "husky": _Effect(breath=22, roughness=4, flutter=4, voicing_percent=-15),
    "mellow": _Effect(widths_percent=1.15, tilt=-2, consonants_percent=-20),
    "sweet": _Effect(pitch_hz=1.05, spread=1.15, formants_percent=1.03, tilt=1, breath=5),
    "powerful": _Effect(spread=1.10, tilt=1.5, consonants_percent=15, voicing_percent=20, gain_db=1.5),
    "breathy": _Effect(breath=25, voicing_percent=-25),
    "childish": _Effect(pitch_hz=1.04, formants_percent=1.03),
    "bright": _Effect(tilt=2.5),
}
_USES = {
    "news": _Effect(tilt=0.5, consonants_percent=10),
    "advertising": _Effect(spread=1.15, speed=1.03),
    "audiobook": _Effect(speed=0.95),
    "animation": _Effect(spread=1.25),
    "assistant": _Effect(consonants_percent=5),
    "documentary": _Effect(speed=0.93),
}
_LIMITS = {  # beyond these the engine stops being a voice
    "pitch_hz": (62.0, 420.0),
    "spread": (0.4, 3.6),
    "speed": (0.5, 2.2),
    "formants_percent": (88.0, 138.0),
    "widths_percent": (60.0, 150.0),
    "tilt": (-6.0, 6.0),
    "consonants_percent": (50.0, 160.0),
    "voicing_percent": (50.0, 140.0),
    "breath": (0.0, 40.0),
    "roughness": (0.0, 7.0),
    "flutter": (0.0, 12.0),
}


def voice_of(traits: Traits, take: bytes) -> FormantVoice:
    """Return the voice that `traits` ask for.

    Args:
        traits: What the description says.
        take: Any bytes; the same bytes give the same voice, others a sibling of it.
    """
    pitch_hz, formants_percent = BASES[traits.gender, traits.age]
    voice = FormantVoice(pitch_hz=pitch_hz, spread=_BASE_SPREAD, speed=1.0, formants_percent=formants_percent)
    for effect in _effects(traits):
        voice = effect.on(voice)
    return _within_limits(_sibling(_within_limits(voice), take))


def _effects(traits: Traits) -> Iterator[_Effect]:
    yield _AGES[traits.age]
    yield _PITCHES[traits.pitch]
    yield _SPEEDS[traits.speed]
    for emotion in traits.emotions:
        yield _EMOTIONS[emotion]
    for characteristic in traits.characteristics:
        yield _CHARACTERISTICS[characteristic]
    asks_for_speed = any(match.dimension == "speed" for match in traits.matches)
    for use in traits.uses:
        # A speed that was asked for wins over the speed that the use would suggest.
        yield replace(_USES[use], speed=1.0) if asks_for_speed else _USES[use]


def _sibling(voice: FormantVoice, take: bytes) -> FormantVoice:
    chance = random.Random(int.from_bytes(hashlib.sha256(take).digest()[:8], "big"))  # noqa: S311 - repeatable, not secret

    def about(share: float) -> float:
        return 1 + chance.uniform(-share, share)

    return replace(
        voice,
        pitch_hz=voice.pitch_hz * about(0.05),
        spread=voice.spread * about(0.12),
        speed=voice.speed * about(0.04),
        formants_percent=voice.formants_percent * about(0.025),
        widths_percent=voice.widths_percent * about(0.08),
        tilt=voice.tilt + chance.uniform(-0.8, 0.8),
        formant_jitter=tuple(about(0.03) for _ in range(FORMANTS)),
        height_jitter=tuple(1 + chance.choice((-1, 1)) * chance.uniform(0.08, 0.20) for _ in range(FORMANTS)),
    )


def _within_limits(voice: FormantVoice) -> FormantVoice:
    return replace(voice, **{name: min(max(getattr(voice, name), low), high) for name, (low, high) in _LIMITS.items()})
