"""What no look can tell, a person does: at the command line, with one purchase and one voice."""

from __future__ import annotations

import pytest

from clients import DESIGN
from spending.books import books
from spending.lost import look, lose, on_the_command_line, state
from spending.time_and_clients import Clock, Connect
from spending.vendor import Vendor, reset_after, reset_before
from voice_design_mcp.config import Settings


@pytest.mark.parametrize(("outcome", "ends"), [("billed", "charged"), ("not-billed", "released")])
async def test_a_person_closes_an_unknown_purchase_either_way(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings, outcome: str, ends: str
) -> None:
    async with connect() as call:
        told = await lose(call, vendor, reset_before)
        await on_the_command_line(settings, "ledger", "resolve", told["hold"], outcome)
        assert state(settings) == ends
        await look(call, clock, 361)
        assert (await call("design_voice", **DESIGN))["status"] == "created"
    assert books(settings).used("*")[1] == (2 if ends == "charged" else 1)


async def test_a_voice_found_after_its_purchase_was_closed_as_billed_is_adopted_without_a_second_charge(
    connect: Connect, vendor: Vendor, settings: Settings
) -> None:
    async with connect() as call:
        told = await lose(call, vendor, reset_after)
        await on_the_command_line(settings, "ledger", "resolve", told["hold"], "billed")
        assert books(settings).charged_voices == [""]
        await on_the_command_line(settings, "ledger", "adopt", told["hold"], vendor.made[0])
        assert (await call("list_voices"))["voices"][0]["voice"] == vendor.made[0]
    ledger = books(settings)
    assert (ledger.charged_voices, ledger.used("*")) == (vendor.made, (200_000, 1, 0))
    assert ledger.events(told["hold"]) == ["held", "sent", "unknown", "resolved_billed"]


async def test_a_person_can_not_settle_what_is_settled_nor_give_one_voice_to_two_purchases(
    connect: Connect, vendor: Vendor, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with connect() as call:
        made = await call("design_voice", **DESIGN)
        told = await lose(call, vendor, reset_before, take=2)
    before = books(settings)
    for *act, said in (
        ("adopt", before.holds[0]["id"], "another", "is charged: there is nothing to settle"),
        ("resolve", before.holds[0]["id"], "not-billed", "is charged: there is nothing to settle"),
        ("adopt", told["hold"], made["voice"], f"belongs to {before.holds[0]['id']}"),
        ("adopt", "hold_00", "x", "There is no hold_00"),
    ):
        await on_the_command_line(settings, "ledger", *act, ends=1)
        assert said in capsys.readouterr().err
    assert books(settings) == before
