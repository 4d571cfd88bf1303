"""An approval opens what it was given for, once: whatever else comes back with it, nothing is sent."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from mcp.types import CallToolResult, ElicitResult, InputRequiredResult

from clients import DESIGN, ERAS, Caller, Era, Person, connected
from spending.books import books
from spending.time_and_clients import Clock, Connect, MakeSettings
from spending.vendor import Vendor, refused_inside_200
from voice_design_mcp.commands.books import opened
from voice_design_mcp.config import Settings
from voice_design_mcp.errors import ApprovalError
from voice_design_mcp.spending.approvals import Approvals
from voice_design_mcp.spending.money import usd
from voice_design_mcp.spending.orders import Arguments, Order

THE_ERROR = "This approval does not open this purchase; nothing was sent."


@pytest.fixture
def settings(make_settings: MakeSettings, vendor: Vendor) -> Settings:
    """The vendor, with a key, and the policy that asks."""
    return make_settings(api_key="sk-test", base_url=vendor.origin)


async def approval_of(call: Caller, tool: str = "design_voice", **arguments: Any) -> str:
    """The approval that a first call answers with."""
    first = await call(tool, **(arguments or DESIGN))
    assert first["status"] == "confirmation_required"
    return str(first["approval"]["id"])


async def decide(settings: Settings, clock: Clock, approval: str, state: str) -> None:
    """A person's decision outside the model."""
    async with opened(settings, clock) as [book]:
        assert await book.approvals.decide(approval, state)


@pytest.mark.parametrize(
    "wrong", ["forged", "tampered", "expired", "declined", "another's", "for another act", "empty-ish"]
)
async def test_an_approval_that_does_not_open_this_is_refused_with_one_error_and_nothing_is_sent(
    connect: Connect, vendor: Vendor, clock: Clock, settings: Settings, wrong: str
) -> None:
    async with connect() as call:
        approval = await approval_of(call)
        if wrong == "forged":
            approval = "apr_" + "0" * 32
        elif wrong == "tampered":
            approval = approval[:-1] + ("0" if approval[-1] != "0" else "1")
        elif wrong == "expired":
            clock.pass_s(600)
        elif wrong == "declined":
            await decide(settings, clock, approval, "declined")
        elif wrong == "empty-ish":
            approval = " "
    if wrong == "another's":  # another account's, on the same data folder
        settings = make_another(settings)
    async with connect(settings) as call:
        if wrong == "for another act":
            voice = vendor.add("other")
            error = await call.error("delete_voice", voice=voice, approval=approval)
            assert voice in vendor.voices
        else:
            error = await call.error("design_voice", **DESIGN, approval=approval)
    assert (error["code"], error["message"]) == ("approval_invalid", THE_ERROR)
    assert vendor.asked("create") == vendor.asked("delete") == 0
    assert books(settings).holds == []


def make_another(settings: Settings) -> Settings:
    """The same data folder, another key."""
    environment = {
        "VOICE_DESIGN_DATA_DIR": str(settings.data_dir),
        "VOICE_DESIGN_BASE_URL": settings.base_url,
        "DASHSCOPE_API_KEY": "sk-another",
    }
    return Settings.load({}, environment)


async def test_another_principals_approval_is_refused_with_the_same_error(
    connect: Connect, settings: Settings, clock: Clock
) -> None:
    async with connect() as call:
        approval = await approval_of(call)
    [quote] = books(settings).quotes
    stranger = Order(
        account=quote["account"], principal="somebody else", action="design", arguments={**DESIGN}, price=usd(200_000)
    )

    def restore(_arguments: Arguments) -> Order:
        return stranger

    async with opened(settings, clock) as [book]:
        with pytest.raises(ApprovalError) as refusal:
            await Approvals(book.database, clock).present(approval, stranger, restore)
    assert refusal.value.message == THE_ERROR


@pytest.mark.parametrize(
    ("argument", "changed"),
    [
        ("voice_prompt", DESIGN["voice_prompt"] + " And louder."),
        ("preview_text", "Good night."),
        ("preferred_name", "narrator2"),
        ("target_model", "qwen3-tts-vd-realtime-2026-01-15"),
        ("language", "de"),
        ("sample_rate", 48000),
        ("response_format", "mp3"),
        ("take", 2),
    ],
)
async def test_a_changed_argument_is_refused_and_named_and_the_approval_stays_good(
    connect: Connect, vendor: Vendor, argument: str, changed: object
) -> None:
    asked = {**DESIGN, "preview_text": "Hello, Berlin."}
    async with connect() as call:
        approval = await approval_of(call, **asked)
        error = await call.error("design_voice", **{**asked, argument: changed}, approval=approval)
        assert error["message"] == f"{THE_ERROR} It was given for other arguments: {argument} differs."
        assert vendor.asked("create") == 0
        assert (await call("design_voice", **asked, approval=approval))["status"] == "created"


async def test_the_first_argument_that_differs_is_named(connect: Connect) -> None:
    async with connect() as call:
        approval = await approval_of(call)
        changed = {**DESIGN, "sample_rate": 8000, "preview_text": "Other."}
        error = await call.error("design_voice", **changed, approval=approval)
    assert "preview_text differs" in error["message"]


@pytest.mark.parametrize(
    "again",
    [
        {"voice_prompt": "A “calm” woman’s voice, café style,\n slow and\u00a0low. "},
        {"voice_prompt": unicodedata.normalize("NFD", 'A "calm" woman\'s voice, café style, slow and low.')},
        {"voice_prompt": 'A  "calm"  woman\'s voice,  café style, slow and low.'},
        {"language": "en", "sample_rate": 24000, "response_format": "wav", "take": 1},
        {"target_model": "qwen3-tts-vd-2026-01-26", "preferred_name": "voice"},
    ],
    ids=["curly quotes", "NFD", "double spaces", "defaults spelled out", "more defaults"],
)
async def test_what_a_model_changes_when_it_repeats_itself_is_no_change_and_what_was_approved_is_sent(
    connect: Connect, vendor: Vendor, again: dict[str, Any]
) -> None:
    asked = {"voice_prompt": 'A "calm" woman\'s voice, café style, slow and low.', "preview_text": "Good evening, all."}
    async with connect() as call:
        approval = await approval_of(call, **asked)
        made = await call("design_voice", **{**asked, **again}, approval=approval)
        assert made["status"] == "created"
        assert (await call("design_voice", **asked))["voice"] == made["voice"]
    assert vendor.voices[made["voice"]]["voice_prompt"] == asked["voice_prompt"]
    assert vendor.created == 1


@pytest.mark.parametrize("later_s", [0, 3600])
async def test_an_approval_used_again_returns_the_stored_result_and_sends_nothing_after_a_restart_too(
    connect: Connect, vendor: Vendor, clock: Clock, later_s: float
) -> None:
    async with connect() as call:
        approval = await approval_of(call)
        made = await call("design_voice", **DESIGN, approval=approval)
    clock.pass_s(later_s)
    requests = len(vendor.requests)
    async with connect() as call:
        again = await call("design_voice", **DESIGN, approval=approval)
        assert "take differs" in (await call.error("design_voice", **DESIGN, take=2, approval=approval))["message"]
    assert (again["status"], again["voice"], again["preview"]) == ("created", made["voice"], made["preview"])
    assert len(vendor.requests) == requests


async def test_an_approval_whose_purchase_failed_opens_no_second_one(connect: Connect, vendor: Vendor) -> None:
    async with connect() as call:
        approval = await approval_of(call)
        vendor.spoil("create", refused_inside_200)
        assert (await call.error("design_voice", **DESIGN, approval=approval))["code"] == "rejected"
        again = await call.error("design_voice", **DESIGN, approval=approval)
        assert (again["code"], vendor.asked("create")) == ("approval_invalid", 1)
        assert (await call.approved("design_voice", **DESIGN))["status"] == "created"


async def test_an_approval_is_bound_to_its_price(
    connect: Connect, make_settings: MakeSettings, vendor: Vendor, settings: Settings
) -> None:
    async with connect() as call:
        approval = await approval_of(call)
    dearer = make_settings(api_key="sk-test", base_url=vendor.origin, prices="qwen-voice-design=0.30USD")
    async with connect(dearer) as call:
        error = await call.error("design_voice", **DESIGN, approval=approval)
        assert error["message"] == f"{THE_ERROR} The price has changed since."
        assert (await call("design_voice", **DESIGN))["cost"]["amount"] == "0.30"
    assert (vendor.asked("create"), books(settings).holds) == (0, [])


async def test_at_most_20_quotes_are_open_and_one_that_was_set_aside_opens_again_when_it_is_asked_for(
    connect: Connect, vendor: Vendor, settings: Settings, clock: Clock
) -> None:
    async with connect() as call:
        approvals: list[str] = []
        for take in range(1, 23):
            clock.pass_s(1)
            approvals.append(await approval_of(call, **DESIGN, take=take))
        assert sum(quote["state"] == "open" for quote in books(settings).quotes) == 20
        assert (await call.error("design_voice", **DESIGN, approval=approvals[0]))["message"] == THE_ERROR
        assert await approval_of(call, **DESIGN, take=1) == approvals[0]
        assert sum(quote["state"] == "open" for quote in books(settings).quotes) == 20
        assert (await call("design_voice", **DESIGN, approval=approvals[0]))["status"] == "created"
    assert vendor.created == 1


@pytest.mark.parametrize("era", ERAS)
async def test_a_no_ends_it_and_the_same_call_asks_anew(
    connect: Connect, vendor: Vendor, settings: Settings, era: Era
) -> None:
    person = Person("decline", None)
    async with connect(era=era, person=person) as call:
        assert (await call("design_voice", **DESIGN))["status"] == "declined"
        assert (await call("design_voice", **DESIGN))["status"] == "declined"
        person.action, person.content = "accept", {}
        assert (await call("design_voice", **DESIGN))["status"] == "created"
    assert len(set(person.asked)) == 3
    assert sorted(quote["state"] for quote in books(settings).quotes) == ["declined", "declined", "used"]
    assert vendor.created == 1


@pytest.mark.parametrize("era", ERAS)
async def test_a_dismissed_question_is_no_answer_and_the_same_quote_is_put_again(
    connect: Connect, vendor: Vendor, settings: Settings, era: Era
) -> None:
    person = Person("cancel", None)
    async with connect(era=era, person=person) as call:
        assert (await call("design_voice", **DESIGN))["status"] == "confirmation_required"
        assert (await call("design_voice", **DESIGN))["status"] == "confirmation_required"
    assert (len(person.asked), len(set(person.asked)), len(books(settings).quotes)) == (2, 1, 1)
    assert vendor.asked("create") == 0


async def test_an_answer_that_comes_after_the_quote_ran_out_buys_nothing(
    settings: Settings, vendor: Vendor, clock: Clock
) -> None:
    class Slow(Person):
        async def __call__(self, *arguments: Any) -> ElicitResult:
            clock.pass_s(601)
            return await super().__call__(*arguments)

    async with connected(settings, era="legacy", person=Slow(), clock=clock) as call:
        error = await call.error("design_voice", **DESIGN)
    assert (error["code"], vendor.asked("create")) == ("approval_invalid", 0)


async def test_under_auto_a_deletion_asks_all_the_same(
    make_settings: MakeSettings, connect: Connect, vendor: Vendor
) -> None:
    settings = make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto")
    voice = vendor.add("other")
    async with connect(settings) as call:
        assert (await call("delete_voice", voice=voice))["status"] == "confirmation_required"
    assert voice in vendor.voices


async def test_a_deletion_done_again_with_its_approval_sends_nothing(connect: Connect, vendor: Vendor) -> None:
    voice = vendor.add("other")
    async with connect() as call:
        approval = await approval_of(call, "delete_voice", voice=voice)
        assert (await call("delete_voice", voice=voice, approval=approval))["status"] == "deleted"
        requests = len(vendor.requests)
        assert (await call("delete_voice", voice=voice, approval=approval))["status"] == "deleted"
    assert len(vendor.requests) == requests


class Rounds:
    """A 2026-07-28 client that keeps its rounds, and can send them again."""

    def __init__(self, call: Caller) -> None:
        self._session = call.client.session
        self.asked: InputRequiredResult | None = None

    async def ask(self, tool: str = "design_voice", **arguments: Any) -> InputRequiredResult:
        result = await self._session.call_tool(tool, arguments or DESIGN, allow_input_required=True)
        assert isinstance(result, InputRequiredResult)
        self.asked = result
        return result

    async def answer(
        self, tool: str = "design_voice", *, action: Any = "accept", **arguments: Any
    ) -> CallToolResult | InputRequiredResult:
        """Answer the last question; made twice, the very same round is sent twice."""
        assert self.asked is not None
        assert self.asked.input_requests is not None
        answers: Any = {key: ElicitResult(action=action, content={}) for key in self.asked.input_requests}
        result = await self._session.call_tool(
            tool,
            arguments or DESIGN,
            input_responses=answers,
            request_state=self.asked.request_state,
            allow_input_required=True,
        )
        assert isinstance(result, CallToolResult | InputRequiredResult)
        return result


async def test_an_accepted_round_sent_again_returns_the_voice_and_buys_nothing(
    connect: Connect, vendor: Vendor
) -> None:
    async with connect(person=Person()) as call:
        rounds = Rounds(call)
        await rounds.ask()
        first, second = await rounds.answer(), await rounds.answer()
    assert isinstance(first, CallToolResult)
    assert isinstance(second, CallToolResult)
    assert first.structured_content is not None
    assert second.structured_content is not None
    assert (first.structured_content["status"], second.structured_content["status"]) == ("created", "reused")
    assert first.structured_content["voice"] == second.structured_content["voice"]
    assert vendor.created == 1


@pytest.mark.parametrize("why", ["the voice was deleted", "the purchase was refused"])
async def test_an_accepted_round_sent_again_when_nothing_is_left_of_it_asks_anew(
    connect: Connect, vendor: Vendor, why: str
) -> None:
    async with connect(person=Person()) as call:
        rounds = Rounds(call)
        question = await rounds.ask()
        if why == "the purchase was refused":
            vendor.spoil("create", refused_inside_200)
        first = await rounds.answer()
        assert isinstance(first, CallToolResult)
        vendor.voices.clear()
        asked = vendor.asked("create")
        again = await rounds.answer()
    assert isinstance(again, InputRequiredResult)
    assert again.input_requests != question.input_requests
    assert vendor.asked("create") == asked == 1


async def test_a_declined_round_sent_again_as_accepted_asks_anew(connect: Connect, vendor: Vendor) -> None:
    async with connect(person=Person()) as call:
        rounds = Rounds(call)
        await rounds.ask()
        assert isinstance(await rounds.answer(action="decline"), CallToolResult)
        assert isinstance(await rounds.answer(action="accept"), InputRequiredResult)
    assert vendor.asked("create") == 0


async def test_a_deletion_round_sent_again_deletes_no_other_voice(connect: Connect, vendor: Vendor) -> None:
    voice = vendor.add("other")
    async with connect(person=Person()) as call:
        rounds = Rounds(call)
        await rounds.ask("delete_voice", voice=voice)
        assert isinstance(await rounds.answer("delete_voice", voice=voice), CallToolResult)
        vendor.voices[voice] = {
            "voice": voice,
            "target_model": "qwen3-tts-vd-2026-01-26",
            "voice_prompt": "Back again.",
        }
        assert isinstance(await rounds.answer("delete_voice", voice=voice), InputRequiredResult)
    assert voice in vendor.voices
