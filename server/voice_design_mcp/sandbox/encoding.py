"""Sound to the bytes of one file while it is being spoken: level, rate, format. Knows no engine and no protocol.

Imports numpy; loaded on first use.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from voice_design_mcp.sandbox.speaking import Form
from voice_design_mcp.speech.containers import wav_header, whole_wav
from voice_design_mcp.speech.resample import Resampler

Block = NDArray[np.float32]

_KNEE, _CEILING = 0.70, 0.99
_STREAMED_SAMPLES = 0x7FFF_FF00
_OPUS_RATES_HZ = (8000, 12000, 16000, 24000, 48000)
_OPUS_LOWEST_KBPS, _OPUS_SPAN_KBPS = 6, 250
_MP3_COMPRESSION = 0.5


class Encoder:
    """Makes one file of blocks of sound and gives its bytes out as they are ready.

    A WAV header that goes out first states a length that no file has, as headers of streams do; `whole` has the true
    one. An MP3 stream begins with a silent frame, in whose place `whole` has the length.
    """

    def __init__(self, form: Form, source_rate_hz: int) -> None:
        rate_hz = form.sample_rate_hz
        if form.response_format == "opus":
            rate_hz = next(one for one in _OPUS_RATES_HZ if one >= rate_hz)
        self._gain = np.float32(form.volume / 50)
        self._resampler = Resampler(source_rate_hz, rate_hz) if source_rate_hz != rate_hz else None
        self._file = _file(form, rate_hz)

    def feed(self, block: Block) -> bytes:
        """Takes the next block; what is ready, which may be nothing."""
        return self._file.add(self._resampled(_levelled(block, self._gain), last=False))

    def finish(self) -> bytes:
        """The end of the file."""
        return self._file.add(self._resampled(np.zeros(0, np.float32), last=True)) + self._file.end()

    def whole(self) -> bytes:
        """The whole file, once it is finished; nothing, if there was no sound."""
        return self._file.whole()

    def _resampled(self, block: Block, *, last: bool) -> Block:
        return block if self._resampler is None else self._resampler.feed(block, last=last)


def _levelled(block: Block, gain: np.float32) -> Block:
    """At the asked level; what would be too loud is bent, not cut."""
    if gain == 1:
        return block
    louder = block * gain
    size = np.abs(louder)
    room = np.float32(_CEILING - _KNEE)
    return np.where(size > _KNEE, np.copysign(_KNEE + room * np.tanh((size - _KNEE) / room), louder), louder)


def _file(form: Form, rate_hz: int) -> _Raw | _Coded:
    if form.response_format in {"pcm", "wav"}:
        return _Raw(wav_header(_STREAMED_SAMPLES, rate_hz) if form.response_format == "wav" else b"")
    if form.response_format == "mp3":
        return _Coded("MP3", "MPEG_LAYER_III", rate_hz, _MP3_COMPRESSION)
    bit_rate_kbps = min(form.bit_rate_kbps, _OPUS_LOWEST_KBPS + _OPUS_SPAN_KBPS)
    compression = 1 - (bit_rate_kbps - _OPUS_LOWEST_KBPS) / _OPUS_SPAN_KBPS
    return _Coded("OGG", "OPUS", rate_hz, compression)


class _Raw:
    """16-bit samples, behind a header if there is one."""

    def __init__(self, header: bytes) -> None:
        self._header = header
        self._given: list[bytes] = []

    def add(self, block: Block) -> bytes:
        if not len(block):
            return b""
        pcm = np.round(np.clip(block, -1.0, 1.0) * 32767).astype("<i2").tobytes()
        out = pcm if self._given else self._header + pcm
        self._given.append(out)
        return out

    def end(self) -> bytes:
        return b""

    def whole(self) -> bytes:
        data = b"".join(self._given)
        return whole_wav(data) if self._header and data else data


class _Coded:
    """A file that libsndfile writes into memory, read from behind it."""

    def __init__(self, container: str, codec: str, rate_hz: int, compression: float) -> None:
        import soundfile

        self._memory = io.BytesIO()
        self._given = 0
        self._heard = False
        # At a constant rate a decoder can tell the length of a stream that has no length in front.
        mode = "CONSTANT" if container == "MP3" else None
        self._file = soundfile.SoundFile(
            self._memory, "w", rate_hz, 1, codec, format=container, bitrate_mode=mode, compression_level=compression
        )

    def add(self, block: Block) -> bytes:
        if not len(block):
            return b""
        self._heard = True
        self._file.write(np.clip(block, -1.0, 1.0))
        return self._fresh()

    def end(self) -> bytes:
        self._file.close()
        return self._fresh() if self._heard else b""

    def whole(self) -> bytes:
        return self._memory.getvalue() if self._heard else b""

    def _fresh(self) -> bytes:
        fresh = self._memory.getbuffer()[self._given :].tobytes()
        self._given += len(fresh)
        return fresh
