"""Text that arrives in pieces, cut where a sentence ends, as the vendor's streaming surfaces speak it."""

from __future__ import annotations

import re

from voice_design_mcp.sandbox.texts import is_speakable

_WIDE_MARKS, _MARKS, _CLOSERS = "。！？；…\n", ".!?;", "\"'”’」』）】)]"
# A full-width mark ends a sentence by itself; one that numbers and abbreviations have too, only with a space behind it.
_END = re.compile(f"[{_WIDE_MARKS}]+[{re.escape(_CLOSERS)}]*|[{re.escape(_MARKS)}]+[{re.escape(_CLOSERS)}]*(?=\\s)")


class Segments:
    """The pieces given out are the pieces taken in, joined and cut anew: nothing is added, lost or changed."""

    def __init__(self) -> None:
        self._text = ""
        self._searched = 0

    def feed(self, text: str) -> list[str]:
        """Takes the next piece; the sentences that are whole now, each with something to say."""
        self._text += text
        whole: list[str] = []
        start = 0
        for end in _END.finditer(self._text, self._searched):
            if is_speakable(self._text[start : end.end()]):
                whole.append(self._text[start : end.end()])
                start = end.end()
        self._text = self._text[start:]
        # What follows may still complete an end that stands at the very end.
        self._searched = len(self._text.rstrip(_WIDE_MARKS + _MARKS + _CLOSERS))
        return whole

    def rest(self) -> str:
        """Everything that is left, which is forgotten."""
        rest, self._text, self._searched = self._text, "", 0
        return rest


def sentences_of(text: str) -> list[str]:
    """A whole text's sentences, which joined are the text again; none, if there is nothing to say."""
    segments = Segments()
    sentences = segments.feed(text)
    rest = segments.rest()
    if is_speakable(rest):
        return [*sentences, rest]
    return [*sentences[:-1], sentences[-1] + rest] if sentences else []
