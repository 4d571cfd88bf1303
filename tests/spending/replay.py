"""The ledger's entries played again from the first: whether any hold was granted beyond a cap that stood when it was made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from spending.books import CHARGE_EVENTS, GIVEN_BACK, Books

ALWAYS = "*"
EVERYONE = "*"


@dataclass(frozen=True)
class Limits:
    """The caps of a ledger; None is no cap. The money in millionths of a USD."""

    voices_a_day: int | None = None
    characters_a_day: int | None = None
    usd_micros_a_day: int | None = None
    usd_micros_in_total: int | None = None

    def of(self, day: str) -> dict[str, int]:
        """The caps of a day, or of all days."""
        if day == ALWAYS:
            limits = {"usd_micros": self.usd_micros_in_total}
        else:
            limits = {
                "voices": self.voices_a_day,
                "characters": self.characters_a_day,
                "usd_micros": self.usd_micros_a_day,
            }
        return {name: most for name, most in limits.items() if most is not None}


def no_hold_passed(ledger: Books, limits: Limits) -> None:
    """Assert that whenever something was held, what was held and spent with it was within every cap, its user's and everybody's."""
    holds = {hold["id"]: hold for hold in ledger.holds}
    counted: dict[str, dict[str, Any]] = {}
    for entry in ledger.entries:
        hold = holds.get(entry["hold_id"])
        if hold is None:
            continue
        if entry["event"] in GIVEN_BACK:
            counted.pop(hold["id"], None)
        elif entry["event"] == "held" or entry["event"] in CHARGE_EVENTS:
            counted[hold["id"]] = hold
        if entry["event"] == "held":
            _within(limits, hold, list(counted.values()))


def _within(limits: Limits, asked: dict[str, Any], counted: list[dict[str, Any]]) -> None:
    for who in (asked["principal"], EVERYONE):
        for day in (asked["day"], ALWAYS):
            sums: Counter[str] = Counter()
            for hold in counted:
                if who in {hold["principal"], EVERYONE} and day in {hold["day"], ALWAYS}:
                    sums.update(_weights(hold))
            for name, most in limits.of(day).items():
                assert not _weights(asked)[name] or sums[name] <= most, (asked["id"], who, day, name, sums[name])


def _weights(hold: dict[str, Any]) -> dict[str, int]:
    return {
        "usd_micros": hold["usd_micros"],
        "voices": int(hold["kind"] == "voice" and hold["usd_micros"] > 0),
        "characters": hold["characters"],
    }
