"""What became different of what somebody can read: the one seam between whoever changes it and whoever is told.

A transaction announces its changes (`announce` in storage/database.py), its database tells them here once they are committed, and
`notices.py` tells clients. What other processes change on the same PostgreSQL is heard there (storage/hearing.py) and told here as
well. Nothing is kept: who was not listening reads the list again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A resource came, went, or is another than before.

    Attributes:
        account: The vendor account that it is on.
        principal: Whose it is.
        uri: Its address: voice://VOICE or audio://ID.
    """

    account: str
    principal: str
    uri: str


Listener = Callable[[Change], None]
"""Called on the event loop. It neither waits nor raises."""


class Changes:
    """Whoever wants to be told, in this process.

    Attributes:
        source: What tells the changes made here from those made elsewhere.
    """

    def __init__(self) -> None:
        self.source = secrets.token_hex(8)
        self._listeners: dict[object, Listener] = {}

    def tell(self, change: Change) -> None:
        """Tell everybody who listens now of a change that is committed."""
        for listener in list(self._listeners.values()):
            listener(change)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Be told from now on.

        Returns:
            What ends it; it may be called again.
        """
        key = object()
        self._listeners[key] = listener

        def end() -> None:
            self._listeners.pop(key, None)

        return end
