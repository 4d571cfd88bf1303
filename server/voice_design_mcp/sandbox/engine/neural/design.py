"""The numbers of a voice to a blend of Kokoro-82M's own voices: whose timbre, whose melody, how large a throat. Makes no sound.

A style has two halves that move independently: timbre, and prosody, which holds pitch, melody and pace. Blends of either
stay voices, and the pitch of a blend of prosodies lies between theirs in proportion, on the scale of semitones.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voice_design_mcp.describe.traits import Traits
from voice_design_mcp.sandbox.engine.neural.voices import PROSODIES, TIMBRES
from voice_design_mcp.sandbox.engine.spec import EngineError, Parameter
from voice_design_mcp.sandbox.engine.traits_to_voice import BASES, FormantVoice, voice_of

_NORMAL_SPREAD, _NORMAL_SEMITONES = 1.9, 2.9
_LEAST_SEMITONES, _MOST_SEMITONES = 1.9, 4.3
_WIDEST_RATIO = 1.5
_CHOICES = 6
_THROAT_SHARE = 0.7
_SMALLEST_THROAT, _LARGEST_THROAT = 0.93, 1.08
_SWEET = ("zf_xiaoyi", "jf_nezumi")


@dataclass(frozen=True, slots=True)
class Blend:
    """What is said of a voice in Kokoro's own terms.

    Attributes:
        timbre: Share of each of its voices in the timbre; together 1.
        low: The voice whose prosody lies below the pitch.
        high: The voice whose prosody lies above it.
        throat: Factor to every formant: above 1 is a smaller throat.
    """

    timbre: Mapping[str, float]
    low: str
    high: str
    throat: float


def parameters_of(traits: Traits, take: bytes) -> dict[str, Parameter]:
    """Return what a spec holds: the numbers of the voice, which any engine can read, and the blend for this one.

    Args:
        traits: What the description says.
        take: Any bytes; the same bytes give the same voice, others a sibling of it.
    """
    voice = voice_of(traits, take)
    chance = random.Random(int.from_bytes(hashlib.sha256(b"blend\0" + take).digest()[:8], "big"))  # noqa: S311 - repeatable, not secret
    low, high = _prosodies(voice, chance)
    share = share_of_high(low, high, voice.pitch_hz)
    throat = 1 + _THROAT_SHARE * (voice.formants_percent / BASES[traits.gender, traits.age][1] - 1)
    return {
        **voice.to_parameters(),
        "timbre": _timbre(traits, chance),
        "prosody": {low: round(1 - share, 4), high: round(share, 4)},
        "throat": round(min(max(throat, _SMALLEST_THROAT), _LARGEST_THROAT), 4),
    }


def blend_from(parameters: Mapping[str, Any]) -> Blend:
    """Read the blend that `parameters_of` wrote.

    Raises:
        EngineError: It is not there, or names a voice that Kokoro does not have.
    """
    try:
        timbre = {str(name): float(share) for name, share in parameters["timbre"].items()}
        low, high = sorted(parameters["prosody"], key=lambda name: PROSODIES[name].pitch_hz)
        throat = float(parameters["throat"])
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise EngineError("The stored voice is damaged: its blend cannot be read.") from problem
    is_whole = timbre.keys() <= PROSODIES.keys() and math.isclose(sum(timbre.values()), 1, abs_tol=0.01)
    if not is_whole or not _SMALLEST_THROAT <= throat <= _LARGEST_THROAT:
        raise EngineError("The stored voice is damaged: its blend makes no voice.")
    return Blend(timbre, low, high, throat)


def _timbre(traits: Traits, chance: random.Random) -> dict[str, float]:
    shares = {name: chance.gammavariate(1.2, 1) + 0.05 for name in TIMBRES[traits.gender, traits.age]}
    if "sweet" in traits.characteristics and traits.gender != "male":
        shares[chance.choice(_SWEET)] = 0.18 * sum(shares.values())
    total = sum(shares.values())
    return {name: round(share / total, 4) for name, share in shares.items()}


def _prosodies(voice: FormantVoice, chance: random.Random) -> tuple[str, str]:
    """Two voices whose pitches have the wanted one between them and whose melody moves about as much as it should."""
    wanted = _NORMAL_SEMITONES * voice.spread / _NORMAL_SPREAD
    wanted = min(max(wanted, _LEAST_SEMITONES), _MOST_SEMITONES)
    by_pitch = sorted(PROSODIES, key=lambda name: PROSODIES[name].pitch_hz)
    pitch_hz = min(max(voice.pitch_hz, PROSODIES[by_pitch[1]].pitch_hz), PROSODIES[by_pitch[-2]].pitch_hz)
    pairs = [
        (abs(_semitones(low, high, pitch_hz) - wanted), low, high)
        for low in by_pitch
        for high in by_pitch
        if pitch_hz / _WIDEST_RATIO
        <= PROSODIES[low].pitch_hz
        <= pitch_hz
        < PROSODIES[high].pitch_hz
        <= pitch_hz * _WIDEST_RATIO
    ]
    _, low, high = chance.choice(sorted(pairs)[:_CHOICES])
    return low, high


def _semitones(low: str, high: str, pitch_hz: float) -> float:
    share = share_of_high(low, high, pitch_hz)
    return (1 - share) * PROSODIES[low].semitones + share * PROSODIES[high].semitones


def share_of_high(low: str, high: str, pitch_hz: float) -> float:
    """Return how much of `high` a blend with `low` needs to speak at `pitch_hz`; not limited to 0 to 1."""
    bottom, top = PROSODIES[low].pitch_hz, PROSODIES[high].pitch_hz
    return math.log(pitch_hz / bottom) / math.log(top / bottom)
