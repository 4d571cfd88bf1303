"""The ledger read by itself, without the program that wrote it, and what must be true of it at any moment."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from voice_design_mcp.config import Settings

CHARGE_EVENTS = {"charged", "adopted", "assumed_billed", "resolved_billed"}
GIVEN_BACK = {"released", "assumed_not_billed"}
_ORDERS = {
    "quotes": "created_at, id",
    "holds": "(SELECT MIN(seq) FROM entries WHERE hold_id = holds.id)",
    "entries": "seq",
    "counters": "account, principal, day",
    "voices": "created_at, voice",
    "audio": "created_at, id",
}
"""Every table, and how PostgreSQL, which has no order of its own, puts its rows into that in which they came."""


@dataclass(frozen=True)
class Books:
    """Every row of a ledger."""

    quotes: list[dict[str, Any]]
    holds: list[dict[str, Any]]
    entries: list[dict[str, Any]]
    counters: list[dict[str, Any]]
    voices: list[dict[str, Any]]
    audio: list[dict[str, Any]]

    @property
    def charged_voices(self) -> list[str]:
        """The voices that the ledger says were paid for."""
        return sorted(hold["voice"] for hold in self.holds if (hold["kind"], hold["state"]) == ("voice", "charged"))

    @property
    def charged_characters(self) -> int:
        """What speech the vendor is known to have billed."""
        known = [hold for hold in self._speech() if "assumed_billed" not in self.events(hold["id"])]
        return sum(hold["characters"] for hold in known)

    @property
    def assumed_characters(self) -> int:
        """What speech counts as billed because its answer was lost."""
        assumed = [hold for hold in self._speech() if "assumed_billed" in self.events(hold["id"])]
        return sum(hold["characters"] for hold in assumed)

    @property
    def states(self) -> list[str]:
        """The state of every hold, in their order."""
        return [hold["state"] for hold in self.holds]

    def events(self, hold_id: str) -> list[str]:
        """What happened to a hold."""
        return [entry["event"] for entry in self.entries if entry["hold_id"] == hold_id]

    def used(self, day: str, *, principal: str = "*") -> tuple[int, int, int]:
        """What a counter row holds: millionths of a USD, voices, characters."""
        for row in self.counters:
            if (row["principal"], row["day"]) == (principal, day):
                return row["usd_micros"], row["voices"], row["characters"]
        return 0, 0, 0

    def check(self) -> None:
        """Assert what is true of a ledger after every commit."""
        counted = [hold for hold in self.holds if hold["state"] not in GIVEN_BACK]
        sums: Counter[tuple[str, str, str, str]] = Counter()
        for hold in counted:
            weights = {
                "usd_micros": hold["usd_micros"],
                "voices": int(hold["kind"] == "voice" and hold["usd_micros"] > 0),
                "characters": hold["characters"],
            }
            for who in (hold["principal"], "*"):
                for day in (hold["day"], "*"):
                    for name, weight in weights.items():
                        sums[hold["account"], who, day, name] += weight
        told = {
            (row["account"], row["principal"], row["day"], name): row[name]
            for row in self.counters
            for name in ("usd_micros", "voices", "characters")
        }
        assert {key: value for key, value in told.items() if value} == {
            key: value for key, value in sums.items() if value
        }
        for hold in self.holds:
            charges = [event for event in self.events(hold["id"]) if event in CHARGE_EVENTS]
            assert len(charges) == (hold["state"] == "charged"), (hold, charges)
            assert hold["sent_at"] or hold["state"] in {"held", "released"}, hold
        self._check_approvals()
        self._check_amounts()
        made = Counter(
            (hold["account"], hold["voice"]) for hold in self.holds if hold["kind"] == "voice" and hold["voice"]
        )
        assert set(made.values()) <= {1}, made
        recorded = {(row["account"], row["voice"]) for row in self.voices}
        assert {key for key in made if self._charged(*key)} == recorded
        live = Counter(
            tuple(hold[name] for name in ("account", "principal", "kind", "arguments_key", "take", "slot"))
            for hold in self.holds
            if hold["live"]
        )
        assert set(live.values()) <= {1}, live
        assert all(row["account"] for rows in vars(self).values() for row in rows)

    def _check_approvals(self) -> None:
        """Nothing was held without an approval that was its own, given in time, and used for nothing else, and for all of it."""
        quotes = {quote["id"]: quote for quote in self.quotes}
        opened: dict[str, list[dict[str, Any]]] = {}
        for hold in self.holds:
            if not hold["quote_id"]:
                assert hold["approved_by"] in {"auto", "below the asking limit"}, hold
                continue
            opened.setdefault(hold["quote_id"], []).append(hold)
            quote = quotes[hold["quote_id"]]
            same = ("account", "principal", "approved_by", "currency")
            assert [quote[name] for name in same] == [hold[name] for name in same], (quote, hold)
            assert quote["state"] == "used"
            assert hold["created_at"] < quote["expires_at"]
        for quote_id, slots in opened.items():
            if slots[0]["kind"] == "voice":
                assert sorted(hold["slot"] for hold in slots) == list(range(len(slots))), slots
                assert len({(hold["kind"], hold["arguments_key"], hold["take"]) for hold in slots}) == 1, slots
                assert sum(Decimal(hold["amount"]) for hold in slots) == Decimal(quotes[quote_id]["amount"])
            else:  # a narration buys piece by piece, and never more than was approved
                spent = sum(hold["usd_micros"] for hold in slots if hold["state"] not in GIVEN_BACK)
                assert spent <= quotes[quote_id]["usd_micros"]

    def _check_amounts(self) -> None:
        """The charges that were entered add up to what the charged holds cost, currency by currency."""
        entered, spent = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for entry in self.entries:
            if entry["event"] in CHARGE_EVENTS | {"corrected"}:
                entered[entry["account"], entry["currency"]] += Decimal(entry["amount"])  # pyright: ignore[reportArgumentType] a counter adds anything
        for hold in self.holds:
            if hold["state"] == "charged":
                spent[hold["account"], hold["currency"]] += Decimal(hold["amount"])  # pyright: ignore[reportArgumentType]
        assert entered == spent

    def _charged(self, account: str, voice: str) -> bool:
        return any(
            (hold["account"], hold["voice"], hold["state"]) == (account, voice, "charged") for hold in self.holds
        )

    def _speech(self) -> list[dict[str, Any]]:
        return [hold for hold in self.holds if (hold["kind"], hold["state"]) == ("speech", "charged")]


def ledger_file(settings: Settings) -> Path:
    """Where the ledger of these settings is."""
    return settings.data_dir / ("sandbox" if settings.sandbox else "") / "voice-design.db"


def has_begun(settings: Settings) -> bool:
    """Whether there is a ledger in the data folder: a process that dies before it made the tables leaves an empty file."""
    file = ledger_file(settings)
    if not file.is_file():
        return False
    with closing(sqlite3.connect(file, timeout=60)) as db:
        return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'holds'").fetchone() is not None


def books(settings: Settings) -> Books:
    """Read the ledger, and check it."""
    read = Books(**(_from_postgresql(settings) if settings.database_url else _from_sqlite(settings)))
    read.check()
    return read


def _from_sqlite(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    with closing(sqlite3.connect(ledger_file(settings), timeout=60)) as db:
        db.row_factory = sqlite3.Row
        db.execute("BEGIN")
        return {
            table: [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY rowid")]  # noqa: S608 constants
            for table in _ORDERS
        }


def _from_postgresql(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    import psycopg
    from psycopg.rows import dict_row

    with psycopg.connect(settings.database_url.reveal()) as connection, connection.cursor(row_factory=dict_row) as db:
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return {
            table: db.execute(f"SELECT * FROM {table} ORDER BY {order}".encode()).fetchall()  # noqa: S608 constants
            for table, order in _ORDERS.items()
        }
