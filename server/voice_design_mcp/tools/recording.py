"""Speech as files in the spool: written down while it comes, brought into the shape that was asked for, in bounded memory."""

from __future__ import annotations

import logging
import secrets
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    import numpy as np

    from ..speech.reader import Sound

log = logging.getLogger(__name__)


def new_file(spool: Path) -> Path:
    """A file that is not there yet, in the folder for speech while it comes."""
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    return spool / secrets.token_hex(8)


@contextmanager
def for_now(file: Path) -> Generator[None]:
    """Remove a file afterwards, if it is still there."""
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


async def written(spool: Path, pieces: AsyncGenerator[bytes]) -> Path:
    """A new file of what comes, as it comes. It is not left there half."""
    file = new_file(spool)
    try:
        with file.open("wb") as stream:
            async with aclosing(pieces) as coming:
                async for piece in coming:
                    stream.write(piece)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return file


class Recording:
    """A file that takes PCM as it comes. Opened before the request leaves, so that the first sound waits for nothing.

    Args:
        spool: Where it is written until it is finished.
        input_rate_hz: Of the PCM: 16 bits, mono, little-endian, without a header.
        response_format: Of the file.
        sample_rate_hz: Of the file.
    """

    def __init__(self, spool: Path, input_rate_hz: int, response_format: str, sample_rate_hz: int) -> None:
        from ..speech.decoder import StreamDecoder
        from ..speech.encoder import StreamEncoder

        self._file = new_file(spool)
        self._decoder = StreamDecoder("pcm", input_rate_hz)
        self._encoder = StreamEncoder(response_format, input_rate_hz, sample_rate_hz, self._file)

    def write(self, pcm: bytes) -> None:
        """Take the next bytes; they may end in the middle of a sample."""
        if pcm:
            self._encoder.write(self._decoder.feed(pcm))

    def finish(self) -> Path | None:
        """The file, of what came, which is the caller's to remove; None, and nothing there, when nothing did."""
        if not self._encoder.duration_s:
            self._encoder.discard()
            return None
        self._encoder.close()
        return self._file


def in_shape(
    file: Path, response_format: str, sample_rate_hz: int, wanted: tuple[str, int], lufs: float | None
) -> tuple[Path, str, int]:
    """Sound in the wanted format, rate and loudness: another file, in place of the one given, or that one where it is so already.

    What can't be read stays as it came, and that is said.
    """
    from ..speech.encoder import StreamEncoder
    from ..speech.formats import AudioError
    from ..speech.loudness import levelled
    from ..speech.reader import opened

    shaped = file.with_name(secrets.token_hex(8))
    try:
        with opened(file, response_format, sample_rate_hz) as sound:
            gain = _gain(sound, lufs)
            if (response_format, sound.rate_hz) == wanted and gain == 1:
                return file, *wanted
            with StreamEncoder(wanted[0], sound.rate_hz, wanted[1], shaped) as encoder:
                for block in sound.blocks():
                    encoder.write(levelled(block, gain))
    except AudioError as error:
        log.warning("speech is kept as it came: %s", error)
        return file, response_format, sample_rate_hz
    file.unlink()
    return shaped, *wanted


def _gain(sound: Sound, lufs: float | None) -> np.float32:
    import numpy as np

    from ..speech.loudness import LoudnessMeter, gain_between

    if lufs is None:
        return np.float32(1)
    meter = LoudnessMeter(sound.rate_hz)
    for block in sound.blocks():
        meter.feed(block)
    return gain_between(meter.lufs(), lufs)
