"""Says in an answer which engine spoke, so that nobody takes the base engine for the natural one. Knows no engine.

What speaks during a request notes it here; the app adds the headers when the answer begins.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

ENGINE_HEADER = "x-voice-design-sandbox-engine"
NOTE_HEADER = "x-voice-design-sandbox-note"


@dataclass(slots=True)
class Voiced:
    """What spoke in one request: nothing, or an engine, with a note where it is not the one that was wanted."""

    headers: dict[str, str] = field(default_factory=dict[str, str])


_current: ContextVar[Voiced | None] = ContextVar("voiced", default=None)


@contextmanager
def listening() -> Generator[Voiced]:
    """Gather what speaks while the block runs, also in the tasks and threads that it starts."""
    voiced = Voiced()
    token = _current.set(voiced)
    try:
        yield voiced
    finally:
        _current.reset(token)


def note(engine: str, why: str = "") -> None:
    """Tell the request under way, if there is one, which engine speaks and why it is not another."""
    voiced = _current.get()
    if voiced is not None:
        voiced.headers[ENGINE_HEADER] = engine
        if why:
            voiced.headers[NOTE_HEADER] = why.encode("ascii", "replace").decode("ascii")
