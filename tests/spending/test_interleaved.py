"""Transactions of two replicas that meet on the same rows, statement by statement: neither undoes what the other recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

import pytest

from clients import DESIGN
from services import connection
from spending.books import books
from spending.lost import look, lose
from spending.time_and_clients import Clock, Connect
from spending.vendor import Vendor, reset_before
from voice_design_mcp.commands.books import Book, opened
from voice_design_mcp.config import Settings
from voice_design_mcp.spending.money import usd
from voice_design_mcp.spending.orders import Order

if TYPE_CHECKING:
    import psycopg

pytestmark = pytest.mark.services
_Result = TypeVar("_Result")


@pytest.fixture(params=["postgresql"])
def storage(database_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Only here can two transactions be half done at once."""
    monkeypatch.setenv("VOICE_DESIGN_DATABASE_URL", database_url)
    return {"VOICE_DESIGN_DATABASE_URL": database_url}


class Replica:
    """Another replica in the middle of a transaction."""

    def __init__(self, url: str, db: psycopg.Connection[Any]) -> None:
        self._url = url
        self._db = db

    def does(self, statement: LiteralString, **values: Any) -> None:
        """Run a statement, not committed yet."""
        self._db.execute(statement, values)

    async def commits_when_awaited(self, work: Awaitable[_Result]) -> _Result:
        """Begin the work, commit as soon as it waits for this transaction, and give what the work comes to."""
        begun = asyncio.ensure_future(work)
        await asyncio.to_thread(self._commit_when_awaited)
        return await begun

    def _commit_when_awaited(self) -> None:
        with connection(self._url) as watch:
            while not watch.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                pass
        self._db.commit()


@pytest.fixture
async def book(settings: Settings, clock: Clock) -> AsyncGenerator[Book]:
    async with opened(settings, clock) as [only]:
        yield only


@asynccontextmanager
async def replica(settings: Settings) -> AsyncGenerator[Replica]:
    url = settings.database_url.reveal()
    with connection(url) as db:
        db.autocommit = False
        yield Replica(url, db)


def order(take: int) -> Order:
    return Order(
        account="an account", principal="one", action="design", arguments=DESIGN, take=take, price=usd(0), voices=1
    )


async def test_a_yes_is_not_set_aside_by_a_newer_quote(book: Book, settings: Settings, clock: Clock) -> None:
    quotes: list[str] = []
    for take in range(1, 21):
        clock.pass_s(1)
        quotes.append((await book.approvals.quote(order(take), str, {})).id)
    async with replica(settings) as other:
        other.does("UPDATE quotes SET state = 'approved' WHERE id = %(id)s", id=quotes[0])
        await other.commits_when_awaited(book.approvals.quote(order(21), str, {}))
    assert [quote["state"] for quote in books(settings).quotes] == ["approved", *["open"] * 20]


async def test_a_yes_is_not_taken_back_by_asking_for_the_quote_again(
    book: Book, settings: Settings, clock: Clock
) -> None:
    first = await book.approvals.quote(order(1), str, {})
    for take in range(2, 22):
        clock.pass_s(1)
        await book.approvals.quote(order(take), str, {})
    assert books(settings).quotes[0]["state"] == "set_aside"
    async with replica(settings) as other:
        other.does("UPDATE quotes SET state = 'approved' WHERE id = %(id)s", id=first.id)
        again = await other.commits_when_awaited(book.approvals.quote(order(1), str, {}))
    assert (again.id, again.state) == (first.id, "approved")


async def test_a_late_answer_is_recorded_though_the_same_is_being_bought_anew(
    connect: Connect, vendor: Vendor, clock: Clock, book: Book, settings: Settings
) -> None:
    async with connect() as call:
        await lose(call, vendor, reset_before)
        await look(call, clock, 361, 61)
    [given_back] = books(settings).holds
    late = await book.ledger.get(given_back["id"])
    assert late is not None
    async with replica(settings) as other:
        other.does(
            "INSERT INTO holds (id, account, principal, kind, arguments_key, arguments, take, slot, live, state, quote_id) "
            "SELECT 'hold_twin', account, principal, kind, arguments_key, arguments, take, slot, 1, 'held', quote_id "
            "FROM holds WHERE id = %(id)s",
            id=late.id,
        )
        charged = await other.commits_when_awaited(book.ledger.answered(late, voice="qwen-tts-vd-late"))
    assert (charged.state, charged.voice, charged.live) == ("charged", "qwen-tts-vd-late", 0)


async def test_a_voice_that_is_being_adopted_for_one_purchase_is_not_adopted_for_another(
    connect: Connect, vendor: Vendor, book: Book, settings: Settings
) -> None:
    async with connect() as call:
        await lose(call, vendor, reset_before)
        await lose(call, vendor, reset_before, take=2)
    one, two = [await book.ledger.get(hold["id"]) for hold in books(settings).holds]
    assert one is not None
    assert two is not None
    async with replica(settings) as other:
        other.does("UPDATE holds SET voice = 'both', state = 'charged' WHERE id = %(id)s", id=one.id)
        other.does("INSERT INTO voices (account, voice) VALUES (%(account)s, 'both')", account=one.account)
        left = await other.commits_when_awaited(book.ledger.adopted(two, "both"))
    assert (left.state, left.voice) == ("unknown", "")
