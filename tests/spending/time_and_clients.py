"""What a test of money holds in its hand: the time, and a client on a server that starts anew."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from clients import Caller
from voice_design_mcp.config import Settings
from voice_design_mcp.dashscope.http import Timeouts
from voice_design_mcp.dashscope.retries import Retries

MakeSettings = Callable[..., Settings]
"""Settings with a data folder of the test's own; keyword arguments are settings without their prefix, in lower case."""
Connect = Callable[..., AbstractAsyncContextManager[Caller]]
"""Opens a client on a new server over the same data folder, as a restart does."""

AT_ONCE = Retries(base_s=0.0)
"""Tries again without waiting."""
IMPATIENT = Timeouts(purchase_s=0.5, read_s=0.5, download_s=0.5)
"""For a vendor that never finishes. Long enough for an answer to come on a busy machine."""


@dataclass
class Clock:
    """The time, which passes when a test says so."""

    now: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
