"""Where a text can be cut without breaking what a reader sees as one character, and how wide that is. Knows no words.

The rules are those of Unicode's text segmentation (UAX #29) as far as the standard library's tables carry them. Where
these tables are too coarse, more is held together, never less.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_ZERO_WIDTH_JOINER = "\u200d"
_VIRAMA_CLASS = 9
_HANGUL_LEADING = range(0x1100, 0x1160), range(0xA960, 0xA980)
_HANGUL_VOWEL = range(0x1160, 0x11A8), range(0xD7B0, 0xD7C7)
_HANGUL_TRAILING = range(0x11A8, 0x1200), range(0xD7CB, 0xD7FC)
_HANGUL_SYLLABLES = range(0xAC00, 0xD7A4)
_REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_LOW_SURROGATES = range(0xDC00, 0xE000)
_HALF_WIDTH_VOICING = range(0xFF9E, 0xFFA0)
_THAI_AND_LAO_AM = (0x0E33, 0x0EB3)
_PREPENDED = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd")


def clusters(text: str) -> Iterator[str]:
    """Give the characters as a reader sees them: letters with their marks, whole emoji, flags and Hangul syllables."""
    start, flag_letters = 0, 0
    for at in range(1, len(text)):
        flag_letters = flag_letters + 1 if ord(text[at - 1]) in _REGIONAL_INDICATORS else 0
        if not _is_joined(text[at - 1], text[at], flag_letters):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def cells(text: str) -> int:
    """Return how many columns `text` takes where Chinese, Japanese and Korean characters take two."""
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"} or ord(character) in _SKIN_TONES:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _is_joined(before: str, after: str, flag_letters: int) -> bool:
    """Whether two neighbours are of one cluster; `flag_letters` counts the regional indicators up to `before`."""
    if after < "\u0300" and before < "\u0300":
        return before == "\r" and after == "\n"
    if unicodedata.category(before) in {"Cc", "Zl", "Zp"} or unicodedata.category(after) in {"Cc", "Zl", "Zp"}:
        return False
    return (
        _extends(after) or before == _ZERO_WIDTH_JOINER or before in _PREPENDED or _is_pair(before, after, flag_letters)
    )


def _extends(character: str) -> bool:
    code = ord(character)
    return (
        unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or character in {_ZERO_WIDTH_JOINER, "\u200c"}
        or code in _SKIN_TONES
        or code in _TAGS
        or code in _LOW_SURROGATES
        or code in _HALF_WIDTH_VOICING
        or code in _THAI_AND_LAO_AM
    )


def _is_pair(before: str, after: str, flag_letters: int) -> bool:
    first, second = ord(before), ord(after)
    if second in _REGIONAL_INDICATORS:
        return flag_letters % 2 == 1
    if unicodedata.combining(before) == _VIRAMA_CLASS:
        return unicodedata.category(after) == "Lo"
    if _among(first, _HANGUL_LEADING):
        return second in _HANGUL_SYLLABLES or _among(second, (*_HANGUL_LEADING, *_HANGUL_VOWEL))
    opens = first in _HANGUL_SYLLABLES or _among(first, _HANGUL_VOWEL)
    if opens and _among(second, _HANGUL_VOWEL):
        return first not in _HANGUL_SYLLABLES or (first - _HANGUL_SYLLABLES.start) % 28 == 0
    return (opens or _among(first, _HANGUL_TRAILING)) and _among(second, _HANGUL_TRAILING)


def _among(code: int, ranges: tuple[range, ...]) -> bool:
    return any(code in part for part in ranges)
