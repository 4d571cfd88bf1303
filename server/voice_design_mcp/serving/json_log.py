"""The log as JSON, an object a line: for machines that collect it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from ..watching import current
from .redaction import Redaction


class JsonLines(logging.Formatter):
    """One line of JSON for an event; `trace_id` and `act` where it was written in one.

    Args:
        redact: Takes secrets out of what was said, and out of what an exception says.
    """

    def __init__(self, redact: Redaction) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        act = current()
        facts: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._redact(record.getMessage()),
            **({"trace_id": act.trace_id, "act": f"{act.kind} {act.name}"} if act else {}),
            **({"exception": self._redact(self.formatException(record.exc_info))} if record.exc_info else {}),
        }
        return json.dumps(facts, ensure_ascii=False)
