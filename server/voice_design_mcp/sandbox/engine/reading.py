"""Any text to what eSpeak NG can be given: safe characters, at least one of them a letter or a digit, kana for kanji."""

from __future__ import annotations

import unicodedata

from voice_design_mcp.sandbox.engine.spec import EngineError

_BREAKS = "\n\r\t\v\f\u2028\u2029"


def readable(text: str, language: str) -> str:
    """Return `text` as the worker takes it.

    Raises:
        EngineError: There is nothing in it to say, or it cannot be read here.
    """
    if language != "ja":
        return safe(text)
    from voice_design_mcp.sandbox.engine.japanese import kana

    return kana(safe(text))


def safe(text: str) -> str:
    """Return `text` without what no reader can use.

    Raises:
        EngineError: There is nothing in it to say.
    """
    kept = "".join(map(_safe, unicodedata.normalize("NFC", text)))
    if not any(character.isalnum() for character in kept):
        raise EngineError("There is nothing to say in the text: it has no letter and no digit.")
    return kept


def _safe(character: str) -> str:
    """Line breaks stay pauses, rare forms of letters and digits become common ones, what is invisible goes."""
    if character in _BREAKS:
        return "\n"
    if character.isalnum():
        return unicodedata.normalize("NFKC", character)
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} else character
