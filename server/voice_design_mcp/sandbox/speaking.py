"""Where and how many at once: the engine's blocking work, in worker threads. Knows no HTTP and no vendor rule."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio
from anyio import to_thread

from voice_design_mcp.describe.language import contradicts, recognise
from voice_design_mcp.sandbox import voiced
from voice_design_mcp.sandbox.answers import SPEAK_FAILED, invalid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from voice_design_mcp.sandbox.encoding import Encoder

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Form:
    """What sound is asked for.

    Attributes:
        response_format: pcm, wav, mp3 or opus.
        sample_rate_hz: Opus has no 22,050 and 44,100 Hz; it codes them as the next rate that it has.
        volume: 0 to 100; 50 is the engine's own level, 100 is twice that.
        bit_rate_kbps: Of opus only; more than 256 is 256.
    """

    response_format: str
    sample_rate_hz: int
    volume: int = 50
    bit_rate_kbps: int = 32


def spoken_language(text: str, language: str, *, declared: bool) -> str:
    """The language a text is read in.

    Args:
        text: What is read.
        language: An ISO code: the declared language, or where none was declared, the likeliest.
        declared: Whether the caller named it. Then only a script that says otherwise overrides it; else the words may
            too (the vendor's own sample declares nothing, which means zh, and speaks English).
    """
    contradicted = contradicts(text, language)
    guess = recognise(text)
    if not contradicted and (declared or not guess.certain or (language, guess.language) == ("ja", "zh")):
        return language
    return guess.language or "en"


AUTO = "auto"
"""The natural engine for new voices where it is installed, else the base engine."""

ENGINES = (AUTO, "neural", "formant")
"""What a sandbox can be told to design new voices for."""


class Speaker:
    """The engines behind one door: at most one synthesis more than there are cores runs at a time.

    Args:
        engine: For new voices: `AUTO`, "formant" or "neural". A voice that is there keeps the engine it was designed with.
        kokoro_model: The user's own copy of the natural engine's weights; None takes the installed packages'.
    """

    def __init__(self, engine: str = AUTO, kokoro_model: Path | None = None) -> None:
        self._slots = anyio.CapacityLimiter((os.cpu_count() or 1) + 1)
        self._engine = engine
        self._kokoro_model = kokoro_model

    async def design(self, description: str, seed: int) -> str:
        """Designs a voice and gives its specification as JSON."""
        return await self._run(lambda: self._design(description, seed))

    async def speak(self, spec: str, text: str, language: str, response_format: str, sample_rate_hz: int) -> bytes:
        """Speaks a text and encodes it as asked: pcm, wav, mp3 or opus, mono, 16 bits where the format has bits."""
        return await self._run(lambda: self._speak(spec, text, language, response_format, sample_rate_hz))

    def track(self, spec: str, form: Form, *, rate: float = 1.0, pitch: float = 1.0) -> Track:
        """A file of sound to be spoken text by text, and taken piece by piece.

        Args:
            spec: The voice.
            form: What the file is like.
            rate: How fast, against the voice's own pace: 0.5 to 2.
            pitch: How high, against the voice's own pitch: 0.5 to 2.
        """
        return Track(partial(self._blocks, spec, rate, pitch), form, self._slots)

    def _design(self, description: str, seed: int) -> str:
        from voice_design_mcp.sandbox.engine import seam

        engine = self._engine
        if engine == AUTO:
            engine = seam.best(self._kokoro_model)
        why = seam.unavailable(seam.NEURAL, self._kokoro_model)
        if engine == seam.NEURAL and why:
            raise seam.EngineError(f"The natural voice cannot speak: {why}.")
        if engine == seam.FORMANT and self._engine == AUTO and self._kokoro_model is not None:
            voiced.note(engine, f"The natural engine is not taken: {why}.")
        return seam.design(description, seed, engine).to_json()

    def _speak(self, spec: str, text: str, language: str, response_format: str, sample_rate_hz: int) -> bytes:
        import numpy as np

        from voice_design_mcp.sandbox.engine import seam
        from voice_design_mcp.speech import formats

        samples = np.concatenate(list(self._blocks(spec, 1.0, 1.0, text, language)))
        if not samples.size:
            raise invalid(SPEAK_FAILED)
        return formats.encode(samples, seam.SAMPLE_RATE_HZ, response_format, sample_rate_hz)

    def _blocks(self, spec: str, rate: float, pitch: float, text: str, language: str) -> Iterator[NDArray[np.float32]]:
        from voice_design_mcp.sandbox.engine import seam

        voice = seam.VoiceSpec.from_json(spec)
        rendering = seam.rendering(voice, self._kokoro_model)
        voiced.note(rendering.engine, rendering.note)
        return seam.speak(voice, text, language, rate=rate, pitch=pitch, kokoro_model=self._kokoro_model)

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await to_thread.run_sync(_checked(work), limiter=self._slots)


class Track:
    """One file of sound, spoken text by text."""

    def __init__(
        self, blocks: Callable[[str, str], Iterator[NDArray[np.float32]]], form: Form, slots: anyio.CapacityLimiter
    ) -> None:
        self._blocks = blocks
        self._form = form
        self._slots = slots
        self._encoder: Encoder | None = None

    def begin(self, text: str, language: str) -> Utterance:
        """The next text; nothing is spoken before its first piece is asked for."""
        return Utterance(partial(self._blocks, text, language), self._encoded, self._slots)

    async def finish(self) -> bytes:
        """The last bytes of the file, which may be none."""
        return await to_thread.run_sync(lambda: self._encoder.finish() if self._encoder else b"", limiter=self._slots)

    async def whole(self) -> bytes:
        """The finished file; nothing, if nothing was spoken."""
        return await to_thread.run_sync(lambda: self._encoder.whole() if self._encoder else b"", limiter=self._slots)

    def _encoded(self, block: NDArray[np.float32]) -> bytes:
        from voice_design_mcp.sandbox.encoding import Encoder
        from voice_design_mcp.sandbox.engine import seam

        if self._encoder is None:
            self._encoder = Encoder(self._form, seam.SAMPLE_RATE_HZ)
        return self._encoder.feed(block)


class Utterance:
    """Speech under way. Each piece is computed when it is asked for; `close` ends the engine's work early."""

    def __init__(
        self,
        speak: Callable[[], Iterator[NDArray[np.float32]]],
        encode: Callable[[NDArray[np.float32]], bytes],
        slots: anyio.CapacityLimiter,
    ) -> None:
        self._speak = speak
        self._encode = encode
        self._slots = slots
        self._blocks: Iterator[NDArray[np.float32]] | None = None

    async def next(self) -> bytes:
        """The next piece of the file; empty at the end of this text."""
        return await to_thread.run_sync(_checked(self._next), limiter=self._slots)

    async def close(self) -> None:
        """Ends the engine's work, if any is left."""
        end = getattr(self._blocks, "close", None)
        if end is not None:
            await to_thread.run_sync(end)

    def _next(self) -> bytes:
        if self._blocks is None:
            self._blocks = self._speak()
        for block in self._blocks:
            if piece := self._encode(block):
                return piece
        return b""


def _checked(work: Callable[[], _T]) -> Callable[[], _T]:
    """The work, its engine errors told as the vendor's refusal of a text that its engine cannot speak.

    A refusal and not a 500: nothing was billed, and asking again would change nothing.
    """

    def run() -> _T:
        from voice_design_mcp.sandbox.engine import seam

        try:
            return work()
        except seam.EngineError as error:
            raise invalid(f"{SPEAK_FAILED} ({error})") from error

    return run
