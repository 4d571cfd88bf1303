"""Pieces that several narrations want, or that go while they are wanted: each is bought once, and what is left is quoted anew."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Generator
from pathlib import Path
from typing import Any

import pytest

from clients import DESIGN, Person, connected
from conftest import MakeSettings
from narration.telling import narrated, release, spoil, usage, voices
from narration.test_long_calls import SYNTHESIS, held
from sandbox.served import served_sandbox
from spending.books import books
from spending.time_and_clients import AT_ONCE
from voice_design_mcp.app import build_server
from voice_design_mcp.config import Settings
from voice_design_mcp.desk import Desk
from voice_design_mcp.identity.principals import LOCAL
from voice_design_mcp.narration.cache import SegmentCache
from voice_design_mcp.narration.narrating import Narrations
from voice_design_mcp.narration.obtaining import Approval, obtain
from voice_design_mcp.narration.plan import Piece
from voice_design_mcp.tools.narration_asked import asked, planned


@pytest.fixture
def vendor_url(tmp_path: Path) -> Generator[str]:
    with served_sandbox(tmp_path / "vendor") as url:
        yield url


@pytest.fixture
def settings(make_settings: MakeSettings, vendor_url: str) -> Settings:
    return make_settings(api_key="sk-test", base_url=vendor_url)


async def test_a_piece_that_two_narrations_want_is_bought_once_though_it_was_refused_at_first(
    settings: Settings, vendor_url: str
) -> None:
    async with connected(settings, person=Person(), retries=AT_ONCE) as call:
        [voice] = await voices(call, 1)
        spoil(
            vendor_url,
            {"match": SYNTHESIS, "status": 429},
            {"match": SYNTHESIS, "when": "before", "action": "stall"},
        )
        first = asyncio.create_task(call.raw("narrate", script="One.", cast=voice))
        await asyncio.to_thread(held, vendor_url, 1)
        second = asyncio.create_task(call.raw("narrate", script="One.\n\nTwo.", cast=voice))
        await asyncio.to_thread(_spoken, vendor_url, len("Two."))
        release(vendor_url)
        told = [(await each).structured_content for each in (first, second)]
    assert [each and each["status"] for each in told] == ["ok", "ok"]
    assert usage(vendor_url)["characters"] == len("One.Two.")


class LateLook(SegmentCache):
    """A cache whose first look is over just before somebody else's purchase of the piece ends."""

    meanwhile: Any = None

    async def have(self, keys: Collection[str]) -> set[str]:
        found = await super().have(keys)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile
        return found


async def test_a_piece_that_came_between_the_look_into_the_cache_and_the_look_into_the_ledger_is_not_bought_again(
    settings: Settings, vendor_url: str
) -> None:
    async with connected(settings, person=Person()) as call:
        [voice] = await voices(call, 1)
    async with build_server(settings).studio as studio:
        desk = await studio.open()
        narrations = Narrations(desk, LOCAL.id)
        [piece, approval], [_, another] = [await _approved(desk, narrations, name, voice) for name in ("one", "two")]
        late = LateLook(desk.database, desk.audio, desk.clock, desk.account.id, LOCAL.id)
        late.meanwhile = obtain(desk, narrations.cache, piece, approval)
        assert (await obtain(desk, late, piece, another)).kind == "cached"
    assert usage(vendor_url)["characters"] == books(settings).charged_characters == len("One.")


async def test_a_sound_that_was_removed_while_nothing_was_to_pay_is_quoted_anew(
    settings: Settings, vendor_url: str
) -> None:
    async with connected(settings) as call:
        [voice] = [(await call.approved("design_voice", **DESIGN))["voice"]]
        assert (await narrated(call, script="One.", cast=voice))["status"] == "ok"
        _remove_pieces(settings)
        again = {"script": "One.", "cast": voice, "response_format": "mp3"}
        assert (await call.error("narrate", **again))["code"] == "sound_removed"
        assert (await narrated(call, **again))["status"] == "ok"
    assert usage(vendor_url)["characters"] == 2 * len("One.")


async def _approved(desk: Desk, narrations: Narrations, name: str, voice: str) -> tuple[Piece, Approval]:
    """The only piece of a narration of this name that has begun, and its approval."""
    arguments = await asked(desk, LOCAL, "One.", voice, "wav", name, line_files=False, local=True)
    plan = await planned(desk, LOCAL, arguments)
    order = (await narrations.quoted(plan, arguments)).order
    quote = await desk.approvals.quote(order, str, {}, approved_by="auto")
    begun = await narrations.register.begin(plan.key, quote_id=quote.id, approved_by=quote.approved_by)
    [piece] = plan.pieces
    return piece, Approval(LOCAL.id, begun.quote_id, begun.approved_by)


def _remove_pieces(settings: Settings) -> None:
    for file in settings.data_dir.rglob("*.wav"):
        if not file.name.startswith("aud_"):
            file.unlink()


def _spoken(base_url: str, characters: int) -> None:
    """Wait until a served sandbox has billed so many characters."""
    while usage(base_url)["characters"] < characters:
        pass
