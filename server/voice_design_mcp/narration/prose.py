"""A long text for one voice as a script: one line for each piece that is spoken in one go, so that each can be named. Pure."""

from __future__ import annotations

from ..characters import text_length
from ..describe.language import recognise
from ..errors import InputError
from ..speech.split import split
from .plan import PIECE_MAX, Plan, Reader, plan
from .script import Line, Script


def planned(text: str, reader: Reader, owner: str, given: dict[str, str]) -> Plan:
    """Plan a text.

    Args:
        text: What is said; a blank line is a longer pause.
        reader: Who says it, and how.
        owner: Whose sound it is.
        given: How the result is given, as far as that changes it.

    Raises:
        InputError: A single character is longer than a request may be.
    """
    language = reader.language or recognise(text).language or reader.made_for
    limit = min(PIECE_MAX, reader.model.text_max)
    try:
        segments = split(text, language, limit, lambda part: text_length(reader.model, part))
    except ValueError as error:
        raise InputError(
            "text", f"One character of text is longer than the {limit} of a request.", hint="Take it out."
        ) from error
    lines = [
        Line(speaker="", text=segment.text, pause_after_s=segment.pause_after_s)
        for segment in segments
        if segment.has_words
    ]
    return plan(Script(lines), {"": reader}, owner, given)
