"""What is worth watching of a process: tool calls, requests to the vendor, purchases. Told to whoever watches, if anybody.

    with watched("vendor", "create") as act:
        ...
        act.outcome = "ok"

Metrics and traces are watchers (`serving/metrics.py`, `serving/traces.py`); a line of the JSON log names the act that it was
written in (`serving/json_log.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["tool", "vendor", "purchase"]


@dataclass(slots=True)
class Act:
    """Something that is being done.

    Attributes:
        kind: What kind of thing.
        name: The tool, the vendor's operation, or what is bought.
        outcome: How it ended: a result's status or an error's code; "ok" unless somebody says otherwise.
        trace_id: What all acts of one call have in common: 32 hexadecimal digits.
    """

    kind: Kind
    name: str
    outcome: str = "ok"
    trace_id: str = field(default_factory=lambda: secrets.token_hex(16))


Watcher = Callable[[Act], AbstractContextManager[object]]
"""Enters as an act begins, and leaves as it ends, when its outcome is known. It raises nothing."""

_watchers: Final[list[Watcher]] = []
_current: Final[ContextVar[Act | None]] = ContextVar("act", default=None)


def watch(watcher: Watcher) -> Callable[[], None]:
    """Have a watcher told of every act from now on. Returns what ends it."""
    _watchers.append(watcher)
    return lambda: _watchers.remove(watcher)


def current() -> Act | None:
    """The innermost act that this is part of."""
    return _current.get()


@contextmanager
def watched(kind: Kind, name: str) -> Generator[Act]:
    """Do something that may be watched. What it raises is its outcome."""
    around = _current.get()
    act = Act(kind, name) if around is None else Act(kind, name, trace_id=around.trace_id)
    token = _current.set(act)
    try:
        with ExitStack() as watching:
            for watcher in _watchers:
                watching.enter_context(watcher(act))
            try:
                yield act
            except BaseException as error:
                act.outcome = getattr(error, "code", "") or type(error).__name__
                raise
    finally:
        _current.reset(token)
