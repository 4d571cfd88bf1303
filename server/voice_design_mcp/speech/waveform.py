"""A picture of a sound that is small, scales, and takes its colour from the page. Knows samples only.

Imports numpy; loaded on first use.
"""

from __future__ import annotations

from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 480, 64
"""Size of the picture, in its own units."""

_BARS: Final = 160
_STEP = WIDTH // _BARS
_QUIET_DB: Final = -48.0
_LEAST = 0.5


def peaks(samples: NDArray[np.float32], count: int) -> list[float]:
    """Return the highest magnitude in each of `count` equal parts of mono `samples`, between 0 and 1.

    Fewer samples than parts give parts of one sample, some of them twice; none give silence.
    """
    if not len(samples):
        return [0.0] * count
    starts = np.arange(count) * len(samples) // count
    high, low = np.maximum.reduceat(samples, starts), np.minimum.reduceat(samples, starts)
    levels = np.nan_to_num(np.maximum(high, -low), nan=0.0, posinf=1.0, neginf=0.0)
    return [float(level) for level in np.clip(levels, 0.0, 1.0)]


def svg(samples: NDArray[np.float32], sample_rate_hz: int, title: str = "Waveform") -> str:
    """Return an SVG of at most 4 kB that shows how loud mono `samples` are over time, in decibels.

    It is drawn in the text colour of the page that it stands in; on its own, dark on light or light on dark as the viewer
    prefers. A screen reader says the title and the length.

    Args:
        samples: Full scale is 1.0.
        sample_rate_hz: Their rate.
        title: What it is, up to 80 characters; the rest is cut.
    """
    return svg_of_peaks(peaks(samples, _BARS), len(samples) / sample_rate_hz, title)


def svg_of_peaks(levels: list[float], duration_s: float, title: str = "Waveform") -> str:
    """Return the same for magnitudes between 0 and 1 that are known already; more than 160 are put together.

    Args:
        levels: Of equal parts of the sound.
        duration_s: Of all of it.
        title: What it is.
    """
    drawn = peaks(np.asarray(levels, np.float32), _BARS) if len(levels) > _BARS else levels
    step = WIDTH / max(1, len(drawn))
    bars = "".join(_bar(step * (at + 0.5), level) for at, level in enumerate(drawn))
    shown = escape(_one_line(title)[:80])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{shown}, {_length(duration_s)}">'
        f"<title>{shown}, {_length(duration_s)}</title>"
        "<style>svg:root{color:#1f2328}@media(prefers-color-scheme:dark){svg:root{color:#e6edf3}}</style>"
        f'<path d="{bars}" fill="none" stroke="currentColor" stroke-width="{0.6 * step:.3g}" stroke-linecap="round"/>'
        "</svg>"
    )


def _bar(x: float, level: float) -> str:
    """A stroke around the middle line, as high as the level is in decibels over what is quiet."""
    share = 0.0 if level <= 0 else max(0.0, 1 - 20 * float(np.log10(level)) / _QUIET_DB)
    half = max(_LEAST, share * (HEIGHT / 2 - 2))
    return f"M{x:g} {HEIGHT / 2 - half:.3g}v{2 * half:.3g}"


def _length(duration_s: float) -> str:
    minutes, seconds = divmod(round(duration_s), 60)
    return f"{duration_s:.1f} s" if duration_s < 60 else f"{minutes} min {seconds} s"


def _one_line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
