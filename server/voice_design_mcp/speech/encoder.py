"""Sound into a file or a stream, block by block, in memory that does not grow with it. Knows no vendors and no voices.

Imports numpy; loaded on first use.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import numpy as np
from numpy.typing import NDArray

from voice_design_mcp.speech.containers import AudioError
from voice_design_mcp.speech.formats import known_format
from voice_design_mcp.speech.resample import Resampler
from voice_design_mcp.speech.whole_file import WholeFile
from voice_design_mcp.speech.writers import Writer, writer_of

_BLOCK_SAMPLES = 48_000


class StreamEncoder:
    """Writes mono blocks as one sound; the bytes are those of `formats.encode` for all of the samples at once.

    As a context manager it closes itself, or discards what was written when its block raises. After an error nothing more
    can be written, and a file that was to be made is not there.
    """

    def __init__(
        self,
        response_format: str,
        input_rate_hz: int,
        output_rate_hz: int,
        sink: BinaryIO | Path,
        *,
        sample_count: int | None = None,
        title: str = "",
    ) -> None:
        """Open the sink.

        Args:
            response_format: A key of `formats.MIME_TYPES`; wav and pcm are 16-bit little-endian.
            input_rate_hz: Of the blocks.
            output_rate_hz: Wanted; Opus has 8, 12, 16, 24 and 48 kHz only.
            sink: A path, where the file appears when it is whole and replaces what was there; or a stream, which is written
                to from where it stands and stays open. One that cannot seek takes pcm, opus, and wav of known length.
            sample_count: How many samples will be written, at the input's rate, where that is known.
            title: What the file says it is called; pcm has no place for it.

        Raises:
            AudioError: The format does not have that rate, does not go into such a stream, or cannot be so long.
            OSError: The path cannot be written to.
        """
        known_format(response_format)
        self._resampler = Resampler(input_rate_hz, output_rate_hz) if input_rate_hz != output_rate_hz else None
        self._promised = (
            None if sample_count is None else math.floor(sample_count * output_rate_hz / input_rate_hz + 0.5)
        )
        self._written, self._is_kept = 0, False
        self._output_rate_hz = output_rate_hz
        self._file = WholeFile(sink) if isinstance(sink, Path) else None
        stream = self._file.stream if self._file else cast("BinaryIO", sink)
        self._writer: Writer | None = None
        try:
            self._writer = writer_of(response_format, output_rate_hz, stream, self._promised, title)
        except BaseException:
            self.discard()
            raise

    @property
    def duration_s(self) -> float:
        """How much has been written, as it will play; while rates differ, some 20 ms may be under way."""
        return self._written / self._output_rate_hz

    def write(self, samples: NDArray[np.float32]) -> None:
        """Write the next samples: mono, full scale is 1.0; what is beyond is clipped.

        Raises:
            AudioError: Some are not numbers, the format cannot hold so many, or the encoder is closed.
            OSError: The sink does not take them.
        """
        try:
            for block in _blocks(samples):
                self._pass_on(self._resampler.feed(block) if self._resampler else block)
        except BaseException:
            self.discard()
            raise

    def close(self) -> None:
        """Write what is left and the sizes, and put the file in its place. Does nothing the second time.

        Raises:
            AudioError: There was no sound, not as much as was promised, or an error before this.
            OSError: The sink does not take it.
        """
        if self._is_kept:
            return
        if self._writer is None:
            raise AudioError("The encoder was stopped; there is no file.")
        try:
            if self._resampler:
                self._pass_on(self._as_promised(self._resampler.feed(np.zeros(0, np.float32), last=True)))
            self._check_amount()
            self._writer.finish()
            if self._file:
                self._file.keep()
        except BaseException:
            self.discard()
            raise
        self._writer = self._file = None
        self._is_kept = True

    def discard(self) -> None:
        """Stop, and leave no file. A stream keeps what it has. After `close` this does nothing."""
        writer, file = self._writer, self._file
        self._writer = self._file = None
        if writer:
            writer.abandon()
        if file:
            file.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def _pass_on(self, sound: NDArray[np.float32]) -> None:
        if self._writer is None:
            raise AudioError("The encoder is closed.")
        if not np.isfinite(sound).all():
            raise AudioError("The sound has samples that are not numbers.")
        if len(sound):
            self._writer.write(np.clip(sound, -1.0, 1.0))
            self._written += len(sound)

    def _check_amount(self) -> None:
        if not self._written:
            raise AudioError("There is no sound to encode.")
        if self._promised not in {None, self._written}:
            raise AudioError(f"Of {self._promised} samples that were promised, {self._written} came.")

    def _as_promised(self, tail: NDArray[np.float32]) -> NDArray[np.float32]:
        """The last samples, as many as a header has stated: half a sample may be rounded the other way."""
        if self._promised is None or abs(self._written + len(tail) - self._promised) > 1:
            return tail
        return np.concatenate((tail, np.zeros(1, np.float32)))[: self._promised - self._written]


def _blocks(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    if samples.ndim != 1:
        raise AudioError(f"The sound has {samples.ndim} dimensions; mono has one.")
    for at in range(0, len(samples), _BLOCK_SAMPLES):
        yield np.asarray(samples[at : at + _BLOCK_SAMPLES], dtype=np.float32)
