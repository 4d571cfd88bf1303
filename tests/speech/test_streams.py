"""Sound is written and read block by block, in memory that does not grow, and no half file is ever taken for a whole one."""

from __future__ import annotations

import io
import struct
import tracemalloc
import wave
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from speech.sounds import RATE_HZ, blocks, tone
from voice_design_mcp.speech.containers import WAV_SAMPLES_MAX
from voice_design_mcp.speech.decoder import StreamDecoder
from voice_design_mcp.speech.encoder import StreamEncoder
from voice_design_mcp.speech.formats import MIME_TYPES, AudioError, decode, encode
from voice_design_mcp.speech.writers import writer_of

FORMATS = tuple(MIME_TYPES)
SOUND = np.concatenate([tone(), tone(330, 0.7), tone(180, 0.3)])
WHOLE = {(name, rate_hz): encode(SOUND, RATE_HZ, name, rate_hz) for name in FORMATS for rate_hz in (16_000, RATE_HZ)}


class Pipe(io.RawIOBase):
    """Takes bytes, cannot seek, and breaks after so many."""

    def __init__(self, room: float = float("inf")) -> None:
        self.data = bytearray()
        self._room = room

    def write(self, data: object) -> int:
        self.data += cast("bytes", data)
        if len(self.data) > self._room:
            raise OSError(28, "No space left on device")
        return len(cast("bytes", data))

    def writable(self) -> bool:
        return True


class Full(io.BytesIO):
    """Can seek, and breaks after so many bytes."""

    def write(self, data: object) -> int:
        if self.tell() > 2000:
            raise OSError(28, "No space left on device")
        return super().write(cast("bytes", data))


def binary(stream: io.IOBase) -> BinaryIO:
    return cast("BinaryIO", stream)


@pytest.mark.parametrize("rate_hz", [16_000, RATE_HZ])
@pytest.mark.parametrize("response_format", FORMATS)
def test_a_file_written_in_blocks_has_the_bytes_of_one_written_whole(
    response_format: str, rate_hz: int, tmp_path: Path
) -> None:
    for name, sizes in {"odd": (1, 999, 7), "large": (10**6,), "none between": (5000, 0, 3)}.items():
        with StreamEncoder(response_format, RATE_HZ, rate_hz, tmp_path / name) as encoder:
            for block in blocks(SOUND, *sizes) if 0 not in sizes else [SOUND[:5], SOUND[:0], SOUND[5:]]:
                encoder.write(block)
        assert (tmp_path / name).read_bytes() == WHOLE[response_format, rate_hz]
        assert encoder.duration_s == pytest.approx(len(SOUND) / RATE_HZ, abs=1e-4)


def test_a_wav_file_is_read_by_another_reader(tmp_path: Path) -> None:
    with StreamEncoder("wav", RATE_HZ, RATE_HZ, tmp_path / "a.wav") as encoder:
        encoder.write(SOUND)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert samples / 32767 == pytest.approx(SOUND, abs=1e-4)


@pytest.mark.parametrize("response_format", FORMATS)
def test_a_stream_is_written_from_where_it_stands_and_left_at_its_end(response_format: str) -> None:
    stream = io.BytesIO(b"before")
    stream.seek(6)
    with StreamEncoder(response_format, RATE_HZ, RATE_HZ, stream) as encoder:
        encoder.write(SOUND)
    assert stream.getvalue() == b"before" + WHOLE[response_format, RATE_HZ]
    assert stream.tell() == len(stream.getvalue())


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 22_050, RATE_HZ, 48_000])
@pytest.mark.parametrize("count", [241, 24_001, 30_000])
def test_a_header_of_known_length_is_right_from_the_start(rate_hz: int, count: int) -> None:
    pipe = Pipe()
    with StreamEncoder("wav", RATE_HZ, rate_hz, binary(pipe), sample_count=count) as encoder:
        header = bytes(pipe.data)
        encoder.write(SOUND[:count])
    riff_size, data_size = struct.unpack_from("<I", header, 4)[0], struct.unpack_from("<I", header, 40)[0]
    assert (riff_size, data_size) == (len(pipe.data) - 8, len(pipe.data) - 44)
    assert data_size == pytest.approx(2 * count * rate_hz / RATE_HZ, abs=2)


def test_a_stream_that_cannot_seek_takes_what_needs_no_seeking() -> None:
    for response_format in ("pcm", "opus"):
        pipe = Pipe()
        with StreamEncoder(response_format, RATE_HZ, RATE_HZ, binary(pipe)) as encoder:
            encoder.write(SOUND)
        assert bytes(pipe.data) == WHOLE[response_format, RATE_HZ]
    for response_format in ("wav", "mp3"):
        with pytest.raises(AudioError, match="cannot seek"):
            StreamEncoder(response_format, RATE_HZ, RATE_HZ, binary(Pipe()))


@pytest.mark.parametrize("promised", [len(SOUND) - 2, len(SOUND) + 2])
def test_a_promised_length_that_is_not_kept_is_an_error(promised: int, tmp_path: Path) -> None:
    encoder = StreamEncoder("wav", RATE_HZ, RATE_HZ, tmp_path / "a.wav", sample_count=promised)
    encoder.write(SOUND)
    with pytest.raises(AudioError, match=str(promised)):
        encoder.close()
    assert list(tmp_path.iterdir()) == []


def test_a_wav_file_beyond_four_gigabytes_is_refused(tmp_path: Path) -> None:
    endless = np.broadcast_to(np.float32(0), WAV_SAMPLES_MAX + 1)
    with pytest.raises(AudioError, match=str(WAV_SAMPLES_MAX)):
        StreamEncoder("wav", RATE_HZ, RATE_HZ, tmp_path / "a.wav", sample_count=len(endless))
    with pytest.raises(AudioError, match=str(WAV_SAMPLES_MAX)):
        writer_of("wav", RATE_HZ, io.BytesIO(), None).write(endless)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("response_format", FORMATS)
def test_a_file_is_there_when_it_is_whole_and_not_before(response_format: str, tmp_path: Path) -> None:
    path = tmp_path / "speech"
    path.write_bytes(b"older")
    encoder = StreamEncoder(response_format, RATE_HZ, RATE_HZ, path)
    encoder.write(SOUND)
    assert path.read_bytes() == b"older"
    encoder.close()
    encoder.close()
    assert path.read_bytes() == WHOLE[response_format, RATE_HZ]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("response_format", FORMATS)
def test_nothing_is_left_of_a_file_whose_writing_failed(response_format: str, tmp_path: Path) -> None:
    def interrupted() -> None:
        with StreamEncoder(response_format, RATE_HZ, RATE_HZ, tmp_path / "a") as encoder:
            encoder.write(SOUND)
            raise KeyboardInterrupt

    def broken() -> None:
        with StreamEncoder(response_format, RATE_HZ, RATE_HZ, tmp_path / "a") as encoder:
            encoder.write(np.array([0.5, np.nan], np.float32))

    def silent() -> None:
        with StreamEncoder(response_format, RATE_HZ, RATE_HZ, tmp_path / "a"):
            pass

    def flat() -> None:
        with StreamEncoder(response_format, RATE_HZ, RATE_HZ, tmp_path / "a") as encoder:
            encoder.write(np.zeros((4, 2), np.float32))

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    for failing in (broken, silent, flat):
        with pytest.raises(AudioError):
            failing()
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_failed_stays_so(tmp_path: Path) -> None:
    encoder = StreamEncoder("mp3", RATE_HZ, RATE_HZ, tmp_path / "a")
    with pytest.raises(AudioError, match="not numbers"):
        encoder.write(np.array([np.inf], np.float32))
    with pytest.raises(AudioError):
        encoder.write(SOUND)
    with pytest.raises(AudioError, match="no file"):
        encoder.close()


def test_a_rate_that_the_format_lacks_and_a_folder_that_is_not_there_are_errors_at_once(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="22050 Hz"):
        StreamEncoder("opus", RATE_HZ, 22_050, tmp_path / "a")
    with pytest.raises(AudioError, match="flac"):
        StreamEncoder("flac", RATE_HZ, RATE_HZ, tmp_path / "a")
    with pytest.raises(FileNotFoundError):
        StreamEncoder("wav", RATE_HZ, RATE_HZ, tmp_path / "none" / "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("response_format", FORMATS)
def test_a_full_disk_is_an_error_and_never_a_shorter_file(response_format: str) -> None:
    encoder = StreamEncoder(response_format, RATE_HZ, RATE_HZ, Full())
    with pytest.raises(OSError, match="No space"):
        write_all(encoder)


def write_all(encoder: StreamEncoder) -> None:
    for _ in range(10):
        encoder.write(SOUND)
    encoder.close()


@pytest.mark.parametrize("response_format", FORMATS)
def test_memory_stays_flat_however_long_the_sound_is(response_format: str, tmp_path: Path) -> None:
    def peak(repeats: int) -> int:
        tracemalloc.start()
        with StreamEncoder(response_format, RATE_HZ, 8000, tmp_path / "a") as encoder:
            for _ in range(repeats):
                encoder.write(SOUND)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(1)
    assert peak(40) < peak(4) + 100_000


@pytest.mark.parametrize("response_format", ["wav", "pcm"])
@given(sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=6))
def test_arriving_bytes_become_the_samples_of_the_whole(response_format: str, sizes: list[int]) -> None:
    data = encode(SOUND[:1000], RATE_HZ, response_format, RATE_HZ)
    assert np.array_equal(arrived(response_format, data, *sizes), decode(data, response_format, RATE_HZ)[0])


def arrived(response_format: str, data: bytes, *sizes: int) -> NDArray[np.float32]:
    """What comes of bytes that arrive in pieces of these sizes."""
    decoder = StreamDecoder(response_format, RATE_HZ)
    pieces = [decoder.feed(piece.tobytes()) for piece in blocks(np.frombuffer(data, np.uint8), *sizes)]  # pyright: ignore[reportArgumentType] - bytes, not samples
    decoder.close()
    assert decoder.sample_rate_hz == RATE_HZ
    return np.concatenate(pieces)


@pytest.mark.parametrize(
    ("riff_size", "data_size"),
    [(0, 0), (0xFFFFFFFF, 0xFFFFFFFF), (0x7FFFFFFF, 0x7FFFFFDB), (0xFFFFFFFF, 0), (36, 0)],
)
def test_a_wav_file_that_is_streamed_is_read_to_its_end(riff_size: int, data_size: int) -> None:
    data = WHOLE["wav", RATE_HZ]
    streamed = data[:4] + struct.pack("<I", riff_size) + data[8:40] + struct.pack("<I", data_size) + data[44:]
    assert len(arrived("wav", streamed, 77)) == len(SOUND)


def test_chunks_around_the_sound_and_further_channels_are_understood() -> None:
    data = WHOLE["wav", RATE_HZ]
    note = b"LIST" + struct.pack("<I", 5) + b"notes\0"
    assert len(arrived("wav", data[:36] + note + data[36:] + note, 13)) == len(SOUND)
    pcm = np.round(np.stack([SOUND, -SOUND], axis=1) * 32767).astype("<i2").tobytes()
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, RATE_HZ, 4 * RATE_HZ, 4, 16)
    stereo = b"RIFF" + struct.pack("<I", 36 + len(pcm)) + b"WAVE" + fmt + b"data" + struct.pack("<I", len(pcm)) + pcm
    mean = arrived("wav", stereo, 1001)
    assert len(mean) == len(SOUND)
    assert np.abs(mean).max() < 1e-4


@given(share=st.floats(0, 0.9999))
def test_bytes_that_stop_coming_are_an_error(share: float) -> None:
    data = WHOLE["wav", RATE_HZ]
    with pytest.raises(AudioError):
        arrived("wav", data[: int(share * len(data))], 500)


@given(data=st.binary(max_size=300), keep=st.sampled_from([0, 4, 12, 20, 36, 44, 46]), size=st.integers(1, 60))
def test_garbage_that_arrives_is_refused_and_nothing_else_happens(data: bytes, keep: int, size: int) -> None:
    try:
        samples = arrived("wav", WHOLE["wav", RATE_HZ][:keep] + data, size)
    except (AudioError, AssertionError):
        return
    assert np.isfinite(samples).all()


def test_what_is_not_sixteen_bit_or_ends_in_mid_sample_is_refused() -> None:
    data = bytearray(WHOLE["wav", RATE_HZ])
    data[34] = 24
    with pytest.raises(AudioError, match="16-bit"):
        arrived("wav", bytes(data), 100)
    with pytest.raises(AudioError, match="inside a sample"):
        arrived("pcm", b"\0\0\0", 2)
    with pytest.raises(AudioError, match="no sound"):
        arrived("pcm", b"", 2)
    with pytest.raises(AudioError, match="mp3"):
        StreamDecoder("mp3")
