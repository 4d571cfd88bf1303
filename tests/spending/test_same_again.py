"""The same arguments and the same take are one purchase, however often and however late they are asked for."""

from __future__ import annotations

import pytest

from clients import DESIGN, text_of
from spending.books import books
from spending.time_and_clients import Clock, Connect
from spending.vendor import Vendor, failed, missing
from voice_design_mcp.config import Settings


@pytest.mark.parametrize(("later_s", "when"), [(7320, "today"), (86_400, "on 2026-11-22")])
async def test_what_is_made_already_says_when_that_nothing_is_charged_and_what_another_costs(
    connect: Connect, vendor: Vendor, clock: Clock, later_s: float, when: str
) -> None:
    async with connect() as call:
        made = await call("design_voice", **DESIGN)
        clock.pass_s(later_s)
        again = await call.raw("design_voice", **DESIGN)
    assert text_of(again).splitlines()[0] == (
        f"reused: made 12:00 UTC {when}, nothing charged; take 2 designs another for USD 0.20. Voice: {made['voice']}"
    )
    assert again.structured_content is not None
    assert again.structured_content["cost"] == {"amount": "0.00", "currency": "USD"}
    assert (vendor.asked("query"), vendor.created) == (1, 1)


async def test_the_take_that_designs_another_is_one_that_was_not_made(connect: Connect, vendor: Vendor) -> None:
    async with connect() as call:
        for take in (1, 2, 5):
            await call("design_voice", **DESIGN, take=take)
        said = text_of(await call.raw("design_voice", **DESIGN))
        assert "take 6 designs another" in said
        assert (await call("design_voice", **DESIGN, take=6))["status"] == "created"
    assert vendor.created == 4


async def test_one_answer_that_a_voice_is_not_there_does_not_buy_it_again(connect: Connect, vendor: Vendor) -> None:
    async with connect() as call:
        made = await call("design_voice", **DESIGN)
        vendor.spoil("query", missing)
        again = await call("design_voice", **DESIGN)
    assert (again["status"], again["voice"], vendor.created) == ("reused", made["voice"], 1)


async def test_an_answer_that_a_voice_is_not_there_and_a_list_that_can_not_be_read_buy_nothing(
    connect: Connect, vendor: Vendor
) -> None:
    async with connect() as call:
        await call("design_voice", **DESIGN)
        vendor.spoil("query", missing)
        vendor.spoil("list", failed, failed, failed)
        assert (await call.error("design_voice", **DESIGN))["code"] == "unavailable"
    assert vendor.created == 1


async def test_a_voice_that_somebody_deleted_elsewhere_is_made_anew(
    connect: Connect, vendor: Vendor, settings: Settings
) -> None:
    async with connect() as call:
        first = await call("design_voice", **DESIGN)
        vendor.voices.clear()
        second = await call("design_voice", **DESIGN)
    assert (second["status"], second["voice"] == first["voice"]) == ("created", False)
    assert books(settings).charged_voices == sorted(vendor.made)
