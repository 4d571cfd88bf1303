"""What the vendor says about a text: whether it can be spoken, whether it may be, and what it costs."""

from __future__ import annotations

import unicodedata

from voice_design_mcp.sandbox.answers import INAPPROPRIATE, RefusalError

MODERATION_MARKER = "[sandbox:inappropriate]"

_PROMPT_SCRIPTS = ("LATIN", "FULLWIDTH LATIN", "CJK")
_SPOKEN_SCRIPTS = (*_PROMPT_SCRIPTS, "CYRILLIC", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA", "HANGUL")
_HAN_RANGES = (
    *((0x3005, 0x3005), (0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF)),
    *((0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
)


def billed_characters(text: str) -> int:
    """Characters as the vendor counts and bills them: a Han character (kanji and hanja too) is 2, anything else 1."""
    return sum(2 if any(low <= ord(letter) <= high for low, high in _HAN_RANGES) else 1 for letter in text)


def is_speakable(text: str) -> bool:
    """Whether there is a digit in it, or a letter of one of the ten languages."""
    return any(character.isdigit() or (character.isalpha() and _of(character, _SPOKEN_SCRIPTS)) for character in text)


def is_chinese_or_english(text: str) -> bool:
    """Whether it has letters, at least half of them Latin or Han."""
    letters = [character for character in text if character.isalpha()]
    ours = sum(_of(letter, _PROMPT_SCRIPTS) for letter in letters)
    return ours > 0 and 2 * ours >= len(letters)


def check_moderation(*texts: str) -> None:
    """Refuses a text that carries `MODERATION_MARKER`, as the vendor refuses what it finds inappropriate."""
    if any(MODERATION_MARKER in text for text in texts):
        raise RefusalError(*INAPPROPRIATE)


def _of(character: str, scripts: tuple[str, ...]) -> bool:
    return unicodedata.name(character, "").startswith(scripts)
