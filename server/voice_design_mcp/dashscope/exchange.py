"""One request and its answer as plain values: what the errors and the families read of them.

Refuses to know what an answer means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any, Final

_WORD: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TEXT_BYTES: Final = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """What an error has to know of the request: where it went, for which model, and whether it buys something."""

    host: str
    model: str
    purchase: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a stream of speech had come. `characters` is what the vendor had counted, None where it had said nothing."""

    text_sent: bool
    received_bytes: int = 0
    characters: int | None = None

    def further(self, received_bytes: int, characters: int | None) -> Progress:
        """So much more sound, and the vendor's count where it told one; its counts are running totals."""
        counts = [each for each in (self.characters, characters) if each is not None]
        return replace(self, received_bytes=self.received_bytes + received_bytes, characters=max(counts, default=None))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole. `parsed` is None where the body is not a JSON object; `hidden` is never repeated from it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    parsed: dict[str, Any] | None = field(repr=False)
    hidden: str = field(default="", repr=False)

    @property
    def vendor_code(self) -> str:
        """The vendor's code, if it is a plain word."""
        return _word(self.field("code"))

    @property
    def text(self) -> str:
        """The beginning of the body as text, for the log."""
        return self._shown(self.body[:_TEXT_BYTES].decode("utf-8", "replace"))

    @property
    def request_id(self) -> str:
        """The vendor's id of the request, from the body or its header."""
        return _word(self.field("request_id")) or _word(self._shown(self.headers.get("x-request-id", "")))

    @property
    def stated_wait_s(self) -> float:
        """The wait that an answer asks for, in seconds; 0 where it asks for none.

        `retry-after-ms` goes before `retry-after`, as in the vendor's SDK; a date is taken against the answer's own `date`.
        A wait of nothing has been stated all the same, so it is a millisecond.
        """
        milliseconds, seconds = self.headers.get("retry-after-ms", ""), self.headers.get("retry-after", "")
        for text, unit_s in ((milliseconds, 0.001), (seconds, 1.0)):
            if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
                return max(float(text) * unit_s, 0.001)
        try:
            until, now = parsedate_to_datetime(seconds), parsedate_to_datetime(self.headers.get("date", ""))
            return max((until - now).total_seconds(), 0.001)
        except (TypeError, ValueError):
            return 0.0

    def field(self, name: str) -> str:
        """A top-level string field, empty where there is none."""
        value = (self.parsed or {}).get(name)
        return self._shown(value) if isinstance(value, str) else ""

    def _shown(self, text: str) -> str:
        return text.replace(self.hidden, "[key]") if self.hidden else text


def _word(text: str) -> str:
    return text if _WORD.fullmatch(text) else ""
