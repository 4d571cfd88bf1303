"""What the ledger shows: everything that is open, assumed or charged, and what only one side knows."""

from __future__ import annotations

import json
from typing import Any

import anyio.to_thread
import pytest

from clients import DESIGN, text_of
from spending.books import books
from spending.lost import look, lose
from spending.time_and_clients import Clock, Connect
from spending.vendor import Vendor, reset_before
from voice_design_mcp import cli
from voice_design_mcp.config import Settings


async def test_open_and_assumed_purchases_stay_in_sight(connect: Connect, vendor: Vendor, clock: Clock) -> None:
    async with connect() as call:
        lost = await lose(call, vendor, reset_before)
        assert (lost["cost"], lost["retry_after_s"] >= 10) == ({"amount": "0.20", "currency": "USD"}, True)
        shown = await call("get_spending")
        [unknown] = shown["unknown"]
        assert (unknown["id"], unknown["amount"], unknown["wire_name"][:10]) == (
            lost["hold"],
            "0.20",
            "narrator_" + unknown["wire_name"][9],
        )
        assert (shown["charges"], shown["today"]["usd"], shown["today"]["voices"]) == ([], "0.20", 1)
        assert lost["hold"] in text_of(await call.raw("get_spending"))
        await look(call, clock, 361, 61)
        shown = await call("get_spending")
        assert (shown["unknown"], [hold["id"] for hold in shown["assumed_not_billed"]]) == ([], [lost["hold"]])
        assert (shown["today"]["usd"], shown["voices_made"]) == ("0.00", 0)


async def test_voices_that_only_one_side_knows_are_named_and_slots_are_counted_by_the_vendors_list(
    connect: Connect, vendor: Vendor
) -> None:
    stranger = vendor.add("other")
    async with connect() as call:
        gone, kept = [(await call("design_voice", **DESIGN, take=take))["voice"] for take in (1, 2)]
        del vendor.voices[gone]
        slots = (await call("get_spending"))["slots"]["qwen"]
        assert slots == {"used": 2, "of": 1000, "made_elsewhere": [stranger], "made_here_and_gone": [gone]}
        assert kept in vendor.voices
        await call.approved("delete_voice", voice=kept)
        assert (await call("get_spending"))["slots"]["qwen"]["made_here_and_gone"] == [gone]


async def test_the_ledger_command_prints_json_of_the_promised_shape(
    connect: Connect, settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connect() as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        await call("synthesize", voice=voice, text="All of it is shown.")
    monkeypatch.setenv("DASHSCOPE_API_KEY", settings.api_key.reveal())
    command = ["ledger", "--json", "--data-dir", str(settings.data_dir), "--base-url", settings.base_url]
    capsys.readouterr()
    assert await anyio.to_thread.run_sync(cli.main, command) == 0
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert {name: type(facts[name]) for name in ("charges", "holds", "unknown", "today")} == {
        "charges": list, "holds": list, "unknown": list, "today": dict,
    }  # fmt: skip
    assert [
        {name: charge[name] for name in ("kind", "voice", "amount", "currency", "approved_by", "at")}
        for charge in facts["charges"]
    ] == [
        {
            "kind": "speech",
            "voice": voice,
            "amount": "0.00152",
            "currency": "CNY",
            "approved_by": "auto",
            "at": "2026-11-22T12:00:00.000000Z",
        },
        {
            "kind": "voice",
            "voice": voice,
            "amount": "0.20",
            "currency": "USD",
            "approved_by": "auto",
            "at": "2026-11-22T12:00:00.000000Z",
        },
    ]
    assert len(books(settings).entries) == 8
