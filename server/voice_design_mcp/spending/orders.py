"""What is bought, reduced to what makes two requests the same one."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal

from .money import Money

Action = Literal["design", "delete", "keep", "speech", "narration"]
IRREVERSIBLE: Final = frozenset[Action]({"delete", "keep"})
"""What no policy does without asking."""
Arguments = Mapping[str, str | int | float]

_QUOTES = str.maketrans(dict.fromkeys("‘’‚‛′‵", "'") | dict.fromkeys("“”„‟″‶", '"'))


def fold(value: str | float) -> str | float:
    """A value with the differences removed that a model makes when it repeats a text: Unicode form, quotes, spaces."""
    if isinstance(value, int | float):
        return value
    text = value if value.isascii() else unicodedata.normalize("NFC", value).translate(_QUOTES)
    return " ".join(text.split())


def first_difference(asked: Arguments, approved: Arguments) -> str:
    """The name of the first argument that is not the same after folding, or "" when all are."""
    names = [*approved, *(name for name in asked if name not in approved)]
    return next((name for name in names if fold(asked.get(name, "")) != fold(approved.get(name, ""))), "")


@dataclass(frozen=True, kw_only=True)
class Order:
    """One purchase (or one irreversible act, price zero), with every default filled in.

    Args:
        account: The vendor account that would be charged.
        principal: Whose purchase it is.
        action: What is done.
        arguments: The tool's arguments, defaults filled in, without `take` and `approval`.
        take: Which take of these arguments.
        slots: How many are bought at once, held all or none; what follows is of one.
        model: The model that is billed.
        price: The full price.
        usd_micros: What the price counts against the caps.
        voices: Paid voices it makes.
        characters: Billed characters it speaks.
        in_parts: Whether it is bought piece by piece, so that an approval of more covers what is left.
    """

    account: str
    principal: str
    action: Action
    arguments: Arguments
    take: int = 1
    slots: int = 1
    model: str = ""
    price: Money
    usd_micros: int = 0
    voices: int = 0
    characters: int = 0
    in_parts: bool = False

    @property
    def kind(self) -> str:
        """What the ledger calls it: a design is entered as the voice that it makes."""
        return "voice" if self.action == "design" else self.action

    @property
    def total(self) -> Money:
        """The price of all slots, which an approval is given for."""
        return self.price * self.slots

    @property
    def terms(self) -> dict[str, str | int | float]:
        """What an approval is given for, apart from the price: the arguments and the take."""
        return {**self.arguments, "take": self.take}

    @property
    def purchase_key(self) -> str:
        """A digest of the arguments: with account, principal and take, the identity of a purchase.

        Folded, but for speech: there every space and line break may be heard.
        """
        return _digest(self.arguments, as_they_are=self.action == "speech")

    @cached_property
    def approval_key(self) -> str:
        """A digest of everything an approval is bound to, take and price included."""
        return _digest({**self.terms, "price": str(self.total)})

    def covered_by(self, amount: str, currency: str) -> bool:
        """Whether an approval of this amount is one of this price."""
        if self.in_parts and currency == self.price.currency:
            return self.total.amount <= Decimal(amount)
        return (self.total.text, self.total.currency) == (amount, currency)


def _digest(arguments: Arguments, *, as_they_are: bool = False) -> str:
    told = {name: value if as_they_are else fold(value) for name, value in arguments.items()}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
