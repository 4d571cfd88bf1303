"""The icon, drawn: seven bars of a waveform on a rounded square, as a PNG."""

from __future__ import annotations

import struct
import zlib
from typing import Final

SIDE: Final = 512
_MARGIN, _ROUND = 24, 104
_BARS: Final = (88, 168, 264, 344, 232, 152, 72)
"""Heights in pixels, from left to right."""
_BAR_WIDTH, _BAR_STEP = 30, 56
_INK, _PAPER, _NOTHING = b"\xff\xf4\xe0\xff", b"\x3a\x2a\x5c\xff", b"\x00\x00\x00\x00"


def png() -> bytes:
    """The icon as a file."""
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data) for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows(), 9)), (b"IEND", b""))
    )


def rows() -> bytes:
    """Its rows of pixels, each after a byte that says it is unfiltered."""
    return b"".join(b"\x00" + b"".join(_pixel(x, y) for x in range(SIDE)) for y in range(SIDE))


def rows_of(file: bytes) -> bytes:
    """The rows of a PNG that `png` wrote: two libraries may pack the same picture differently."""
    at, packed = 8, b""
    while at < len(file):
        (length,) = struct.unpack(">I", file[at : at + 4])
        if file[at + 4 : at + 8] == b"IDAT":
            packed += file[at + 8 : at + 8 + length]
        at += 12 + length
    return zlib.decompress(packed)


def _pixel(x: int, y: int) -> bytes:
    if not _within(x, y, SIDE // 2, SIDE // 2, SIDE - 2 * _MARGIN, SIDE - 2 * _MARGIN, _ROUND):
        return _NOTHING
    left = SIDE // 2 - _BAR_STEP * (len(_BARS) // 2)
    on_bar = any(
        _within(x, y, left + _BAR_STEP * index, SIDE // 2, _BAR_WIDTH, height, _BAR_WIDTH // 2)
        for index, height in enumerate(_BARS)
    )
    return _INK if on_bar else _PAPER


def _within(x: int, y: int, middle_x: int, middle_y: int, width: int, height: int, round_by: int) -> bool:
    """Whether a pixel lies in a rounded rectangle."""
    across = abs(x - middle_x) - (width // 2 - round_by)
    down = abs(y - middle_y) - (height // 2 - round_by)
    if across <= 0 or down <= 0:
        return max(across, down) <= round_by
    return across * across + down * down <= round_by * round_by


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
