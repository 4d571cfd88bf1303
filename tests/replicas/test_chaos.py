"""Replicas that die while a crowd buys: nothing is paid for twice, nothing that was heard is lost, nobody meets another's."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import pytest

from clients import ERAS, Era, connected
from replicas.crowd import Someone, Visit
from replicas.replica import Fleet, load_balancer
from sandbox.served import sandbox_process
from services import BUCKET
from spending.books import Books, books
from spending.buying import Shop
from voice_design_mcp.config import Settings
from voice_design_mcp.identity.static_tokens import minted
from voice_design_mcp.storage.audio import AudioObjects
from voice_design_mcp.storage.database import stamp

PEOPLE: Final = 100
EACH_AT_MOST: Final = 3
ALL_AT_MOST: Final = 280
STORM_S: Final = 60
EVERY_S: Final = 4
LATER: Final = (timedelta(minutes=7), timedelta(minutes=9))
"""When it may be decided of a purchase that brought no answer, by two looks, that there is nothing to find."""


@dataclass
class Stage:
    """The vendor, what leads a server to it, and the people."""

    shop: Shop
    people: list[Someone]


@pytest.fixture
def stage(
    tmp_path: Path, database_url: str, s3_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Generator[Stage]:
    people = {f"person{number}": minted(f"person{number}") for number in range(PEOPLE)}
    for name, value in s3_variables.items():
        monkeypatch.setenv(name, value)
    more = {
        "VOICE_DESIGN_DATABASE_URL": database_url,
        "VOICE_DESIGN_AUDIO_URL": f"s3://{BUCKET}/{secrets.token_hex(6)}",
        "VOICE_DESIGN_APPROVAL": "ask",
        "VOICE_DESIGN_STATE_KEYS": secrets.token_hex(32),
        "VOICE_DESIGN_TOKENS": " ".join(row for _, row in people.values()),
        "VOICE_DESIGN_MAX_VOICES_PER_DAY": str(EACH_AT_MOST),
        "VOICE_DESIGN_ACCOUNT_MAX_VOICES_PER_DAY": str(ALL_AT_MOST),
        "VOICE_DESIGN_MAX_USD_PER_DAY": "1",
        "VOICE_DESIGN_ACCOUNT_MAX_USD_PER_DAY": "100",
        **s3_variables,
    }
    with sandbox_process(tmp_path / "vendor") as sandbox:
        shop = Shop(tmp_path / "data", sandbox.base_url, more)
        yield Stage(shop, [Someone(name, token) for name, (token, _) in people.items()])
        shop.close()


@pytest.fixture
async def fleet(stage: Stage) -> AsyncGenerator[Fleet]:
    """Three replicas of the stage."""
    running = Fleet(stage.shop.environment, "--stateless")
    try:
        await running.begin(3)
        yield running
    finally:
        running.end()


@pytest.mark.services
@pytest.mark.long
async def test_two_hundred_clients_lose_nothing_while_a_replica_is_killed_every_few_seconds(
    stage: Stage, fleet: Fleet
) -> None:
    async with load_balancer(fleet.running) as url:
        async with anyio.create_task_group() as storm:
            storm.start_soon(fleet.lose_one_every, EVERY_S, STORM_S)
            await visited(stage.people, url, speaking_by="2026-07-28")
        assert fleet.killed > 2
        after_the_storm = stamp(datetime.now(UTC))
        await settled(stage.shop.settings)
        await visited(stage.people, url)
    ledger = books(stage.shop.settings)
    report(stage.people, fleet, ledger)
    each_design_is_charged_once_and_no_cap_passed(stage, ledger)
    await each_sound_is_there(stage, ledger, after_the_storm)
    for someone in stage.people:
        assert someone.listed == set(someone.voices.values())


async def visited(people: list[Someone], url: str, speaking_by: Era | None = None) -> None:
    """Everybody comes, with a client of each era."""
    async with anyio.create_task_group() as crowd:
        for place, someone in enumerate(people):
            for era in ERAS:
                visit = Visit(someone, people[place - 1], era)
                crowd.start_soon(partial(visit.go, url, speaks=era == speaking_by))


async def settled(settings: Settings) -> None:
    """Time passes, and what no answer came for is looked for."""
    for wait in LATER:
        async with connected(settings, clock=lambda wait=wait: datetime.now(UTC) + wait) as call:
            await call("get_spending")


def each_design_is_charged_once_and_no_cap_passed(stage: Stage, ledger: Books) -> None:
    told = sorted(voice for someone in stage.people for voice in someone.voices.values())
    assert told == ledger.charged_voices == stage.shop.voices()
    assert stage.shop.bill()["voice_creations"] == len(told)
    given_back = sum(entry["event"] in {"released", "assumed_not_billed"} for entry in ledger.entries)
    assert ALL_AT_MOST - given_back <= len(told) <= ALL_AT_MOST, (
        "whoever was refused before a slot came back does not ask again"
    )
    made = Counter(hold["principal"] for hold in ledger.holds if (hold["kind"], hold["state"]) == ("voice", "charged"))
    assert {f"token {someone.name}": len(someone.voices) for someone in stage.people} == made
    assert max(made.values()) <= EACH_AT_MOST
    known, most = ledger.charged_characters, ledger.charged_characters + ledger.assumed_characters
    assert known <= stage.shop.bill()["characters"] <= most


async def each_sound_is_there(stage: Stage, ledger: Books, after_the_storm: str) -> None:
    """What was recorded is in the bucket, byte for byte; what anybody heard is what they were first given.

    A preview comes only once, in the answer that a design is bought by: only those are missing whose answer died with a replica.
    """
    bucket = AudioObjects.in_bucket(stage.shop.settings.audio_url)
    for row in ledger.audio:
        data = await bucket.get(row["object_key"])
        assert data is not None, row
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
    recorded = {row["id"] for row in ledger.audio}
    bought = [hold for hold in ledger.holds if hold["state"] == "charged"]
    alive = {hold["owner"] for hold in bought if hold["created_at"] > after_the_storm}
    for hold in bought:
        assert hold["audio_id"] in recorded or hold["owner"] not in alive, hold


def report(people: list[Someone], fleet: Fleet, ledger: Books) -> None:
    """What happened, for whoever runs it with -s or -rP."""
    told = sum((someone.told for someone in people), Counter[str]())
    events = Counter(entry["event"] for entry in ledger.entries)
    silent = sum(hold["state"] == "charged" and not hold["audio_id"] for hold in ledger.holds)
    print(f"{fleet.killed} replicas killed; told: {dict(told)}; entered: {dict(events)}; without sound: {silent}")
