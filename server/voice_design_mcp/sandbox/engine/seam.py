"""What the sandbox may use of its engines: design a voice, speak with it. Knows no HTTP and keeps nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from typing import TYPE_CHECKING

from voice_design_mcp.describe.traits import parse
from voice_design_mcp.sandbox.engine.spec import LANGUAGES, SAMPLE_RATE_HZ, EngineError, VoiceSpec
from voice_design_mcp.sandbox.engine.traits_to_voice import voice_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LANGUAGES", "SAMPLE_RATE_HZ", "EngineError", "VoiceSpec", "design", "speak", "speak_whole"]

FORMANT, FORMANT_VERSION = "formant", "1"

_SLOWEST, _FASTEST = 0.5, 2.0


def design(description: str, seed: int) -> VoiceSpec:
    """Return the voice of `description`, in as many takes as there are seeds. No sound is made.

    The same description and seed give the same spec on every machine.
    """
    described = description.encode("utf-8", "surrogatepass")
    voice = voice_of(parse(description), described + b"\0" + str(seed).encode())
    return VoiceSpec(
        engine=FORMANT,
        engine_version=FORMANT_VERSION,
        seed=seed,
        description_sha256=hashlib.sha256(described).hexdigest(),
        parameters=voice.to_parameters(),
    )


def speak(
    spec: VoiceSpec, text: str, language: str, *, rate: float = 1.0, pitch: float = 1.0
) -> Generator[NDArray[np.float32], None, None]:
    """Speak `text` and give it block by block: mono float32 at `SAMPLE_RATE_HZ`, full scale 1.0.

    The same call gives the same samples on one machine. Closing the generator stops the work and leaves no process.
    Several calls may run at once, from any threads.

    Args:
        spec: The voice.
        text: What to say.
        language: One of `LANGUAGES`.
        rate: How fast, against the voice's own pace: 0.5 to 2.
        pitch: How high, against the voice's own pitch: 0.5 to 2.

    Raises:
        EngineError: At once for an argument out of range; with the first block for a text that cannot be said.
    """
    if spec.engine != FORMANT:
        raise EngineError(f"This voice was designed for the engine {spec.engine!r}, which is not here.")
    if language not in LANGUAGES:
        raise EngineError(f"The language {language!r} is not one of {', '.join(LANGUAGES)}.")
    for name, value in (("rate", rate), ("pitch", pitch)):
        if not _SLOWEST <= value <= _FASTEST:
            raise EngineError(f"The {name} {value} is not from {_SLOWEST} to {_FASTEST}.")
    return _speak(spec, text, language, rate, pitch)


def speak_whole(
    spec: VoiceSpec, text: str, language: str, *, rate: float = 1.0, pitch: float = 1.0
) -> NDArray[np.float32]:
    """Speak `text` and give it as one array: what `speak` gives, joined."""
    import numpy as np

    return np.concatenate(list(speak(spec, text, language, rate=rate, pitch=pitch)))


def _speak(
    spec: VoiceSpec, text: str, language: str, rate: float, pitch: float
) -> Generator[NDArray[np.float32], None, None]:
    from voice_design_mcp.sandbox.engine import formant

    yield from formant.stream(spec, text, language, rate, pitch)
