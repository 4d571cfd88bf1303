"""Any order of quotes, answers, purchases, faults, crashes, deletions, waits and looks: the books stay true after each."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clients import DESIGN, ERAS, Caller, Era, Person, connected
from spending import vendor as peer
from spending.books import Books, books, has_begun
from spending.replay import Limits, no_hold_passed
from spending.time_and_clients import AT_ONCE, Clock
from spending.vendor import TARGET, Fault, Vendor
from voice_design_mcp.app import build_server
from voice_design_mcp.commands import ledger as command
from voice_design_mcp.commands.books import Book, opened
from voice_design_mcp.config import Settings
from voice_design_mcp.desk import Patience
from voice_design_mcp.errors import VoiceDesignError
from voice_design_mcp.spending.purchase import PendingPurchaseError
from voice_design_mcp.spending.recovery import carries
from voice_design_mcp.tools import checks, design_voice
from voice_design_mcp.tools.design_purchase import buy
from voice_design_mcp.tools.gate import Approved

FAULTS: dict[str, Fault] = {
    each.__name__: each
    for each in (
        *(peer.done, peer.reset_before, peer.reset_after, peer.cut, peer.garbled, peer.refused_inside_200),
        *(peer.throttled, peer.throttled_for_a_moment, peer.failed, peer.failed_after, peer.unavailable),
    )
}
A_FAULT = st.sampled_from(sorted(FAULTS))
A_TAKE = st.integers(1, 3)
A_MODEL = st.sampled_from([TARGET, TARGET, "cosyvoice-v3.5-flash"])
A_CRASH = st.one_of(st.just(0), st.integers(1, 24))
OPEN = {"sent", "unknown", "assumed_not_billed"}


class CrashError(Exception):
    """The process is gone."""


def crash_at(nth: int) -> Any:
    """A hook that lets nothing be committed from the nth boundary on, as if the process had died there; 0 for never."""
    passed: list[str] = []

    def hook(boundary: str) -> None:
        passed.append(boundary)
        if nth and len(passed) >= nth:
            raise CrashError(boundary)

    return hook


class AnyEvents(RuleBasedStateMachine):
    """Every step is made by a server that starts anew on the same folder; one that crashes closes nothing of its own accord."""

    @initialize(total=st.sampled_from(["", "0.6"]))
    def open_for_business(self, total: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.Runner()
        self.vendor = Vendor()
        self.loop.run(self.vendor.__aenter__())
        self.clock = Clock()
        self.approvals: list[tuple[str, int, str]] = []
        self.gone: set[str] = set()
        self.entries: list[dict[str, Any]] = []
        environment = {
            "VOICE_DESIGN_DATA_DIR": self.folder.name,
            "VOICE_DESIGN_BASE_URL": self.vendor.origin,
            "VOICE_DESIGN_REGION": "beijing",  # where both families are
            "DASHSCOPE_API_KEY": "sk-test",
            "VOICE_DESIGN_REQUESTS_PER_MINUTE": "0",
            "VOICE_DESIGN_MAX_VOICES_PER_DAY": "2",
            "VOICE_DESIGN_MAX_CHARACTERS_PER_DAY": "15",
            "VOICE_DESIGN_MAX_USD_TOTAL": total,
        }
        self.limits = Limits(voices_a_day=2, characters_a_day=15, usd_micros_in_total=600_000 if total else None)
        self.settings = {
            policy: Settings.load({}, {**environment, "VOICE_DESIGN_APPROVAL": policy})
            for policy in ("auto", "ask", "person")
        }

    @rule(take=A_TAKE, model=A_MODEL, fault=A_FAULT, crash=A_CRASH)
    def design(self, take: int, model: str, fault: str, crash: int) -> None:
        self.call("design_voice", fault=fault, crash=crash, **DESIGN, take=take, target_model=model)

    @rule(take=A_TAKE, fault=A_FAULT, crash=A_CRASH, processes=st.integers(1, 2))
    def design_twice_at_once(self, take: int, fault: str, crash: int, processes: int) -> None:
        self.call("design_voice", fault=fault, crash=crash, processes=processes, times=2, **DESIGN, take=take)

    @rule(take=A_TAKE, fault=A_FAULT, crash=A_CRASH)
    def somebody_else_designs(self, take: int, fault: str, crash: int) -> None:
        self.vendor.spoil("create", FAULTS[fault])
        self.run(self.bought_by("somebody else", take, crash))

    @rule(take=A_TAKE, model=A_MODEL)
    def quote(self, take: int, model: str) -> None:
        told = self.call("design_voice", policy="ask", **DESIGN, take=take, target_model=model)
        if told.get("status") == "confirmation_required":
            self.approvals.append((told["approval"]["id"], take, model))

    @rule(
        count=st.integers(2, 3),
        fault=st.sampled_from(sorted(FAULTS)),
        crash=st.integers(0, 40),
        times=st.integers(1, 2),
    )
    def design_candidates(self, count: int, fault: str, crash: int, times: int) -> None:
        self.vendor.spoil("create", FAULTS[fault])
        self.call("design_voice", crash=crash, times=times, **DESIGN, candidates=count)

    @precondition(lambda self: self.approvals)
    @rule(
        which=st.integers(0, 99),
        policy=st.sampled_from(["ask", "person"]),
        fault=A_FAULT,
        crash=A_CRASH,
        changed=st.sampled_from([0, 0, 1]),
    )
    def send_an_approval_back(self, which: int, policy: str, fault: str, crash: int, changed: int) -> None:
        approval, take, model = self.approvals[which % len(self.approvals)]
        before = self.bought()
        arguments: dict[str, Any] = {**DESIGN, "take": take + changed, "target_model": model, "approval": approval}
        told = self.call("design_voice", policy=policy, fault=fault, crash=crash, **arguments)
        if changed:
            assert crash or told["error"]["code"] == "approval_invalid"
            assert self.bought() == before
        if policy == "person":
            assert "second call" not in self.bought()[len(before) :]

    @rule(
        take=A_TAKE,
        era=st.sampled_from(ERAS),
        answer=st.sampled_from(["accept", "accept", "decline", "cancel"]),
        policy=st.sampled_from(["ask", "person"]),
        fault=A_FAULT,
        crash=A_CRASH,
    )
    def ask_a_person(self, take: int, era: Era, answer: Any, policy: str, fault: str, crash: int) -> None:
        before, person = self.bought(), Person(answer)
        self.call("design_voice", policy=policy, era=era, person=person, fault=fault, crash=crash, **DESIGN, take=take)
        assert answer == "accept" or not person.asked or self.bought() == before

    @precondition(lambda self: self.approvals)
    @rule(which=st.integers(0, 99), yes=st.booleans(), fault=A_FAULT, crash=A_CRASH)
    def decide_outside_the_model(self, which: int, fault: str, crash: int, *, yes: bool) -> None:
        approval, take, model = self.approvals[which % len(self.approvals)]

        async def decided(book: Book) -> None:
            await (book.approvals.approve(approval, "terminal") if yes else book.approvals.decide(approval, "declined"))

        self.run(self.at_the_books(decided))
        arguments: dict[str, Any] = {**DESIGN, "take": take, "target_model": model}
        self.call("design_voice", policy="person", fault=fault, crash=crash, **arguments)

    @rule(text=st.sampled_from(["One.", "Two more."]), fault=A_FAULT, crash=st.integers(0, 14))
    def speak(self, text: str, fault: str, crash: int) -> None:
        for voice in list(self.vendor.voices)[-1:]:
            self.call("synthesize", fault=fault, crash=crash, voice=voice, text=text)

    @rule(crash=st.integers(0, 12), newest=st.booleans())
    def delete(self, crash: int, *, newest: bool) -> None:
        for voice in self.on_the_account()[-1:] if newest else self.on_the_account()[:1]:
            first = self.call("delete_voice", voice=voice)
            if "approval" in first:
                self.call("delete_voice", crash=crash, voice=voice, approval=first["approval"]["id"])

    @rule(nth=st.integers(0, 3), crash=st.integers(0, 10))
    def keep(self, nth: int, crash: int) -> None:
        voices = self.ledger_voices()
        if voices:
            voice = voices[nth % len(voices)]
            first = self.call("keep_voice", voice=voice)
            if "approval" in first:
                self.call("keep_voice", crash=crash, voice=voice, approval=first["approval"]["id"])

    @rule()
    def somebody_deletes_elsewhere(self) -> None:
        for voices in (self.vendor.voices, self.vendor.enrolled):
            self.gone |= {voices.popitem()[0]} if voices else set()

    @rule()
    def a_stranger_makes_a_look_alike(self) -> None:
        self.vendor.add(DESIGN["preferred_name"], DESIGN["voice_prompt"], preview_text=DESIGN["preview_text"])

    @rule(seconds=st.sampled_from([5, 11, 61, 361, 601, 90_000]))
    def wait(self, seconds: int) -> None:
        self.clock.pass_s(seconds)

    @rule(crash=st.integers(0, 8))
    def look(self, crash: int) -> None:
        self.call("list_voices", crash=crash)

    @rule(hides=st.booleans(), tells_prompts=st.booleans())
    def the_list_falls_behind_or_catches_up(self, *, hides: bool, tells_prompts: bool) -> None:
        self.vendor.hides, self.vendor.tells_prompts = hides, tells_prompts

    @rule()
    def a_person_settles_what_is_open(self) -> None:
        """By what they know: what was made, and what of it is still there."""
        for hold in self.open_voices():
            made = [voice for voice in self.vendor.made if carries(voice, hold["tag"])]
            if made and made[0] in self.on_the_account():
                command.adopt(self.settings["auto"], hold["id"], made[0])
            else:
                command.resolve(self.settings["auto"], hold["id"], billed=bool(made))

    @invariant()
    def the_books_are_true(self) -> None:
        ledger = self.ledger()
        if ledger is None:
            return
        assert {voice for voice in ledger.charged_voices if voice} <= set(self.vendor.made)
        assert len(ledger.charged_voices) <= len(self.vendor.made)
        assert ledger.charged_characters <= self.vendor.characters
        no_hold_passed(ledger, self.limits)
        assert ledger.entries[: len(self.entries)] == self.entries, "an entry was changed or taken away"
        self.entries = ledger.entries

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        try:
            self.vendor.hides, self.vendor.tells_prompts = False, True
            for seconds in (361, 61, 61, 90_000, 61):
                self.clock.pass_s(seconds)
                self.call("list_voices")
            self.the_books_are_true()
            self.charges_are_the_bill()
        finally:
            self.loop.run(self.vendor.__aexit__(None, None, None))
            self.loop.close()
            self.folder.cleanup()

    def charges_are_the_bill(self) -> None:
        """Without a person all but what somebody deleted unseen; with one, all of it."""
        ledger = self.ledger()
        assert ledger is not None
        assert set(self.vendor.made) - set(ledger.charged_voices) <= self.gone
        assert not {"held", "sent", "answered", "unknown"} & set(ledger.states)
        least, most = ledger.charged_characters, ledger.charged_characters + ledger.assumed_characters
        assert least <= self.vendor.characters <= most
        self.a_person_settles_what_is_open()
        ledger = self.ledger()
        assert ledger is not None
        assert len(ledger.charged_voices) == len(self.vendor.made)

    def call(
        self,
        tool: str,
        *,
        policy: str = "auto",
        era: Era = "2026-07-28",
        person: Person | None = None,
        fault: str = "",
        crash: int = 0,
        processes: int = 1,
        times: int = 1,
        **arguments: Any,
    ) -> dict[str, Any]:
        """Make a call, by so many processes so often each, of which the first may crash."""
        for operation in ("create", "create_voice", "synthesize") if fault else ():
            self.vendor.spoil(operation, FAULTS[fault])

        async def calls() -> dict[str, Any]:
            async with AsyncExitStack() as stack:
                callers: list[Caller] = []
                for number in range(processes):
                    options = self.options(crash if number == 0 else 0)
                    server = connected(self.settings[policy], era=era, person=person, **options)
                    callers.append(await stack.enter_async_context(server))
                results = await asyncio.gather(*(call.raw(tool, **arguments) for call in callers for _ in range(times)))
            return results[0].structured_content or {}

        return self.run(calls())

    async def bought_by(self, principal: str, take: int, crash: int) -> None:
        """What design_voice does, for a principal that no transport of this version knows."""
        server = build_server(self.settings["auto"], **self.options(crash))
        design = checks.design(**DESIGN, target_model=TARGET, language="", sample_rate=24000, response_format="wav")
        async with server.studio as studio:
            try:
                desk = await studio.open()
                order = design_voice._order(desk, principal, take, design.arguments)  # pyright: ignore[reportPrivateUsage]
                await buy(desk, Approved(order, "", "auto"))
            except (CrashError, VoiceDesignError, PendingPurchaseError):
                pass

    async def at_the_books(self, act: Callable[[Book], Awaitable[None]]) -> None:
        async with opened(self.settings["auto"], self.clock) as [book]:
            await act(book)

    def run(self, step: Any) -> Any:
        try:
            return self.loop.run(step)
        finally:
            self.vendor.faults.clear()

    def options(self, crash: int) -> dict[str, Any]:
        patience = Patience(join_s=0.2, review_s=0)
        return {"clock": self.clock, "retries": AT_ONCE, "passed": crash_at(crash), "patience": patience}

    def on_the_account(self) -> list[str]:
        return [*self.vendor.voices, *self.vendor.enrolled]

    def open_voices(self) -> list[dict[str, Any]]:
        ledger = self.ledger()
        holds = ledger.holds if ledger else []
        return [hold for hold in holds if hold["kind"] == "voice" and hold["state"] in OPEN]

    def bought(self) -> list[str]:
        """Who approved each hold, in their order."""
        ledger = self.ledger()
        return [hold["approved_by"] for hold in ledger.holds] if ledger else []

    def ledger_voices(self) -> list[str]:
        ledger = self.ledger()
        return ledger.charged_voices if ledger is not None else []

    def ledger(self) -> Books | None:
        return books(self.settings["auto"]) if has_begun(self.settings["auto"]) else None


def lived_through(examples: int, steps: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],  # a failure is short enough to read, and would take minutes to make shorter
        report_multiple_bugs=False,
        suppress_health_check=quiet,
    )
    run_state_machine_as_test(AnyEvents, settings=chosen)


def test_the_books_are_true_after_any_events() -> None:
    lived_through(examples=12, steps=20)


@pytest.mark.long
def test_the_books_are_true_after_many_more_events() -> None:
    lived_through(examples=60, steps=40)
