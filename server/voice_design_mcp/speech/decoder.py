"""Samples out of wav and pcm bytes as they arrive, in pieces of any size. The other formats are read whole, by `formats`.

Imports numpy; loaded on first use.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from voice_design_mcp.speech.containers import AudioError, is_streamed_wav

_PCM, _EXTENSIBLE = 1, 0xFFFE
_HEADER_MAX_BYTES = 1 << 20
_EMPTY = np.zeros(0, np.float32)


class StreamDecoder:
    """Reads 16-bit sound; several channels become their mean.

    Attributes:
        sample_rate_hz: Of the samples; of wav 0 until its header has come.
    """

    def __init__(self, response_format: str, sample_rate_hz: int = 0) -> None:
        """Expect a format.

        Args:
            response_format: wav or pcm.
            sample_rate_hz: The rate of pcm; wav states its own.

        Raises:
            AudioError: The format is another.
        """
        if response_format not in {"wav", "pcm"}:
            raise AudioError(f"Sound in {response_format!r} is not read while it arrives, only wav and pcm are.")
        self.sample_rate_hz = 0 if response_format == "wav" else sample_rate_hz
        self._channels = 1
        self._rest = b""
        self._in_header = response_format == "wav"
        self._due: int | None = None
        self._has_sound = False

    def feed(self, data: bytes) -> NDArray[np.float32]:
        """Take the next bytes and return the samples that they complete (full scale is 1.0), which may be none.

        Raises:
            AudioError: It is no WAV file, or none of 16-bit sound.
        """
        self._rest += data
        if self._in_header and not self._read_header():
            return _EMPTY
        take = len(self._rest) if self._due is None else min(self._due, len(self._rest))
        take -= take % (2 * self._channels)
        sound, self._rest = self._rest[:take], self._rest[take:]
        if self._due is not None:
            self._due -= take
            if not self._due:
                self._rest = b""  # what follows the sound: titles and the like
        if not sound:
            return _EMPTY
        self._has_sound = True
        samples = np.frombuffer(sound, "<i2").astype(np.float32) / np.float32(32768)
        return samples.reshape(-1, self._channels).mean(axis=1) if self._channels > 1 else samples

    def close(self) -> None:
        """Say that nothing more comes.

        Raises:
            AudioError: It ended before its time, or there was no sound.
        """
        if self._in_header:
            raise AudioError("The WAV file ends before its sound.")
        if self._due:
            raise AudioError(f"The WAV file is cut off: {self._due} bytes of its sound did not come.")
        if self._rest:
            raise AudioError("The sound is cut off inside a sample.")
        if not self._has_sound:
            raise AudioError("There is no sound.")

    def _read_header(self) -> bool:
        """Read up to the sound, if all of that is there."""
        start = self._rest
        if not b"RIFF".startswith(start[:4]) or not b"WAVE".startswith(start[8:12]):
            raise AudioError("This is not a WAV file.")
        at = 12
        while at + 8 <= len(start):
            name, size = struct.unpack_from("<4sI", start, at)
            if name == b"data":
                self._begin(size, struct.unpack_from("<I", start, 4)[0], at + 8)
                return True
            if name == b"fmt " and at + 8 + size <= len(start):
                self._read_format(start[at + 8 : at + 8 + size])
            at += 8 + size + size % 2
        if len(start) > _HEADER_MAX_BYTES:
            raise AudioError("The WAV file has no sound where it should begin.")
        return False

    def _begin(self, stated: int, riff_size: int, at: int) -> None:
        if not self.sample_rate_hz:
            raise AudioError("The WAV file does not say how its sound is written.")
        self._due = None if is_streamed_wav(stated, riff_size, at - 8) else stated
        self._rest = self._rest[at:]
        self._in_header = False

    def _read_format(self, fields: bytes) -> None:
        if len(fields) < 16:
            raise AudioError("The WAV file is damaged.")
        tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", fields)
        if tag == _EXTENSIBLE and len(fields) >= 26:
            tag = struct.unpack_from("<H", fields, 24)[0]
        if tag != _PCM or bits != 16 or not channels or not rate_hz:
            raise AudioError("The WAV file holds other than 16-bit sound.")
        self.sample_rate_hz, self._channels = rate_hz, channels
