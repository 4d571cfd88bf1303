"""How each format is written while its end is not known yet. Knows no rates to convert and no files to put in place."""

from __future__ import annotations

import os
from typing import BinaryIO, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from voice_design_mcp.speech.containers import AudioError, OggSerialFixer, mp3_title, wav_header, wav_title
from voice_design_mcp.speech.formats import LIBSNDFILE


class Writer(Protocol):
    """Takes mono samples between -1 and 1 and writes them to a stream."""

    def write(self, sound: NDArray[np.float32]) -> None:
        """Take the next samples."""
        ...

    def finish(self) -> None:
        """Write what is left, and the sizes where they belong."""
        ...

    def abandon(self) -> None:
        """Write nothing more."""
        ...


def writer_of(
    response_format: str, rate_hz: int, stream: BinaryIO, sample_count: int | None, title: str = ""
) -> Writer:
    """Return the writer of a format, a key of `formats.MIME_TYPES`.

    Args:
        response_format: What to write.
        rate_hz: Of the samples.
        stream: Where to; it is written to from where it stands.
        sample_count: How many samples there will be, where that is known.
        title: What the file says it is called; pcm has no place for it.

    Raises:
        AudioError: The format does not have that rate, cannot hold as much, or needs a stream that can seek.
    """
    if response_format == "pcm":
        return _Samples(stream)
    can_seek = stream.seekable()
    if not can_seek and (response_format == "mp3" or (response_format == "wav" and sample_count is None)):
        raise AudioError(f"{response_format} states its length in front, and this stream cannot seek back there.")
    if response_format == "wav":
        return _Wav(stream, rate_hz, sample_count, wav_title(title))
    return _Coded(response_format, rate_hz, stream, title)


class _Samples:
    """16-bit little-endian, nothing around them."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, sound: NDArray[np.float32]) -> None:
        self._stream.write(np.round(sound * 32767).astype("<i2").tobytes())

    def finish(self) -> None:
        self._stream.flush()

    def abandon(self) -> None:
        pass


class _Wav(_Samples):
    """The same behind a header, which is written over once its sizes are known, and before the title's chunk."""

    def __init__(self, stream: BinaryIO, rate_hz: int, sample_count: int | None, titled: bytes) -> None:
        super().__init__(stream)
        self._titled = titled
        self._rate_hz, self._stated, self._count = rate_hz, sample_count, 0
        self._start = stream.tell() if sample_count is None else 0
        self._header = wav_header(sample_count or 0, rate_hz, len(titled))
        stream.write(self._header)

    def write(self, sound: NDArray[np.float32]) -> None:
        self._header = wav_header(self._count + len(sound), self._rate_hz, len(self._titled))
        self._count += len(sound)
        super().write(sound)

    def finish(self) -> None:
        self._stream.write(self._titled)
        if self._stated is None:
            self._stream.seek(self._start)
            self._stream.write(self._header)
            self._stream.seek(self._start + len(self._header) + 2 * self._count + len(self._titled))
        super().finish()


class _Coded:
    """What libsndfile encodes: mp3, and opus in Ogg."""

    def __init__(self, response_format: str, rate_hz: int, stream: BinaryIO, title: str) -> None:
        import soundfile

        container, codec = LIBSNDFILE[response_format]
        self._stream = stream
        if response_format == "mp3":
            stream.write(mp3_title(title))
        self._door = _Pages(stream) if container == "OGG" else _Door(stream, stream.tell())
        try:
            self._file = soundfile.SoundFile(cast("BinaryIO", self._door), "w", rate_hz, 1, codec, format=container)
            if title and response_format == "opus":
                self._file.title = title
        except soundfile.LibsndfileError as problem:
            self._door.raise_problem()
            raise AudioError(f"Sound at {rate_hz} Hz cannot be written as {response_format}.") from problem

    def write(self, sound: NDArray[np.float32]) -> None:
        try:
            self._file.write(sound)
        finally:
            self._door.raise_problem()

    def finish(self) -> None:
        try:
            self._file.close()
        finally:
            self._door.raise_problem()
        self._door.leave_at_end()
        self._stream.flush()

    def abandon(self) -> None:
        self._door.is_shut = True
        self._file.close()


class _Door:
    """What libsndfile takes for a file. It calls this from C, which lets no exception through: they wait here."""

    def __init__(self, stream: BinaryIO, start: int) -> None:
        self._stream, self._start = stream, start
        self._at = self._end = 0
        self._problem: Exception | None = None
        self.is_shut = False

    def write(self, data: bytes) -> int:
        if self.is_shut:
            return len(data)
        try:
            self._put(data)
        except Exception as problem:  # noqa: BLE001 - raised again by raise_problem
            self._problem = problem
            self.is_shut = True
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._end}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def raise_problem(self) -> None:
        """Raise what the stream raised."""
        if self._problem:
            raise self._problem

    def leave_at_end(self) -> None:
        """Put the stream behind what was written, from wherever that ended."""
        self._stream.seek(self._start + self._end)

    def _put(self, data: bytes) -> None:
        self._stream.seek(self._start + self._at)
        self._stream.write(data)


class _Pages(_Door):
    """The same for Ogg, which is written from front to back, with the pages' serial number replaced."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream, 0)
        self._fixer = OggSerialFixer()

    def leave_at_end(self) -> None:
        """It is there."""

    def _put(self, data: bytes) -> None:
        self._stream.write(self._fixer.feed(data))
