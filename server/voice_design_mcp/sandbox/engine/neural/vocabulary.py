"""The symbols that Kokoro-82M was trained on, each with its number (config.json of hexgrad/Kokoro-82M)."""

from __future__ import annotations

_RUNS = {  # the number of the first symbol, then symbols with the numbers that follow
    1: ";:,.!?",
    9: '—…"()“” \u0303ʣʥʦʨᵝ\uab67AI',
    31: "O",
    33: "Q",
    35: "ST",
    39: "W",
    41: "Yᵊabcdef",
    50: "hijklmnopqrstuvwxyzɑɐɒæ",
    75: "βɔɕç",
    80: "ɖðʤə",
    85: "ɚɛɜ",
    90: "ɟ",
    92: "ɡ",
    99: "ɥ",
    101: "ɨɪʝ",
    110: "ɯɰŋɳɲɴø",
    118: "ɸθœ",
    123: "ɹ",
    125: "ɾɻ",
    128: "ʁɽʂʃʈʧ",
    135: "ʊʋ",
    138: "ʌɣɤ",
    142: "χʎ",
    147: "ʒʔ",
    156: "ˈˌː",
    162: "ʰ",
    164: "ʲ",
    169: "↓",
    171: "→↗↘",
    177: "ᵻ",
}
NUMBERS = {symbol: first + place for first, symbols in _RUNS.items() for place, symbol in enumerate(symbols)}
"""The number of each symbol."""


def tokens(phonemes: str) -> list[int]:
    """Return the numbers of `phonemes`; a symbol that the model does not know is left out."""
    return [NUMBERS[symbol] for symbol in phonemes if symbol in NUMBERS]


def pairs(table: str) -> dict[str, str]:
    """Read a table of spellings and their sounds: "zh=ꭧ ch=ꭧʰ"."""
    return {spelling: sound for spelling, _, sound in (row.partition("=") for row in table.split())}
