"""How a purchase whose answer was lost is settled: by its tag and by nothing else, and absence only when it is certain."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest

from clients import DESIGN
from spending.books import books
from spending.lost import crash_at, look, lose, on_the_command_line, state
from spending.time_and_clients import Clock, Connect, MakeSettings
from spending.vendor import Vendor, done, failed, failed_after, missing, reset_after, reset_before
from vendor_client.peer import Reply, Request, answer
from voice_design_mcp.commands.books import opened
from voice_design_mcp.config import Settings

PROMPT = DESIGN["voice_prompt"]


async def test_a_strangers_voice_of_the_same_name_prompt_and_minute_is_never_adopted(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    async with connect() as call:
        await lose(call, vendor, reset_before)
        [hold] = books(settings).holds
        for name in (
            DESIGN["preferred_name"],
            hold["wire_name"][:-1],
            f"{hold['wire_name']}2",
            f"{hold['tag']}_abc234",
        ):
            vendor.add(name, PROMPT, preview_text=DESIGN["preview_text"])
        await look(call, clock, 361, 61)
    assert state(settings) == "assumed_not_billed"
    assert books(settings).charged_voices == []


async def test_a_voice_with_the_tag_and_another_description_settles_nothing_and_is_shown_to_a_person(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    async with connect() as call:
        await lose(call, vendor, reset_before)
        [hold] = books(settings).holds
        odd = vendor.add(hold["wire_name"], "Another description.")
        await look(call, clock, 361, 61, 61)
        told = await call("design_voice", **DESIGN)
    assert (state(settings), told["status"]) == ("unknown", "pending")
    assert books(settings).holds[0]["reason"] == f"{odd} carries its tag, but not its description"


async def test_where_the_vendor_tells_no_descriptions_a_person_adopts(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    vendor.tells_prompts = False
    async with connect() as call:
        await lose(call, vendor, reset_after)
        await look(call, clock, 361, 61, 61)
        [hold] = books(settings).holds
        assert hold["state"] == "unknown"
        await on_the_command_line(settings, "ledger", "adopt", hold["id"], vendor.made[0])
        again = await call("design_voice", **DESIGN)
    assert (again["status"], again["voice"]) == ("reused", vendor.made[0])
    assert books(settings).charged_voices == vendor.made


@pytest.mark.parametrize("newest_first", [False, True])
async def test_a_lost_voice_beyond_the_first_page_is_adopted_by_the_page_size_really_returned(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings, *, newest_first: bool
) -> None:
    vendor.page_size_max, vendor.newest_first = 10, newest_first
    for number in range(25):
        vendor.add(f"other{number}")
    async with connect() as call:
        await lose(call, vendor, reset_after)
        for number in range(12):
            vendor.add(f"newer{number}")
        await look(call, clock, 30)
    assert books(settings).charged_voices == vendor.made


@pytest.mark.parametrize("stamps", ["2026-11-22 20:00:00", "2026-11-22 04:00:00", "", "yesterday"])
async def test_the_vendors_timestamps_change_nothing(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings, stamps: str
) -> None:
    vendor.stamps = stamps
    async with connect() as call:
        await lose(call, vendor, reset_after)
        vendor.add(DESIGN["preferred_name"], PROMPT)
        await look(call, clock, 30)
    assert books(settings).charged_voices == vendor.made


async def test_a_list_whose_pages_shift_under_the_scan_does_not_count_as_absence(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    """One goes and one comes between two pages, so the total stays, and the voice slips from the second page to the first."""
    vendor.page_size_max, vendor.newest_first = 10, False
    first = [vendor.add(f"other{number}") for number in range(10)]
    async with connect() as call:
        await lose(call, vendor, reset_after)
        for number in range(5):
            vendor.add(f"newer{number}")

        def shift(_vendor: Vendor, request: Request) -> Reply:
            page = done(vendor, request)
            del vendor.voices[first.pop(0)]
            vendor.add("comer")
            return page

        vendor.spoil("list", shift)
        await look(call, clock, 361)
    assert vendor.voices
    assert len(first) == 9
    assert books(settings).charged_voices == vendor.made


async def test_a_list_that_never_comes_to_rest_decides_nothing(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    vendor.page_size_max = 10
    for number in range(15):
        vendor.add(f"other{number}")
    async with connect() as call:
        await lose(call, vendor, reset_before)

        def grow(_vendor: Vendor, request: Request) -> Reply:
            page = done(vendor, request)
            vendor.add("comer")
            return page

        for _ in range(3):
            vendor.spoil("list", *[grow] * 6)
            clock.pass_s(400)
            assert (await call("list_voices"))["status"] == "ok"
            vendor.faults.clear()
    [hold] = books(settings).holds
    assert (hold["absences"], hold["state"]) == (0, "sent") or (hold["absences"], hold["state"]) == (0, "unknown")


@pytest.mark.parametrize(
    ("fault", "looks", "ends"),
    [
        (reset_before, (11, 61, 61, 61), "unknown"),  # unanswered: not before 360 s, however often it is looked for
        (reset_before, (361,), "unknown"),  # one look is not two
        (reset_before, (361, 59), "unknown"),  # not yet 60 s apart
        (reset_before, (361, 61), "assumed_not_billed"),
        (reset_before, (100, 200, 61), "assumed_not_billed"),
        (failed, (11, 59), "unknown"),
        (failed, (11, 61), "assumed_not_billed"),  # answered: two looks 60 s apart do
    ],
)
async def test_absence_is_two_complete_scans_60_s_apart_and_without_an_answer_not_before_360_s(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings, fault: Any, looks: tuple[float, ...], ends: str
) -> None:
    async with connect() as call:
        await lose(call, vendor, fault)
        await look(call, clock, *looks)
    assert state(settings) == ends


async def test_two_processes_that_look_at_the_same_moment_have_looked_once(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    async with connect() as call, connect() as other:
        await lose(call, vendor, failed)
        clock.pass_s(100)
        await asyncio.gather(call("list_voices"), other("list_voices"))
    [hold] = books(settings).holds
    assert (hold["absences"], hold["state"]) == (1, "unknown")


async def test_an_unknown_purchase_counts_as_spent_until_it_is_ruled_out_and_then_eats_no_cap(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor, clock: Clock
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto", max_voices_per_day="1")
    async with connect(settings) as call:
        await lose(call, vendor, reset_before)
        assert (await call.error("design_voice", **DESIGN, take=2))["code"] == "cap_exceeded"
        await look(call, clock, 361, 61)
        assert (await call("design_voice", **DESIGN, take=2))["status"] == "created"
    assert books(settings).charged_voices == vendor.made


async def test_a_hold_that_was_never_sent_is_released_after_10_s_by_whoever_comes_by(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor, clock: Clock
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto", max_voices_per_day="1")
    async with connect(settings, passed=crash_at("before sent")) as call:
        assert (await call.raw("design_voice", **DESIGN)).is_error
    async with connect(settings) as call:
        clock.pass_s(9)
        assert (await call.error("design_voice", **DESIGN, take=2))["code"] == "cap_exceeded"
        clock.pass_s(2)
        assert (await call("design_voice", **DESIGN, take=2))["status"] == "created"
    assert books(settings).states == ["released", "charged"]


@pytest.mark.parametrize("after_the_assumption", [False, True])
async def test_a_deletion_settles_first_so_that_a_lost_voice_is_charged_before_it_goes(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings, *, after_the_assumption: bool
) -> None:
    async with connect() as call:
        await lose(call, vendor, failed_after)
        if after_the_assumption:
            hidden = vendor.voices.copy()
            vendor.voices.clear()
            await look(call, clock, 61, 61)
            assert state(settings) == "assumed_not_billed"
            vendor.voices.update(hidden)
        vendor.spoil("list", failed, failed, failed)  # the look that a deletion makes before its question fails
        first = await call("delete_voice", voice=vendor.made[0])
        deleted = await call("delete_voice", voice=vendor.made[0], approval=first["approval"]["id"])
    assert (deleted["status"], vendor.voices) == ("deleted", {})
    assert books(settings).charged_voices == vendor.made


async def test_a_voice_that_was_deleted_elsewhere_is_noted_as_gone_where_a_complete_look_agrees(
    connect: Connect, vendor: Vendor, settings: Settings
) -> None:
    async with connect() as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        elsewhere = vendor.voices.copy()
        vendor.spoil("query", missing)
        assert (await call.error("delete_voice", voice=voice))["code"] == "voice_not_found"
        vendor.voices.clear()
        vendor.spoil("list", failed, failed, failed)  # the look, its tries and all
        assert (await call.error("delete_voice", voice=voice))["code"] == "unavailable"
        vendor.voices.update(elsewhere)
        assert (await call("design_voice", **DESIGN))["status"] == "reused"
        vendor.voices.clear()
        assert (await call("delete_voice", voice=voice))["status"] == "deleted"
        assert [hold["live"] for hold in books(settings).holds] == [0]
        assert (await call.error("delete_voice", voice=voice))["code"] == "voice_not_found"
        assert vendor.asked("delete") == 0
        assert (await call("design_voice", **DESIGN))["status"] == "created"
    assert sorted(books(settings).charged_voices) == sorted(vendor.made)


async def test_a_deletion_of_what_an_untagged_unknown_may_have_made_waits_for_a_person(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto", name_tag="0")
    async with connect(settings) as call:
        vendor.spoil("create", reset_after)
        assert (await call("design_voice", **DESIGN))["status"] == "pending"
        [hold] = books(settings).holds
        assert (hold["wire_name"], hold["tag"]) == (DESIGN["preferred_name"], "")
        approval = (await call("delete_voice", voice=vendor.made[0]))["approval"]["id"]
        refused = await call.error("delete_voice", voice=vendor.made[0], approval=approval)
        assert (refused["code"], list(vendor.voices)) == ("purchase_unsettled", vendor.made)
        await on_the_command_line(settings, "ledger", "adopt", hold["id"], vendor.made[0])
        assert (await call("delete_voice", voice=vendor.made[0], approval=approval))["status"] == "deleted"
    assert books(settings).charged_voices == vendor.made


async def test_two_lost_purchases_never_adopt_one_voice(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    async with connect() as call, connect() as other:
        await lose(call, vendor, reset_before)
        await lose(call, vendor, reset_before, take=2)
        tags = [hold["tag"] for hold in books(settings).holds]
        both = vendor.add(f"{tags[0]}-{tags[1]}", PROMPT)
        clock.pass_s(30)
        await asyncio.gather(call("list_voices"), other("list_voices"))
    assert books(settings).charged_voices == [both]
    assert sorted(books(settings).states) == ["charged", "unknown"]


async def test_speaking_with_a_lost_voice_does_not_keep_it_from_being_adopted(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    async with connect() as call:
        await lose(call, vendor, reset_after)
        assert (await call("synthesize", voice=vendor.made[0], text="Who made me?"))["status"] == "ok"
        await look(call, clock, 30)
    assert books(settings).charged_voices == vendor.made


async def test_a_voice_assumed_not_billed_that_turns_up_a_day_later_becomes_a_charge_even_above_the_caps(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor, clock: Clock
) -> None:
    settings = make_settings(
        api_key="sk-test", base_url=vendor.origin, approval="auto", max_voices_per_day="1", max_usd_total="0.20"
    )
    async with connect(settings) as call:
        await lose(call, vendor, reset_before)
        await look(call, clock, 361, 61)
        assert (await call("design_voice", **DESIGN, take=2))["status"] == "created"
        [assumed, bought] = books(settings).holds
        late = vendor.add(assumed["wire_name"], PROMPT)
        await look(call, clock, 3600)
        assert books(settings).charged_voices == [bought["voice"]]
        await look(call, clock, 86_400)
        assert books(settings).charged_voices == sorted([bought["voice"], late])
        assert books(settings).used("*")[:2] == (400_000, 2)
        assert books(settings).used(assumed["day"])[1] == 2
        assert (await call.error("design_voice", **DESIGN, take=3))["code"] == "cap_exceeded"
        assert (await call("design_voice", **DESIGN))["voice"] == late


async def test_an_assumption_is_looked_at_again_once_and_then_stands(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    async with connect() as call:
        await lose(call, vendor, failed)
        await look(call, clock, 61, 61, 86_401)
        asked = vendor.asked("list")
        await look(call, clock, 86_401)
    assert state(settings) == "assumed_not_billed"
    assert vendor.asked("list") == asked + 1  # the page that was asked for, no look


async def test_the_owners_late_answer_overrides_an_assumption(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    slow = asyncio.Event()
    sent = asyncio.Event()
    hidden: dict[str, Any] = {}

    def answer_late(_vendor: Vendor, request: Request) -> Reply:
        body = vendor.perform(request)
        hidden.update(vendor.voices)
        vendor.voices.clear()
        sent.set()
        return answer(body, until=slow)

    vendor.spoil("create", answer_late)
    async with AsyncExitStack() as clients:
        owner, other = [await clients.enter_async_context(connect()) for _ in range(2)]
        design = asyncio.create_task(owner.raw("design_voice", **DESIGN))
        await sent.wait()
        await look(other, clock, 361, 61, 61)
        assert state(settings) == "assumed_not_billed"
        vendor.voices.update(hidden)
        slow.set()
        told = (await design).structured_content
    assert told is not None
    assert (told["status"], [told["voice"]]) == ("created", vendor.made)
    ledger = books(settings)
    assert ledger.events(ledger.holds[0]["id"]) == ["held", "sent", "unknown", "assumed_not_billed", "charged"]
    assert ledger.used("*") == (200_000, 1, 0)


async def test_the_owners_answer_after_somebody_adopted_the_voice_changes_only_what_was_not_known(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    slow = asyncio.Event()
    sent = asyncio.Event()

    def answer_late(_vendor: Vendor, request: Request) -> Reply:
        sent.set()
        return answer(vendor.perform(request), until=slow)

    vendor.spoil("create", answer_late)
    async with AsyncExitStack() as clients:
        owner, other = [await clients.enter_async_context(connect()) for _ in range(2)]
        design = asyncio.create_task(owner.raw("design_voice", **DESIGN))
        await sent.wait()
        await look(other, clock, 30)
        assert books(settings).charged_voices == vendor.made
        slow.set()
        told = (await design).structured_content
    assert told is not None
    assert (told["status"], "preview" in told) == ("created", True)
    [hold] = books(settings).holds
    assert (hold["request_id"][:4], bool(hold["audio_id"])) == ("req-", True)
    assert books(settings).events(hold["id"]) == ["held", "sent", "adopted"]


async def test_absence_is_not_decided_before_the_deadline_of_a_request_that_another_process_has_under_way(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    slow, sent = asyncio.Event(), asyncio.Event()

    def answer_late(_vendor: Vendor, request: Request) -> Reply:
        sent.set()
        return answer(vendor.perform(request), until=slow)

    vendor.hides = True
    vendor.spoil("create", answer_late)
    async with AsyncExitStack() as clients:
        owner, other = [await clients.enter_async_context(connect()) for _ in range(2)]
        design = asyncio.create_task(owner.raw("design_voice", **DESIGN))
        await sent.wait()
        await look(other, clock, 61, 61, 61, 61, 61, 54)  # 359 s, six complete looks
        [hold] = books(settings).holds
        assert (hold["state"], hold["absences"]) == ("sent", 0)
        slow.set()
        await design
    assert books(settings).charged_voices == vendor.made


async def test_an_owner_that_slept_between_holding_and_sending_sends_nothing_once_its_hold_was_given_up(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    async def somebody_else_comes_by() -> None:
        async with opened(settings, clock) as [book]:
            for hold in await book.ledger.unsettled(books(settings).holds[0]["account"]):
                await book.ledger.never_sent(hold)

    def asleep(boundary: str) -> None:
        if boundary == "held":
            clock.pass_s(11)
            other = threading.Thread(target=anyio.run, args=(somebody_else_comes_by,))
            other.start()
            other.join()

    async with connect(passed=asleep) as call:
        error = await call.error("design_voice", **DESIGN)
    assert error["code"] == "spending_refused"
    assert "nothing was sent" in error["message"]
    assert (vendor.asked("create"), books(settings).states) == (0, ["released"])


async def test_a_voice_that_turns_up_after_the_same_was_made_anew_is_charged_and_the_new_one_stays_the_answer(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings
) -> None:
    async with connect() as call:
        await lose(call, vendor, reset_before)
        await look(call, clock, 361, 61)
        anew = await call("design_voice", **DESIGN)
        assert anew["status"] == "created"
        late = vendor.add(books(settings).holds[0]["wire_name"], PROMPT)
        await look(call, clock, 86_401)
        again = await call("design_voice", **DESIGN)
    assert (again["status"], again["voice"]) == ("reused", anew["voice"])
    assert books(settings).charged_voices == sorted([anew["voice"], late])
