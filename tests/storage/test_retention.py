"""Audio that is too old or too much goes, once, whichever replica sees to it; what somebody still needs stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.shared.exceptions import MCPError
from sqlalchemy import func, select, update

from clients import DESIGN, Caller, Person, connected, served
from conftest import MakeSettings
from narration.telling import narrated
from replicas.replica import client_at
from spending.time_and_clients import Clock
from voice_design_mcp.app import build_server
from voice_design_mcp.config import Settings
from voice_design_mcp.desk import Desk
from voice_design_mcp.errors import ConfigError
from voice_design_mcp.retention import EVERY, apply
from voice_design_mcp.storage.schema import audio, holds, narrations, removals

HOUR_S = EVERY.total_seconds()
DAY_S = 24 * HOUR_S


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def storage(request: pytest.FixtureRequest) -> dict[str, str]:
    if request.param == "sqlite":
        return {}
    return {"VOICE_DESIGN_DATABASE_URL": request.getfixturevalue("database_url")}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def days(make_settings: MakeSettings) -> Settings:
    return make_settings(audio_keep_days="7")


@asynccontextmanager
async def desk_of(settings: Settings, clock: Clock) -> AsyncGenerator[Desk]:
    """A replica's desk."""
    async with build_server(settings, clock=clock).studio as studio:
        yield await studio.open()


async def spoken(call: Caller, count: int) -> tuple[str, list[dict[str, Any]]]:
    """A voice, and so many things that it said."""
    voice = (await call("design_voice", **DESIGN))["voice"]
    texts = ("Hello there.", "And good night.", "One more of these.")[:count]
    return voice, [(await call("synthesize", voice=voice, text=text))["audio"] for text in texts]


async def is_there(call: Caller, uri: str) -> bool:
    try:
        return bool((await call.client.read_resource(uri)).contents)
    except MCPError:
        return False


def files(settings: Settings) -> list[Path]:
    folder = settings.data_dir / "sandbox" / "audio"
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_speech_goes_by_its_age_and_previews_stay_with_their_voices(days: Settings, clock: Clock) -> None:
    async with connected(days, clock=clock, person=Person()) as call, desk_of(days, clock) as desk:
        voice, [old, _] = await spoken(call, 2)
        clock.pass_s(6 * DAY_S)
        new = (await call("synthesize", voice=voice, text="Something new."))["audio"]
        assert await apply(desk) == 0
        clock.pass_s(DAY_S + 1)
        assert await apply(desk) == 2
        assert [await is_there(call, each["uri"]) for each in (old, new)] == [False, True]
        assert await is_there(call, f"voice://{voice}/preview")
        assert len(files(days)) == 2
        assert old["path"] not in map(str, files(days))


async def test_the_oldest_go_until_the_rest_fits_and_none_within_its_first_hour(
    make_settings: MakeSettings, clock: Clock
) -> None:
    tight = make_settings(audio_max_mb="1")
    text = "This sentence is said to be of some length, and so are those that follow it. " * 4
    async with connected(tight, clock=clock, person=Person()) as call, desk_of(tight, clock) as desk:
        voice = (await call("design_voice", **DESIGN))["voice"]
        made: list[dict[str, Any]] = []
        for number in range(3):
            clock.pass_s(60)
            made.append((await call("synthesize", voice=voice, text=f"{number}. {text}"))["audio"])
        assert sum(each["size_bytes"] for each in made) > 1_000_000
        assert await apply(desk) == 0
        clock.pass_s(HOUR_S + 1)
        gone = await apply(desk)
        left = [each for each in made if await is_there(call, each["uri"])]
        assert gone
        assert left == made[gone:]
        assert (
            sum(each["size_bytes"] for each in left) <= 1_000_000 < sum(each["size_bytes"] for each in made[gone - 1 :])
        )


async def test_replicas_that_see_to_it_at_once_do_it_once(days: Settings, clock: Clock) -> None:
    async with connected(days, clock=clock, person=Person()) as call:
        await spoken(call, 3)
    clock.pass_s(8 * DAY_S)
    async with desk_of(days, clock) as one, desk_of(days, clock) as two, desk_of(days, clock) as three:
        done = await asyncio.gather(*map(apply, (one, two, three)))
        assert sorted(done, key=str) == [3, None, None]
        assert await asyncio.gather(*map(apply, (one, two, three))) == [None, None, None]
        clock.pass_s(HOUR_S + 1)
        assert sorted(await asyncio.gather(*map(apply, (one, two, three))), key=str) == [0, None, None]


async def test_what_an_unsettled_purchase_names_stays_until_it_is_settled(days: Settings, clock: Clock) -> None:
    async with connected(days, clock=clock, person=Person()) as call, desk_of(days, clock) as desk:
        _, [kept, gone] = await spoken(call, 2)
        its = holds.c.audio_id == kept["uri"].removeprefix("audio://")
        await desk.database.write("test", lambda db: db.execute(update(holds).where(its).values(state="unknown")))
        clock.pass_s(8 * DAY_S)
        assert await apply(desk) == 1
        assert [await is_there(call, each["uri"]) for each in (kept, gone)] == [True, False]
        await desk.database.write("test", lambda db: db.execute(update(holds).where(its).values(state="charged")))
        clock.pass_s(HOUR_S + 1)
        assert await apply(desk) == 1


async def test_a_narration_that_was_not_given_yet_stays_and_one_that_was_goes_with_all_its_files(
    days: Settings, clock: Clock
) -> None:
    script = "# One\n\nHello there.\n\n# Two\n\nAnd good night.\n"
    async with connected(days, clock=clock) as call, desk_of(days, clock) as desk:
        voice = (await call.approved("design_voice", **DESIGN))["voice"]
        before = files(days)
        told = await narrated(call, script=script, cast=voice, line_files=True)
        pieces = {path for path in files(days) if not path.name.startswith("aud_")}
        assert len(files(days)) > len(pieces) + len(before) + 4
        own = narrations.c.audio_id == told["audio"]["uri"].removeprefix("audio://")
        given = await desk.database.read(lambda db: db.scalar(select(narrations.c.delivered_at).where(own)))
        assert given
        await desk.database.write("test", lambda db: db.execute(update(narrations).where(own).values(delivered_at="")))
        clock.pass_s(8 * DAY_S)
        assert await apply(desk) == 0
        assert await is_there(call, told["audio"]["uri"])
        await desk.database.write(
            "test", lambda db: db.execute(update(narrations).where(own).values(delivered_at=given))
        )
        clock.pass_s(HOUR_S + 1)
        assert await apply(desk) == 1
        assert set(files(days)) == {*before, *pieces}
        again = await narrated(call, script=script, cast=voice, line_files=True)
        assert (again["synthesized_lines"], await is_there(call, again["audio"]["uri"])) == (0, True)


async def test_a_replica_that_dies_in_the_middle_leaves_the_rest_to_the_next(days: Settings, clock: Clock) -> None:
    class DiedError(Exception):
        """The process ends here."""

    def dies(boundary: str) -> None:
        if boundary == "audio forgotten":
            raise DiedError

    async with connected(days, clock=clock, person=Person()) as call:
        await spoken(call, 2)
    clock.pass_s(8 * DAY_S)
    async with build_server(days, clock=clock, passed=dies).studio as studio:
        with pytest.raises(DiedError):
            await apply(await studio.open())
    async with desk_of(days, clock) as next_one:
        noted = select(func.count()).select_from(removals)
        known = select(func.count()).select_from(audio).where(audio.c.kind == "speech")
        counts = await next_one.database.read(lambda db: (db.scalar(known), db.scalar(noted)))
        assert counts == (0, 2)
        assert len(files(days)) == 3
        assert await apply(next_one) is None
        clock.pass_s(HOUR_S + 1)
        assert await apply(next_one) == 0
        assert len(files(days)) == 1
        assert await next_one.database.read(lambda db: db.scalar(noted)) == 0


async def test_a_served_process_sees_to_it_by_itself(days: Settings) -> None:
    async with connected(days, clock=Clock(datetime(2026, 1, 1, tzinfo=UTC)), person=Person()) as call:
        voice, [old] = await spoken(call, 1)
    with served(days) as url:
        async with client_at(url) as call:
            with anyio.fail_after(30):
                while await is_there(call, old["uri"]):
                    pass
            assert await is_there(call, f"voice://{voice}/preview")


def test_an_age_that_no_calendar_has_is_refused() -> None:
    with pytest.raises(ConfigError, match="VOICE_DESIGN_AUDIO_KEEP_DAYS"):
        Settings.load({}, {"VOICE_DESIGN_AUDIO_KEEP_DAYS": "99999999"})
