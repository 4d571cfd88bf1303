"""Kill -9 anywhere: between two lines, before and after every commit, while the vendor works, while recovering.

Everything is real and in its own process: the killed server with its client, the one that recovers, and the sandbox whose bill is
compared with the ledger.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from clients import DESIGN
from sandbox.served import sandbox_process
from spending.books import Books, books
from spending.buying import Buyers, Shop, buyers

SHORT = {**DESIGN, "preview_text": "Good evening."}
PURCHASE = (
    *("before quoted", "quoted", "before held", "held", "before sent", "sent", "answer received"),
    *("before answered", "answered", "before audio recorded", "audio recorded", "before charged", "charged"),
)
"""Every boundary of a design under the policy alone, in order: each commit has one before it and one after it."""
PAID_FROM = PURCHASE.index("answer received")
PAST_EVERY_DEADLINE_S = 361


def at_length(cases: Iterable[tuple[str, int]]) -> list[Any]:
    """Cases for the long run."""
    return [pytest.param(*case, marks=pytest.mark.long) for case in cases]


@pytest.fixture(scope="module")
def buying() -> Generator[Buyers]:
    with buyers() as started:
        yield started


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with sandbox_process(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox.base_url


@pytest.fixture
def shop(tmp_path: Path, sandbox_url: str, storage: dict[str, str]) -> Generator[Shop]:
    buys_at = Shop(tmp_path / "data", sandbox_url, storage)
    buys_at.forget()
    yield buys_at
    buys_at.close()


def test_the_boundaries_of_a_purchase_are_these(buying: Buyers, shop: Shop) -> None:
    done = buying.run_one(shop.job(("design_voice", SHORT)))
    assert [name for name in done.passed if "migrated" not in name] == list(PURCHASE)


@pytest.mark.parametrize("boundary", PURCHASE)
def test_a_purchase_killed_at_a_boundary_is_never_paid_twice_and_never_lost(
    buying: Buyers, shop: Shop, boundary: str
) -> None:
    assert buying.run_one(shop.job(("design_voice", SHORT), kill_at=boundary)).killed
    made = shop.voices()
    assert len(made) == (PURCHASE.index(boundary) >= PAID_FROM)
    told = _asked_until_settled(buying, shop)
    assert told["status"] == ("reused" if made else "created")
    assert [told["voice"]] == shop.voices()
    assert not made or [told["voice"]] == made
    _agree(shop)


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
@pytest.mark.parametrize("boundary", ["before approved", "approved"])
def test_a_yes_that_was_recorded_before_the_kill_stands_and_one_that_was_not_is_asked_for_again(
    buying: Buyers, shop: Shop, boundary: str, era: str
) -> None:
    shop.more["VOICE_DESIGN_APPROVAL"] = "ask"
    job = shop.job(("design_voice", SHORT), kill_at=boundary, elicits=True, era=era)
    assert buying.run_one(job).killed
    told = buying.run_one(shop.job(("design_voice", SHORT), later_s=30, era=era)).told[0]
    assert told["status"] == ("created" if boundary == "approved" else "confirmation_required")
    assert shop.bill()["voice_creations"] == (boundary == "approved")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_purchase_killed_while_the_vendor_works_is_found_however_late_the_vendor_ends(
    buying: Buyers, shop: Shop, when: str
) -> None:
    shop.spoil({"match": {"operation": "create"}, "when": when, "action": "stall"})
    assert buying.run_one(shop.job(("design_voice", SHORT), kill_when_held=True)).killed
    assert len(shop.voices()) == (when == "after")
    told = buying.run_one(shop.job(("list_voices", {}), later_s=PAST_EVERY_DEADLINE_S)).told[0]
    assert told["slots"]["qwen"]["used"] == (when == "after")
    shop.release()  # the request that was held before it began is now carried out, and billed
    while not shop.voices():
        pass
    assert _asked_until_settled(buying, shop, later_s=PAST_EVERY_DEADLINE_S + 30)["status"] == "reused"
    _agree(shop)


@pytest.mark.parametrize("boundary", ["looked", "before adopted", "adopted"])
def test_a_recovery_that_is_killed_while_it_adopts_is_taken_up_again(buying: Buyers, shop: Shop, boundary: str) -> None:
    assert buying.run_one(shop.job(("design_voice", SHORT), kill_at="answer received")).killed
    [made] = shop.voices()
    assert buying.run_one(shop.job(("list_voices", {}), later_s=400, kill_at=boundary)).killed
    told = _asked_until_settled(buying, shop, later_s=500)
    assert (told["status"], told["voice"]) == ("reused", made)
    _agree(shop)


@pytest.mark.parametrize(
    ("boundary", "later_s"),
    [
        *(("before unknown", 400), ("unknown", 400), ("before absent", 400), ("absent", 400), ("looked", 470)),
        *(("before assumed_not_billed", 470), ("assumed_not_billed", 470)),
    ],
)
def test_a_recovery_that_is_killed_while_it_rules_a_voice_out_is_taken_up_again(
    buying: Buyers, shop: Shop, boundary: str, later_s: float
) -> None:
    assert buying.run_one(shop.job(("design_voice", SHORT), kill_at="sent")).killed
    for at_s in range(400, int(later_s), 70):
        buying.run_one(shop.job(("list_voices", {}), later_s=at_s))
    assert buying.run_one(shop.job(("list_voices", {}), later_s=later_s, kill_at=boundary)).killed
    assert _asked_until_settled(buying, shop, later_s=600)["status"] == "created"
    assert sorted(_agree(shop).states) == ["assumed_not_billed", "charged"]


@pytest.mark.parametrize("boundary", ["before begun", "begun", "before done", "done"])
def test_a_deletion_that_is_killed_is_carried_out_by_the_same_call_and_costs_no_charge(
    buying: Buyers, shop: Shop, boundary: str
) -> None:
    voice = buying.run_one(shop.job(("design_voice", SHORT))).told[0]["voice"]
    approval = buying.run_one(shop.job(("delete_voice", {"voice": voice}))).told[0]["approval"]["id"]
    delete = ("delete_voice", {"voice": voice, "approval": approval})
    assert buying.run_one(shop.job(delete, kill_at=boundary)).killed
    assert buying.run_one(shop.job(delete, later_s=60)).told[0]["status"] == "deleted"
    assert shop.voices() == []
    assert books(shop.settings).charged_voices == [voice]
    again = buying.run_one(shop.job(("design_voice", SHORT), later_s=61)).told[0]
    assert (again["status"], again["voice"]) == ("created", *shop.voices())


THREE = ("design_voice", {**SHORT, "candidates": 3})
EACH_SLOT = PURCHASE[PURCHASE.index("before sent") :]
"""The boundaries that each of several candidates passes by itself, at the same time as the others."""
FEW = [
    ("before held", 1),
    ("held", 1),
    ("sent", 1),
    ("sent", 2),
    ("answer received", 1),
    ("answered", 2),
    ("charged", 1),
]
EVERY = [*((boundary, 1) for boundary in PURCHASE), *((boundary, nth) for boundary in EACH_SLOT for nth in (2, 3))]


@pytest.mark.parametrize(("boundary", "nth"), [*FEW, *at_length(each for each in EVERY if each not in FEW)])
def test_candidates_killed_at_a_boundary_are_held_all_or_none_sent_once_each_and_never_refilled(
    buying: Buyers, shop: Shop, boundary: str, nth: int
) -> None:
    assert buying.run_one(shop.job(THREE, kill_at=boundary, nth=nth)).killed
    holds = books(shop.settings).holds
    assert len(holds) == (0 if boundary in PURCHASE[: PURCHASE.index("held")] else 3)
    told = _asked_until_settled(buying, shop, call=THREE)
    slots = [each["status"] for each in told["candidates"]]
    assert set(slots) <= {"created", "failed"}
    assert slots.count("created") == len(shop.voices())
    agreed = _agree(shop)
    if told["status"] == "reused":  # something came of the killed purchase: it stays as large as that
        assert [hold["id"] for hold in agreed.holds] == [hold["id"] for hold in holds]
    else:
        assert slots == ["created"] * 3
        assert agreed.states.count("released") + agreed.states.count("assumed_not_billed") == len(holds)
    assert all(agreed.events(hold["id"]).count("sent") <= 1 for hold in agreed.holds)


@pytest.mark.parametrize(
    ("boundary", "nth"),
    [("begun", 1), ("before done", 2), ("done", 1), *at_length([("before begun", 1), ("before done", 1), ("done", 2)])],
)
def test_a_choice_that_is_killed_is_carried_out_by_the_same_call_and_deletes_nothing_else(
    buying: Buyers, shop: Shop, boundary: str, nth: int
) -> None:
    shop.more["VOICE_DESIGN_MAX_VOICES_PER_DAY"] = "10"
    alone = buying.run_one(shop.job(("design_voice", SHORT))).told[0]["voice"]
    first, *others = [each["voice"] for each in buying.run_one(shop.job(THREE)).told[0]["candidates"]]
    approval = buying.run_one(shop.job(("keep_voice", {"voice": first}))).told[0]["approval"]["id"]
    keep = ("keep_voice", {"voice": first, "approval": approval})
    assert buying.run_one(shop.job(keep, kill_at=boundary, nth=nth)).killed
    told = buying.run_one(shop.job(keep, later_s=60)).told[0]
    assert (told["status"], sorted(told["deleted"])) == ("kept", sorted(others))
    assert shop.voices() == sorted((alone, first))
    once_more = buying.run_one(shop.job(keep, later_s=61)).told[0]
    assert (once_more["status"], once_more["deleted"]) == ("kept", told["deleted"])
    again = buying.run_one(shop.job(THREE, later_s=62)).told[0]
    assert [each["status"] for each in again["candidates"]] == ["created", "deleted", "deleted"]
    assert shop.bill()["voice_creations"] == 4


SPEECH = ("before held", "held", "before sent", "sent", "answer received", "before answered", "answered")
KEPT = ("audio recorded", "before charged", "charged", "before delivered")


@pytest.mark.parametrize("boundary", [*SPEECH, *KEPT])
def test_speech_that_is_killed_is_delivered_without_a_second_bill_or_said_to_be_lost_once(
    buying: Buyers, shop: Shop, boundary: str
) -> None:
    voice = buying.run_one(shop.job(("design_voice", SHORT))).told[0]["voice"]
    say = ("synthesize", {"text": "Nothing is lost.", "voice": voice})
    assert buying.run_one(shop.job(say, kill_at=boundary)).killed
    billed = shop.bill()["characters"]
    told = buying.run_one(shop.job(say, later_s=PAST_EVERY_DEADLINE_S)).told[0]
    ledger = books(shop.settings)
    if boundary in {"before held", "held", "before sent"}:
        assert (billed, told["status"]) == (0, "ok")
    elif boundary in {"sent", "answer received", "before answered"}:
        assert told["error"]["code"] == "answer_lost"
        assert ledger.assumed_characters == len("Nothing is lost.")
        assert shop.bill()["characters"] == billed
        again = buying.run_one(shop.job(say, later_s=PAST_EVERY_DEADLINE_S + 1)).told[0]
        assert again["status"] == "ok"
    else:
        assert (told["status"], shop.bill()["characters"]) == ("reused", billed)
        assert (ledger.charged_characters, ledger.assumed_characters) == (billed, 0)


@pytest.mark.parametrize("seed", range(20))
def test_a_seeded_kill_never_parts_the_ledger_from_the_bill(buying: Buyers, shop: Shop, seed: int) -> None:
    _live_through_kills(buying, shop, seed, kills=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1050))  # 200 kills on each database
def test_random_kills_one_after_the_other_never_part_the_ledger_from_the_bill(
    buying: Buyers, shop: Shop, seed: int
) -> None:
    _live_through_kills(buying, shop, seed, kills=4)


def _live_through_kills(buying: Buyers, shop: Shop, seed: int, *, kills: int) -> None:
    """Two purchases and looks at the list, in any order and at once, each time killed after any number of boundaries."""
    chance = random.Random(seed)  # noqa: S311 a test that can be repeated
    designs = [("design_voice", {**SHORT, "take": take}) for take in (1, 2)]
    clock_s = 0.0
    for _ in range(kills):
        calls = chance.sample([*designs, ("list_voices", {})], chance.randint(1, 3))
        buying.run_one(shop.job(*calls, later_s=clock_s, nth=chance.randint(4, 30), join_for_s=0))
        clock_s += chance.choice([0, 5, 61, 361])
    for call in designs:
        _asked_until_settled(buying, shop, call=call, later_s=clock_s + PAST_EVERY_DEADLINE_S)
    assert len(shop.voices()) == len(designs)
    _agree(shop)


def _asked_until_settled(
    buying: Buyers,
    shop: Shop,
    *,
    call: tuple[str, Any] = ("design_voice", SHORT),
    later_s: float = PAST_EVERY_DEADLINE_S,
) -> dict[str, Any]:
    """The answer of the same call, made by new processes until it is no longer pending."""
    for _ in range(10):
        [told] = buying.run_one(shop.job(call, later_s=later_s)).told
        if "retry_after_s" not in told:
            return told
        later_s += told["retry_after_s"]
    raise AssertionError("it stayed pending")


def _agree(shop: Shop) -> Books:
    """The ledger's charges are the bill, its voices are those on the account, and no cap was passed."""
    ledger = books(shop.settings)
    assert ledger.charged_voices == shop.voices()
    assert len(ledger.charged_voices) == shop.bill()["voice_creations"]
    assert all(row["voices"] <= 3 for row in ledger.counters)
    return ledger
