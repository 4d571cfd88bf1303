"""Every row of the vendor's error page, as a creation and a list meet it, and what each error says."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from vendor_client.asking import KEY, OPERATIONS, RESULTS, Waits, create, http, list_page, speak
from vendor_client.peer import Peer, answer
from voice_design_mcp.dashscope.exchange import Answer, Asked, Progress
from voice_design_mcp.dashscope.http import Http
from voice_design_mcp.dashscope.qwen import QwenFamily
from voice_design_mcp.dashscope.refusals import breakdown, closed, said, so_far
from voice_design_mcp.errors import (
    AuthError,
    ConfigError,
    ConnectionLostError,
    DeadlineError,
    InputError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    RetiredError,
    UnavailableError,
    UpstreamError,
    VoiceNotFoundError,
    VoiceQuotaError,
)

WIRE = Path(__file__).parent.parent / "wire"
ROWS: list[tuple[int, str, type[UpstreamError], str, str, bool]] = [
    (400, "InvalidParameter", RejectedError, "rejected", "no", False),
    (400, "VoiceNotFound", RejectedError, "voice_not_found", "no", False),
    (400, "BadRequest.VoiceNotFound", RejectedError, "voice_not_found", "no", False),
    (400, "BadRequest.ResourceNotExist", RejectedError, "voice_not_found", "no", False),
    (400, "Arrearage", RejectedError, "account_in_arrears", "no", False),
    (400, "DataInspectionFailed", RejectedError, "content_refused", "no", False),
    (400, "IPInfringementSuspect", RejectedError, "content_refused", "no", False),
    (400, "ClientDisconnect", ConnectionLostError, "connection_lost", "maybe", True),
    (400, "Throttling.AllocationQuota", VoiceQuotaError, "voice_quota_full", "no", False),
    (429, "Throttling.AllocationQuota", VoiceQuotaError, "voice_quota_full", "no", False),
    (401, "InvalidApiKey", AuthError, "unauthorized", "no", False),
    (401, "", AuthError, "unauthorized", "no", False),
    (403, "AccessDenied", RetiredError, "model_unavailable", "no", False),
    (403, "AccessDenied.Unpurchased", RetiredError, "model_unavailable", "no", False),
    (403, "Model.AccessDenied", RetiredError, "model_unavailable", "no", False),
    (403, "Workspace.AccessDenied", AuthError, "unauthorized", "no", False),
    (403, "Endpoint.AccessDenied", RetiredError, "model_unavailable", "no", False),
    (403, "AllocationQuota.FreeTierOnly", RejectedError, "free_quota_used_up", "no", False),
    (404, "ModelNotFound", RetiredError, "model_unavailable", "no", False),
    (404, "WorkSpaceNotFound", AuthError, "unauthorized", "no", False),
    (429, "Throttling", RateLimitedError, "rate_limited", "no", True),
    (429, "Throttling.RateQuota", RateLimitedError, "rate_limited", "no", True),
    (429, "Throttling.BurstRate", RateLimitedError, "rate_limited", "no", True),
    (429, "Throttling.Concurrency", RateLimitedError, "rate_limited", "no", True),
    (429, "", RateLimitedError, "rate_limited", "no", True),
    (500, "InternalError", UnavailableError, "unavailable", "maybe", True),
    (500, "InternalError.Algo", UnavailableError, "unavailable", "maybe", True),
    (500, "RequestTimeOut", UnavailableError, "unavailable", "maybe", True),
    (503, "ModelUnavailable", UnavailableError, "unavailable", "maybe", True),
    (503, "ServiceUnavailable", UnavailableError, "unavailable", "maybe", True),
    (400, "CLIENT_ERROR", RejectedError, "rejected", "no", False),
    (400, "invalid_value", RejectedError, "rejected", "no", False),
    (400, "invalid_request_error", RejectedError, "rejected", "no", False),
    (403, "Novel.Code", RejectedError, "rejected", "no", False),
    (418, "", RejectedError, "rejected", "no", False),
]


async def refused(status: int, body: object, operation: str = "create", **options: Any) -> UpstreamError:
    async with Peer(then=answer(body, status=status)) as peer, http(peer.origin, **options) as client:
        with pytest.raises(UpstreamError) as caught:
            await OPERATIONS[operation](QwenFamily(client))
    return caught.value


@pytest.mark.parametrize(("status", "code", "error", "ours", "billed", "retryable"), ROWS)
async def test_each_code_of_the_vendor_is_one_error_of_ours(
    status: int,
    code: str,
    error: type[UpstreamError],
    ours: str,
    billed: str,
    retryable: bool,  # noqa: FBT001
) -> None:
    found = await refused(status, {"code": code, "message": "words of theirs", "request_id": "r-7"})
    assert type(found) is error
    assert (found.code, found.billed, found.retryable) == (ours, billed, retryable)
    assert (found.status, found.vendor_code, found.request_id) == (status, code, "r-7")
    assert "(request r-7)" in str(found)
    assert "words of theirs" not in f"{found} {found.hint}"


@pytest.mark.parametrize("status", [400, 404])
async def test_a_model_that_does_not_exist_is_told_by_the_vendors_words(status: int) -> None:
    found = await refused(status, {"code": "InvalidParameter", "message": "Model not exist."})
    assert type(found) is RetiredError


WORDS: list[tuple[str, type[UpstreamError], str]] = [
    ("Model not exist.", RetiredError, "model_unavailable"),
    ("Model not found", RetiredError, "model_unavailable"),
    ("The requested voice 'xxx' is not supported.", RejectedError, "voice_model_mismatch"),
    ("Request voice is invalid!", RejectedError, "voice_model_mismatch"),
    ("[tts:]Engine return error code: 418", RejectedError, "voice_model_mismatch"),
    ("[cosyvoice:]Engine error [411]: TTS speak operation failed", RejectedError, "not_spoken"),
    ("TTS speak request failed, please verify your input.", RejectedError, "not_spoken"),
    ("Please ensure input text is valid.", RejectedError, "text_refused"),
    ("SSML text is not supported at the moment!", RejectedError, "text_refused"),
    ("request timeout after 23 seconds.", DeadlineError, "deadline"),
    ("Missing required parameter 'payload.model'! Please follow the protocol!", RejectedError, "rejected"),
    ("Invalid payload data", RejectedError, "rejected"),
]


@pytest.mark.parametrize(("words", "error", "code"), WORDS)
@pytest.mark.parametrize("vendor_code", ["InvalidParameter", "CLIENT_ERROR"])
async def test_words_that_say_more_than_their_code_decide_over_http_and_in_a_stream(
    words: str, error: type[UpstreamError], code: str, vendor_code: str
) -> None:
    answered = await refused(400, {"code": vendor_code, "message": words}, "speak")
    asked = Asked("127.0.0.1", "cosyvoice-v3.5-plus", purchase=True)
    told = said(asked, Answer(0, {}, b"", {"code": vendor_code, "message": words}))
    for found in (answered, told):
        assert (type(found), found.code, found.vendor_code) == (error, code, vendor_code)
        assert words not in f"{found} {found.hint}"


async def test_a_workspace_that_is_not_the_keys_is_told_from_a_key_that_is_none() -> None:
    workspace = await refused(401, {"code": "", "message": "NOT AUTHORIZED"})
    key = await refused(401, {"code": "InvalidApiKey", "message": "Invalid API-key provided."})
    assert "workspace" in str(workspace)
    assert "API key" in str(key)
    assert "doctor" in key.hint


async def test_an_allowance_that_is_used_up_is_no_want_of_voice_slots() -> None:
    found = await refused(429, {"code": "Throttling.AllocationQuota"}, "speak")
    assert type(found) is RateLimitedError
    assert "slot" not in f"{found} {found.hint}"
    assert type(await refused(400, {"code": "Throttling.AllocationQuota"}, "create")) is VoiceQuotaError


@pytest.mark.parametrize(
    ("text_sent", "received_bytes", "characters", "billed"),
    [
        (False, 0, None, "no"),
        (True, 0, None, "maybe"),
        (True, 9, None, "maybe"),
        (True, 9, 0, "maybe"),
        (True, 0, 3, "yes"),
        (True, 9, 3, "yes"),
    ],
)
def test_a_break_is_billed_by_what_had_happened(
    text_sent: bool,  # noqa: FBT001
    received_bytes: int,
    characters: int | None,
    billed: str,
) -> None:
    asked = Asked("127.0.0.1", "cosyvoice-v3.5-plus", purchase=True)
    progress = Progress(text_sent=text_sent, received_bytes=received_bytes, characters=characters)
    found = so_far(breakdown(asked, OSError()), progress)
    assert (found.billed, found.received_bytes, found.characters) == (billed, received_bytes, characters)


@pytest.mark.parametrize(
    ("close", "error"),
    [(1000, ConnectionLostError), (1006, ConnectionLostError), (1007, RejectedError), (1008, RejectedError),
     (1011, UnavailableError), (1012, UnavailableError), (1013, UnavailableError), (4000, ConnectionLostError)],
)  # fmt: skip
def test_a_close_is_an_error_by_its_code(close: int, error: type[UpstreamError]) -> None:
    found = closed(Asked("127.0.0.1", "cosyvoice-v3.5-plus", purchase=True), close, "words of theirs")
    assert (type(found), found.vendor_code) == (error, f"close-{close}")
    assert "words of theirs" not in str(found)


@pytest.mark.parametrize(
    ("operation", "model"), [("create", "qwen-voice-design"), ("speak", "qwen3-tts-vd-2026-01-26")]
)
async def test_a_retired_model_names_its_date_and_its_successor(operation: str, model: str) -> None:
    found = await refused(403, {"code": "AccessDenied"}, operation)
    assert model in str(found)
    assert "not available to this account" in str(found)
    assert "2026-10-10" in str(found)
    assert "voice-enrollment" in str(found)


async def test_a_mute_refusal_names_the_announced_retirement_too() -> None:
    found = await refused(403, {})
    assert "gave no reason" in str(found)
    assert "2026-10-10" in str(found)


async def test_a_model_unknown_here_is_not_said_to_retire() -> None:
    async with Peer(then=answer({"code": "ModelNotFound"}, status=404)) as peer, http(peer.origin) as client:
        with pytest.raises(RetiredError) as caught:
            await client.post("/x", {"model": "novel"}, purchase=True)
    assert str(caught.value) == "The model novel is not available to this account."


async def test_a_refused_key_tells_key_region_and_workspace_apart() -> None:
    found = await refused(401, {"code": "InvalidApiKey"})
    for name in ("DASHSCOPE_API_KEY", "VOICE_DESIGN_REGION", "VOICE_DESIGN_WORKSPACE_ID", "127.0.0.1"):
        assert name in found.hint
    workspace = await refused(403, {"code": "Workspace.AccessDenied"})
    assert "DASHSCOPE_API_KEY" not in workspace.hint
    assert "VOICE_DESIGN_WORKSPACE_ID" in workspace.hint


@pytest.mark.parametrize("code", ["two words", "x" * 65, "a\nb", "\u202ecode", "", 7, None, ["x"]])
async def test_a_code_that_is_no_plain_word_is_not_repeated(code: object) -> None:
    found = await refused(400, {"code": code, "request_id": code})
    assert (found.vendor_code, found.request_id) == ("", "")


async def test_the_request_id_is_taken_from_the_header_when_the_body_has_none() -> None:
    failing = answer("<html>", status=502, headers={"x-request-id": "hdr-1"})
    async with Peer(then=failing) as peer, http(peer.origin) as client:
        with pytest.raises(UnavailableError) as caught:
            await create(QwenFamily(client))
    assert caught.value.request_id == "hdr-1"


async def test_speech_with_a_voice_that_is_gone_names_the_voice() -> None:
    async with Peer([answer({"code": "VoiceNotFound"}, status=400)]) as peer, http(peer.origin) as client:
        with pytest.raises(VoiceNotFoundError, match="qwen-tts-vd-announcer"):
            await speak(QwenFamily(client))


async def test_speech_that_was_counted_but_not_given_has_been_billed() -> None:
    mute = {"output": {"audio": {"url": "", "data": ""}}, "usage": {"characters": 6}}
    async with Peer([answer(mute)]) as peer, http(peer.origin) as client:
        with pytest.raises(ProtocolError) as caught:
            await speak(QwenFamily(client))
    assert caught.value.billed == "yes"


@pytest.mark.parametrize("output", [{}, {"voice_list": None}, {"total_count": 3}, {"voice_list": [{"voice": ""}]}])
async def test_a_list_that_cannot_be_read_is_never_taken_for_an_empty_one(output: object) -> None:
    async with Peer([answer({"output": output})]) as peer, http(peer.origin) as client:
        with pytest.raises(ProtocolError):
            await list_page(QwenFamily(client))


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (answer({"output": {"total": 1, "models": [{"model": "m"}]}}), True),
        (answer({"output": {"total": 9, "models": [{"model": "m-plus"}]}}), None),
        (answer({"output": {"total": 0, "models": []}}), False),
        (answer({"output": {}}), None),
        (answer({}, status=404), None),
        (answer({"code": "AccessDenied"}, status=403), None),
        (answer({"code": "Workspace.AccessDenied"}, status=403), None),
        (answer("<html>", status=502), None),
        (answer("oops"), None),
    ],
)
async def test_availability_is_none_where_the_answer_does_not_tell(reply: Any, said: bool | None) -> None:  # noqa: FBT001
    async with Peer(then=reply) as peer, http(peer.origin) as client:
        assert await QwenFamily(client).available("m") is said


async def test_availability_passes_on_a_refused_key_and_an_unreachable_vendor() -> None:
    async with Peer(then=answer({"code": "InvalidApiKey"}, status=401)) as peer, http(peer.origin) as client:
        with pytest.raises(AuthError):
            await QwenFamily(client).available("m")
    async with Peer(refusing=True) as peer, http(peer.origin) as client:
        with pytest.raises(UnavailableError):
            await QwenFamily(client).available("m")


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, 0.0),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.001),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "soon"}, 0.0),
        ({"retry-after": "-1"}, 0.0),
        ({"retry-after": "1e9"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:05 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 5.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:05 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:05 GMT", "date": "Wed, 21 Oct 2026 07:28:00"}, 0.0),
    ],
)
def test_a_stated_wait_is_read_in_each_of_its_forms(headers: dict[str, str], wait_s: float) -> None:
    assert Answer(429, headers, b"", None).stated_wait_s == wait_s


@pytest.mark.parametrize(
    "name",
    [path.stem for path in sorted(WIRE.glob("http_v*_err_*.json")) if "stream" not in path.stem],
)
async def test_every_recorded_refusal_is_an_error_of_ours(name: str) -> None:
    recorded = json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))["exchanges"][0]["response"]
    found = await refused(recorded["status"], recorded["body_raw"], "list")
    assert found.billed == "no"
    assert found.status == recorded["status"]


async def test_the_key_is_in_no_error_and_no_log_even_when_the_vendor_repeats_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = {"code": KEY, "message": f"Bearer {KEY} is wrong", "request_id": KEY}
    faults = [answer(echo, status=status) for status in (200, 400, 401, 403, 404, 429, 500, 503)]
    faults += [
        answer(f"<html>{KEY}</html>", status=status, headers={"x-request-id": KEY}) for status in (200, 403, 502)
    ]
    errors: list[BaseException] = []
    for fault in faults:
        for operation in OPERATIONS.values():
            async with Peer(then=fault) as peer, http(peer.origin) as client:
                with pytest.raises((UpstreamError, InputError)) as caught:
                    await operation(QwenFamily(client))
                errors.append(caught.value)
                assert KEY not in repr(client)
    chain: list[BaseException] = []
    while errors:
        error = errors.pop()
        chain.append(error)
        errors.extend(each for each in (error.__cause__, error.__context__) if each and each not in chain)
    for error in chain:
        assert KEY not in f"{error!s} {error!r} {error.args} {vars(error)}"
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("voice_design_mcp")]
    theirs = [record.getMessage() for record in caplog.records if "receive_response_headers" not in record.getMessage()]
    assert ours
    assert KEY not in "\n".join(ours)
    assert KEY not in "\n".join(
        theirs
    )  # httpcore2 logs the answer's headers at DEBUG, and this vendor repeats the key there


async def test_the_vendors_words_go_to_the_log_on_one_line_escaped_and_cut(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="voice_design_mcp")
    await refused(400, {"code": "InvalidParameter", "message": "声音\n\x1b[2J\u202e" + "x" * 400, "request_id": "r-7"})
    [line] = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert "声音\\n\\x1b[2J\\u202e" in line
    assert line.count("x" * 290) == 1
    assert "x" * 300 not in line
    assert "r-7" in line
    assert line.isprintable()


@pytest.mark.parametrize("key", ["sk-a b", "sk-a\n", "sk-ä"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        http("https://dashscope-intl.aliyuncs.com", api_key=key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    ["", "dashscope.aliyuncs.com", "ftp://a.b", "https://", "https://a.b/api/v1", "https://u:p@a.b", "https://a.b?x=1"],
)
def test_a_base_url_that_is_no_origin_is_refused(base_url: str) -> None:
    with pytest.raises(ConfigError):
        http(base_url)


@pytest.mark.parametrize(
    ("base_url", "sent"),
    [
        ("https://ws-1.ap-southeast-1.maas.aliyuncs.com", False),
        ("https://WS-1.cn-beijing.maas.aliyuncs.com", False),
        ("https://dashscope-intl.aliyuncs.com", True),
    ],
)
async def test_a_workspace_is_named_once_by_its_host_or_by_the_header(base_url: str, sent: bool) -> None:  # noqa: FBT001
    import httpx2

    seen: list[httpx2.Request] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=RESULTS["list"])

    async with http(base_url, workspace_id="ws-1", transport=httpx2.MockTransport(reply)) as client:
        await list_page(QwenFamily(client))
    assert [request.headers.get("x-dashscope-workspace") for request in seen] == (["ws-1"] if sent else [None])


async def test_half_a_surrogate_pair_is_the_callers_mistake_and_is_not_sent() -> None:
    async with Peer() as peer, http(peer.origin) as client:
        with pytest.raises(InputError) as caught:
            await QwenFamily(client).speak(model="m", voice="v", text="a\ud83d", language="")
    assert (caught.value.argument, peer.requests) == ("text", [])


def test_a_client_shows_its_origin_only() -> None:
    assert repr(Http(base_url="https://a.b:8443", api_key=KEY, sleep=Waits())) == "Http('https://a.b:8443')"
