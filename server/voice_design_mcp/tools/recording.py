"""Speech written down while it comes, in the shape that was asked for."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Recording:
    """A file that takes PCM as it comes. Opened before the request leaves, so that the first sound waits for nothing.

    Args:
        folder: Where it is written until it is finished.
        input_rate_hz: Of the PCM: 16 bits, mono, little-endian, without a header.
        response_format: Of the file.
        sample_rate_hz: Of the file.
    """

    def __init__(self, folder: Path, input_rate_hz: int, response_format: str, sample_rate_hz: int) -> None:
        from ..speech.decoder import StreamDecoder
        from ..speech.encoder import StreamEncoder

        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / secrets.token_hex(8)
        self._decoder = StreamDecoder("pcm", input_rate_hz)
        self._encoder = StreamEncoder(response_format, input_rate_hz, sample_rate_hz, self._path)

    def write(self, pcm: bytes) -> None:
        """Take the next bytes; they may end in the middle of a sample."""
        if pcm:
            self._encoder.write(self._decoder.feed(pcm))

    def finish(self) -> bytes:
        """The whole file, of what came; empty when nothing did. The folder keeps nothing."""
        if not self._encoder.duration_s:
            self._encoder.discard()
            return b""
        self._encoder.close()
        data = self._path.read_bytes()
        self._path.unlink()
        return data
