"""Segments become one sound: nothing is lost, the pauses are those that were asked for, and nobody hears the joints."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from speech.sounds import RATE_HZ, blocks, silence, tone
from voice_design_mcp.speech.containers import AudioError
from voice_design_mcp.speech.join import LONGEST_PAUSE_S, Joiner, Span
from voice_design_mcp.speech.loudness import loudness_lufs

Sound = NDArray[np.float32]


def joined(
    segments: list[tuple[Sound, float]], *sizes: int, target_lufs: float | None = None, rate_hz: int = RATE_HZ
) -> tuple[Sound, list[Span]]:
    """Segments with the pauses behind them, fed in blocks of these sizes."""
    joiner = Joiner(rate_hz, target_lufs=target_lufs)
    out: list[Sound] = []
    for sound, pause_s in segments:
        out.extend(joiner.feed(block) for block in blocks(sound, *(sizes or (480,))))
        out.append(joiner.end(pause_s))
    out.append(joiner.close())
    return np.concatenate(out), joiner.spans


def padded(before_s: float, sound: Sound, after_s: float, rate_hz: int = RATE_HZ) -> Sound:
    return np.concatenate((silence(before_s, rate_hz), sound, silence(after_s, rate_hz)))


def heard(sound: Sound, rate_hz: int = RATE_HZ, level: float = 0.004) -> list[tuple[float, float]]:
    """When there is sound, by its samples alone; silences under 30 ms are none."""
    loud = np.flatnonzero(np.abs(sound) > level)
    breaks = np.flatnonzero(np.diff(loud) > 0.03 * rate_hz)
    starts, ends = loud[np.concatenate(([0], breaks + 1))], loud[np.concatenate((breaks, [len(loud) - 1]))]
    return [(start / rate_hz, end / rate_hz) for start, end in zip(starts, ends, strict=True)]


def steepest(sound: Sound) -> float:
    return float(np.abs(np.diff(sound, prepend=0, append=0)).max())


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 22_050, 24_000, 48_000])
def test_a_span_says_when_a_segment_is_heard(rate_hz: int) -> None:
    segments = [
        (padded(0.4, tone(200, 0.7, rate_hz), 0.9, rate_hz), 0.3),
        (padded(0.0, tone(150, 0.3, rate_hz), 0.0, rate_hz), 0.8),
        (padded(3.0, tone(300, 2.5, rate_hz), 0.05, rate_hz), 0.0),
        (padded(0.02, tone(250, 0.2, rate_hz), 1.5, rate_hz), 0.25),
        (padded(0.2, tone(250, 0.4, rate_hz), 0.3, rate_hz), 0.0),
    ]
    sound, spans = joined(segments, 313, rate_hz=rate_hz)
    found = heard(sound, rate_hz)
    assert len(found) == len(spans) == len(segments)
    for span, (start_s, end_s) in zip(spans, found, strict=True):
        assert span.start_s == pytest.approx(start_s, abs=0.012)
        assert span.end_s == pytest.approx(end_s, abs=0.012)


@pytest.mark.parametrize("edges_s", [0.0, 0.02, 0.07, 0.5, 2.0])
@pytest.mark.parametrize("pause_s", [0.12, 0.3, 0.8, 5.0])
def test_the_pause_that_is_heard_is_the_one_asked_for(pause_s: float, edges_s: float) -> None:
    segment = padded(edges_s, tone(seconds=0.5), edges_s)
    (_, end_s), (start_s, _) = heard(joined([(segment, pause_s), (segment, 0)])[0])
    assert start_s - end_s == pytest.approx(pause_s, abs=0.02)


def test_without_a_pause_segments_follow_as_words_do() -> None:
    segment = padded(0.5, tone(seconds=0.5), 0.5)
    (_, end_s), (start_s, _) = heard(joined([(segment, 0), (segment, 0)])[0])
    assert 0.04 <= start_s - end_s <= 0.1


def test_silence_at_the_edges_is_cut_to_a_breath() -> None:
    sound, _ = joined([(padded(4, tone(seconds=1), 6), 0)])
    assert len(sound) / RATE_HZ == pytest.approx(1.11, abs=0.02)
    assert len(joined([(tone(seconds=1), 0)])[0]) == RATE_HZ


def test_silence_inside_a_segment_stays() -> None:
    sound, spans = joined([(np.concatenate((tone(seconds=1), silence(2.5), tone(seconds=1))), 0)])
    assert len(sound) / RATE_HZ == pytest.approx(4.5, abs=0.02)
    assert spans == [Span(0, 4.5)]


@pytest.mark.parametrize("pause_s", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("edge_s", [0.0, 0.004, 0.015, 0.2])
@pytest.mark.parametrize("target_lufs", [None, -20])
def test_no_joint_is_steeper_than_the_speech(pause_s: float, edge_s: float, target_lufs: float | None) -> None:
    noise = np.random.default_rng(5).standard_normal(RATE_HZ).astype(np.float32) * np.float32(1e-4)
    segments: list[tuple[Sound, float]] = []
    for hz, phase in [(120, 0.7), (200, 1.6), (90, 4.0), (310, 2.2)]:
        t = np.arange(RATE_HZ // 2) / RATE_HZ
        # Speech that fades into what surrounds it, or that is cut off at full level where nothing does.
        ramp = np.minimum(1, np.minimum(t, t[::-1]) / 0.02) if edge_s else 1
        sound = (0.3 * ramp * np.sin(2 * np.pi * hz * t + phase)).astype(np.float32)
        edge = noise[: round(edge_s * RATE_HZ)]
        segments.append((np.concatenate((edge, sound, edge)), pause_s))
    out, spans = joined(segments, 700, target_lufs=target_lufs)
    inside = max(steepest_inside(out, span) for span in spans)
    assert steepest(out) <= inside + 1e-6


def steepest_inside(sound: Sound, span: Span) -> float:
    """The steepest step of a segment away from where it was joined."""
    start, end = round((span.start_s + 0.05) * RATE_HZ), round((span.end_s - 0.05) * RATE_HZ)
    return float(np.abs(np.diff(sound[start:end])).max())


def test_where_edges_are_crossfaded_the_room_stays_as_loud() -> None:
    rng = np.random.default_rng(11)
    joiner, room_level = Joiner(RATE_HZ), 5e-4
    out: list[Sound] = []
    for _ in range(60):
        room = (room_level * rng.standard_normal(2 * RATE_HZ)).astype(np.float32)
        room[RATE_HZ // 2 : RATE_HZ] += tone(seconds=0.5)
        out.extend((joiner.feed(room), joiner.end(0)))
    sound = np.concatenate(out)
    gaps = [
        sound[round(before.end_s * RATE_HZ) : round(after.start_s * RATE_HZ)]
        for before, after in pairwise(joiner.spans[1:])
    ]
    assert float(np.mean(np.concatenate(gaps) ** 2)) == pytest.approx(room_level**2, rel=0.1)


def test_speakers_are_brought_to_one_level_each_by_one_gain() -> None:
    levels = [0.05, 0.1, 0.6]
    segments = [(padded(0.3, tone(200, 2, level=level), 0.3), 0.5) for level in levels]
    sound, spans = joined(segments, target_lufs=-20)
    for span, level in zip(spans, levels, strict=True):
        part = sound[round(span.start_s * RATE_HZ) : round(span.end_s * RATE_HZ)]
        assert loudness_lufs(part, RATE_HZ) == pytest.approx(-20, abs=1)
        gain = part[2000:-2000] / tone(200, 2, level=level)[2000 : len(part) - 2000]
        steady = gain[np.abs(tone(200, 2, level=level)[2000 : len(part) - 2000]) > level / 2]
        assert np.ptp(steady) < 1e-3 * abs(steady.mean())


def test_what_grows_too_loud_is_bent_and_never_beyond_full_scale() -> None:
    burst = np.concatenate((tone(200, 3, level=0.1), tone(200, 0.05, level=0.7), tone(200, 3, level=0.1)))
    sound, _ = joined([(burst, 0)], target_lufs=-12)
    assert np.abs(sound).max() < 1
    assert loudness_lufs(sound[: 2 * RATE_HZ], RATE_HZ) > loudness_lufs(burst[: 2 * RATE_HZ], RATE_HZ) + 6


def test_noise_is_not_raised_without_bounds() -> None:
    quiet = tone(200, 2, level=0.0015)
    assert np.abs(joined([(quiet, 0)], target_lufs=-14)[0]).max() < 5 * np.abs(quiet).max()


def test_a_silent_segment_takes_no_time_but_its_pauses() -> None:
    speech = padded(0.2, tone(seconds=1), 0.2)
    click = silence(0.5)
    click[100] = 0.5
    sound, spans = joined([(silence(1), 0.2), (speech, 0.3), (click, 0.4), (speech, 0)])
    found = heard(sound)
    assert len(found) == 2
    assert found[0][0] == pytest.approx(0.2, abs=0.02)
    assert found[1][0] - found[0][1] == pytest.approx(0.7, abs=0.02)
    assert spans[0] == Span(0, 0)
    assert spans[2] == Span(spans[1].end_s, spans[1].end_s)
    assert [round(span.start_s, 2) for span in (spans[1], spans[3])] == [round(start, 2) for start, _ in found]


def test_segments_of_other_rates_are_brought_to_one() -> None:
    joiner = Joiner(RATE_HZ)
    out: list[Sound] = []
    for rate_hz in (16_000, RATE_HZ, 48_000):
        out.extend(
            joiner.feed(block, rate_hz) for block in blocks(padded(0.2, tone(200, 1, rate_hz), 0.2, rate_hz), 500)
        )
        out.append(joiner.end(0.5))
    out.append(joiner.close())
    assert [end - start for start, end in heard(np.concatenate(out))] == pytest.approx([1, 1, 1], abs=0.02)
    assert [span.start_s for span in joiner.spans] == pytest.approx([0.03, 1.53, 3.03], abs=0.015)


def test_the_last_pause_is_there_too() -> None:
    sound, _ = joined([(padded(0.2, tone(seconds=1), 0.2), 2.0)])
    assert len(sound) / RATE_HZ == pytest.approx(3.03, abs=0.02)


segment_lists = st.lists(
    st.tuples(
        st.floats(0, 0.3), st.sampled_from([0.0, 0.003, 0.05, 0.4]), st.floats(0, 0.3), st.sampled_from([0, 0.1, 0.3])
    ),
    min_size=1,
    max_size=4,
)


@given(shapes=segment_lists, sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=4), level=st.booleans())
def test_how_a_segment_comes_in_blocks_makes_no_difference(
    shapes: list[tuple[float, float, float, float]], sizes: list[int], *, level: bool
) -> None:
    segments = [(padded(before, tone(200, long_s), after), pause) for before, long_s, after, pause in shapes]
    target_lufs = -18 if level else None
    whole, whole_spans = joined(segments, 10**7, target_lufs=target_lufs)
    pieces, spans = joined(segments, *(size + 300 for size in sizes), target_lufs=target_lufs)
    assert np.array_equal(whole, pieces)
    assert whole_spans == spans
    assert all(before.end_s <= after.start_s for before, after in pairwise(spans))


@pytest.mark.parametrize("target_lufs", [None, -20])
def test_long_segments_come_in_blocks_of_any_size_too(target_lufs: float | None) -> None:
    rng = np.random.default_rng(3)
    sound = np.concatenate([tone(100 + 40 * n, 3, level=float(rng.uniform(0.02, 0.4))) for n in range(12)])
    click = silence(4)
    click[[300, 60_000]] = 0.4
    far = np.concatenate((tone(200, 3, level=0.003), tone(200, 19, level=0.01), tone(200, 3, level=0.8)))
    segments = [(np.concatenate((click, sound, silence(35), sound, silence(17))), 0.4), (sound, 0.1), (far, 0)]
    results = [joined(segments, size, target_lufs=target_lufs) for size in (10**7, 1999)]
    for out, spans in results[1:]:
        assert np.array_equal(out, results[0][0])
        assert spans == results[0][1]
    first, second, third = results[0][1]
    assert third.end_s - third.start_s == pytest.approx(25, abs=0.03)
    assert (first.start_s, first.end_s) == pytest.approx((0.03, 107.03), abs=0.02)
    assert second.start_s - first.end_s == pytest.approx(0.4 + 17 - 15, abs=0.1)


@pytest.mark.parametrize("target_lufs", [None, -20])
def test_memory_stays_flat_however_many_and_long_the_segments_are(target_lufs: float | None) -> None:
    sound = padded(0.3, tone(seconds=5), 0.3)

    def peak(segments: int, times: int) -> int:
        tracemalloc.start()
        joiner = Joiner(RATE_HZ, target_lufs=target_lufs)
        for _ in range(segments):
            for _ in range(times):
                joiner.feed(sound)
            joiner.end(0.3)
        joiner.close()
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(1, 1)
    assert peak(20, 12) < peak(2, 6) + 200_000


def test_what_cannot_be_joined_is_refused() -> None:
    joiner = Joiner(RATE_HZ)
    with pytest.raises(AudioError, match="not numbers"):
        joiner.feed(np.array([0.1, np.nan], np.float32))
    with pytest.raises(AudioError):
        joiner.feed(np.zeros((4, 2), np.float32))
    for pause_s in (-0.1, LONGEST_PAUSE_S + 1, float("nan")):
        with pytest.raises(ValueError, match="pause"):
            joiner.end(pause_s)
    assert len(joiner.close()) == len(joiner.close()) == 0
    with pytest.raises(AudioError, match="closed"):
        joiner.feed(tone())
    with pytest.raises(AudioError, match="closed"):
        joiner.end()
