"""Sound to bytes and back, in the four formats that the vendor has: wav, mp3, opus (in Ogg) and pcm.

Equal sound becomes equal bytes. Knows no files, no vendors and no rate limits of theirs.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from voice_design_mcp.speech.containers import AudioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "EXTENSIONS",
    "LIBSNDFILE",
    "MIME_TYPES",
    "AudioError",
    "decode",
    "encode",
    "known_format",
    "mime_type",
    "sniff",
]

MIME_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "opus": "audio/ogg", "pcm": "audio/L16"}
"""Of each format; `mime_type` adds what pcm needs to be played."""

EXTENSIONS = {"wav": ".wav", "mp3": ".mp3", "opus": ".ogg", "pcm": ".pcm"}
"""What a file of each format is called."""

LIBSNDFILE = {"wav": ("WAV", "PCM_16"), "mp3": ("MP3", "MPEG_LAYER_III"), "opus": ("OGG", "OPUS")}
"""What libsndfile calls the container and the codec of each format; pcm has none."""


def mime_type(response_format: str, sample_rate_hz: int) -> str:
    """Return the MIME type of sound in `response_format`; pcm is headerless, so its type states the rate."""
    parameters = f";rate={sample_rate_hz};channels=1" if response_format == "pcm" else ""
    return MIME_TYPES[known_format(response_format)] + parameters


def sniff(data: bytes) -> str | None:
    """Return the format that `data` starts like, None when it could only be pcm or is no sound."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data[:4] == b"OggS":
        return "opus"
    is_mp3 = data[:3] == b"ID3" or (data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xE6 == 0xE2)
    return "mp3" if is_mp3 else None


def encode(samples: NDArray[np.float32], sample_rate_hz: int, response_format: str, output_rate_hz: int) -> bytes:
    """Return mono `samples` in a format, at another rate if need be. What is beyond full scale is clipped.

    Args:
        samples: Full scale is 1.0.
        sample_rate_hz: Of the samples.
        response_format: A key of `MIME_TYPES`; pcm is 16-bit little-endian.
        output_rate_hz: Wanted; Opus has 8, 12, 16, 24 and 48 kHz only.

    Raises:
        AudioError: There is no sound, some of it is no number, or the format does not have that rate.
    """
    from voice_design_mcp.speech.encoder import StreamEncoder

    out = io.BytesIO()
    with StreamEncoder(response_format, sample_rate_hz, output_rate_hz, out) as encoder:
        encoder.write(samples)
    return out.getvalue()


def decode(data: bytes, response_format: str, sample_rate_hz: int) -> tuple[NDArray[np.float32], int]:
    """Return the samples (mono, full scale 1.0) and their rate.

    A WAV file whose header was written before its length was known is read to its end.

    Args:
        data: A whole file.
        response_format: What it should be, a key of `MIME_TYPES`.
        sample_rate_hz: The rate of pcm; other formats state their own.

    Raises:
        AudioError: It is not that format, is cut off, damaged, empty or longer than two hours.
    """
    import numpy as np

    from voice_design_mcp.speech.reader import opened

    with opened(data, response_format, sample_rate_hz) as sound:
        return np.concatenate(list(sound.blocks())), sound.rate_hz


def known_format(response_format: str) -> str:
    """Return a format's name; AudioError when it is none of `MIME_TYPES`."""
    if response_format not in MIME_TYPES:
        raise AudioError(f"The format {response_format!r} is not one of {', '.join(MIME_TYPES)}.")
    return response_format
