"""Attempts to get at what is somebody else's: each is refused with the right status, and its answer helps nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.shared.exceptions import MCPError

from clients import AT_SPEED, DESIGN, Caller, served
from identity.issuer import HERE, Issuer, signed_with_the_public_key, unsigned
from identity.village import ABSENT, MODERN, SECRET, Village, modern, modern_call, village_tokens
from voice_design_mcp.config import Settings

LIST: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@pytest.fixture(scope="module")
def village(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Generator[Village]:
    own = village_tokens()
    folder: Path = tmp_path_factory.mktemp("village")
    settings = Settings.load(
        {},
        {
            **AT_SPEED,
            "VOICE_DESIGN_DATA_DIR": str(folder),
            "VOICE_DESIGN_PUBLIC_URL": HERE,
            "VOICE_DESIGN_OAUTH_ISSUER": issuer.url,
            "VOICE_DESIGN_TOKENS": " ".join(row for _, row in own.values()),
        },
    )
    with served(settings) as url:
        people = Village(url, issuer, own)
        asyncio.run(people.settle_in())
        yield people


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


Attempt = Callable[[Village], httpx2.Response]


def plain(headers: Callable[[Village], dict[str, str]], path: str = "/mcp") -> Attempt:
    """A harmless request with headers that should open nothing."""
    return lambda village: village.post(LIST, headers(village), path=path)


def tool(who: str, name: str, header_name: str = "", **arguments: Any) -> Attempt:
    """A call by somebody of a tool that the token does not allow."""

    def attempt(village: Village) -> httpx2.Response:
        given = {key: value.format(voice=village.voice) for key, value in arguments.items()}
        body, headers = modern_call(name, given, token=village.token(who))
        return village.post(body, {**headers, **({"Mcp-Name": header_name} if header_name else {})})

    return attempt


def reading(who: str, which: str) -> Attempt:
    """A read by somebody of a kind of resource that the token does not allow."""

    def attempt(village: Village) -> httpx2.Response:
        uri = village.audio if which == "audio" else f"voice://{village.voice}"
        return village.post(*modern("resources/read", {"uri": uri}, uri, token=village.token(who)))

    return attempt


def replayed(village: Village) -> httpx2.Response:
    """Alice's half-made deletion, finished by bob."""
    said: dict[str, dict[str, Any]] = {village.question: {"action": "accept", "content": {}}}
    return village.post(
        *modern_call(
            "delete_voice",
            {"voice": village.voice},
            token=village.token("bob"),
            elicits=True,
            requestState=village.state,
            inputResponses=said,
        )
    )


def in_her_session(who: str) -> Attempt:
    return lambda village: village.post(
        LIST, {**bearer(village.token(who)), "Mcp-Session-Id": village.session, "MCP-Protocol-Version": "2025-11-25"}
    )


REFUSED: dict[str, tuple[int, Attempt]] = {
    "no token": (401, plain(lambda _: {})),
    "no token, newer era": (401, lambda v: v.post(*modern("tools/list", {}))),
    "no token, event stream": (401, lambda v: v.get("/sse")),
    "no token, message of an event stream": (401, plain(lambda _: {}, "/messages/?session_id=" + "0" * 32)),
    "an empty token": (401, plain(lambda _: {"Authorization": "Bearer"})),
    "another scheme": (401, plain(lambda v: {"Authorization": f"Basic {v.token('bob')}"})),
    "the token in the address": (401, lambda v: v.post(LIST, path=f"/mcp?access_token={v.token('bob')}")),
    "the token in a cookie": (401, plain(lambda v: {"Cookie": f"access_token={v.token('bob')}"})),
    "the token in the body": (401, lambda v: v.post({**LIST, "access_token": v.token("bob")})),
    "expired": (401, plain(lambda v: bearer(v.issuer.token(exp=1_700_000_000)))),
    "for another server": (401, plain(lambda v: bearer(v.issuer.token(aud="https://other.example/mcp")))),
    "for a path below": (401, plain(lambda v: bearer(v.issuer.token(aud=f"{HERE}/x")))),
    "by another issuer": (401, plain(lambda v: bearer(v.issuer.token(iss="https://evil.example")))),
    "of nobody": (401, plain(lambda v: bearer(v.issuer.token(sub=None)))),
    "unsigned": (401, plain(lambda v: bearer(unsigned(v.issuer.token())))),
    "signed with the public key": (401, plain(lambda v: bearer(signed_with_the_public_key(v.issuer)))),
    "a token's hash": (401, plain(lambda v: bearer(v.own["bob"][1].partition("sha256:")[2]))),
    "a token's row": (401, plain(lambda v: bearer(v.own["bob"][1]))),
    "a token in the wrong case": (401, plain(lambda v: bearer(v.token("bob").swapcase()))),
    "a name": (401, plain(lambda _: bearer("root"))),
    "from loopback, as a header says": (401, plain(lambda _: {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "::1"})),
    "alice, as a header says": (401, plain(lambda _: {"X-Forwarded-User": "alice", "X-Auth-Subject": "alice"})),
    "a reader designs": (403, tool("reader", "design_voice", voice_prompt="A man.", preview_text="Hi.")),
    "a reader deletes": (403, tool("reader", "delete_voice", voice="{voice}")),
    "a reader speaks": (403, tool("reader", "synthesize", voice="{voice}", text="Hi.")),
    "a reader reads speech": (403, reading("reader", "audio")),
    "a speaker lists": (403, tool("speaker", "list_voices")),
    "a speaker reads a voice": (403, reading("speaker", "voice")),
    "a reader deletes by another name in the header": (403, tool("reader", "delete_voice", "list_voices", voice="{voice}")),
    "a reader lists by another name in the header": (400, tool("reader", "list_voices", "delete_voice")),
    "a reader deletes in the older era": (
        403,
        lambda v: v.post({**LIST, "method": "tools/call", "params": {"name": "delete_voice"}}, bearer(v.token("reader"))),
    ),
    "another's session": (404, in_her_session("bob")),
    "the operator in another's session": (404, in_her_session("root")),
    "another's half-made call": (400, replayed),
    "a foreign host": (421, plain(lambda v: {**bearer(v.token("bob")), "Host": "evil.example"})),
    "a host that begins like ours": (421, plain(lambda v: {**bearer(v.token("bob")), "Host": "voices.example.evil.example"})),
    "a host with a user": (421, plain(lambda v: {**bearer(v.token("bob")), "Host": "localhost@evil.example"})),
    "a foreign host, forwarded": (
        421,
        plain(lambda v: {**bearer(v.token("bob")), "Host": "evil", "X-Forwarded-Host": "localhost"}),
    ),
    "a foreign origin": (403, plain(lambda v: {**bearer(v.token("bob")), "Origin": "https://evil.example"})),
    "no origin that is one": (403, plain(lambda v: {**bearer(v.token("bob")), "Origin": "null"})),
    "an origin that begins like ours": (
        403,
        plain(lambda v: {**bearer(v.token("bob")), "Origin": "https://voices.example.evil.example"}),
    ),
    "our origin without encryption": (403, plain(lambda v: {**bearer(v.token("bob")), "Origin": "http://voices.example"})),
}  # fmt: skip


def test_there_are_at_least_forty_attempts() -> None:
    assert len(REFUSED) >= 40


@pytest.mark.parametrize("name", REFUSED)
def test_an_attempt_is_refused_with_the_right_status_and_its_answer_tells_nothing(village: Village, name: str) -> None:
    status, attempt = REFUSED[name]
    answer = attempt(village)
    assert answer.status_code == status
    if answer.is_stream_consumed:
        tells_nothing(village, answer.text)


def test_the_same_requests_are_let_through_for_whom_they_are_allowed(village: Village) -> None:
    for who in ("alice", "bob", "reader", "root"):
        assert village.post(*modern_call("list_voices", {}, token=village.token(who))).status_code == 200
    names = {"Host": "voices.example", "Origin": "https://voices.example"}
    body, headers = modern("tools/list", {}, token=village.token("bob"))
    assert village.post(body, {**headers, **names}).status_code == 200
    uri = village.audio
    body, headers = modern("resources/read", {"uri": uri}, uri, token=village.token("alice"))
    assert village.post(body, headers).status_code == 200


NOT_HIS = ("get_voice", "delete_voice", "synthesize")


@pytest.mark.parametrize("era", ["legacy", MODERN])
@pytest.mark.parametrize("name", NOT_HIS)
async def test_another_s_voice_and_one_that_is_not_there_get_the_same_error(
    village: Village, name: str, era: Any
) -> None:
    more = {"text": "Hello."} if name == "synthesize" else {}
    async with village.enter("bob", era) as call:
        hers = await call.error(name, voice=village.voice, **more)
        nobodys = await call.error(name, voice=ABSENT, **more)
    assert hers["code"] == "voice_not_found"
    assert {**hers, "message": hers["message"].replace(village.voice, ABSENT)} == nobodys


@pytest.mark.parametrize("end", ["", "/", "/preview", "/waveform"])
async def test_another_s_resources_and_those_that_are_not_there_get_the_same_error(village: Village, end: str) -> None:
    async with village.enter("bob") as call:
        hers = await refusal(call, f"voice://{village.voice}{end}")
        assert hers == await refusal(call, f"voice://{ABSENT}{end}")
        assert await refusal(call, village.audio) == await refusal(call, f"audio://aud_{'0' * 32}") == hers


async def refusal(call: Caller, uri: str) -> tuple[int, str]:
    with pytest.raises(MCPError) as refused:
        await call.client.read_resource(uri)
    return refused.value.error.code, refused.value.error.message


async def test_another_s_approval_opens_nothing_and_is_told_as_one_that_never_was(village: Village) -> None:
    async with village.enter("bob") as call:
        hers = await call.error("design_voice", **DESIGN, take=7, approval=village.approval)
        assert hers == await call.error("design_voice", **DESIGN, take=7, approval=f"apr_{'0' * 32}")
        assert hers["code"] == "approval_invalid"
    async with village.enter("alice") as call:
        assert (await call("design_voice", **DESIGN, take=7, approval=village.approval))["status"] == "created"


async def test_lists_completions_and_spending_show_nobody_else_s(village: Village) -> None:
    async with village.enter("bob") as call:
        assert (await call("list_voices"))["voices"] == []
        assert (await call.client.list_resources()).resources == []
        spent = await call("get_spending")
        assert (spent["charges"], spent["voices_made"], spent["slots"]) == ([], 0, {})
        whole = str(await call.raw("list_voices")) + str(await call.raw("get_spending"))
    tells_nothing(village, whole)


async def test_everybody_s_own_is_there_for_everybody(village: Village) -> None:
    async with village.enter("alice") as call:
        assert village.voice in [voice["voice"] for voice in (await call("list_voices"))["voices"]]
        assert "slots" not in await call("list_voices")
        assert (await call("get_voice", voice=village.voice))["preview_text"] == f"Here is {SECRET}."
        assert {charge["voice"] for charge in (await call("get_spending"))["charges"]} >= {village.voice}


async def test_the_operator_sees_everybody_s(village: Village) -> None:
    async with village.enter("root") as call:
        shown = await call("list_voices")
        assert village.voice in [voice["voice"] for voice in shown["voices"]]
        assert shown["slots"]["qwen"]["used"] >= 1
        assert (await call("get_voice", voice=village.voice))["voice"] == village.voice
        assert (await call.client.read_resource(village.audio)).contents
        assert {charge["voice"] for charge in (await call("get_spending"))["charges"]} >= {village.voice}


@asynccontextmanager
async def shared(village: Village, settings: Settings) -> AsyncGenerator[None]:
    from voice_design_mcp.app import build_server
    from voice_design_mcp.identity.principals import LOCAL

    async with build_server(settings).studio as studio:
        library = (await studio.open()).library(LOCAL)
        assert await library.share(village.voice, shared=True)
        yield
        assert await library.share(village.voice, shared=False)


async def test_a_shared_voice_can_be_heard_and_spoken_with_by_all_and_deleted_by_its_owner_alone(
    village: Village, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = next(tmp_path_factory.getbasetemp().glob("village*"))
    settings = Settings.load({}, {"VOICE_DESIGN_DATA_DIR": str(folder)})
    async with village.enter("bob") as call:
        async with shared(village, settings):
            [seen] = (await call("list_voices"))["voices"]
            assert (seen["voice"], seen["shared"]) == (village.voice, True)
            spoken = await call("synthesize", voice=village.voice, text="Everybody may use this.")
            assert (await call.client.read_resource(f"voice://{village.voice}/preview")).contents
            assert (await call.error("delete_voice", voice=village.voice))["code"] == "voice_not_found"
        assert (await call.error("synthesize", voice=village.voice, text="Again."))["code"] == "voice_not_found"
        assert (await call.client.read_resource(spoken["audio"]["uri"])).contents
    async with village.enter("alice") as call:
        await refusal(call, spoken["audio"]["uri"])


async def test_every_result_that_may_be_cached_may_be_cached_by_its_reader_alone(village: Village) -> None:
    uri = f"voice://{village.voice}"
    asked = {
        "tools/list": "",
        "resources/list": "",
        "resources/templates/list": "",
        "prompts/list": "",
        "resources/read": uri,
    }
    for method, name in asked.items():
        body, headers = modern(method, {"uri": uri} if name else {}, name, token=village.token("alice"))
        assert '"cacheScope":"private"' in village.post(body, headers).text, method


def tells_nothing(village: Village, text: str) -> None:
    """Nothing of alice's is in a text, and nothing that helps to get at it."""
    telling = (SECRET, village.voice, village.audio.removeprefix("audio://"), village.approval, "Traceback", "/tmp/")  # noqa: S108 looked for
    assert [each for each in telling if each in text] == []
