"""How the vendor is reached: where WebSockets go, what a refused handshake says, and what every answer tells of its sender."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from vendor_client.asking import KEY, RESULTS, Waits, http, list_page
from vendor_client.peer import Peer, answer
from vendor_client.speaking import COSYVOICE, QWEN_AUDIO, REALTIME, exchange, heard, sound_of, stream
from vendor_client.talker import Refusal, Talker, inference, realtime
from voice_design_mcp.catalog import REGIONS, origin
from voice_design_mcp.dashscope.http import Http, Timeouts
from voice_design_mcp.dashscope.qwen import QwenFamily
from voice_design_mcp.dashscope.regions import accepting, explained
from voice_design_mcp.errors import (
    AuthError,
    ConfigError,
    DeadlineError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    RetiredError,
    UnavailableError,
    UpstreamError,
)


async def test_websockets_may_be_somewhere_else_than_the_rest() -> None:
    async with Talker(inference([b"ab"])) as talker, Peer([answer(RESULTS["list"])]) as peer:
        ws_url = talker.origin.replace("http:", "ws:")
        async with http(peer.origin, ws_url=ws_url) as client:
            await list_page(QwenFamily(client))
            pieces, error = await heard(stream(client, COSYVOICE))
    assert error is None
    assert (sound_of(pieces), len(peer.requests), talker.accepted) == (b"ab", 1, 1)


@pytest.mark.parametrize(
    ("base_url", "ws_url", "reached"),
    [
        ("https://dashscope.aliyuncs.com", "", "https://dashscope.aliyuncs.com"),
        ("https://a.b:8443", "wss://c.d:1", "https://c.d:1"),
        ("http://127.0.0.1:9", "", "http://127.0.0.1:9"),
        ("https://a.b", "ws://127.0.0.1:9", "http://127.0.0.1:9"),
    ],
)
def test_the_way_of_websockets_follows_from_the_settings(base_url: str, ws_url: str, reached: str) -> None:
    assert http(base_url, ws_url=ws_url).connections.socket_origin == reached


@pytest.mark.parametrize(
    "ws_url", ["ws://dashscope.aliyuncs.com", "http://a.b", "wss://", "wss://a.b/path", "wss://u:p@a.b", "a.b"]
)
def test_a_websocket_url_that_is_none_or_would_show_the_key_is_refused(ws_url: str) -> None:
    with pytest.raises(ConfigError):
        http("https://a.b", ws_url=ws_url)


async def test_websockets_use_the_environments_proxy_as_the_rest_does(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Peer(then=answer("", status=407)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        async with http("https://dashscope.aliyuncs.com") as client:
            _, error = await heard(stream(client, COSYVOICE))
    assert {(request.method, request.target) for request in proxy.requests} == {
        ("CONNECT", "dashscope.aliyuncs.com:443")
    }
    assert isinstance(error, UnavailableError)
    assert error.billed == "no"


HANDSHAKES: list[tuple[int, bytes, type[UpstreamError], int]] = [
    (401, b'{"code":"InvalidApiKey","message":"Invalid API-key provided."}', AuthError, 1),
    (401, b"", AuthError, 1),
    (403, b'{"code":"Model.AccessDenied"}', RetiredError, 1),
    (403, b'{"code":"Workspace.AccessDenied"}', AuthError, 1),
    (404, b'{"code":"ModelNotFound"}', RetiredError, 1),
    (400, b"{}", RejectedError, 1),
    (429, b'{"code":"Throttling.RateQuota"}', RateLimitedError, 3),
    (503, b"<html>", UnavailableError, 3),
    (200, b"hello", ProtocolError, 1),
    (302, b"", ProtocolError, 1),
]


@pytest.mark.parametrize(("status", "body", "error", "asked"), HANDSHAKES)
@pytest.mark.parametrize("model", [REALTIME, COSYVOICE])
async def test_a_handshake_that_is_refused_costs_nothing_and_says_why(
    status: int, body: bytes, error: type[UpstreamError], asked: int, model: str
) -> None:
    refusal = Refusal(status, body)
    async with Talker(refusal, then=refusal) as talker, http(talker.origin) as client:
        pieces, found = await heard(stream(client, model))
    assert isinstance(found, UpstreamError)
    assert (type(found), found.status, found.billed, pieces) == (error, status, "no", [])
    assert talker.accepted == asked


@pytest.mark.parametrize("name", ["ws_rt_v1_handshake_401", "ws_tts_v1_handshake_401"])
async def test_the_recorded_refusal_of_a_handshake_is_a_refused_key(name: str) -> None:
    recorded = exchange(name)["response"]
    async with (
        Talker(Refusal(recorded["status"], recorded["body_raw"].encode())) as talker,
        http(talker.origin) as client,
    ):
        _, error = await heard(stream(client, REALTIME))
    assert isinstance(error, AuthError)
    assert error.request_id == recorded["body_json"]["request_id"]


async def test_a_handshake_that_fails_for_a_moment_is_tried_again() -> None:
    busy = Refusal(503, b"{}", {"retry-after": "1"})
    async with Talker(busy, then=realtime([b"ab"])) as talker, http(talker.origin) as client:
        pieces, error = await heard(stream(client, REALTIME))
    assert error is None
    assert sound_of(pieces) == b"ab"


async def test_a_vendor_that_cannot_be_reached_by_websocket_has_billed_nothing() -> None:
    async with Peer(refusing=True) as peer, http(peer.origin) as client:
        _, error = await heard(stream(client, COSYVOICE))
    assert isinstance(error, UnavailableError)
    assert (error.billed, error.status) == ("no", 0)


async def test_a_handshake_that_is_never_answered_is_given_up() -> None:
    from vendor_client.peer import stall

    async with Peer(then=stall()) as peer, http(peer.origin, timeouts=Timeouts(greet_s=0.3)) as client:
        _, error = await heard(stream(client, COSYVOICE))
    assert isinstance(error, DeadlineError)
    assert error.billed == "no"


async def test_a_refused_handshake_is_not_read_without_end() -> None:
    huge = Refusal(403, b'{"code":"Model.AccessDenied","filler":"' + b"x" * 1_000_000 + b'"}')
    async with Talker(huge) as talker, http(talker.origin) as client:
        _, error = await heard(stream(client, COSYVOICE))
    assert isinstance(error, UpstreamError)
    assert (error.status, error.billed) == (403, "no")


async def test_the_key_that_a_refused_handshake_repeats_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="voice_design_mcp")
    echo = f'{{"code":"{KEY}","message":"Bearer {KEY} is wrong","request_id":"{KEY}"}}'.encode()
    async with Talker(Refusal(403, echo)) as talker, http(talker.origin) as client:
        _, error = await heard(stream(client, COSYVOICE))
    assert isinstance(error, UpstreamError)
    assert KEY not in f"{error} {error.hint} {error.vendor_code} {error.request_id} {caplog.text}"


async def test_the_sandbox_and_the_time_are_told_by_every_kind_of_answer() -> None:
    told = {"date": "Sun, 22 Nov 2026 04:00:00 GMT", "x-voice-design-sandbox": "1"}
    async with Peer([answer(RESULTS["list"], headers=told)]) as peer, http(peer.origin) as client:
        assert (client.connections.sandbox, client.connections.server_date) == (None, "")
        await list_page(QwenFamily(client))
        assert (client.connections.sandbox, client.connections.server_date) == (True, told["date"])
    async with Talker(realtime([b"ab"]), headers=list(told.items())) as talker, http(talker.origin) as client:
        await heard(stream(client, REALTIME))
        assert (client.connections.sandbox, client.connections.server_date) == (True, told["date"])
    async with Talker(realtime([b"ab"])) as talker, http(talker.origin) as client:
        client.connections.sandbox = True
        await heard(stream(client, REALTIME))
        assert client.connections.sandbox is True, "a handshake that says nothing is no answer of the vendor's"


async def echoes_its_address(socket: WebSocket) -> None:
    """A task that speaks the model it was asked for, and the key that asked."""
    await socket.accept(headers=[(b"x-voice-design-sandbox", b"1")])
    run: dict[str, Any] = await socket.receive_json()
    head: dict[str, Any] = {"task_id": run["header"]["task_id"], "attributes": {}}
    await socket.send_json({"header": {**head, "event": "task-started"}, "payload": {}})
    while (await socket.receive_json())["header"]["action"] != "finish-task":
        pass
    await socket.send_bytes(socket.headers["authorization"].encode())
    await socket.send_bytes(b"x" * 200_000)
    await socket.send_json({"header": {**head, "event": "task-finished"}, "payload": {"usage": {"characters": 3}}})


async def breaks_down(socket: WebSocket) -> None:
    await socket.accept()
    await socket.receive_json()
    raise RuntimeError("a bug of the application's")


async def refuses(socket: WebSocket) -> None:
    await socket.close(1007, "Model not found")


def inside(endpoint: Any) -> dict[str, Any]:
    app: Any = Starlette(routes=[WebSocketRoute("/api-ws/v1/inference", endpoint)])
    return {"transport": httpx2.ASGITransport(app)}


async def test_an_application_in_this_process_is_spoken_to_in_the_same_way() -> None:
    async with http("http://localhost", **inside(echoes_its_address)) as client:
        spoken = await asyncio.gather(*(heard(stream(client, COSYVOICE)) for _ in range(5)))
        assert client.connections.sandbox is True
    for pieces, error in spoken:
        assert error is None
        assert sound_of(pieces) == f"Bearer {KEY}".encode() + b"x" * 200_000
        assert pieces[-1].characters == 3


async def test_an_application_in_this_process_that_breaks_down_is_an_error() -> None:
    async with http("http://localhost", **inside(breaks_down)) as client:
        _, error = await heard(stream(client, COSYVOICE))
    assert isinstance(error, UpstreamError)
    assert error.billed == "no"


async def test_an_application_in_this_process_may_refuse() -> None:
    async with http("http://localhost", **inside(refuses)) as client:
        _, error = await heard(stream(client, COSYVOICE))
    assert isinstance(error, RetiredError)
    assert error.billed == "no"


def regional(accepted: str) -> Any:
    """Opens clients whose key one region accepts, one refuses, and the third way is down."""
    opened: list[Http] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        if accepted in REGIONS and request.url.host == REGIONS[accepted].shared_host:
            return httpx2.Response(200, json={"output": {"total": 0, "models": []}})
        return httpx2.Response(401, json={"code": "InvalidApiKey"})

    def open_http(base_url: str) -> Http:
        opened.append(Http(base_url=base_url, api_key=KEY, sleep=Waits(), transport=httpx2.MockTransport(reply)))
        return opened[-1]

    return open_http


@pytest.mark.parametrize("region", REGIONS)
async def test_a_key_of_another_region_is_told_from_a_key_of_none(region: str) -> None:
    assert await accepting(regional(region)) == {each: each == region for each in REGIONS}


@pytest.mark.parametrize(
    ("accepted_in", "code", "mend"),
    [("beijing", "wrong_region", "VOICE_DESIGN_REGION=beijing"), ("nowhere", "unauthorized", "new key")],
)
async def test_a_refused_key_is_explained_by_what_every_region_says(accepted_in: str, code: str, mend: str) -> None:
    refused = AuthError("No.", status=401)
    error = await explained(refused, "singapore", regional(accepted_in))
    assert (error.code, mend in error.hint, error.status) == (code, True, 401)


async def test_a_region_that_does_not_answer_says_nothing_of_the_key() -> None:
    def down(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    def open_http(base_url: str) -> Http:
        assert base_url in {origin(region) for region in REGIONS}
        return Http(base_url=base_url, api_key=KEY, sleep=Waits(), transport=httpx2.MockTransport(down))

    assert await accepting(open_http) == dict.fromkeys(REGIONS)


async def test_the_two_streaming_surfaces_of_the_enrollment_family_are_chosen_by_the_model() -> None:
    async with Talker(inference([b"ab"])) as talker, http(talker.origin) as client:
        pieces, _ = await heard(stream(client, COSYVOICE))
    assert (sound_of(pieces), talker.accepted) == (b"ab", 1)
    async with Peer(then=answer({}, status=400)) as peer, http(peer.origin) as client:
        await heard(stream(client, QWEN_AUDIO))
    assert peer.requests[0].headers["x-dashscope-sse"] == "enable"
