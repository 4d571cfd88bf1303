"""Speech is money too: held before, settled by the vendor's own count, fetched again for a day, and asked about when it is dear."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest
from sqlalchemy import delete

from clients import DESIGN, text_of
from conftest import MakeSettings
from spending.books import books
from spending.time_and_clients import Clock, Connect
from spending.vendor import Vendor, counting, missing
from vendor_client.peer import Reply, Request, answer
from voice_design_mcp.commands.books import opened
from voice_design_mcp.config import Settings
from voice_design_mcp.storage.schema import audio

LINE = "你好, this is held."
HELD = len(LINE) + 2


@pytest.mark.parametrize(("counted", "settled"), [(HELD - 3, HELD - 3), (HELD + 40, HELD + 40), (None, HELD)])
async def test_a_charge_is_what_the_vendor_counted_even_above_a_cap_and_else_what_was_held(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor, counted: int | None, settled: int
) -> None:
    settings = make_settings(
        api_key="sk-test", base_url=vendor.origin, approval="auto", max_characters_per_day=str(HELD)
    )
    async with connect(settings) as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        vendor.spoil("synthesize", counting(counted))
        spoken = await call("synthesize", voice=voice, text=LINE)
        assert spoken["characters"] == settled
        assert Decimal(spoken["cost"]["amount"]) == settled * Decimal("0.8") / 10_000
        facts = await call("get_spending")
        assert (facts["today"]["characters"], facts["charges"][0]["amount"]) == (settled, spoken["cost"]["amount"])
    assert books(settings).charged_characters == settled


@pytest.mark.parametrize(("later_s", "restart"), [(60, False), (86_000, True)])
async def test_paid_speech_that_could_not_be_fetched_is_fetched_again_within_a_day_and_bought_once(
    connect: Connect, vendor: Vendor, settings: Settings, clock: Clock, later_s: float, *, restart: bool
) -> None:
    async with connect() as call, connect() as another:
        voice = (await call("design_voice", **DESIGN))["voice"]
        vendor.spoil("audio", *[missing] * 9)
        error = await call.error("synthesize", voice=voice, text=LINE)
        assert (error["code"], error["billed"], error["retryable"]) == ("unavailable", "yes", True)
        vendor.faults.clear()
        clock.pass_s(later_s)
        again = await (another if restart else call)("synthesize", voice=voice, text=LINE)
    assert (again["status"], again["audio"]["mime_type"]) == ("reused", "audio/wav")
    assert vendor.asked("synthesize") == 1
    assert books(settings).charged_characters == vendor.characters == HELD


async def test_paid_speech_not_fetched_for_a_day_is_said_to_be_lost_once_and_bought_again_only_on_repeat(
    connect: Connect, vendor: Vendor, settings: Settings, clock: Clock
) -> None:
    async with connect() as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        vendor.spoil("audio", *[missing] * 9)
        await call.error("synthesize", voice=voice, text=LINE)
        vendor.faults.clear()
        clock.pass_s(86_401)
        assert (await call.error("synthesize", voice=voice, text=LINE))["code"] == "answer_lost"
        assert vendor.asked("synthesize") == 1
        assert (await call("synthesize", voice=voice, text=LINE))["status"] == "ok"
    assert books(settings).charged_characters == vendor.characters == 2 * HELD


async def test_the_same_words_are_one_purchase_for_ten_minutes_and_other_line_breaks_are_other_words(
    connect: Connect, vendor: Vendor, clock: Clock
) -> None:
    async with connect() as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        first = await call("synthesize", voice=voice, text="One. Two.")
        for seconds in (0, 300, 299):
            clock.pass_s(seconds)
            again = await call("synthesize", voice=voice, text="One. Two.")
            assert (again["status"], again["audio"]) == ("reused", first["audio"])
        assert (await call("synthesize", voice=voice, text="One.\n\nTwo."))["status"] == "ok"
        clock.pass_s(1)
        assert (await call("synthesize", voice=voice, text="One. Two."))["status"] == "ok"
    assert vendor.asked("synthesize") == 3


async def test_the_same_words_at_another_loudness_are_another_purchase(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor
) -> None:
    async with connect() as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        await call("synthesize", voice=voice, text=LINE)
    louder = make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto", loudness_lufs="-16")
    async with connect(louder) as call:
        told = [(await call("synthesize", voice=voice, text=LINE))["status"] for _ in range(2)]
    assert (told, vendor.asked("synthesize")) == (["ok", "reused"], 2)


async def test_speech_that_has_been_removed_here_is_fetched_again_within_a_day(
    connect: Connect, vendor: Vendor, settings: Settings
) -> None:
    async with connect() as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        first = await call("synthesize", voice=voice, text=LINE)
        async with opened(settings) as [book]:
            await book.database.write("removed", lambda db: db.execute(delete(audio).where(audio.c.kind == "speech")))
        again = await call("synthesize", voice=voice, text=LINE)
    assert (again["status"], vendor.asked("synthesize")) == ("reused", 1)
    assert again["audio"]["uri"] != first["audio"]["uri"]


async def test_speech_is_asked_about_only_above_the_limit_and_the_question_names_the_price_first(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor
) -> None:
    given = {"api_key": "sk-test", "base_url": vendor.origin}
    async with connect(make_settings(**given, approval="auto")) as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
    async with connect(make_settings(**given)) as call:
        assert (await call("synthesize", voice=voice, text="Far below the limit."))["status"] == "ok"
    async with connect(make_settings(**given, ask_above_usd="0.0002")) as call:
        asked = await call.raw("synthesize", voice=voice, text=LINE)
        assert asked.structured_content is not None
        assert asked.structured_content["cost"] == {"amount": "0.00152", "currency": "CNY"}
        assert f"Speak {HELD} billed characters for CNY 0.00152 on " in text_of(asked).splitlines()[1]
        approval = asked.structured_content["approval"]["id"]
        assert vendor.asked("synthesize") == 1
        assert (await call("synthesize", voice=voice, text=LINE, approval=approval))["status"] == "ok"
        charges = (await call("get_spending"))["charges"]
    assert [charge["approved_by"] for charge in charges] == ["second call", "below the asking limit", "auto"]


async def test_an_answer_that_comes_after_speech_was_booked_in_full_is_entered_as_a_correction(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    """As when the machine slept while the vendor answered."""
    awake, sent = asyncio.Event(), asyncio.Event()

    def answered_late(_vendor: Vendor, request: Request) -> Reply:
        body = vendor.perform(request)
        vendor.characters = body["usage"]["characters"] = HELD - 2
        sent.set()
        return answer(body, until=awake)

    async with AsyncExitStack() as clients:
        owner, other = [await clients.enter_async_context(connect()) for _ in range(2)]
        voice = (await owner("design_voice", **DESIGN))["voice"]
        vendor.spoil("synthesize", answered_late)
        speech = asyncio.create_task(owner.raw("synthesize", voice=voice, text=LINE))
        await sent.wait()
        clock.pass_s(361)
        await other("list_voices")
        assert books(settings).assumed_characters == HELD
        awake.set()
        assert not (await speech).is_error
        facts = await other("get_spending")
    ledger = books(settings)
    assert ledger.events(ledger.holds[-1]["id"]) == ["held", "sent", "assumed_billed", "corrected"]
    speech_charges = [Decimal(charge["amount"]) for charge in facts["charges"] if charge["kind"] == "speech"]
    assert sum(speech_charges) == (HELD - 2) * Decimal("0.8") / 10_000
    assert facts["today"]["characters"] == HELD - 2
