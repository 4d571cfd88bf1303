"""An account is asked no faster than the vendor allows, by all processes together, and nobody waits for all that others ask."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Connection

from clients import DESIGN, Caller, connected
from spending.books import books
from spending.time_and_clients import Clock, MakeSettings
from spending.vendor import Vendor
from voice_design_mcp.desk import Patience
from voice_design_mcp.spending.pace import Turn, ask
from voice_design_mcp.storage.database import Database

APART_US = 1000
START_US = 1_000_000


@pytest.fixture
async def database(storage: dict[str, str], tmp_path: Path) -> AsyncGenerator[Database]:
    opened = await Database.open_url(storage.get("VOICE_DESIGN_DATABASE_URL", f"sqlite:///{tmp_path / 'turns.db'}"))
    yield opened
    await opened.close()


class Waiting:
    """Who waits for turns on a database whose time the test says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, principal: str, now_us: int, *, model: str = "model", account: str = "account") -> Turn:
        def asking(db: Connection) -> Turn:
            return ask(db, account, model, principal, apart_us=APART_US, now_us=now_us)

        return await self._database.write("turn", asking)

    async def served(self, wants: dict[str, int]) -> list[tuple[str, int]]:
        """Who has a turn when, where each asks for so many, again as soon as it may."""
        due = [(START_US, principal) for principal, count in wants.items() for _ in range(min(count, 1))]
        left, given = dict(wants), list[tuple[str, int]]()
        while due:
            due.sort()
            at_us, principal = due.pop(0)
            turn = await self.ask(principal, at_us)
            if turn.taken:
                given.append((principal, at_us + turn.wait_us))
                left[principal] -= 1
            if left[principal]:
                due.append((at_us + turn.wait_us, principal))
        return given


async def test_turns_are_evenly_apart_and_a_quiet_time_gives_none_in_advance(database: Database) -> None:
    waiting = Waiting(database)
    assert await waiting.ask("alice", START_US) == Turn(taken=True, wait_us=0)
    assert await waiting.ask("bob", START_US) == Turn(taken=True, wait_us=APART_US)
    assert await waiting.ask("alice", START_US + 1) == Turn(taken=True, wait_us=2 * APART_US - 1)
    late_us = START_US + 50 * APART_US
    assert [await waiting.ask(who, late_us) for who in "ab"] == [
        Turn(taken=True, wait_us=wait_us) for wait_us in (0, APART_US)
    ]


async def test_each_model_and_each_account_has_turns_of_its_own(database: Database) -> None:
    waiting = Waiting(database)
    for model in ("first", "second"):
        for account in ("ours", "theirs"):
            asked = await waiting.ask("alice", START_US, model=model, account=account)
            assert asked == Turn(taken=True, wait_us=0)


async def test_somebody_with_one_request_is_served_before_the_second_of_somebody_with_many(database: Database) -> None:
    served = await Waiting(database).served({"hoarder": 30, "reader": 1, "writer": 3})
    assert [who for who, _ in served].count("hoarder") == 30
    places = [place for place, (who, _) in enumerate(sorted(served, key=lambda turn: turn[1])) if who != "hoarder"]
    assert places[0] <= 2
    assert places[-1] <= 9, "writer and hoarder take turns"
    times = sorted(at_us for _, at_us in served)
    assert all(later - sooner >= APART_US for sooner, later in pairwise(times))


async def test_two_processes_on_one_database_keep_to_one_pace(
    make_settings: MakeSettings, vendor: Vendor, clock: Clock
) -> None:
    settings = make_settings(
        api_key="sk-test", base_url=vendor.origin, approval="auto", requests_per_minute="1200", max_usd_per_day="100"
    )
    async with connected(settings, clock=clock) as first, connected(settings, clock=clock) as second:
        calls: list[Caller] = [first, second]
        began_s = time.monotonic()
        made = await asyncio.gather(*(calls[take % 2]("design_voice", **DESIGN, take=take) for take in range(1, 9)))
        took_s = time.monotonic() - began_s
    assert {each["status"] for each in made} == {"created"}
    assert took_s >= 7 * 60 / 1200, "eight requests have seven pauses between them"
    assert vendor.created == len(books(settings).charged_voices) == 8


async def test_the_slots_of_one_approval_take_a_turn_each(
    make_settings: MakeSettings, vendor: Vendor, clock: Clock
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto", requests_per_minute="1200")
    async with connected(settings, clock=clock) as call:
        began_s = time.monotonic()
        assert (await call("design_voice", **DESIGN, candidates=5))["status"] == "created"
        assert time.monotonic() - began_s >= 4 * 60 / 1200
    assert vendor.created == 5


async def test_a_call_whose_turn_does_not_come_soon_is_told_so_and_has_spent_nothing(
    make_settings: MakeSettings, vendor: Vendor, clock: Clock
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, requests_per_minute="1")
    async with connected(settings, clock=clock, patience=Patience(join_s=0.1)) as call:
        await call.approved("design_voice", **DESIGN)
        later = {**DESIGN, "take": 2}
        approval = (await call("design_voice", **later))["approval"]["id"]
        error = await call.error("design_voice", **later, approval=approval)
        assert error["code"] == "rate_limited"
        assert "nothing was sent" in error["message"]
        assert re.match(r"Make the same call again in \d+ s; an approval stays as it is", error["hint"])
    assert vendor.created == len(books(settings).holds) == 1
    unhurried = make_settings(api_key="sk-test", base_url=vendor.origin)
    async with connected(unhurried, clock=clock) as call:
        assert (await call("design_voice", **later, approval=approval))["status"] == "created"
