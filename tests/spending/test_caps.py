"""What the caps count: every user of an account, free voices not at all, the day where it begins, other currencies by a ceiling."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from clients import DESIGN, connected
from conftest import MakeSettings
from spending.books import books
from spending.time_and_clients import Clock, Connect
from spending.vendor import Vendor
from voice_design_mcp.commands.books import opened
from voice_design_mcp.config import Settings
from voice_design_mcp.errors import CapExceededError
from voice_design_mcp.spending.money import usd
from voice_design_mcp.spending.orders import Order


def order(principal: str, take: int, *, account: str = "an account") -> Order:
    return Order(
        account=account, principal=principal, action="design", arguments=DESIGN, take=take, price=usd(200_000),
        usd_micros=200_000, voices=1,
    )  # fmt: skip


async def test_two_users_of_an_account_share_its_caps_and_another_account_has_its_own(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor, clock: Clock
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, max_usd_per_day="100")
    async with connect(settings) as call:
        await call("get_spending")
    async with opened(settings, clock) as [book]:

        async def held(wanted: Order) -> str:
            try:
                await book.ledger.hold(wanted, quote_id="", approved_by="auto", named=[("", "x")])
            except CapExceededError as error:
                return error.message.partition(": ")[0]
            return "held"

        theirs = [order(principal, take) for take in range(1, 9) for principal in ("one", "two")]
        told = await asyncio.gather(*(held(each) for each in theirs))
        assert told.count("held") == 10
        assert set(told) - {"held"} == {"The cap of 10 voices a day over all users of this account would be passed"}
        assert await held(order("one", 1, account="another account")) == "held"
    day = clock().date().isoformat()
    ledger = books(settings)
    mine, yours = (ledger.used(day, principal=principal)[1] for principal in ("one", "two"))
    assert (mine + yours, mine < 10, yours < 10) == (10, True, True)


@pytest.mark.parametrize(("offset", "begins_utc_h"), [("0", 24), ("8", 16), ("-5", 29)])
async def test_a_day_of_the_caps_begins_where_the_setting_says_and_is_kept_with_the_hold(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor, clock: Clock, offset: str, begins_utc_h: int
) -> None:
    settings = make_settings(
        api_key="sk-test", base_url=vendor.origin, approval="auto", day_utc_offset=offset, max_voices_per_day="1"
    )
    clock.now = datetime(2026, 11, 22, tzinfo=UTC)
    clock.pass_s(begins_utc_h * 3600 - 60)
    async with connect(settings) as call:
        await call("design_voice", **DESIGN)
        assert (await call.error("design_voice", **DESIGN, take=2))["code"] == "cap_exceeded"
        clock.pass_s(61)
        assert (await call("design_voice", **DESIGN, take=2))["status"] == "created"
        assert (await call("get_spending"))["today"]["day"] == "2026-11-23"
    assert [hold["day"] for hold in books(settings).holds] == ["2026-11-22", "2026-11-23"]


async def test_voices_that_cost_nothing_take_slots_and_no_part_of_the_voice_cap(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor
) -> None:
    given = {"api_key": "sk-test", "base_url": vendor.origin, "approval": "auto", "max_voices_per_day": "1"}
    async with connect(make_settings(**given)) as call:
        await call("design_voice", **DESIGN)
        assert (await call.error("design_voice", **DESIGN, take=2))["code"] == "cap_exceeded"
    settings = make_settings(**given, prices="qwen-voice-design=0USD")
    async with connect(settings) as call:
        for take in (2, 3):
            assert (await call("design_voice", **DESIGN, take=take))["cost"]["amount"] == "0.00"
        facts = await call("get_spending")
    assert (facts["today"]["voices"], facts["today"]["usd"], facts["slots"]["qwen"]["used"]) == (1, "0.20", 3)
    assert books(settings).charged_voices == sorted(vendor.made)


async def test_another_currency_counts_against_a_usd_cap_by_its_ceiling(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor
) -> None:
    given = {"api_key": "sk-test", "base_url": vendor.origin, "approval": "auto", "max_usd_per_day": "0.2004"}
    line = "Thirty-nine characters are billed here."
    assert len(line) == 39  # CNY 0.00312
    async with connect(make_settings(**given)) as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        assert (await call.error("synthesize", voice=voice, text=line))["code"] == "cap_exceeded"  # USD 0.000468
    async with connect(make_settings(**given, usd_per_cny="0.125")) as call:
        spoken = await call("synthesize", voice=voice, text=line)  # USD 0.00039
        assert spoken["cost"] == {"amount": "0.00312", "currency": "CNY"}
        assert (await call("get_spending"))["today"]["usd"] == "0.20039"


async def test_in_the_sandbox_the_default_caps_do_not_bind(make_settings: MakeSettings) -> None:
    settings: Settings = make_settings(approval="auto")
    short = {**DESIGN, "preview_text": "Hello."}
    async with connected(settings) as call:
        for take in range(1, 12):
            assert (await call("design_voice", **short, take=take))["status"] == "created"
        today = (await call("get_spending"))["today"]
    assert (today["voices"], today["usd"]) == (11, "2.20")
    assert today["caps"] == {"usd": None, "voices": None, "characters": None}
