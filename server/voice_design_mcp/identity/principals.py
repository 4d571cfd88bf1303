"""Principals: whose voices, audio, approvals and caps a call is about, and the scopes that it carries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

Scope = Literal["voices:read", "voices:design", "voices:delete", "speech"]
SCOPES: Final[tuple[Scope, ...]] = ("voices:read", "voices:design", "voices:delete", "speech")
"""What a token may allow: seeing one's own voices, making them, deleting them, and speaking with them."""
OPERATOR: Final = "operator"
"""The scope that allows all of them, and shows the whole account."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose call it is.

    Args:
        id: Unique over every issuer; the ledger and the records keep it.
        scopes: What its token allows.
        brings_key: Whether the call is about an account of its own, whose key came with it. That adds nothing to what it may do.
    """

    id: str
    scopes: frozenset[str]
    brings_key: bool = False

    @property
    def operator(self) -> bool:
        """Whether it sees the whole account: every voice, the slots, and what only the vendor or only the ledger knows."""
        return self.brings_key or OPERATOR in self.scopes

    def may(self, scope: str) -> bool:
        """Whether it may do what a scope allows."""
        return OPERATOR in self.scopes or scope in self.scopes


LOCAL: Final = Principal("local", frozenset({OPERATOR}))
"""The user of this machine: over stdio, and over HTTP where no identities are set up."""


def identified(issuer: str, subject: str, scopes: Collection[str]) -> Principal:
    """The principal that a verified token names.

    The issuer is part of its id, since a subject is unique only within one; no id can be that of the local user.
    """
    return Principal(f"{issuer} {subject}", frozenset(scopes))
