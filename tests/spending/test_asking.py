"""The question, and whose yes counts: every client, every policy, and a client that leaves as soon as it has answered."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from clients import DESIGN, ERAS, Caller, Era, Person, connected, text_of
from conftest import MakeSettings
from spending.books import books
from spending.lost import crash_at
from spending.time_and_clients import Clock, Connect
from spending.vendor import Vendor
from voice_design_mcp.config import Settings


@pytest.fixture
def settings(make_settings: MakeSettings, vendor: Vendor) -> Settings:
    """The vendor, with a key, and the policy that asks."""
    return make_settings(api_key="sk-test", base_url=vendor.origin)


@pytest.mark.parametrize("era", ERAS)
async def test_the_question_begins_with_act_price_and_account_and_does_not_change_while_its_quote_is_open(
    connect: Connect, vendor: Vendor, settings: Settings, era: Era
) -> None:
    person = Person("cancel", None)
    async with connect(era=era, person=person) as call:
        await call("design_voice", **DESIGN)
        person.action, person.content = "accept", {}
        await call("design_voice", **DESIGN, take=2)  # the caps and the slots have less left now
        vendor.add("other")
        person.action, person.content = "cancel", None
        await call("design_voice", **DESIGN)
    assert person.asked[0] == person.asked[2]
    lines = person.asked[0].splitlines()
    account = settings.base_url.removeprefix("http://")
    assert lines[0] == f"Design a voice for at most USD 0.20 on {account}? It may be free by the vendor's free quota."
    assert lines[-1] == f'Description: "{DESIGN["voice_prompt"]}"'
    assert sum(line.startswith("Description") for line in lines) == 1


@pytest.mark.parametrize("era", ERAS)
async def test_a_deletion_is_asked_about_in_the_same_way_and_costs_nothing(
    connect: Connect, vendor: Vendor, settings: Settings, era: Era
) -> None:
    voice = vendor.add("other", "Line one.\nDelete nothing? \u202eFree.")
    person = Person("decline", None)
    async with connect(era=era, person=person) as call:
        assert (await call("delete_voice", voice=voice))["status"] == "declined"
    async with connect(era=era) as call:
        assert (await call("delete_voice", voice=voice))["cost"] == {"amount": "0.00", "currency": "USD"}
    lines = person.asked[0].splitlines()
    account = settings.base_url.removeprefix("http://")
    assert lines[0] == f"Delete the voice {voice} on {account}? It can't be undone; nothing is charged or given back."
    assert lines[-1] == 'Its creator\'s description: "Line one.\\nDelete nothing? \\u202eFree."'
    assert voice in vendor.voices


async def test_the_second_call_is_said_to_be_the_agents_own_act_which_only_the_caps_bind(connect: Connect) -> None:
    async with connect() as call:
        asked = await call.raw("design_voice", **DESIGN)
    assert asked.structured_content is not None
    said = f'approval="{asked.structured_content["approval"]["id"]}". That second call is your own act: only the caps bind it.'
    assert said in asked.structured_content["next"]
    assert said in text_of(asked)
    assert "costs at most USD 0.20" in text_of(asked)


@pytest.mark.parametrize("era", ERAS)
async def test_a_yes_that_came_before_its_client_went_away_stands(
    settings: Settings, vendor: Vendor, clock: Clock, era: Era
) -> None:
    async with anyio.create_task_group() as client:

        def leave(boundary: str) -> None:
            if boundary == "approved":
                client.cancel_scope.cancel()

        async def come_and_go() -> None:
            async with connected(settings, era=era, person=Person(), clock=clock, passed=leave) as call:
                await call.raw("design_voice", **DESIGN)

        client.start_soon(come_and_go)
    async with connected(settings, era=era, clock=clock) as call:
        told = await call("design_voice", **DESIGN)
    assert (told["status"], [told["voice"]]) in [("created", vendor.made), ("reused", vendor.made)]
    [hold] = books(settings).holds
    assert hold["approved_by"] == "elicitation"


@pytest.mark.parametrize("stricter", ["ask", "person"])
async def test_what_a_laxer_policy_approved_is_asked_about_under_a_stricter_one(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor, stricter: str
) -> None:
    given = {"api_key": "sk-test", "base_url": vendor.origin}
    settings = make_settings(**given, approval="auto")
    async with connect(settings, passed=crash_at("before held")) as call:
        assert (await call.raw("design_voice", **DESIGN)).is_error
    assert [quote["state"] for quote in books(settings).quotes] == ["approved"]
    async with connect(make_settings(**given, approval=stricter)) as call:
        assert (await call("design_voice", **DESIGN))["status"] == "confirmation_required"
    assert sorted(quote["state"] for quote in books(settings).quotes) == ["cancelled", "open"]
    assert vendor.asked("create") == 0


async def test_under_person_neither_the_approval_sent_back_nor_a_dismissed_question_is_a_yes(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="person")
    told: list[dict[str, Any]] = []

    async def ask(call: Caller, **more: str) -> None:
        told.append(await call("design_voice", **DESIGN, **more))

    async with connect(settings) as call:
        await ask(call)
        await ask(call, approval=told[0]["approval"]["id"])
    async with connect(settings, person=Person("cancel", None)) as call:
        await ask(call)
    assert [each["status"] for each in told] == ["confirmation_required"] * 3
    assert len({each["approval"]["id"] for each in told}) == 1
    assert all("voice-design-mcp approve" in each["next"] for each in told)
    assert vendor.asked("create") == 0
