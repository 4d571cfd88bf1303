"""Downloads: where a URL may lead, by what way, and how each failure is told."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from vendor_client.asking import KEY, QUICK, http
from vendor_client.peer import Peer, answer, drip, hang_up, reset, stall, truncated
from voice_design_mcp.dashscope.addresses import is_public, resolve
from voice_design_mcp.dashscope.download import Fetching, admit, fetch, stream
from voice_design_mcp.errors import (
    ConnectionLostError,
    DeadlineError,
    ProtocolError,
    RejectedError,
    UnavailableError,
    UpstreamError,
)

BUCKET = "bucket.oss-cn-beijing.aliyuncs.com"
PUBLIC = "47.88.1.1"
OWN = "http://127.0.0.1:8080"


def resolving(*found: str) -> Any:
    async def answer_with(host: str, port: int) -> Sequence[str]:
        assert (host, port) == (BUCKET, 443)
        return found

    return answer_with


@dataclass
class Road(httpx2.AsyncBaseTransport):
    """Leads connections to public addresses to a peer on loopback, TLS and all; an address not on the map is unreachable."""

    tls: ssl.SSLContext
    ports: dict[str, int]
    taken: list[httpx2.Request] = field(default_factory=list[httpx2.Request])

    def __post_init__(self) -> None:
        self.network = httpx2.AsyncHTTPTransport(verify=self.tls)

    async def aclose(self) -> None:
        await self.network.aclose()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.taken.append(request)
        address = request.url.host
        if address not in self.ports:
            raise httpx2.ConnectError("no route")
        url = request.url.copy_with(host="127.0.0.1", port=self.ports[address])
        led = httpx2.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return await self.network.handle_async_request(led)


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        (f"http://{BUCKET}/a.wav?Expires=1&Signature=%2B", f"https://{BUCKET}/a.wav?Expires=1&Signature=%2B"),
        (f"https://{BUCKET}/a.wav#part", f"https://{BUCKET}/a.wav"),
        (f"http://{BUCKET}:80/a.wav", f"https://{BUCKET}/a.wav"),
        (f"https://{BUCKET}:443/a.wav", f"https://{BUCKET}/a.wav"),
        (f"HTTP://{BUCKET.upper()}/a.wav", f"https://{BUCKET}/a.wav"),
        ("https://aliyuncs.com/a", "https://aliyuncs.com/a"),
    ],
)
def test_storage_is_followed_and_always_by_https(url: str, followed: str) -> None:
    target = admit(url, Fetching(allowed_origin=OWN))
    assert (str(target.url), target.in_storage) == (followed, True)


@pytest.mark.parametrize(
    ("own", "url"),
    [
        (OWN, "http://127.0.0.1:8080/audio/1.wav?x=1"),
        ("http://localhost:8080", "http://localhost:8080/a"),
        ("http://127.0.0.1", "http://127.0.0.1:80/a"),
        ("http://[::1]:9", "http://[::1]:9/a"),
    ],
)
def test_the_configured_loopback_origin_is_followed_as_it_is(own: str, url: str) -> None:
    assert not admit(url, Fetching(allowed_origin=own)).in_storage


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.wav",
        "//bucket.aliyuncs.com/a",
        "file:///etc/passwd",
        "ftp://bucket.aliyuncs.com/a",
        "data:audio/wav;base64,UklGRg==",
        "https://evil-aliyuncs.com/a",
        "https://evilaliyuncs.com/a",
        "https://aliyuncs.com.evil.com/a",
        "https://aliyuncs.com@evil.com/a",
        "https://evil.com@aliyuncs.com/a",
        f"https://user:password@{BUCKET}/a",
        "https://evil.com/.aliyuncs.com",
        "https://evil.com?.aliyuncs.com",
        "https://evil.com#.aliyuncs.com",
        "https://evil.com\\.aliyuncs.com/a",
        "https://evil.com%2f.aliyuncs.com/a",
        "https://evil.com\x00.aliyuncs.com/a",
        "https://bucket.aliyuncs.com./a",
        "https://.aliyuncs.com/a",
        "https://bucket..aliyuncs.com/a",
        f"https://{BUCKET}:8443/a",
        f"http://{BUCKET}:22/a",
        "http://127.0.0.1/a",
        "http://127.0.0.1:8081/a",
        "https://127.0.0.1:8080/a",
        "http://localhost:8080/a",
        "http://127.1:8080/a",
        "http://2130706433:8080/a",
        "http://0x7f000001:8080/a",
        "http://0.0.0.0:8080/a",
        "http://[::1]:8080/a",
        "http://[::ffff:127.0.0.1]:8080/a",
        "http://user@127.0.0.1:8080/a",
        "http://169.254.169.254/latest/meta-data",
        "http://47.88.1.1/a",
        "https://" + "a" * 70_000 + ".aliyuncs.com/",
    ],
)
async def test_a_url_that_leads_elsewhere_is_refused_before_a_name_is_looked_up(url: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        await fetch(url, by=Fetching(allowed_origin=OWN, resolve=resolving()))
    assert (caught.value.code, caught.value.billed) == ("audio_url_refused", "yes")


def test_an_origin_that_is_not_loopback_is_not_followed() -> None:
    with pytest.raises(ProtocolError):
        admit("https://gateway.example/a.wav", Fetching(allowed_origin="https://gateway.example"))


@pytest.mark.parametrize(
    "address", ["47.88.1.1", "8.8.8.8", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public_addresses_are_connected_to(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
        "0.0.0.0",  # noqa: S104 nothing is bound to it
        "198.18.0.1", "192.0.2.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::8.8.8.8",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "2002:7f00:1::1", "2002:a00:1::1", "2001:0:808:808::1",
        "", "localhost", "127.1",
    ],
)  # fmt: skip
def test_no_other_address_is(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["10.0.0.1"], ["::ffff:127.0.0.1"], [PUBLIC, "169.254.169.254"], ["64:ff9b::7f00:1"]]
)
async def test_a_name_with_an_inside_address_is_not_connected_to_at_all(found: list[str], storage_tls: Any) -> None:
    road = Road(storage_tls.client, {})
    with pytest.raises(ProtocolError, match="not public") as caught:
        await fetch(
            f"http://{BUCKET}/a.wav", by=Fetching(allowed_origin=OWN, resolve=resolving(*found), transport=road)
        )
    assert caught.value.code == "audio_url_refused"
    assert road.taken == []


async def test_storage_is_reached_at_the_judged_address_under_its_own_name(storage_tls: Any) -> None:
    async with Peer([answer(b"RIFFaudio")], tls=storage_tls.server) as peer:
        road = Road(storage_tls.client, {PUBLIC: peer.port})
        async with http(OWN, storage_transport=road, resolve=resolving(PUBLIC), workspace_id="ws-1") as client:
            audio = await client.download(f"http://{BUCKET}/a.wav?Signature=%2B")
    assert audio == b"RIFFaudio"
    [request] = peer.requests
    assert (request.target, request.headers["host"]) == ("/a.wav?Signature=%2B", BUCKET)
    assert road.taken[0].url.host == PUBLIC
    assert road.taken[0].extensions["sni_hostname"] == BUCKET
    assert not {"authorization", "cookie", "x-dashscope-workspace"} & set(request.headers)
    assert KEY not in str(request)


async def test_storage_must_show_the_certificate_of_its_name(foreign_tls: Any) -> None:
    async with Peer([answer(b"RIFF")], tls=foreign_tls.server) as peer:
        road = Road(foreign_tls.client, {PUBLIC: peer.port})
        with pytest.raises(UnavailableError):
            await fetch(
                f"http://{BUCKET}/a", by=Fetching(allowed_origin=OWN, resolve=resolving(PUBLIC), transport=road)
            )
    assert peer.requests == []


async def test_the_next_judged_address_is_tried_when_one_cannot_be_reached(storage_tls: Any) -> None:
    async with Peer([answer(b"RIFF")], tls=storage_tls.server) as peer:
        road = Road(storage_tls.client, {PUBLIC: peer.port})
        by = Fetching(allowed_origin=OWN, resolve=resolving("2400:3200::1", "2400:3200::1", PUBLIC), transport=road)
        assert await fetch(f"http://{BUCKET}/a", by=by) == b"RIFF"
    assert [taken.url.host for taken in road.taken] == ["2400:3200::1", PUBLIC]


async def test_a_name_that_cannot_be_resolved_is_unavailable() -> None:
    async def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(UnavailableError) as caught:
        await fetch(f"http://{BUCKET}/a", by=Fetching(allowed_origin=OWN, resolve=nowhere))
    assert (caught.value.billed, caught.value.retryable) == ("yes", True)


async def test_the_operating_system_resolves_when_nobody_else_does() -> None:
    assert "127.0.0.1" in await resolve("localhost", 80)


async def test_the_sandbox_is_downloaded_from_without_the_key() -> None:
    async with Peer([answer(b"RIFF", headers={"set-cookie": "a=b"})] * 2) as peer, http(peer.origin) as client:
        assert await client.download(f"{peer.origin}/audio/1.wav") == b"RIFF"
        assert await client.download(f"{peer.origin}/audio/1.wav") == b"RIFF"
    for request in peer.requests:
        assert not {"authorization", "cookie"} & set(request.headers)
        assert request.headers["accept-encoding"] == "identity"


async def test_an_in_process_sandbox_is_downloaded_from_in_process() -> None:
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, content=str(request.url).encode()))
    async with http("http://sandbox.test", transport=transport) as client:
        assert await client.download("http://sandbox.test/audio/1.wav") == b"http://sandbox.test/audio/1.wav"
        with pytest.raises(ProtocolError):
            await client.download("http://elsewhere.test/audio/1.wav")


@pytest.mark.parametrize(
    ("reply", "error", "code"),
    [
        (answer("", status=302, headers={"location": f"https://{BUCKET}/b"}), ProtocolError, "protocol_error"),
        (answer("", status=204), ProtocolError, "protocol_error"),
        (answer(b"x", status=206), ProtocolError, "protocol_error"),
        (answer(b"x", headers={"content-encoding": "gzip"}), ProtocolError, "protocol_error"),
        (answer("<Error/>", status=403), RejectedError, "audio_gone"),
        (answer("<Error/>", status=404), RejectedError, "audio_gone"),
        (answer("", status=503), UnavailableError, "unavailable"),
        (truncated(b"RIFFRIFF"), ConnectionLostError, "connection_lost"),
        (reset(), ConnectionLostError, "connection_lost"),
        (reset(after=answer(b"RIFFRIFF").raw[:-4]), ConnectionLostError, "connection_lost"),
        (hang_up(), ConnectionLostError, "connection_lost"),
        (stall(), DeadlineError, "deadline"),
        (stall(after=answer(b"RIFFRIFF").raw[:-4]), DeadlineError, "deadline"),
        (drip(), DeadlineError, "deadline"),
        (answer(b"x" * 2000), ProtocolError, "audio_too_large"),
        (answer(b"", length=2000), ProtocolError, "audio_too_large"),
    ],
)
async def test_a_download_that_fails_has_been_paid_for_and_says_why(
    reply: Any, error: type[UpstreamError], code: str
) -> None:
    async with Peer(then=reply) as peer, http(peer.origin, timeouts=QUICK) as client:
        with pytest.raises(error) as caught:
            await client.download(f"{peer.origin}/a.wav", max_bytes=1_000_000 if code == "deadline" else 1000)
    assert type(caught.value) is error
    assert (caught.value.code, caught.value.billed) == (code, "yes")
    assert len(peer.requests) == 1


async def test_an_unstated_length_is_capped_while_it_streams() -> None:
    async with Peer([drip()]) as peer:
        received: list[bytes] = []

        async def receive() -> None:
            by = Fetching(allowed_origin=peer.origin)
            async with aclosing(stream(f"{peer.origin}/a", max_bytes=50, by=by)) as pieces:
                received.extend([piece async for piece in pieces])

        with pytest.raises(ProtocolError, match="larger than 50 bytes"):
            await receive()
    assert sum(map(len, received)) <= 50


class Four(httpx2.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"RIFF"


async def test_a_short_body_is_noticed_where_the_transport_does_not() -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, headers={"content-length": "9"}, stream=Four()))
    async with http("http://sandbox.test", transport=transport) as client:
        with pytest.raises(ConnectionLostError):
            await client.download("http://sandbox.test/a")


async def test_a_download_comes_piece_by_piece_and_may_be_left() -> None:
    half = stall(after=answer(b"RIFFRIFF").raw[:-4])
    async with Peer([half]) as peer, http(peer.origin) as client, aclosing(client.stream(f"{peer.origin}/a")) as pieces:
        assert await anext(pieces) == b"RIFF"


async def test_an_unreachable_origin_is_unavailable() -> None:
    async with Peer(refusing=True) as peer, http(peer.origin) as client:
        with pytest.raises(UnavailableError):
            await client.download(f"{peer.origin}/a")
