"""What was spent is shown to the model and to the person, the same way."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from clients import DESIGN, Person, connected
from conftest import MakeSettings
from voice_design_mcp.config import Settings


def ledger(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voice_design_mcp", "ledger", "--data-dir", str(settings.data_dir), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8", timeout=60)


def printed(settings: Settings) -> dict[str, Any]:
    ended = ledger(settings, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


async def test_get_spending_and_the_ledger_command_tell_the_same_charges(make_settings: MakeSettings) -> None:
    settings = make_settings(max_usd_per_day="1")
    async with connected(settings, person=Person()) as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        await call("synthesize", text="A line of thirty-one characters", voice=voice)
        told = await call("get_spending")
    charges = [
        {name: charge[name] for name in ("kind", "voice", "amount", "currency", "approved_by")}
        for charge in told["charges"]
    ]
    assert charges == [
        {
            "kind": "speech",
            "voice": voice,
            "amount": "0.00248",
            "currency": "CNY",
            "approved_by": "below the asking limit",
        },
        {"kind": "voice", "voice": voice, "amount": "0.20", "currency": "USD", "approved_by": "elicitation"},
    ]
    assert told["today"]["usd"] == "0.200372"
    assert (told["today"]["voices"], told["today"]["characters"]) == (1, 31)
    assert told["today"]["caps"]["usd"] == "1"
    assert told["slots"]["qwen"] == {"used": 1, "of": 1000, "made_elsewhere": [], "made_here_and_gone": []}
    assert printed(settings)["charges"] == told["charges"]


async def test_the_ledger_command_reads_a_folder_that_is_new(make_settings: MakeSettings) -> None:
    facts = printed(make_settings())
    assert {name: facts[name] for name in ("charges", "holds", "unknown")} == {
        "charges": [],
        "holds": [],
        "unknown": [],
    }
    assert facts["today"]["voices"] == 0


async def test_orphans_are_named_both_ways(make_settings: MakeSettings) -> None:
    settings = make_settings()
    async with connected(settings, person=Person()) as call:
        kept = (await call("design_voice", **DESIGN))["voice"]
        lost = (await call("design_voice", **DESIGN, take=2))["voice"]
    for file in (settings.data_dir / "sandbox").glob("voice-design.db*"):
        file.unlink()
    async with connected(settings, person=Person()) as call:
        assert (await call("get_spending"))["slots"]["qwen"]["made_elsewhere"] == sorted([kept, lost])


def test_an_unknown_hold_is_named_and_nothing_is_settled(make_settings: MakeSettings) -> None:
    ended = ledger(make_settings(), "resolve", "hold_00", "billed")
    assert ended.returncode == 1
    assert "There is no hold_00" in ended.stderr
