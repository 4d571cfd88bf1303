"""How text from outside is shown to a model or a person: cut, on one line, without characters that hide or reorder it."""

from __future__ import annotations

import unicodedata
from typing import Final

_SHOWN: Final = "…"


def plain(text: str, most: int) -> str:
    """A text made safe to show: control, bidirectional and other invisible characters dropped, spaces folded, cut.

    Args:
        text: Text from outside.
        most: Its length at most, in characters.
    """
    visible = text if text.isprintable() else "".join(map(_spaced, filter(_visible, text)))
    folded = " ".join(visible.split())
    return folded if len(folded) <= most else folded[: most - 1] + _SHOWN


def quoted(text: str, most: int) -> str:
    """A text on one line in quotes, nothing dropped: what can't be seen is written as an escape. Cut with its length named."""
    cut = text[:most]
    printable = cut.isprintable()  # then there are only these two to escape
    escaped = cut.replace("\\", r"\\").replace('"', r"\"") if printable else "".join(map(_escape, cut))
    if len(text) <= most:
        return f'"{escaped}"'
    return f'"{escaped}{_SHOWN}" (the first {most} of {len(text)} characters)'


def _spaced(character: str) -> str:
    return " " if character.isspace() else character


def _visible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _escape(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    if character == " " or (_visible(character) and not character.isspace()):
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")
