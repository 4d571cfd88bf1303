"""A waveform is small, can be read by machines and people, and shows where the sound is."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.sounds import RATE_HZ, silence, tone
from voice_design_mcp.speech.waveform import HEIGHT, WIDTH, peaks, svg, svg_of_peaks


def bars(picture: str) -> list[tuple[float, float, float]]:
    """Where each bar stands, where it begins and how high it is."""
    found = re.findall(r"M([\d.]+) ([\d.]+)v([\d.]+)", picture)
    return [(float(x), float(y), float(height)) for x, y, height in found]


def test_peaks_are_the_highest_magnitudes_of_equal_parts() -> None:
    samples = np.array([0.1, -0.5, 0.2, 0.3, -1.5, 0.0], np.float32)
    assert peaks(samples, 3) == pytest.approx([0.5, 0.3, 1.0])
    assert peaks(samples[:2], 4) == pytest.approx([0.1, 0.1, 0.5, 0.5])
    assert peaks(samples[:0], 2) == [0, 0]


def test_the_picture_shows_where_sound_is_and_how_loud() -> None:
    picture = svg(np.concatenate((silence(1), tone(seconds=1, level=0.05), tone(seconds=1, level=0.6))), RATE_HZ)
    heights = [height for _, _, height in bars(picture)]
    assert len(heights) == 160
    quiet, medium, loud = heights[10:45], heights[60:100], heights[115:150]
    assert max(quiet) < min(medium) <= max(medium) < min(loud) <= HEIGHT


def test_a_screen_reader_and_a_dark_page_are_thought_of() -> None:
    root = ET.fromstring(svg(tone(seconds=75), RATE_HZ, 'Alice\n<b>&"x'))  # noqa: S314 - our own
    assert root.get("role") == "img"
    assert root.get("aria-label") == root[0].text == 'Alice <b>&"x, 1 min 15 s'
    path = root.find("{http://www.w3.org/2000/svg}path")
    assert path is not None
    assert path.get("stroke") == "currentColor"


@given(
    samples=st.lists(st.floats(-2, 2, width=32), max_size=2000),
    title=st.text(max_size=400),
    rate_hz=st.sampled_from([8000, 48_000]),
)
def test_every_picture_is_well_formed_and_under_four_kilobytes(samples: list[float], title: str, rate_hz: int) -> None:
    picture = svg(np.array(samples, np.float32), rate_hz, title)
    assert len(picture.encode()) <= 4096
    assert ET.fromstring(picture).tag.endswith("svg")  # noqa: S314 - our own
    for x, y, height in bars(picture):
        assert 0 < x < WIDTH
        assert 0 <= y <= y + height <= HEIGHT


def test_a_title_that_has_to_be_escaped_still_fits() -> None:
    assert len(svg(tone(), RATE_HZ, '"&<>' * 300).encode()) <= 4096


def test_known_peaks_draw_the_same_picture() -> None:
    sound = tone(seconds=2)
    assert svg_of_peaks(peaks(sound, 160), 2.0) == svg(sound, RATE_HZ)
    assert len(bars(svg_of_peaks([0.5] * 1000, 60))) == 160
    assert len(bars(svg_of_peaks([0.5] * 7, 60))) == 7
