"""Exact money: a decimal amount in a currency. Never a float, never added across currencies."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

_MICRO = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):  # pyright: ignore[reportUnnecessaryIsInstance] a float here would be a bug in money
            raise TypeError("money is Decimal")

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} are not added")
        return Money(self.amount + other.amount, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount * times, self.currency)

    def __str__(self) -> str:
        return f"{self.currency} {self.text}"

    @property
    def text(self) -> str:
        """The amount in plain digits, with at least two decimals."""
        plain = f"{self.amount.normalize():f}"
        whole, _, decimals = plain.partition(".")
        return f"{whole}.{decimals:0<2}"

    def usd_micros(self, usd_per_cny: Decimal) -> int:
        """Millionths of a USD that this counts against the caps, rounded up.

        Args:
            usd_per_cny: The settable rate for CNY, the only other currency that the vendor lists.
        """
        rate = {"USD": Decimal(1), "CNY": usd_per_cny}[self.currency]
        return int((self.amount * rate * _MICRO).to_integral_value(ROUND_CEILING))


def usd(micros: int) -> Money:
    """Millionths of a USD as money."""
    return Money(Decimal(micros) / _MICRO, "USD")
