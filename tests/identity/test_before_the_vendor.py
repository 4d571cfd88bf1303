"""Whose a voice is, and which caps bind whom, is decided before anything is sent to the vendor."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from clients import DESIGN, Caller, served
from spending.time_and_clients import MakeSettings
from spending.vendor import Vendor
from voice_design_mcp.identity.static_tokens import minted


@asynccontextmanager
async def entered(url: str, token: str) -> AsyncGenerator[Caller]:
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        yield Caller(client)


@pytest.fixture
async def vendor() -> AsyncGenerator[Vendor]:
    async with Vendor() as peer:
        yield peer


async def test_nothing_is_sent_about_a_voice_that_is_not_the_caller_s(
    make_settings: MakeSettings, vendor: Vendor
) -> None:
    (alice, row), (bob, other) = minted("alice"), minted("bob")
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto", tokens=f"{row} {other}")
    with served(settings) as url:
        async with entered(url, alice) as call:
            voice = (await call("design_voice", **DESIGN))["voice"]
        before = len(vendor.requests)
        async with entered(url, bob) as call:
            for tool, more in (("get_voice", {}), ("delete_voice", {}), ("synthesize", {"text": "Hello."})):
                assert (await call.error(tool, voice=voice, **more))["code"] == "voice_not_found"
        assert len(vendor.requests) == before


async def test_each_user_has_caps_of_its_own_under_those_of_the_account(
    make_settings: MakeSettings, vendor: Vendor
) -> None:
    people = {name: minted(name) for name in ("alice", "bob", "carol")}
    settings = make_settings(
        api_key="sk-test",
        base_url=vendor.origin,
        approval="auto",
        tokens=" ".join(row for _, row in people.values()),
        max_voices_per_day="2",
        account_max_voices_per_day="3",
        account_max_usd_per_day="100",
    )
    created: dict[str, int] = {}
    refusals: dict[str, str] = {}
    with served(settings) as url:
        for name, (token, _) in people.items():
            async with entered(url, token) as call:
                results = [await call.raw("design_voice", **DESIGN, take=take) for take in (1, 2, 3)]
            told = [result.structured_content for result in results if result.structured_content is not None]
            created[name] = sum(each.get("status") == "created" for each in told)
            refusals[name] = next(each["error"]["message"] for each in told if "error" in each)
    assert created == {"alice": 2, "bob": 1, "carol": 0}
    assert refusals["alice"].startswith("The cap of 2 voices a day would be passed: 2 voices is used or held")
    for name in ("bob", "carol"):
        assert refusals[name].startswith("The cap of 3 voices a day over all users of this account would be passed")
        assert "used" not in refusals[name].partition("passed")[2].partition("Nothing")[0]
    assert vendor.created == 3
