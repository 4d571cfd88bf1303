"""Nobody approves what will be refused: what can be known for free is known before the question."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from clients import DESIGN, Person, connected
from conftest import MakeSettings
from sandbox.served import served_sandbox
from voice_design_mcp.config import Settings


@pytest.fixture
def vendor(tmp_path: Path) -> Generator[str]:
    """A served sandbox's address."""
    with served_sandbox(tmp_path / "vendor") as url:
        yield url


@pytest.fixture
def settings(make_settings: MakeSettings, vendor: str) -> Settings:
    return make_settings(base_url=vendor, api_key="sk-test", max_voices_per_day="5")


def script(vendor: str, *faults: dict[str, Any]) -> None:
    httpx2.post(f"{vendor}/sandbox/faults", json=list(faults)).raise_for_status()


def usage(vendor: str) -> dict[str, int]:
    return httpx2.get(f"{vendor}/sandbox/usage").json()


async def test_a_model_that_the_vendor_no_longer_lists_is_refused_before_the_question_with_its_successor(
    settings: Settings, vendor: str
) -> None:
    nothing = '{"request_id":"r","output":{"total":0,"page_no":1,"page_size":1,"models":[]}}'
    script(vendor, {"match": {"operation": "models"}, "times": 9, "status": 200, "body": nothing})
    person = Person()
    async with connected(settings, person=person) as call:
        error = await call.error("design_voice", **DESIGN)
    assert error["code"] == "model_unavailable"
    assert "voice-enrollment" in error["hint"]
    assert person.asked == []
    assert usage(vendor)["voice_creations"] == 0


async def test_a_catalogue_that_does_not_answer_plainly_does_not_block(settings: Settings, vendor: str) -> None:
    script(vendor, {"match": {"operation": "models"}, "times": 9, "status": 404, "code": "NotFound", "message": "x"})
    async with connected(settings, person=Person()) as call:
        assert (await call("design_voice", **DESIGN))["status"] == "created"


async def test_a_refused_key_is_told_before_the_question_with_key_region_and_workspace_apart(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    person = Person()
    with served_sandbox(tmp_path / "locked", api_key="sk-right") as url:
        async with connected(make_settings(base_url=url, api_key="sk-wrong"), person=person) as call:
            error = await call.error("design_voice", **DESIGN)
    assert error["code"] == "unauthorized"
    assert "region" in error["hint"]
    assert person.asked == []


async def test_a_full_quota_is_told_before_the_question(settings: Settings, vendor: str) -> None:
    full = '{"request_id":"r","output":{"page_index":0,"page_size":1,"total_count":1000,"voice_list":[]},"usage":{}}'
    script(vendor, {"match": {"operation": "list"}, "times": 1, "status": 200, "body": full})
    person = Person()
    async with connected(settings, person=person) as call:
        assert (await call.error("design_voice", **DESIGN))["code"] == "voice_quota_full"
    assert person.asked == []


async def test_a_cap_that_would_be_passed_is_told_before_the_question(settings: Settings) -> None:
    person = Person()
    async with connected(settings, person=person) as call:
        for take in range(1, 6):
            await call("design_voice", **DESIGN, take=take)
        error = await call.error("design_voice", **DESIGN, take=6)
    assert error["code"] == "cap_exceeded"
    assert "5 voices a day" in error["message"]
    assert "VOICE_DESIGN_MAX_VOICES_PER_DAY" in error["hint"]
    assert len(person.asked) == 5


async def test_a_served_sandbox_says_that_it_is_one_and_charges_nothing(settings: Settings, vendor: str) -> None:
    person = Person()
    async with connected(settings, person=person) as call:
        made = await call("design_voice", **DESIGN)
    assert made["sandbox"] is True
    assert made["cost"] == {"amount": "0.00", "currency": "USD"}
    assert person.asked[0].startswith(
        f"Design a voice in the sandbox at {vendor.removeprefix('http://')}? Nothing is charged"
    )


async def test_without_a_tag_only_a_person_settles_a_lost_voice(
    settings: Settings, vendor: str, tmp_path: Path
) -> None:
    from voice_design_mcp.commands import ledger
    from voice_design_mcp.config import Settings as Fresh

    untagged = Fresh.load(
        {},
        {
            "VOICE_DESIGN_DATA_DIR": str(tmp_path / "data"),
            "VOICE_DESIGN_BASE_URL": vendor,
            "DASHSCOPE_API_KEY": "sk-test",
            "VOICE_DESIGN_NAME_TAG": "0",
        },
    )
    assert settings.name_tag
    script(vendor, {"match": {"operation": "create"}, "times": 1, "when": "after", "action": "reset"})
    async with connected(untagged, person=Person()) as call:
        lost = await call("design_voice", **DESIGN)
        assert lost["status"] == "pending"
        assert (await call("design_voice", **DESIGN))["status"] == "pending"
        [voice] = [listed["voice"] for listed in (await call("list_voices"))["voices"]]
        assert "-narrator-voice-" in voice
        [unknown] = (await call("get_spending"))["unknown"]
        assert unknown["id"] == lost["hold"]
    from anyio import to_thread

    await to_thread.run_sync(lambda: ledger.adopt(untagged, lost["hold"], voice))
    async with connected(untagged, person=Person()) as call:
        found = await call("design_voice", **DESIGN)
        assert (found["status"], found["voice"]) == ("reused", voice)
        spending = await call("get_spending")
        assert [charge["voice"] for charge in spending["charges"]] == [voice]
        assert usage(vendor)["voice_creations"] == 1
