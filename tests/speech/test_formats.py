"""Sound goes through each format and comes back whole; anything else is refused, never guessed."""

from __future__ import annotations

import struct
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice_design_mcp.speech.formats import EXTENSIONS, MIME_TYPES, AudioError, decode, encode, mime_type, sniff
from voice_design_mcp.speech.measure import measure
from voice_design_mcp.speech.resample import Resampler, resample

FORMATS = tuple(MIME_TYPES)
RATES_HZ = (8000, 16000, 24000, 48000)


def tone(hz: float = 220.0, seconds: float = 1.5, rate_hz: int = 24_000) -> NDArray[np.float32]:
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return (0.3 * np.sin(2 * np.pi * hz * t) + 0.1 * np.sin(4 * np.pi * hz * t)).astype(np.float32)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("response_format", FORMATS)
def test_sound_comes_back_at_the_rate_asked_for_with_its_length_and_pitch(response_format: str, rate_hz: int) -> None:
    sound = tone()
    data = encode(sound, 24_000, response_format, rate_hz)
    samples, got_hz = decode(data, response_format, rate_hz)
    assert got_hz == rate_hz
    assert len(samples) / rate_hz == pytest.approx(len(sound) / 24_000, abs=0.03)
    measured = measure(samples, rate_hz)
    assert measured.median_pitch_hz == pytest.approx(220, rel=0.01)
    assert measured.loudness_lufs == pytest.approx(measure(sound, 24_000).loudness_lufs, abs=1)


@pytest.mark.parametrize("response_format", FORMATS)
def test_equal_sound_becomes_equal_bytes(response_format: str) -> None:
    assert encode(tone(), 24_000, response_format, 16_000) == encode(tone(), 24_000, response_format, 16_000)


def test_a_wav_header_states_sixteen_bit_mono_and_the_true_sizes() -> None:
    data = encode(tone(), 24_000, "wav", 16_000)
    riff, size, wave, fmt, fmt_size, *fields, name, data_size = struct.unpack("<4sI4s4sIHHIIHH4sI", data[:44])
    assert (riff, wave, fmt, fmt_size, name) == (b"RIFF", b"WAVE", b"fmt ", 16, b"data")
    assert fields == [1, 1, 16_000, 32_000, 2, 16]
    assert (size, data_size) == (len(data) - 8, len(data) - 44)


def test_what_is_beyond_full_scale_is_clipped_not_wrapped() -> None:
    samples, _ = decode(encode(np.array([2.0, -2.0, 0.5], np.float32), 24_000, "pcm", 24_000), "pcm", 24_000)
    assert samples == pytest.approx([1.0, -1.0, 0.5], abs=1e-4)


@pytest.mark.parametrize(
    ("riff_size", "data_size"),
    [(0, 0), (0xFFFFFFFF, 0xFFFFFFFF), (0x7FFFFFFF, 0x7FFFFFDB), (0xFFFFFFFF, 0), (36, 0)],
)
def test_a_wav_file_written_as_a_stream_is_read_to_its_end(riff_size: int, data_size: int) -> None:
    data = encode(tone(), 24_000, "wav", 24_000)
    streamed = data[:4] + struct.pack("<I", riff_size) + data[8:40] + struct.pack("<I", data_size) + data[44:]
    samples, rate_hz = decode(streamed, "wav", 0)
    assert rate_hz == 24_000
    assert samples == pytest.approx(decode(data, "wav", 0)[0])


def test_chunks_before_and_behind_the_sound_of_a_wav_file_are_no_sound() -> None:
    data = encode(tone(), 24_000, "wav", 24_000)
    note = b"LIST" + struct.pack("<I", 5) + b"notes\0"
    padded = data[:36] + note + data[36:] + note
    assert len(decode(padded, "wav", 0)[0]) == len(tone())


def test_several_channels_become_their_mean() -> None:
    stereo = np.stack([tone(), -tone()], axis=1)
    pcm = np.round(stereo * 32767).astype("<i2").tobytes()
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 24_000, 96_000, 4, 16)
    data = b"RIFF" + struct.pack("<I", 36 + len(pcm)) + b"WAVE" + fmt + b"data" + struct.pack("<I", len(pcm)) + pcm
    assert np.abs(decode(data, "wav", 0)[0]).max() < 1e-4


@pytest.mark.parametrize("response_format", ["wav", "mp3", "opus"])
@given(share=st.floats(0, 0.9999))
def test_a_file_that_was_cut_off_is_refused(response_format: str, share: float) -> None:
    data = WHOLE[response_format]
    with pytest.raises(AudioError):
        decode(data[: int(share * len(data))], response_format, 24_000)


@pytest.mark.parametrize("response_format", FORMATS)
@given(data=st.binary(max_size=400), keep=st.sampled_from([0, 4, 12, 36, 44, 60, 200]))
def test_garbage_is_refused_and_nothing_else_happens(response_format: str, data: bytes, keep: int) -> None:
    try:
        samples, rate_hz = decode(WHOLE.get(response_format, b"")[:keep] + data, response_format, 24_000)
    except AudioError:
        return
    assert rate_hz > 0
    assert len(samples)
    assert np.isfinite(samples).all()


@pytest.mark.parametrize("claimed", ["mp3", "opus", "wav"])
@pytest.mark.parametrize("true", ["mp3", "opus", "wav"])
def test_one_format_is_not_taken_for_another(claimed: str, true: str) -> None:
    assert sniff(WHOLE[true]) == true
    if claimed != true:
        with pytest.raises(AudioError):
            decode(WHOLE[true], claimed, 24_000)


def test_nothing_broken_and_unknown_is_encoded() -> None:
    empty, broken = np.zeros(0, np.float32), np.array([0.1, np.nan], np.float32)
    for samples, response_format, rate_hz in [
        (empty, "wav", 24_000),
        (broken, "wav", 24_000),
        (tone(), "flac", 24_000),
    ]:
        with pytest.raises(AudioError):
            encode(samples, 24_000, response_format, rate_hz)
    with pytest.raises(AudioError, match="22050 Hz"):
        encode(tone(), 24_000, "opus", 22_050)


def test_mime_types_and_extensions_are_those_that_players_know() -> None:
    assert [mime_type(name, 16_000) for name in FORMATS] == [
        "audio/wav",
        "audio/mpeg",
        "audio/ogg",
        "audio/L16;rate=16000;channels=1",
    ]
    assert EXTENSIONS == {"wav": ".wav", "mp3": ".mp3", "opus": ".ogg", "pcm": ".pcm"}


@pytest.mark.parametrize("to_hz", [8000, 16_000, 22_050, 48_000])
def test_without_soxr_the_rate_changes_all_the_same(to_hz: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = tone(221.3)
    with_soxr = resample(sound, 24_000, to_hz)
    monkeypatch.setitem(sys.modules, "soxr", None)
    without = resample(sound, 24_000, to_hz)
    assert len(without) == len(with_soxr)
    inner = slice(to_hz // 20, -to_hz // 20)
    assert without[inner] == pytest.approx(with_soxr[inner], abs=1e-5)
    stream = Resampler(24_000, to_hz)
    pieces = [stream.feed(piece) for piece in np.array_split(sound, 7)] + [stream.feed(sound[:0], last=True)]
    assert np.concatenate(pieces) == pytest.approx(without)


@pytest.mark.parametrize("to_hz", [8000, 22_050, 48_000])
def test_without_soxr_a_stream_is_not_kept_until_its_end(to_hz: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)
    stream = Resampler(24_000, to_hz)
    ready = [len(stream.feed(tone())) for _ in range(20)]
    assert sum(ready) > 0.9 * 30 * to_hz
    assert sum(ready) + len(stream.feed(tone()[:0], last=True)) == 30 * to_hz


def test_without_soxr_what_the_new_rate_cannot_hold_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)
    inner = slice(400, -400)  # where it begins and breaks off there is more than the tone
    assert np.abs(resample(tone(5000), 24_000, 8000)[inner]).max() < 0.001


WHOLE = {name: encode(tone(seconds=0.4), 24_000, name, 24_000) for name in ("wav", "mp3", "opus")}
