"""What a hold costs in a ledger of 10³ to 10⁶ entries, beside the same commit made raw with the driver on the same database.

A benchmark, not a test: it prints, and judges two figures. A hold at the largest size costs at most 1.5 × the raw commit, and a
hold grows no faster than the logarithm of the size. Both begin with the same order and end with the same rows on the disk. Raw is
awaited from a thread as ours is, since a server that waits for a disk on its event loop serves nobody; "in line" is the same
without that. Run it on an idle machine, and with `--folder DIR` on the disk that is meant: a temporary folder in memory has no
commit to speak of. With `--postgresql` on a PostgreSQL that is started for it, and does not wait for its disk.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from sqlalchemy import URL, make_url

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import services
from bench import figures
from bench.figures import Row
from voice_design_mcp.config import Caps
from voice_design_mcp.spending.approvals import Approvals
from voice_design_mcp.spending.ledger import Ledger
from voice_design_mcp.spending.money import usd
from voice_design_mcp.spending.orders import Order
from voice_design_mcp.storage.database import Database, stamp

BAR: Final = 1.5
SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ARGUMENTS: Final = {
    "family": "qwen",
    "target_model": "qwen3-tts-vd-2026-01-26",
    "voice_prompt": "A calm middle-aged man with a deep, resonant voice, low pitch, slow, for documentaries.",
    "preview_text": "Good evening, and welcome to the programme.",
    "preferred_name": "narrator",
    "language": "en",
    "sample_rate": 24000,
    "response_format": "wav",
}
NO_CAPS: Final = Caps(usd_per_day=None, voices_per_day=None, characters_per_day=None, usd_total=None)
ENTRIES_PER_HOLD: Final = 4


def main() -> int:
    """Print a row for each size; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=None, help="where the files are made (default: a temporary folder)"
    )
    parser.add_argument("--holds", type=int, default=200, help="holds measured at each size")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest size")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, not SQLite")
    figures.option(parser)
    arguments = parser.parse_args()
    print(f"{'entries':>9}  {'hold ms':>8}  {'raw ms':>8}  {'ratio':>5}  {'in line ms':>10}")
    measured: dict[int, tuple[float, float, float]] = {}
    for size in (size for size in SIZES if size <= arguments.most):
        with _empty(arguments.folder, postgresql=arguments.postgresql) as url:
            measured[size] = anyio.run(_measured, url, size, arguments.holds)
        ours, raw, in_line = (seconds * 1000 for seconds in measured[size])
        print(f"{size:>9,}  {ours:8.3f}  {raw:8.3f}  {ours / raw:5.2f}  {in_line:10.3f}", flush=True)
    rows = _judged(measured, "PostgreSQL" if arguments.postgresql else "SQLite")
    figures.keep(arguments.json, rows)
    return int(not all(row.holds for row in rows))


@contextmanager
def _empty(folder: Path | None, *, postgresql: bool) -> Generator[URL]:
    """An empty database."""
    if not postgresql:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            yield URL.create("sqlite", database=str(Path(place) / "ledger.db"))
        return
    with services.postgresql() as server:
        yield make_url(services.make_database(server, "ledger"))


def _judged(measured: dict[int, tuple[float, float, float]], kind: str) -> list[Row]:
    sizes = list(measured)
    first, last = sizes[0], sizes[-1]
    small, (large, raw, _) = measured[first][0], measured[last]
    growth, allowed = large / small, math.log(last) / math.log(first)
    print(f"ratio at {last:,}: {large / raw:.2f} (bar {BAR}); growth {growth:.2f} (logarithm: {allowed:.2f})")
    return [
        Row(f"a hold among {last:,} entries on {kind}, beside the raw commit", large / raw, BAR),
        Row(f"a hold among {last:,} entries on {kind}, beside one among {first:,}", growth, allowed),
    ]


async def _measured(url: URL, size: int, count: int) -> tuple[float, float, float]:
    """The median seconds of a hold: ours, raw from a thread, raw in line; taken in turns."""
    database = await Database.open_url(url)
    approvals = Approvals(database, lambda: NOW)
    ledger = Ledger(database, approvals, lambda: NO_CAPS, lambda: NOW, 0)
    with closing(Raw(url)) as db:
        _fill(db, size)
        quotes = _approved_quotes(db, 3 * count)
        taken: dict[str, list[float]] = {"ours": [], "raw": [], "in line": []}

        @contextmanager
        def timed(name: str) -> Generator[None]:
            began = time.perf_counter()
            yield
            taken[name].append(time.perf_counter() - began)

        for number in range(count):
            order, quote = _order(f"ours {number}"), next(quotes)
            with timed("ours"):
                await ledger.hold(order, quote_id=quote, approved_by="auto", named=[("abc234", "narrator_abc234")])
            order, quote = _order(f"raw {number}"), next(quotes)
            with timed("raw"):
                await anyio.to_thread.run_sync(_hold_raw, db, _hold_row(order, quote, "held"))
            order, quote = _order(f"in line {number}"), next(quotes)
            with timed("in line"):
                _hold_raw(db, _hold_row(order, quote, "held"))
    await database.close()
    ours, raw, in_line = (statistics.median(seconds) for seconds in taken.values())
    return ours, raw, in_line


def _order(text: str) -> Order:
    arguments = {**ARGUMENTS, "preview_text": text}
    return Order(
        account="bench", principal="local", action="design", arguments=arguments, price=usd(200_000), usd_micros=200_000,
        model="qwen-voice-design", voices=1,
    )  # fmt: skip


def _hold_row(order: Order, quote: str, state: str) -> dict[str, Any]:
    return {
        "id": f"hold_{secrets.token_hex(8)}", "quote_id": quote, "account": order.account, "principal": order.principal,
        "kind": order.kind, "arguments_key": order.purchase_key, "arguments": json.dumps(order.arguments),
        "model": order.model, "take": 1, "live": 1, "amount": "0.20", "currency": "USD", "usd_micros": 200_000,
        "day": "2026-11-22", "state": state, "tag": "abc234", "wire_name": "narrator_abc234", "owner": "own_bench",
        "deadline": stamp(NOW), "approved_by": "auto", "created_at": stamp(NOW), "updated_at": stamp(NOW),
    }  # fmt: skip


class Raw:
    """A connection of the driver's own, on which values are named `:name` whichever the driver."""

    def __init__(self, url: URL) -> None:
        self._named = url.drivername == "sqlite"
        self.begin = "BEGIN IMMEDIATE" if self._named else "BEGIN"
        self._db: Any
        if self._named:
            self._db = sqlite3.connect(str(url.database), isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA synchronous=FULL")
        else:
            self._db = services.connection(url.render_as_string(hide_password=False))

    def execute(self, sql: str, values: Mapping[str, Any] | None = None) -> Any:
        """Run a statement."""
        return self._db.execute(sql if self._named else _spelled(sql), values or {})

    def fill(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Insert many rows."""
        sql = _inserting(table, rows[0])
        cursor = self._db.cursor()
        cursor.executemany(sql if self._named else _spelled(sql), rows)

    def settle(self) -> None:
        """Have what was filled in be where it stays."""
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)" if self._named else "ANALYZE")

    def close(self) -> None:
        """Close it."""
        self._db.close()


@cache
def _spelled(sql: str) -> str:
    return re.sub(r":([a-z]\w*)", r"%(\1)s", sql)


def _hold_raw(db: Raw, row: dict[str, Any]) -> None:
    """The commit of a hold, by hand: the same rows read and written in the same order."""
    db.execute(db.begin)
    db.execute(_inserting("holds", row), row)
    db.execute(
        "UPDATE quotes SET state = 'used', approved_by = 'auto', decided_at = :now "
        "WHERE id = :quote_id AND state IN ('open', 'approved') AND expires_at > :now",
        {"now": stamp(NOW), "quote_id": row["quote_id"]},
    )
    db.execute("SELECT * FROM holds WHERE id = :id", {"id": row["id"]}).fetchone()
    for who in ("*", "local"):
        for day in ("*", "2026-11-22"):
            db.execute(
                "INSERT INTO counters VALUES ('bench', :who, :day, 200000, 1, 0) ON CONFLICT (account, principal, day) DO UPDATE "
                "SET usd_micros = counters.usd_micros + 200000, voices = counters.voices + 1",
                {"who": who, "day": day},
            )
    entry = _entry(row, "held")
    db.execute(_inserting("entries", entry), entry)
    db.execute("COMMIT")


def _entry(hold: dict[str, Any], event: str) -> dict[str, Any]:
    same = ("account", "principal", "kind", "amount", "currency", "approved_by")
    return {"at": stamp(NOW), "hold_id": hold["id"], "event": event, **{name: hold[name] for name in same}}


def _inserting(table: str, row: dict[str, Any]) -> str:
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"  # noqa: S608 constants


def _fill(db: Raw, size: int) -> None:
    """A ledger with so many entries, and the charged holds and used quotes that they are of."""
    db.execute("BEGIN")
    for numbers in batched(range(size // ENTRIES_PER_HOLD), 5000):
        quotes = [_quote_row(f"{number}", "used") for number in numbers]
        holds = [
            _hold_row(_order(f"{number}"), quote["id"], "charged") | {"voice": f"voice-{number}"}
            for number, quote in zip(numbers, quotes, strict=True)
        ]
        db.fill("quotes", quotes)
        db.fill("holds", holds)
        events = ("held", "sent", "answered", "charged")
        db.fill("entries", [_entry(hold, event) for hold in holds for event in events])
    db.execute("COMMIT")
    db.settle()


def batched(numbers: range, count: int) -> Iterator[range]:
    """So many at a time."""
    return (numbers[at : at + count] for at in range(0, len(numbers), count))


def _approved_quotes(db: Raw, count: int) -> Iterator[str]:
    rows = [_quote_row(f"next {number}", "approved") for number in range(count)]
    db.execute("BEGIN")
    db.fill("quotes", rows)
    db.execute("COMMIT")
    return iter([str(row["id"]) for row in rows])


def _quote_row(text: str, state: str) -> dict[str, Any]:
    order = _order(text)
    return {
        "id": f"apr_{secrets.token_hex(16)}", "account": order.account, "principal": order.principal, "action": "design",
        "arguments_key": order.approval_key, "arguments": json.dumps(order.terms), "amount": "0.20", "currency": "USD",
        "usd_micros": 200_000, "question": "Design a voice?", "shown": "{}", "state": state,
        "created_at": stamp(NOW), "expires_at": stamp(NOW + timedelta(minutes=10)),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
