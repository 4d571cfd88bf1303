"""A whole sound, in memory or in a file, read block by block in memory that does not grow with it.

Imports numpy; loaded on first use.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from voice_design_mcp.speech.containers import AudioError, check_mp3, check_ogg, mend_wav
from voice_design_mcp.speech.formats import LIBSNDFILE, known_format

if TYPE_CHECKING:
    import soundfile

_BLOCK_SAMPLES = 48_000
_LONGEST_S = 2 * 3600


class Sound:
    """An open sound.

    Attributes:
        rate_hz: Of its samples.
        length: How many there are, as the file states.
    """

    def __init__(self, rate_hz: int, length: int) -> None:
        self.rate_hz = rate_hz
        self.length = length

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Its samples from the beginning: mono, full scale 1.0; of several channels their mean.

        Raises:
            AudioError: It is cut off, damaged, empty or longer than two hours.
        """
        read = 0
        for block in self._read():
            read += len(block)
            if read > _LONGEST_S * self.rate_hz:
                raise AudioError("The sound is longer than two hours.")
            if not np.isfinite(block).all():
                raise AudioError("The sound has samples that are not numbers.")
            yield block
        if read < self.length:
            raise AudioError(f"The sound is cut off: {read} of {self.length} samples are there.")
        if not read:
            raise AudioError("There is no sound.")

    def _read(self) -> Iterator[NDArray[np.float32]]:
        raise NotImplementedError


class _Samples(Sound):
    """16-bit little-endian, nothing around them."""

    def __init__(self, stream: BinaryIO, size: int, rate_hz: int) -> None:
        super().__init__(rate_hz, size // 2)
        self._stream = stream

    def _read(self) -> Iterator[NDArray[np.float32]]:
        self._stream.seek(0)
        while data := self._stream.read(2 * _BLOCK_SAMPLES):
            yield np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)


class _Coded(Sound):
    """What libsndfile reads."""

    def __init__(self, file: soundfile.SoundFile) -> None:
        super().__init__(int(file.samplerate), int(file.frames))
        self._file = file

    def _read(self) -> Iterator[NDArray[np.float32]]:
        if self._file.tell():
            self._file.seek(0)
        # Block by block: the length in a damaged header is not to be trusted with memory.
        while len(block := self._file.read(_BLOCK_SAMPLES, dtype="float32", always_2d=True)):
            yield block.mean(axis=1, dtype=np.float32)


@contextmanager
def opened(source: bytes | Path, response_format: str, sample_rate_hz: int) -> Generator[Sound]:
    """Open a sound.

    Args:
        source: A whole file's bytes, from wherever; or a file that was written here, or is WAV. A WAV file whose header was
            written before its length was known gets it.
        response_format: What it should be, a key of `formats.MIME_TYPES`.
        sample_rate_hz: The rate of pcm; other formats state their own.

    Raises:
        AudioError: It is not that format, or is cut off or damaged; also while it is read.
    """
    import soundfile

    known_format(response_format)
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if response_format == "pcm" and (not size or size % 2):
        raise AudioError(f"This is not 16-bit pcm: {size} bytes.")
    if isinstance(source, bytes):
        _check(source, response_format)
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("r+b") as stream:
        if response_format == "pcm":
            yield _Samples(stream, size, sample_rate_hz)
            return
        if response_format == "wav":
            mend_wav(stream, size)
            stream.seek(0)
        try:
            with soundfile.SoundFile(stream) as file:
                if file.format not in {LIBSNDFILE[response_format][0], "WAVEX"}:
                    raise AudioError(f"This is not {response_format} but {file.format}.")
                yield _Coded(file)
        except soundfile.LibsndfileError as problem:
            raise AudioError(f"This cannot be read as {response_format}.") from problem


def _check(data: bytes, response_format: str) -> None:
    if response_format == "opus":
        check_ogg(data)
    if response_format == "mp3":
        check_mp3(data)
