"""Any order of purchases, faults, crashes, restarts, deletions, waits and looks: the books stay true after each."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from clients import DESIGN, connected
from spending import vendor as peer
from spending.books import Books, books, has_begun
from spending.time_and_clients import AT_ONCE, Clock
from spending.vendor import Fault, Vendor
from voice_design_mcp.config import Settings
from voice_design_mcp.studio import Patience

CAP = 3
FAULTS: dict[str, Fault] = {
    each.__name__: each
    for each in (
        *(peer.done, peer.reset_before, peer.reset_after, peer.cut, peer.garbled, peer.refused_inside_200),
        *(peer.throttled, peer.throttled_for_a_moment, peer.failed, peer.failed_after, peer.unavailable),
    )
}
GIVEN_BACK = {"released", "assumed_not_billed"}
COUNTED_AGAIN = {"charged", "adopted", "resolved_billed"}


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

    @initialize()
    def open_for_business(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.Runner()
        self.vendor = Vendor()
        self.loop.run(self.vendor.__aenter__())
        self.clock = Clock()
        environment = {
            "VOICE_DESIGN_DATA_DIR": self.folder.name,
            "VOICE_DESIGN_BASE_URL": self.vendor.origin,
            "DASHSCOPE_API_KEY": "sk-test",
            "VOICE_DESIGN_APPROVAL": "auto",
            "VOICE_DESIGN_MAX_VOICES_PER_DAY": str(CAP),
        }
        self.settings = Settings.load({}, environment)

    @rule(take=st.integers(1, 4), fault=st.sampled_from(sorted(FAULTS)), crash=st.integers(0, 24))
    def design(self, take: int, fault: str, crash: int) -> None:
        self.vendor.spoil("create", FAULTS[fault])
        self.call("design_voice", crash=crash, **DESIGN, take=take)

    @rule(take=st.integers(1, 4))
    def design_twice_at_once(self, take: int) -> None:
        self.call("design_voice", times=2, **DESIGN, take=take)

    @rule(text=st.sampled_from(["One.", "Two more."]), fault=st.sampled_from(sorted(FAULTS)), crash=st.integers(0, 14))
    def speak(self, text: str, fault: str, crash: int) -> None:
        for voice in list(self.vendor.voices)[-1:]:
            self.vendor.spoil("synthesize", FAULTS[fault])
            self.call("synthesize", crash=crash, voice=voice, text=text)

    @rule(crash=st.integers(0, 12), newest=st.booleans())
    def delete(self, crash: int, *, newest: bool) -> None:
        for voice in list(self.vendor.voices)[-1:] if newest else list(self.vendor.voices)[:1]:
            first = self.call("delete_voice", voice=voice)
            if "approval" in first:
                self.call("delete_voice", crash=crash, voice=voice, approval=first["approval"]["id"])

    @rule(seconds=st.sampled_from([5, 11, 61, 361, 90_000]))
    def wait(self, seconds: int) -> None:
        self.clock.pass_s(seconds)

    @rule(crash=st.integers(0, 8))
    def look(self, crash: int) -> None:
        self.call("list_voices", crash=crash)

    @rule()
    def let_the_list_fall_behind(self) -> None:
        self.vendor.hides = True

    @rule()
    def let_the_list_catch_up(self) -> None:
        self.vendor.hides = False

    @invariant()
    def no_charge_is_without_a_bill_and_no_hold_passed_a_cap(self) -> None:
        ledger = self.ledger()
        if ledger is not None:
            assert set(ledger.charged_voices) <= set(self.vendor.made)
            assert ledger.charged_characters <= self.vendor.characters
            no_hold_passed(ledger, CAP)

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        try:
            self.vendor.hides = False
            for seconds in (361, 61, 61, 90_000, 61):
                self.clock.pass_s(seconds)
                self.call("list_voices")
            ledger = self.ledger()
            assert ledger is not None
            assert ledger.charged_voices == sorted(self.vendor.made)
            assert not {"held", "sent", "answered", "unknown"} & set(ledger.states)
            least, most = ledger.charged_characters, ledger.charged_characters + ledger.assumed_characters
            assert least <= self.vendor.characters <= most
        finally:
            self.loop.run(self.vendor.__aexit__(None, None, None))
            self.loop.close()
            self.folder.cleanup()

    def call(self, tool: str, *, crash: int = 0, times: int = 1, **arguments: Any) -> dict[str, Any]:
        async def calls() -> dict[str, Any]:
            options: dict[str, Any] = {
                "clock": self.clock,
                "retries": AT_ONCE,
                "passed": crash_at(crash),
                "patience": Patience(join_s=1),
            }
            async with connected(self.settings, **options) as call:
                results = await asyncio.gather(*(call.raw(tool, **arguments) for _ in range(times)))
            return results[0].structured_content or {}

        told = self.loop.run(calls())
        self.vendor.faults.clear()
        return told

    def ledger(self) -> Books | None:
        return books(self.settings) if has_begun(self.settings) else None


def no_hold_passed(ledger: Books, cap: int) -> None:
    """Replay the entries: whenever a voice was held, no more than the cap were held or spent on its day."""
    holds = {hold["id"]: hold for hold in ledger.holds if hold["kind"] == "voice"}
    counted: dict[str, str] = {}
    for entry in ledger.entries:
        hold = holds.get(entry["hold_id"])
        if hold is None:
            continue
        if entry["event"] in GIVEN_BACK:
            counted.pop(hold["id"], None)
        elif entry["event"] == "held" or entry["event"] in COUNTED_AGAIN:
            counted[hold["id"]] = hold["day"]
        if entry["event"] == "held":
            assert Counter(counted.values())[hold["day"]] <= cap


def lived_through(examples: int, steps: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=quiet,
    )
    run_state_machine_as_test(AnyEvents, settings=chosen)


def test_the_books_are_true_after_any_events() -> None:
    lived_through(examples=12, steps=12)


@pytest.mark.long
def test_the_books_are_true_after_many_more_events() -> None:
    lived_through(examples=150, steps=40)
