"""What tests put something else in place of: the clock, and the boundaries at which they stop the process."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def nothing_stops(_boundary: str) -> None:
    """Called with the name of each boundary as it is passed."""
