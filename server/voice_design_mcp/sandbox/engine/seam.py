"""What the sandbox may use of its engines: design a voice, speak with it, know which speaks. Knows no HTTP, keeps nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voice_design_mcp.describe.traits import parse
from voice_design_mcp.sandbox.engine.spec import LANGUAGES, SAMPLE_RATE_HZ, EngineError, VoiceSpec
from voice_design_mcp.sandbox.engine.traits_to_voice import voice_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "FORMANT",
    "LANGUAGES",
    "NEURAL",
    "SAMPLE_RATE_HZ",
    "EngineError",
    "Rendering",
    "VoiceSpec",
    "best",
    "design",
    "rendering",
    "speak",
    "speak_whole",
    "unavailable",
]

FORMANT, FORMANT_VERSION = "formant", "2"
NEURAL, NEURAL_VERSION = "neural", "1"

_SLOWEST, _FASTEST = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Rendering:
    """Who speaks for a voice.

    Attributes:
        engine: The engine that speaks.
        note: Why it is not the one that the voice was designed for; empty when it is.
    """

    engine: str
    note: str = ""


def unavailable(engine: str, kokoro_model: Path | None = None) -> str:
    """Tell why `engine` cannot be used here; empty when it can. Loads nothing.

    Args:
        engine: Its name.
        kokoro_model: The user's own copy of the natural engine's weights; None takes the installed packages'.
    """
    if engine == FORMANT:
        return ""
    if engine != NEURAL:
        return "this program has no such engine"
    from voice_design_mcp.sandbox.engine.neural import weights

    return weights.unavailable(kokoro_model)


def best(kokoro_model: Path | None = None) -> str:
    """Return the engine for new voices: the natural one where it is installed."""
    return FORMANT if unavailable(NEURAL, kokoro_model) else NEURAL


def design(description: str, seed: int, engine: str = FORMANT) -> VoiceSpec:
    """Return the voice of `description`, in as many takes as there are seeds. No sound is made, and nothing is loaded.

    The same description, seed and engine give the same spec on every machine.

    Raises:
        EngineError: There is no such engine.
    """
    described = description.encode("utf-8", "surrogatepass")
    traits, take = parse(description), described + b"\0" + str(seed).encode()
    if engine == FORMANT:
        version, parameters = FORMANT_VERSION, voice_of(traits, take).to_parameters()
    elif engine == NEURAL:
        from voice_design_mcp.sandbox.engine.neural.design import parameters_of

        version, parameters = NEURAL_VERSION, parameters_of(traits, take)
    else:
        raise EngineError(f"This program has no engine {engine!r}.")
    return VoiceSpec(
        engine=engine,
        engine_version=version,
        seed=seed,
        description_sha256=hashlib.sha256(described).hexdigest(),
        parameters=parameters,
    )


def rendering(spec: VoiceSpec, kokoro_model: Path | None = None) -> Rendering:
    """Tell which engine speaks for a voice: its own, or where the natural one is gone, the base engine from the same traits.

    Args:
        spec: The voice.
        kokoro_model: As in `unavailable`.

    Raises:
        EngineError: It was designed for an engine that this program does not have.
    """
    reason = unavailable(spec.engine, kokoro_model)
    if reason and spec.engine != NEURAL:
        raise EngineError(f"This voice was designed for the engine {spec.engine!r}, which is not here.")
    if reason:
        note = f"This voice was designed for the natural engine, but {reason}: the base engine speaks with the same traits."
        return Rendering(FORMANT, note)
    return Rendering(spec.engine)


def speak(
    spec: VoiceSpec,
    text: str,
    language: str,
    *,
    rate: float = 1.0,
    pitch: float = 1.0,
    kokoro_model: Path | None = None,
) -> Generator[NDArray[np.float32], None, None]:
    """Speak `text` and give it block by block: mono float32 at `SAMPLE_RATE_HZ`, full scale 1.0.

    The same call gives the same samples on one machine. Closing the generator stops the work and leaves no process.
    Several calls may run at once, from any threads.

    Args:
        spec: The voice; `rendering` tells which engine will speak.
        text: What to say.
        language: One of `LANGUAGES`.
        rate: How fast, against the voice's own pace: 0.5 to 2.
        pitch: How high, against the voice's own pitch: 0.5 to 2.
        kokoro_model: As in `unavailable`.

    Raises:
        EngineError: At once for an argument out of range; with the first block for a text that cannot be said.
    """
    engine = rendering(spec, kokoro_model).engine
    if language not in LANGUAGES:
        raise EngineError(f"The language {language!r} is not one of {', '.join(LANGUAGES)}.")
    for name, value in (("rate", rate), ("pitch", pitch)):
        if not _SLOWEST <= value <= _FASTEST:
            raise EngineError(f"The {name} {value} is not from {_SLOWEST} to {_FASTEST}.")
    if engine == FORMANT:
        return _speak_formant(spec, text, language, rate, pitch)
    return _speak_neural(spec, text, language, rate, pitch, kokoro_model)


def speak_whole(
    spec: VoiceSpec,
    text: str,
    language: str,
    *,
    rate: float = 1.0,
    pitch: float = 1.0,
    kokoro_model: Path | None = None,
) -> NDArray[np.float32]:
    """Speak `text` and give it as one array: what `speak` gives, joined."""
    import numpy as np

    blocks = speak(spec, text, language, rate=rate, pitch=pitch, kokoro_model=kokoro_model)
    return np.concatenate(list(blocks))


def _speak_formant(
    spec: VoiceSpec, text: str, language: str, rate: float, pitch: float
) -> Generator[NDArray[np.float32], None, None]:
    from voice_design_mcp.sandbox.engine import formant

    yield from formant.stream(spec, text, language, rate, pitch)


def _speak_neural(
    spec: VoiceSpec, text: str, language: str, rate: float, pitch: float, kokoro_model: Path | None
) -> Generator[NDArray[np.float32], None, None]:
    from voice_design_mcp.sandbox.engine.neural import speaking

    yield from speaking.stream(spec, text, language, rate, pitch, kokoro_model)
