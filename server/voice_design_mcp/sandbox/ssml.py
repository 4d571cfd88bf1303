"""Marked-up text to what is spoken of it. The marks themselves, which the offline engine cannot follow, are dropped."""

from __future__ import annotations

from xml.parsers import expat

from voice_design_mcp.sandbox.answers import invalid

_ROOT = "speak"
_PAUSES = frozenset({"break", "p", "s"})


def is_markup(text: str) -> bool:
    """Whether a text begins as markup does."""
    return text.lstrip().startswith(f"<{_ROOT}")


def plain_text(markup: str) -> str:
    """The text between the marks of one `<speak>`; a break between two words stays one.

    Raises:
        RefusalError: It is not well-formed, brings definitions of its own, or its root is another.
    """
    parts: list[str] = []
    depth = 0

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        if (name == _ROOT) != (depth == 0):
            raise _invalid()
        depth += 1

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if name in _PAUSES:
            parts.append(" ")

    def define(*_: object) -> None:
        raise _invalid()

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = parts.append
    parser.StartDoctypeDeclHandler = define
    try:
        parser.Parse(markup.strip(), True)  # noqa: FBT003  its only signature
    except (expat.ExpatError, ValueError):
        raise _invalid() from None
    return "".join(parts).strip()


def _invalid() -> Exception:
    return invalid("Please ensure input text is valid.")
