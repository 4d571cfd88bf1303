"""How the vendor counts the characters of a text: for its bill, and for what one request may carry."""

from __future__ import annotations

from .catalog_rows import TargetModel


def text_length(model: TargetModel, text: str) -> int:
    """The length of a text as a model's `text_max` counts it."""
    return billed_characters(text) if model.han_counts_double else len(text)


def billed_characters(text: str) -> int:
    """Characters as the vendor bills them: a Han character is 2, any other 1 (Q).

    Kana and hangul are 1 by our reading of that rule; scripts it does not mention are counted 2, so that a hold is never short.
    """
    return sum(_weight(ord(character)) for character in text)


def _weight(point: int) -> int:
    if point < 0x0590:  # Latin, Greek, Cyrillic, Armenian and their punctuation
        return 1
    unbilled_double = (
        0x1E00 <= point <= 0x206F  # Latin additions, Greek extended, punctuation
        or 0x3000 <= point <= 0x30FF  # CJK punctuation, kana
        or 0xAC00 <= point <= 0xD7A3  # hangul
        or 0xFF00 <= point <= 0xFFEF  # full-width forms
    )
    return 1 if unbilled_double else 2
