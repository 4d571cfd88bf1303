"""What a purchase costs: the user's own figure, else the catalog's. An unknown price is refused, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ..catalog import FAMILIES, MODELS
from ..catalog_rows import Price
from ..errors import PriceUnknownError
from .money import Money

_PER = Decimal(10_000)


class Prices:
    """The price list in force.

    Args:
        own: The user's prices by model (VOICE_DESIGN_PRICES): a voice for a design model, 10,000 characters for a synthesis one.
        usd_per_cny: The rate at which CNY counts against the USD caps.
    """

    def __init__(self, own: Mapping[str, tuple[Decimal, str]], usd_per_cny: Decimal) -> None:
        self._own = own
        self._usd_per_cny = usd_per_cny

    def creation(self, family: str) -> Money:
        """The full price of one voice; a free quota may make it less."""
        row = FAMILIES[family]
        return self._price(row.wire_model, row.creation_price)

    def speech(self, model: str, characters: int) -> Money:
        """The price of speaking so many billed characters."""
        row = MODELS.get(model)
        per_10k = self._price(model, row.price if row else None)
        return Money(per_10k.amount * characters / _PER, per_10k.currency)

    def usd_micros(self, money: Money) -> int:
        """What an amount counts against the caps."""
        return money.usd_micros(self._usd_per_cny)

    def _price(self, model: str, listed: Price | None) -> Money:
        if model in self._own:
            return Money(*self._own[model])
        if listed is None:
            raise PriceUnknownError(
                f"There is no price for {model!r}, so nothing is bought with it.",
                hint=f"Set VOICE_DESIGN_PRICES={model}=<amount>USD if you know it.",
            )
        return Money(listed.amount, listed.currency)
