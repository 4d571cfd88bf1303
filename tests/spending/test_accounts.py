"""Everything belongs to one vendor account: another key, or another origin, over the same data folder finds nothing of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from clients import DESIGN
from spending.books import books
from spending.time_and_clients import Clock, Connect, MakeSettings
from spending.vendor import Vendor, reset_after
from voice_design_mcp.config import Settings


@pytest.fixture(params=["another key", "another origin", "another region"])
async def other(
    request: pytest.FixtureRequest, make_settings: MakeSettings, vendor: Vendor
) -> AsyncGenerator[tuple[Settings, Vendor]]:
    """Another account over the same data folder, and the vendor that has it."""
    if request.param == "another key":
        yield make_settings(api_key="sk-other", base_url=vendor.origin, approval="auto"), vendor
        return
    if request.param == "another region":
        yield make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto", region="beijing"), vendor
        return
    async with Vendor() as elsewhere:
        yield make_settings(api_key="sk-test", base_url=elsewhere.origin, approval="auto"), elsewhere


async def test_another_account_reuses_and_sees_nothing(
    connect: Connect, vendor: Vendor, settings: Settings, other: tuple[Settings, Vendor]
) -> None:
    theirs, elsewhere = other
    async with connect() as call:
        mine = await call("design_voice", **DESIGN)
        speech = await call("synthesize", voice=mine["voice"], text="Nobody else hears this.")
    before = vendor.created + elsewhere.created * (elsewhere is not vendor)
    async with connect(theirs) as call:
        spending = await call("get_spending")
        assert (spending["charges"], spending["today"]["usd"], spending["today"]["voices"]) == ([], "0.00", 0)
        assert (await call.client.list_resources()).resources == []
        for uri in (f"voice://{mine['voice']}/preview", speech["audio"]["uri"]):
            with pytest.raises(Exception, match="no such resource"):
                await call.client.read_resource(uri)
        assert (await call("design_voice", **DESIGN))["status"] == "created"
    assert vendor.created + elsewhere.created * (elsewhere is not vendor) == before + 1
    assert len({hold["account"] for hold in books(settings).holds}) == 2


async def test_another_account_settles_and_adopts_nothing_of_this_one(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings, other: tuple[Settings, Vendor]
) -> None:
    theirs, elsewhere = other
    async with connect() as call:
        vendor.spoil("create", reset_after)
        vendor.hides = True
        assert (await call("design_voice", **DESIGN))["status"] == "pending"
    vendor.hides = False
    elsewhere.voices.update(vendor.voices)
    async with connect(theirs) as call:
        clock.pass_s(400)
        await call("list_voices")
        clock.pass_s(100)
        await call("list_voices")
    [hold] = books(settings).holds
    assert hold["state"] == "unknown"
    async with connect() as call:
        await call("list_voices")
    assert books(settings).charged_voices == vendor.made
