"""Where and how many at once: the engine's blocking work, in worker threads. Knows no HTTP and no vendor rule."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import anyio
from anyio import to_thread

from voice_design_mcp.describe.language import contradicts, recognise
from voice_design_mcp.sandbox.answers import SPEAK_FAILED, invalid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_T = TypeVar("_T")


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


class Speaker:
    """The engine behind one door: at most one synthesis more than there are cores runs at a time."""

    def __init__(self) -> None:
        self._slots = anyio.CapacityLimiter((os.cpu_count() or 1) + 1)

    async def design(self, description: str, seed: int) -> str:
        """Designs a voice and gives its specification as JSON."""
        return await self._run(lambda: _design(description, seed))

    async def speak(self, spec: str, text: str, language: str, response_format: str, sample_rate_hz: int) -> bytes:
        """Speaks a text and encodes it as asked: pcm, wav, mp3 or opus, mono, 16 bits where the format has bits."""
        return await self._run(lambda: _speak(spec, text, language, response_format, sample_rate_hz))

    def begin(self, spec: str, text: str, language: str) -> Utterance:
        """A text to be taken piece by piece, as it is spoken."""
        return Utterance(spec, text, language, self._slots)

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await to_thread.run_sync(_checked(work), limiter=self._slots)


class Utterance:
    """Speech under way. Each piece is computed when it is asked for; `close` ends the engine's work early."""

    def __init__(self, spec: str, text: str, language: str, slots: anyio.CapacityLimiter) -> None:
        self._asked = (spec, text, language)
        self._slots = slots
        self._blocks: Iterator[NDArray[np.float32]] | None = None
        self._spoken: list[NDArray[np.float32]] = []

    async def next_pcm(self) -> bytes:
        """The next piece, 16-bit mono PCM at 24 kHz; empty at the end."""
        return await to_thread.run_sync(_checked(self._next_pcm), limiter=self._slots)

    async def whole_wav(self) -> bytes:
        """All that was taken so far, as one WAV file."""
        return await to_thread.run_sync(self._whole_wav, limiter=self._slots)

    async def close(self) -> None:
        """Ends the engine's work, if any is left."""
        end = getattr(self._blocks, "close", None)
        if end is not None:
            await to_thread.run_sync(end)

    def _next_pcm(self) -> bytes:
        from voice_design_mcp.sandbox.engine import seam
        from voice_design_mcp.speech import formats

        if self._blocks is None:
            spec, text, language = self._asked
            self._blocks = iter(seam.speak(seam.VoiceSpec.from_json(spec), text, language))
        for block in self._blocks:
            if block.size:
                self._spoken.append(block)
                return formats.encode(block, seam.SAMPLE_RATE_HZ, "pcm", seam.SAMPLE_RATE_HZ)
        return b""

    def _whole_wav(self) -> bytes:
        import numpy as np

        from voice_design_mcp.sandbox.engine import seam
        from voice_design_mcp.speech import formats

        return formats.encode(np.concatenate(self._spoken), seam.SAMPLE_RATE_HZ, "wav", seam.SAMPLE_RATE_HZ)


def _design(description: str, seed: int) -> str:
    from voice_design_mcp.sandbox.engine import seam

    return seam.design(description, seed).to_json()


def _speak(spec: str, text: str, language: str, response_format: str, sample_rate_hz: int) -> bytes:
    from voice_design_mcp.sandbox.engine import seam
    from voice_design_mcp.speech import formats

    samples = seam.speak_whole(seam.VoiceSpec.from_json(spec), text, language)
    if not samples.size:
        raise invalid(SPEAK_FAILED)
    return formats.encode(samples, seam.SAMPLE_RATE_HZ, response_format, sample_rate_hz)


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
