"""The numbers of a voice in one language to eSpeak NG's own words: a voice variant file and a speaking rate.

The calibration was measured on eSpeak NG 1.52: what median pitch a pitch line gives, and what pace a rate gives.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice_design_mcp.sandbox.engine.traits_to_voice import FORMANTS, FormantVoice

LOWEST_PITCH_HZ, HIGHEST_PITCH_HZ = 60.0, 460.0
SLOWEST_WPM, FASTEST_WPM = 80, 450

_NORMAL_WPM = 150
_SEMITONES_PER_SPREAD = 1.58
_WIDEST_SPREAD = 2.6
_HIGH_VOICE_HZ = 150.0


@dataclass(frozen=True, slots=True)
class Accent:
    """How eSpeak NG speaks one language.

    Attributes:
        voice: Its name for the language.
        file: Where its data keeps that voice, under `lang/`.
        speed: Factor to a natural pace.
        pace_exponent: How fast the pace grows with the rate.
        spread: Factor to a natural melody.
        least_semitones: Half the width of pitch that tones need to be heard.
        lift: How far the melody pulls the median above the middle of its range, against English.
    """

    voice: str
    file: str
    speed: float = 1.0
    pace_exponent: float = 1.13
    spread: float = 1.0
    least_semitones: float = 0.2
    lift: float = 1.0


ACCENTS = {
    "zh": Accent("cmn", "sit/cmn", speed=1.30, spread=1.75, least_semitones=3.2, lift=0.35),
    "en": Accent("en-us", "gmw/en-US"),
    "de": Accent("de", "gmw/de", speed=0.95, pace_exponent=1.05, spread=1.05, lift=0.8),
    "it": Accent("it", "roa/it", speed=0.95, spread=1.05, lift=0.9),
    "pt": Accent("pt-br", "roa/pt-BR", speed=0.93, lift=1.15),
    "es": Accent("es", "roa/es", speed=0.95, lift=1.15),
    "ja": Accent("ja", "jpx/ja", speed=0.90, spread=1.10, lift=0.88),
    "ko": Accent("ko", "ko", speed=0.88, spread=1.20, lift=0.95),
    "fr": Accent("fr", "roa/fr", speed=0.90, spread=1.05, lift=1.05),
    "ru": Accent("ru", "zle/ru", speed=0.93, pace_exponent=0.82, spread=1.30, lift=1.1),
}


def words_per_minute(voice: FormantVoice, accent: Accent, rate: float) -> int:
    """Return the rate at which eSpeak NG speaks `rate` times as fast as the voice's own pace, as near as it can."""
    speed = voice.speed * accent.speed * rate
    return round(min(max(_NORMAL_WPM * speed ** (1 / accent.pace_exponent), SLOWEST_WPM), FASTEST_WPM))


def variant_text(voice: FormantVoice, accent: Accent, pitch: float) -> str:
    """Return the variant file of `voice` for one language, `pitch` times as high as its own pitch."""
    pitch_hz = min(max(voice.pitch_hz * pitch, LOWEST_PITCH_HZ), HIGHEST_PITCH_HZ)
    bottom_hz, top_hz = _pitch_line(pitch_hz, voice.spread, accent)
    consonants = 1.2 * voice.consonants_percent
    lines = [
        "language variant",
        "name designed",
        f"pitch {bottom_hz} {top_hz}",
        f"flutter {round(voice.flutter)}",
        f"roughness {round(voice.roughness)}",
        f"voicing {round(0.8 * voice.voicing_percent)}",
        f"consonants {round(consonants)} {round(consonants)}",
        *_formant_lines(voice, high=pitch_hz >= _HIGH_VOICE_HZ),
        _tone_line(voice.tilt),
    ]
    if voice.breath > 0:
        shares = (0, 1, 0.9, 0.7, 0.5, 0.4, 0.3, 0.2)
        lines.append("breath " + " ".join(str(round(voice.breath * share)) for share in shares))
    if voice.echo_percent > 0:
        lines.append(f"echo 60 {round(voice.echo_percent)}")
    return "\n".join(lines) + "\n"


def _pitch_line(pitch_hz: float, spread: float, accent: Accent) -> tuple[int, int]:
    """Bottom and top of the range whose median comes out at `pitch_hz`."""
    semitones = max(_SEMITONES_PER_SPREAD * min(spread, _WIDEST_SPREAD) * accent.spread, accent.least_semitones)
    pull = 1 + accent.lift * (0.03 * semitones + 0.002 * semitones**2)
    middle_hz = (pitch_hz + 8) / pull
    ratio = 2 ** (semitones / 12)
    return round(middle_hz / ratio), round(middle_hz * ratio)


def _formant_lines(voice: FormantVoice, *, high: bool) -> list[str]:
    # A high voice has few harmonics to draw a formant with: wider and lower ones are understood better.
    heights = (85, 85, 82, 80, 80, 80, 70, 60, 50) if high else (100, 100, 100, 100, 90, 90, 70, 60, 50)
    widths = (140, *(150,) * 8) if high else (100,) * FORMANTS
    # The low resonance stays, and the highest formants move less than the tract's.
    follow = (0.0, 1.0, 1.0, 1.0, 0.8, 0.8, 0.5, 0.5, 0.5)
    return [
        f"formant {n}"
        f" {round((100 + (voice.formants_percent - 100) * follow[n]) * voice.formant_jitter[n])}"
        f" {round(heights[n] * voice.height_jitter[n])}"
        f" {round(widths[n] * voice.widths_percent / 100)}"
        for n in range(FORMANTS)
    ]


def _tone_line(tilt: float) -> str:
    points = ((600, 170, -0.02), (1200, 135, 0.03), (2000, 110, 0.06), (4000, 105, 0.08))
    levels = ((hz, level * 10 ** (tilt * slope)) for hz, level, slope in points)
    return "tone " + " ".join(f"{hz} {min(max(round(level), 5), 255)}" for hz, level in levels)
