"""A caller may bring a vendor key of its own: it is charged there and sees that account alone. It may do what its token allows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitRequestParams, ElicitResult

from clients import DESIGN, ERAS, Caller, Era, Person, served
from identity.accounts import ALICE_S, BOB_S, HEADER, SERVER_S, TOKENS, Accounts, entered
from spending.time_and_clients import MakeSettings
from spending.vendor import Vendor, done
from tools.test_notices import PATIENCE_S, Heard
from vendor_client.peer import Reply, Request
from voice_design_mcp.config import Settings
from voice_design_mcp.errors import ConfigError
from voice_design_mcp.studio import ACCOUNTS_KEPT

Deployed = Callable[..., Settings]


@pytest.fixture
async def vendor() -> AsyncGenerator[Accounts]:
    async with Accounts() as peer:
        yield peer


@pytest.fixture
def deployed(make_settings: MakeSettings, vendor: Accounts) -> Deployed:
    """Settings of a server that people reach by tokens, with a key of its own; more may be set."""

    def make(**given: str) -> Settings:
        tokens = " ".join(row for _, row in TOKENS.values())
        named = {"api_key": SERVER_S, "base_url": vendor.origin, "approval": "auto", "tokens": tokens}
        return make_settings(**named | {"caller_keys": "may"} | given)

    return make


@pytest.mark.parametrize("era", ERAS)
async def test_who_brings_a_key_is_charged_on_its_account_and_everybody_else_on_the_server_s(
    deployed: Deployed, vendor: Accounts, era: Era
) -> None:
    with served(deployed()) as url:
        async with entered(url, "alice", ALICE_S, era=era) as call:
            made = await call("design_voice", **DESIGN)
            spoken = await call("synthesize", voice=made["voice"], text="Good morning.")
            spent = await call("get_spending")
            blob = await call.client.read_resource(spoken["audio"]["uri"])
        async with entered(url, "bob", era=era) as call:
            await call("design_voice", **DESIGN)
            theirs = await call("get_spending")
    assert vendor.created == {ALICE_S: 1, SERVER_S: 1}
    assert vendor.of[ALICE_S].characters
    assert not vendor.of[SERVER_S].characters
    assert blob.contents
    assert "the caller's own key" in spent["account"]
    assert "own key" not in theirs["account"]
    assert spent["voices_made"] == theirs["voices_made"] == 1


async def test_what_was_made_with_a_key_is_there_only_for_who_brings_it(deployed: Deployed, vendor: Accounts) -> None:
    with served(deployed()) as url:
        async with entered(url, "alice", ALICE_S) as call:
            voice = (await call("design_voice", **DESIGN))["voice"]
            audio = (await call("synthesize", voice=voice, text="Good morning."))["audio"]["uri"]
        before = len(vendor.requests)
        for who, keys in (("alice", ()), ("bob", ()), ("bob", (BOB_S,))):
            async with entered(url, who, *keys) as call:
                for tool, more in (("get_voice", {}), ("delete_voice", {}), ("synthesize", {"text": "Hello."})):
                    if keys and tool != "synthesize":
                        continue  # the account is bob's, so its vendor may be asked; it has no such voice
                    assert (await call.error(tool, voice=voice, **more))["code"] == "voice_not_found"
                for uri in (audio, f"voice://{voice}", f"voice://{voice}/preview"):
                    with pytest.raises(MCPError):
                        await call.client.read_resource(uri)
                assert not [each for each in (await call.client.list_resources()).resources if voice in str(each.uri)]
        assert [each for each in vendor.requests[before:] if ALICE_S in each.headers.get("authorization", "")] == []
        async with entered(url, "alice", ALICE_S) as call:
            assert (await call("get_voice", voice=voice))["voice"] == voice
            assert [each["voice"] for each in (await call("list_voices"))["voices"]] == [voice]


async def test_an_approval_opens_nothing_on_another_account(deployed: Deployed, vendor: Accounts) -> None:
    with served(deployed(approval="ask")) as url:
        async with entered(url, "alice", ALICE_S) as mine, entered(url, "alice") as server_s:
            own = (await mine("design_voice", **DESIGN))["approval"]["id"]
            other = (await server_s("design_voice", **DESIGN))["approval"]["id"]
            assert (await server_s.error("design_voice", **DESIGN, approval=own))["code"] == "approval_invalid"
            assert (await mine.error("design_voice", **DESIGN, approval=other))["code"] == "approval_invalid"
            assert vendor.created == {}
            await mine("design_voice", **DESIGN, approval=own)
    assert vendor.created == {ALICE_S: 1}


async def test_a_key_shows_the_whole_of_its_account_and_allows_no_more_than_the_token(
    deployed: Deployed, vendor: Accounts
) -> None:
    stranger = vendor.of[ALICE_S].add("made_elsewhere")
    with served(deployed()) as url:
        async with entered(url, "reader", ALICE_S) as call:
            told = await call("list_voices")
            assert [each["voice"] for each in told["voices"]] == [stranger]
            assert told["slots"]["qwen"]["used"] == 1
            with pytest.raises((MCPError, httpx2.HTTPStatusError, ExceptionGroup)):
                await call.raw("delete_voice", voice=stranger)
        async with entered(url, "alice") as call:
            told = await call("list_voices")
            assert told["voices"] == []
            assert "slots" not in told
    assert stranger in vendor.of[ALICE_S].voices


@pytest.mark.parametrize("sse", [False, True], ids=["streamable HTTP", "SSE"])
async def test_a_session_is_asked_for_its_key_at_each_request(
    deployed: Deployed, vendor: Accounts, *, sse: bool
) -> None:
    with served(deployed()) as url:
        if sse:
            async with entered(url, "alice", ALICE_S, sse=True) as call:
                await call("design_voice", **DESIGN)
            assert vendor.created == {ALICE_S: 1}
            return
        sent = {"Authorization": f"Bearer {TOKENS['alice'][0]}", HEADER: ALICE_S}
        async with (
            httpx2.AsyncClient(headers=sent, timeout=60, trust_env=False) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http), mode="legacy") as client,
        ):
            call = Caller(client)
            await call("design_voice", **DESIGN)
            http.headers[HEADER] = BOB_S
            await call("design_voice", **DESIGN)
            del http.headers[HEADER]
            await call("design_voice", **DESIGN)
    assert vendor.created == {ALICE_S: 1, BOB_S: 1, SERVER_S: 1}


async def test_calls_at_the_same_time_stay_with_their_own_accounts(deployed: Deployed, vendor: Accounts) -> None:
    with served(deployed(max_voices_per_day="100", max_usd_per_day="100")) as url:
        async with (
            entered(url, "alice", ALICE_S) as alice,
            entered(url, "bob", BOB_S) as bob,
            entered(url, "bob") as server_s,
        ):
            await asyncio.gather(
                *(call("design_voice", **DESIGN, take=take) for take in range(1, 11) for call in (alice, bob, server_s))
            )
    assert vendor.created == {ALICE_S: 10, BOB_S: 10, SERVER_S: 10}


WRONG: dict[str, tuple[str, ...]] = {
    "empty": ("",),
    "a variable that was not set": ("${DASHSCOPE_API_KEY}",),
    "two words": ("sk-one sk-two",),
    "too long": ("s" * 257,),
    "sent twice": (ALICE_S, BOB_S),
}


@pytest.mark.parametrize("keys", WRONG.values(), ids=WRONG)
async def test_a_header_that_holds_no_key_is_refused_by_its_name(
    deployed: Deployed, vendor: Accounts, keys: tuple[str, ...]
) -> None:
    with served(deployed()) as url:
        async with entered(url, "alice", *keys) as call:
            error = await call.error("design_voice", **DESIGN)
            assert error["code"] == "invalid_argument"
            assert HEADER in error["message"]
            with pytest.raises(MCPError, match=HEADER):
                await call.client.list_resources()
    assert vendor.requests == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_key_that_the_server_does_not_take_is_refused_and_not_passed_over(
    deployed: Deployed, vendor: Accounts, era: Era
) -> None:
    with served(deployed(caller_keys="off")) as url:
        async with entered(url, "alice", ALICE_S, era=era) as call:
            assert (await call.error("design_voice", **DESIGN))["code"] == "caller_key_not_taken"
        async with entered(url, "alice", era=era) as call:
            await call("design_voice", **DESIGN)
    assert vendor.created == {SERVER_S: 1}


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("api_key", [SERVER_S, ""], ids=["a server with a key", "a server with none"])
async def test_where_keys_must_be_brought_the_server_s_own_is_never_used_nor_a_sandbox(
    deployed: Deployed, vendor: Accounts, era: Era, api_key: str
) -> None:
    with served(deployed(caller_keys="must", api_key=api_key)) as url:
        async with entered(url, "root", era=era) as call:
            assert (await call.client.list_tools()).tools
            assert (await call("review_description", voice_prompt=DESIGN["voice_prompt"]))["status"] == "ready"
            for tool, arguments in (("design_voice", DESIGN), ("list_voices", {}), ("get_spending", {})):
                error = await call.error(tool, **arguments)
                assert error["code"] == "caller_key_required"
                assert HEADER in error["message"]
            with pytest.raises(MCPError, match=HEADER):
                await call.client.list_resources()
            with pytest.raises(MCPError, match=HEADER):
                await call.client.read_resource("spending://summary")
        assert vendor.requests == []
        async with entered(url, "alice", ALICE_S, era=era) as call:
            assert (await call("design_voice", **DESIGN))["status"] == "created"
        ready = httpx2.get(f"{url}/readyz", trust_env=False)
    assert ready.status_code == 200
    assert vendor.created == {ALICE_S: 1}


async def test_a_refused_key_is_told_as_the_caller_s_and_is_nowhere(
    deployed: Deployed, vendor: Accounts, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "sk-0123456789abcdef-of-nobody"
    caplog.set_level(logging.DEBUG)
    with served(deployed()) as url:
        async with entered(url, "alice", wrong) as call:
            answers = [await call.raw(tool, **given) for tool, given in (("design_voice", DESIGN), ("list_voices", {}))]
        async with entered(url, "alice", ALICE_S) as call:
            answers.append(await call.raw("design_voice", **DESIGN))
            answers.append(await call.raw("get_spending"))
    told: dict[str, Any] = answers[0].structured_content or {}
    assert told["error"]["code"] == "unauthorized"
    assert "your client sends" in told["error"]["hint"]
    assert "one of the region singapore" in told["error"]["hint"]
    kept = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert any(b"qwen-tts-vd-" in content for content in kept)
    for key in (wrong, ALICE_S):
        assert not any(key.encode() in content for content in kept)
        assert key not in "".join(each.model_dump_json() for each in answers)
        assert key not in caplog.text
    assert vendor.created == {ALICE_S: 1}


async def test_a_purchase_under_way_ends_well_though_many_other_accounts_came_by(
    deployed: Deployed, vendor: Accounts
) -> None:
    came, go_on = asyncio.Event(), asyncio.Event()

    def slow(peer: Vendor, request: Request) -> Reply:
        came.set()
        return replace(done(peer, request), until=go_on)

    designed: list[dict[str, Any]] = []
    vendor.of[ALICE_S].spoil("create", slow)
    with served(deployed()) as url:
        async with entered(url, "alice", ALICE_S) as call, anyio.create_task_group() as others:

            async def design() -> None:
                designed.append(await call("design_voice", **DESIGN))

            others.start_soon(design)
            await came.wait()
            headers = {"Authorization": f"Bearer {TOKENS['bob'][0]}"}
            async with (
                httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as http,
                Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
            ):
                for number in range(ACCOUNTS_KEPT + 1):
                    http.headers[HEADER] = f"sk-{number}"
                    assert (await client.list_resources()).resources == []
            go_on.set()
        async with entered(url, "alice", ALICE_S) as call:
            again = await call("design_voice", **DESIGN)
    assert designed[0]["status"] == "created"
    assert again["status"] == "reused"
    assert again["voice"] == designed[0]["voice"]
    assert vendor.created == {ALICE_S: 1}


async def test_word_of_a_change_goes_to_who_brings_the_same_key(deployed: Deployed) -> None:
    heard, unheard = Heard(), Heard()
    with served(deployed()) as url:
        async with (
            entered(url, "alice", ALICE_S, era="legacy", message_handler=heard),
            entered(url, "alice", era="legacy", message_handler=unheard) as server_s,
            entered(url, "alice", ALICE_S) as listening,
            entered(url, "root", era="legacy", message_handler=unheard),
            entered(url, "alice", ALICE_S) as call,
        ):
            voice = (await call("design_voice", **DESIGN))["voice"]
            await heard.told()
            async with listening.client.listen(resource_subscriptions=[f"voice://{voice}"]) as changes:
                await call.approved("delete_voice", voice=voice)
                with anyio.fail_after(PATIENCE_S):
                    assert await anext(changes) == ResourceUpdated(f"voice://{voice}")
            assert unheard.count == 0
            await server_s("design_voice", **DESIGN)
            await unheard.told()


async def test_an_elicited_yes_is_spent_on_the_account_of_the_key(deployed: Deployed, vendor: Accounts) -> None:
    with served(deployed(approval="ask")) as url:
        for era in ERAS:
            person = Person()
            async with entered(url, "alice", ALICE_S, era=era, person=person) as call:
                made = await call("design_voice", **DESIGN, take=len(vendor.of[ALICE_S].made) + 1)
            assert made["status"] == "created"
            assert "the caller's own key" in person.asked[0]
    assert vendor.created == {ALICE_S: 2}


async def test_a_yes_that_comes_with_another_key_is_asked_for_again_on_that_account(
    deployed: Deployed, vendor: Accounts
) -> None:
    class Switching(Person):
        async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
            http.headers[HEADER] = BOB_S
            return await super().__call__(context, params)

    person = Switching()
    sent = {"Authorization": f"Bearer {TOKENS['alice'][0]}", HEADER: ALICE_S}
    with served(deployed(approval="ask")) as url:
        async with (
            httpx2.AsyncClient(headers=sent, timeout=60, trust_env=False) as http,
            Client(
                streamable_http_client(f"{url}/mcp", http_client=http), mode="2026-07-28", elicitation_callback=person
            ) as client,
        ):
            await Caller(client)("design_voice", **DESIGN)
    assert len(person.asked) == 2
    assert vendor.created == {BOB_S: 1}


async def test_where_nobody_is_identified_the_key_tells_who_is_who(
    deployed: Deployed, vendor: Accounts, tmp_path: Path
) -> None:
    of_the_server_s_user = tmp_path / "data" / "casts" / "play.toml"
    of_the_server_s_user.parent.mkdir(parents=True)
    of_the_server_s_user.write_text('Alice = "a-voice-of-hers"\n', encoding="utf-8")
    with served(deployed(tokens="")) as url:
        async with entered(url, "alice") as call:
            assert (await call.client.read_resource("cast://play")).contents
        async with entered(url, "alice", ALICE_S) as alice, entered(url, "bob", BOB_S) as bob:
            voice = (await alice("design_voice", **DESIGN))["voice"]
            assert (await bob.client.list_resources()).resources == []
            assert (await bob.error("get_voice", voice=voice))["code"] == "voice_not_found"
            for call in (alice, bob):
                with pytest.raises(MCPError):
                    await call.client.read_resource("cast://play")
    assert vendor.created == {ALICE_S: 1}


async def test_a_stream_that_is_asked_for_with_no_key_in_the_header_is_refused_by_its_name(deployed: Deployed) -> None:
    with served(deployed()) as url:
        async with entered(url, "alice", "two words") as call:
            with pytest.raises(MCPError, match=HEADER):
                async with call.client.listen(resources_list_changed=True):
                    pass


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"caller_keys": "may"}, "DASHSCOPE_API_KEY"),
        ({"caller_keys": "must", "sandbox": "1"}, "VOICE_DESIGN_SANDBOX"),
        ({"caller_keys": "must", "workspace_id": "ws-1"}, "VOICE_DESIGN_WORKSPACE_ID"),
        ({"caller_keys": "sometimes"}, "off, may"),
    ],
    ids=["nothing for who brings none", "a sandbox", "a workspace", "no such choice"],
)
def test_settings_that_contradict_are_told_at_the_start(
    make_settings: MakeSettings, given: dict[str, str], named: str
) -> None:
    with pytest.raises(ConfigError, match="VOICE_DESIGN_CALLER_KEYS") as refused:
        make_settings(**given)
    assert named in str(refused.value)
