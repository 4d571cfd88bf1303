"""The bytes around sound: WAV headers, Ogg pages, MP3 frames. Tells whole from cut off; decodes nothing.

Standard library only.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

WAV_SAMPLES_MAX = (0xFFFF_FFFF - 36) // 2
"""How many 16-bit mono samples the 32-bit sizes in a WAV file can state."""

_WAV_HEAD_BYTES = 1 << 20
_UNKNOWN_SIZE_FROM = 0x7FFF_0000
_BITS_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_OGG_SERIAL = struct.pack("<I", 0x766F6963)
_OGG_END_OF_STREAM = 0x04
_OGG_HEADER_MIN, _OGG_HEADER_MAX = 27, 27 + 255

_MPEG_25, _MPEG_2, _MPEG_1 = 0, 2, 3
_LAYER_III = 1
_MP3_KBITS_MPEG_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_KBITS_MPEG_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_RATES_HZ = (44100, 48000, 32000)


class AudioError(Exception):
    """These bytes are not the whole sound that they are said to be, or cannot be made into it; the text says why."""


def wav_header(sample_count: int, sample_rate_hz: int, behind: int = 0) -> bytes:
    """Return the 44 bytes before 16-bit mono samples.

    Args:
        sample_count: How many there are.
        sample_rate_hz: Their rate.
        behind: How many bytes of other chunks come behind them.

    Raises:
        AudioError: There are more of them than a WAV file can hold: `WAV_SAMPLES_MAX`, 4 GB.
    """
    if sample_count + (behind + 1) // 2 > WAV_SAMPLES_MAX:
        raise AudioError(f"A WAV file holds at most {WAV_SAMPLES_MAX} samples; another format holds more.")
    size = 2 * sample_count
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sample_rate_hz, 2 * sample_rate_hz, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size + behind, b"WAVE") + fmt + struct.pack("<4sI", b"data", size)


def wav_title(title: str) -> bytes:
    """Return the chunk that names a WAV file, to stand behind its sound; nothing for no title."""
    if not title:
        return b""
    text = title.encode("utf-8", "replace") + b"\0"
    text += b"\0" * (len(text) % 2)
    return struct.pack("<4sI4s4sI", b"LIST", 12 + len(text), b"INFO", b"INAM", len(text)) + text


def mp3_title(title: str) -> bytes:
    """Return the ID3v2.3 tag that names an MP3 file, to stand before its frames; nothing for no title.

    libsndfile writes titles as if all were Latin-1, so this one is ours.
    """
    if not title:
        return b""
    text = b"\x01\xff\xfe" + title.encode("utf-16-le", "replace")
    frame = struct.pack(">4sIH", b"TIT2", len(text), 0) + text
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + frame


def is_streamed_wav(stated: int, riff_size: int, data_at: int) -> bool:
    """Tell whether a WAV header was written before its length was known, so that the sound goes on to the end.

    Args:
        stated: Size that the data chunk states.
        riff_size: Size that the file states.
        data_at: Where in the file the data chunk begins.
    """
    return stated >= _UNKNOWN_SIZE_FROM or (stated == 0 and not data_at < riff_size < _UNKNOWN_SIZE_FROM)


def whole_wav(data: bytes) -> bytes:
    """Return a WAV file whose header states its true sizes, and which ends with its sound. For the rest see `mend_wav`."""
    at, size = _sound_in(data, len(data))
    end = at + 8 + size
    return b"".join(
        (b"RIFF", struct.pack("<I", end - 8), data[8 : at + 4], struct.pack("<I", size), data[at + 8 : end])
    )


def mend_wav(file: BinaryIO, length: int) -> None:
    """Have the header of a WAV file of `length` bytes state its true sizes.

    A file that was written as a stream has 0 or a huge number there; what follows is then all of its sound.

    Raises:
        AudioError: Not a WAV file, or it promises more than there is.
    """
    file.seek(0)
    at, size = _sound_in(file.read(_WAV_HEAD_BYTES), length)
    file.seek(at + 4)
    if struct.unpack("<I", file.read(4))[0] == size:
        return
    for place, number in ((4, at + size), (at + 4, size)):
        file.seek(place)
        file.write(struct.pack("<I", number))


def _sound_in(head: bytes, length: int) -> tuple[int, int]:
    """Where in a WAV file of `length` bytes, which begins with `head`, its sound's chunk begins, and how large the sound is."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise AudioError("This is not a WAV file.")
    at = 12
    while at + 8 <= len(head):
        name, stated = struct.unpack_from("<4sI", head, at)
        if name == b"data":
            present = length - at - 8
            is_stream = stated >= _UNKNOWN_SIZE_FROM or (
                stated == 0 and struct.unpack_from("<I", head, 4)[0] != length - 8
            )
            if not is_stream and stated > present:
                raise AudioError(f"The WAV file is cut off: {present} of its {stated} bytes of sound are there.")
            return at, present if is_stream else stated
        at += 8 + stated + stated % 2
    raise AudioError("The WAV file ends before its sound.")


class OggSerialFixer:
    """Takes an Ogg stream in pieces and gives its pages under one fixed serial number, so that equal sound is equal bytes."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes and return the pages that they complete, which may be none."""
        self._rest += data
        pages: list[bytes] = []
        while (size := _ogg_page_size(self._rest)) and size <= len(self._rest):
            pages.append(_with_fixed_serial(self._rest[:size]))
            self._rest = self._rest[size:]
        return b"".join(pages)


def ogg_with_fixed_serial(data: bytes) -> bytes:
    """Return the same whole pages of an Ogg stream under the fixed serial number.

    Raises:
        AudioError: Something that is no page, or half of one.
    """
    return b"".join(map(_with_fixed_serial, ogg_pages(data)))


def _with_fixed_serial(page: bytes) -> bytes:
    bare = page[:14] + _OGG_SERIAL + page[18:22] + bytes(4) + page[26:]
    return bare[:22] + struct.pack("<I", _ogg_checksum(bare)) + bare[26:]


def check_ogg(data: bytes) -> None:
    """Raise AudioError unless `data` is whole Ogg pages with an end."""
    last = b""
    for last in ogg_pages(data):  # noqa: B007 - only the last one is looked at
        pass
    if not last or not last[5] & _OGG_END_OF_STREAM:
        raise AudioError("The Ogg stream is cut off: it has no last page.")


def ogg_pages(data: bytes) -> Iterator[bytes]:
    """Give the pages of an Ogg stream.

    Raises:
        AudioError: Something that is no page, or half of one.
    """
    at = 0
    while at < len(data):
        if data[at : at + 4] != b"OggS":
            raise AudioError("This is not an Ogg stream.")
        size = _ogg_page_size(data[at : at + _OGG_HEADER_MAX])
        if not size or at + size > len(data):
            raise AudioError("The Ogg stream is cut off inside a page.")
        yield data[at : at + size]
        at += size


def _ogg_page_size(start: bytes) -> int:
    """Length of the page that starts so; 0 when its header is not all there yet."""
    if len(start) < _OGG_HEADER_MIN or len(start) < _OGG_HEADER_MIN + start[26]:
        return 0
    return _OGG_HEADER_MIN + start[26] + sum(start[_OGG_HEADER_MIN : _OGG_HEADER_MIN + start[26]])


def _ogg_checksum(page: bytes) -> int:
    """Ogg's CRC is zlib's seen in a mirror, with neither of its inversions."""
    mirrored = zlib.crc32(page.translate(_BITS_REVERSED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def check_mp3(data: bytes) -> None:
    """Raise AudioError unless `data` is whole MP3 frames, with tags before or behind them at most."""
    at = _behind_id3(data)
    frames = 0
    while size := _mp3_frame_size(data[at : at + 4]):
        if at + size > len(data):
            raise AudioError("The MP3 file is cut off inside a frame.")
        at += size
        frames += 1
    if not frames:
        raise AudioError("This is not an MP3 file.")
    rest = data[at:]
    if rest.strip(b"\0") and not rest.startswith((b"TAG", b"APETAGEX", b"LYRICS", b"ID3")):
        raise AudioError("The MP3 file is cut off, or damaged.")


def _behind_id3(data: bytes) -> int:
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))


def _mp3_frame_size(header: bytes) -> int:
    """Length of the frame that starts with these four bytes; 0 when none does."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bit_rate, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if layer != _LAYER_III or version == 1 or rate == 3 or not 0 < bit_rate < 15:
        return 0
    kbits = (_MP3_KBITS_MPEG_1 if version == _MPEG_1 else _MP3_KBITS_MPEG_2)[bit_rate]
    rate_hz = _MP3_RATES_HZ[rate] // {_MPEG_1: 1, _MPEG_2: 2, _MPEG_25: 4}[version]
    return (144 if version == _MPEG_1 else 72) * kbits * 1000 // rate_hz + padding
