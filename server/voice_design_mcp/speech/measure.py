"""What can be known of a sound without hearing it, in figures and in words for a reader that is deaf.

Knows samples only: no formats, no voices, no opinion on whether a voice is the one that was asked for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Pace = Literal["slow", "medium", "fast"]

SILENT_DBFS = -96.0
"""The peak given for digital silence: the floor of 16-bit sound."""

_FRAME_S = 0.02
_BLOCK_FRAMES = 3000
_WINDOWS_AT_ONCE = 128
_SILENCE_BELOW_LOUD_DB = 40
_AUDIBLE_DBFS = -60
_FULL_SCALE = 0.9995
_EXCERPTS, _EXCERPT_S = 40, 1.0
_OUTLIER_RATIO = 1.8
_BRIGHTNESS_BAND_HZ = (50, 8000)

_TOO_SHORT_S = 0.3
_PITCH_WORDS = (
    (85, "very low, a deep man"),
    (140, "low, typical of a man"),
    (175, "between a man and a woman"),
    (255, "typical of a woman"),
    (float("inf"), "high, typical of a child"),
)
_SYLLABIC_PACE, _ALPHABETIC_PACE = (2.9, 5.0), (9.0, 14.5)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one sound.

    Attributes:
        duration_s: Whole length.
        sample_rate_hz: Of the samples given.
        median_pitch_hz: Median of the voiced parts; None when there are none.
        pitch_range_semitones: From the 10th to the 90th percentile; None when unvoiced.
        brightness_hz: Centre of gravity of the power spectrum of what is not silence; 0 for silence.
        loudness_lufs: Integrated, gated (BS.1770-4); -70 for silence.
        peak_dbfs: Highest sample; -96 for silence.
        clipped_fraction: Share of samples at full scale, 0 to 1.
        silence_fraction: Share of 20 ms frames that are inaudible or 40 dB under the loud ones, 0 to 1.
        characters_per_s: Letters and digits of the text in a second from first to last sound; None without text.
        pace: How that rate is felt, by the script of the text; None without text.
    """

    duration_s: float
    sample_rate_hz: int
    median_pitch_hz: float | None
    pitch_range_semitones: float | None
    brightness_hz: float
    loudness_lufs: float
    peak_dbfs: float
    clipped_fraction: float
    silence_fraction: float
    characters_per_s: float | None
    pace: Pace | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them."""
        return asdict(self)


def measure(samples: NDArray[np.float32], sample_rate_hz: int, text: str = "") -> Measured:
    """Measure mono `samples` (full scale is 1.0), as a `Meter` does.

    Args:
        samples: One channel.
        sample_rate_hz: Their rate.
        text: What is said in them, for the speaking rate.
    """
    import numpy as np

    samples = np.asarray(samples, dtype=np.float32)
    meter = Meter(sample_rate_hz, len(samples))
    size = _BLOCK_FRAMES * _frame_length(sample_rate_hz)
    for at in range(0, len(samples), size):
        meter.feed(samples[at : at + size])
    return meter.measured(text)


class Meter:
    """Measures mono sound block by block. Of more than 40 s, pitch and brightness are sampled evenly.

    Args:
        sample_rate_hz: Its rate.
        length: How many samples there will be.
    """

    def __init__(self, sample_rate_hz: int, length: int) -> None:
        import numpy as np

        from voice_design_mcp.speech.loudness import LoudnessMeter

        self._rate_hz = sample_rate_hz
        self._frame = _frame_length(sample_rate_hz)
        self._loudness = LoudnessMeter(sample_rate_hz)
        self._excerpt = min(length, int(_EXCERPT_S * sample_rate_hz))
        several = length > _EXCERPTS * self._excerpt
        self._starts = np.linspace(0, length - self._excerpt, _EXCERPTS).astype(int) if several else np.zeros(1, int)
        self._excerpt = self._excerpt if several else length
        self._excerpts = np.zeros(len(self._starts) * self._excerpt, np.float32)
        self._powers: list[NDArray[np.float64]] = []
        self._part = np.zeros(0, np.float32)
        self._heard = self._clipped = 0
        self._peak = 0.0

    def feed(self, block: NDArray[np.float32]) -> None:
        """Take the next samples."""
        import numpy as np

        magnitude = np.abs(block)
        self._peak = max(self._peak, float(magnitude.max(initial=0.0)))
        self._clipped += int(np.count_nonzero(magnitude >= _FULL_SCALE))
        self._loudness.feed(block)
        self._take_excerpts(block)
        self._heard += len(block)
        framed = np.concatenate((self._part, block)) if len(self._part) else block
        whole = len(framed) // self._frame * self._frame
        self._part = framed[whole:]
        if whole:
            self._powers.append(np.square(framed[:whole], dtype=np.float64).reshape(-1, self._frame).mean(axis=1))

    def measured(self, text: str = "") -> Measured:
        """What was measured of all of it. `text` is what is said in it, for the speaking rate."""
        import numpy as np

        from voice_design_mcp.speech.pitch import pitches_hz

        levels = self._levels_db()
        audible = levels > max(_AUDIBLE_DBFS, float(np.percentile(levels, 95)) - _SILENCE_BELOW_LOUD_DB)
        pitches = pitches_hz(self._excerpts, self._rate_hz)
        median = float(np.median(pitches)) if len(pitches) else 0.0
        # Nobody speaks over two octaves: what lies further out was heard an octave wrong.
        near = pitches[(pitches > median / _OUTLIER_RATIO) & (pitches < median * _OUTLIER_RATIO)]
        low, high = np.percentile(near, (10, 90)) if len(near) else (1.0, 1.0)
        rate, pace = _pace(text, audible)
        return Measured(
            duration_s=round(self._heard / self._rate_hz, 3),
            sample_rate_hz=self._rate_hz,
            median_pitch_hz=round(median, 1) if len(pitches) else None,
            pitch_range_semitones=round(12 * float(np.log2(high / low)), 1) if len(pitches) else None,
            brightness_hz=round(_brightness_hz(self._excerpts, self._rate_hz)),
            loudness_lufs=round(self._loudness.lufs(), 1),
            peak_dbfs=round(max(SILENT_DBFS, 20 * float(np.log10(max(self._peak, 1e-9)))), 1),
            clipped_fraction=round(self._clipped / max(1, self._heard), 6),
            silence_fraction=round(1 - float(audible.mean()), 3),
            characters_per_s=rate,
            pace=pace,
        )

    def _take_excerpts(self, block: NDArray[np.float32]) -> None:
        begin, end, long = self._heard, self._heard + len(block), self._excerpt
        for place, start in enumerate(self._starts):
            first, last = max(begin, int(start)), min(end, int(start) + long)
            if first < last:
                at = place * long + first - int(start)
                self._excerpts[at : at + last - first] = block[first - begin : last - begin]

    def _levels_db(self) -> NDArray[np.float64]:
        """RMS level of each 20 ms in dBFS; an unfinished last frame is left out unless it is the only one."""
        import numpy as np

        alone = np.array([np.square(self._part, dtype=np.float64).mean() if len(self._part) else 0.0])
        power = np.concatenate(self._powers) if self._powers else alone
        return 10 * np.log10(np.maximum(power, 1e-12))


def in_words(measured: Measured) -> str:
    """Say in one line (at most 220 characters) what was measured; what is wrong with the sound comes first."""
    if measured.peak_dbfs <= _AUDIBLE_DBFS:
        return f"SILENT: {measured.duration_s:.1f} s without a sound."
    parts = [f"{measured.duration_s:.1f} s of {'speech' if measured.median_pitch_hz else 'sound without a voice'}"]
    if measured.median_pitch_hz is not None and measured.pitch_range_semitones is not None:
        label = next(words for limit, words in _PITCH_WORDS if measured.median_pitch_hz < limit)
        parts.append(f"median pitch {measured.median_pitch_hz:.0f} Hz ({label})")
        parts.append(f"moving over {measured.pitch_range_semitones:.0f} semitones")
    if measured.characters_per_s is not None:
        parts.append(f"{measured.characters_per_s:.0f} characters a second ({measured.pace})")
    parts.append(f"{100 * measured.clipped_fraction:.2g} % clipped" if measured.clipped_fraction else "no clipping")
    parts.append(f"{100 * measured.silence_fraction:.0f} % silence")
    return "; ".join([*_warnings(measured), *parts]) + "."


def _warnings(measured: Measured) -> Iterator[str]:
    if measured.duration_s < _TOO_SHORT_S:
        yield "TOO SHORT to judge"
    if measured.clipped_fraction > 0.001:
        yield "CLIPS"
    if measured.silence_fraction > 0.6:
        yield "MOSTLY SILENT"


def _frame_length(sample_rate_hz: int) -> int:
    return max(1, round(_FRAME_S * sample_rate_hz))


def _brightness_hz(samples: NDArray[np.float32], sample_rate_hz: int) -> float:
    import numpy as np

    size = 1 << (int(0.04 * sample_rate_hz) - 1).bit_length()
    if len(samples) < size:
        samples = np.pad(samples, (0, size - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]
    window = np.hanning(size).astype(np.float32)
    power = np.zeros(size // 2 + 1)
    for at in range(0, len(frames), _WINDOWS_AT_ONCE):
        power += np.square(np.abs(np.fft.rfft(frames[at : at + _WINDOWS_AT_ONCE] * window, axis=1))).sum(axis=0)
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate_hz)
    power[(frequencies < _BRIGHTNESS_BAND_HZ[0]) | (frequencies > _BRIGHTNESS_BAND_HZ[1])] = 0
    total = float(power.sum())
    return float(frequencies @ power) / total if total > 1e-9 else 0.0


def _pace(text: str, audible: NDArray[np.bool_]) -> tuple[float | None, Pace | None]:
    """Letters and digits a second between the first and the last audible frame, and how fast that is."""
    import numpy as np

    spoken = [character for character in text if character.isalnum()]
    sounding = np.flatnonzero(audible)
    if not spoken or not len(sounding):
        return None, None
    rate = len(spoken) / (_FRAME_S * (int(sounding[-1]) - int(sounding[0]) + 1))
    syllabic = sum(unicodedata.east_asian_width(character) == "W" for character in spoken)
    slow, fast = _SYLLABIC_PACE if 2 * syllabic > len(spoken) else _ALPHABETIC_PACE
    return round(rate, 1), "slow" if rate < slow else "fast" if rate > fast else "medium"
