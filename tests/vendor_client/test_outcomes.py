"""Every way an exchange can end, for every operation: which error, what it says of the bill, how often the vendor was asked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from vendor_client.asking import OPERATIONS, PURCHASES, QUICK, RESULTS, http
from vendor_client.peer import Peer, Reply, answer, drip, garbage, hang_up, reset, stall, truncated
from voice_design_mcp.dashscope.enrollment import EnrollmentFamily
from voice_design_mcp.dashscope.http import Timeouts
from voice_design_mcp.dashscope.qwen import QwenFamily
from voice_design_mcp.dashscope.retries import Retries
from voice_design_mcp.errors import (
    ConnectionLostError,
    DeadlineError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    UpstreamError,
    VoiceQuotaError,
)

THROTTLED = {"code": "Throttling.RateQuota", "message": "m", "request_id": "r-9"}
FAILED = {"code": "InternalError", "message": "m", "request_id": "r-9"}


@dataclass(frozen=True)
class Outcome:
    """What a fault leads to: the error, its bill for a purchase (a read's is always "no"), and the requests seen."""

    error: type[UpstreamError]
    code: str
    billed: str
    purchases_seen: int
    reads_seen: int


LOST = Outcome(ConnectionLostError, "connection_lost", "maybe", 1, 3)
FAILS = Outcome(UnavailableError, "unavailable", "maybe", 1, 3)
UNREADABLE = Outcome(ProtocolError, "protocol_error", "maybe", 1, 1)
REFUSED = Outcome(RejectedError, "rejected", "no", 1, 1)

Fault = Callable[[dict[str, Any]], Reply]
FAULTS: dict[str, tuple[Fault, Outcome]] = {
    "reset before the body is read": (lambda _: reset(before_body=True), LOST),
    "reset after the request": (lambda _: reset(), LOST),
    "reset in the middle of the answer": (lambda body: reset(after=answer(body).raw[:60]), LOST),
    "closed without a word": (lambda _: hang_up(), LOST),
    "closed in the middle of the answer": (truncated, LOST),
    "not HTTP": (lambda _: garbage(), LOST),
    "shorter than it is": (lambda body: answer(body, length=20), UNREADABLE),
    "200 that is not JSON": (lambda _: answer("oops"), UNREADABLE),
    "200 that is no object": (lambda _: answer([1]), UNREADABLE),
    "200 without anything": (lambda _: answer({}), UNREADABLE),
    "200 with a known code": (lambda body: answer(body | {"code": "InvalidParameter"}), REFUSED),
    "200 with an unknown code": (
        lambda body: answer(body | {"code": "Novel"}),
        Outcome(RejectedError, "rejected", "maybe", 1, 1),
    ),
    "302": (lambda _: answer({}, status=302, headers={"location": "/elsewhere"}), UNREADABLE),
    "400 with an empty object": (lambda _: answer({}, status=400), REFUSED),
    "400 with an empty body": (lambda _: answer("", status=400), REFUSED),
    "400 from something in between": (lambda _: answer("<html>", status=400), UNREADABLE),
    "400 with an unknown code": (lambda _: answer({"code": "Novel"}, status=400), REFUSED),
    "408": (lambda _: answer({}, status=408), Outcome(DeadlineError, "deadline", "maybe", 1, 3)),
    "429 without a wait": (
        lambda _: answer(THROTTLED, status=429),
        Outcome(RateLimitedError, "rate_limited", "no", 1, 3),
    ),
    "429 with a wait": (
        lambda _: answer(THROTTLED, status=429, headers={"retry-after": "2"}),
        Outcome(RateLimitedError, "rate_limited", "no", 3, 3),
    ),
    "429 with a wait too long": (
        lambda _: answer(THROTTLED, status=429, headers={"retry-after": "3600"}),
        Outcome(RateLimitedError, "rate_limited", "no", 1, 1),
    ),
    "429 that must not be tried again": (
        lambda _: answer(THROTTLED, status=429, headers={"retry-after": "2", "x-should-retry": "false"}),
        Outcome(RateLimitedError, "rate_limited", "no", 1, 1),
    ),
    "429 for want of a slot": (
        lambda _: answer({"code": "Throttling.AllocationQuota"}, status=429, headers={"retry-after": "2"}),
        Outcome(VoiceQuotaError, "voice_quota_full", "no", 1, 1),
    ),
    "500": (lambda _: answer(FAILED, status=500), FAILS),
    "502 from something in between": (lambda _: answer("<html>Bad Gateway</html>", status=502), FAILS),
    "503": (lambda _: answer({"code": "ServiceUnavailable"}, status=503), FAILS),
    "500 that looks like a refusal": (lambda _: answer({"code": "InvalidParameter"}, status=500), FAILS),
}
ENDLESS: dict[str, Fault] = {
    "no answer": lambda _: stall(),
    "half an answer": lambda body: stall(after=answer(body).raw[:80]),
    "longer than it is": lambda body: answer(body, length=100_000),
    "one byte after another": lambda _: drip(),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_has_one_outcome(fault: str, operation: str) -> None:
    make, expected = FAULTS[fault]
    if (fault, operation) == ("429 for want of a slot", "speak"):
        expected = Outcome(RateLimitedError, "rate_limited", "no", 3, 3)  # speaking takes no slot
    purchase = operation in PURCHASES
    async with Peer(then=make(RESULTS[operation])) as peer, http(peer.origin) as client:
        with pytest.raises(expected.error) as caught:
            await OPERATIONS[operation](QwenFamily(client))
    assert caught.value.code == expected.code
    assert caught.value.billed == (expected.billed if purchase else "no")
    assert len(peer.requests) == (expected.purchases_seen if purchase else expected.reads_seen)


ENROLLED: dict[str, dict[str, Any]] = {
    "create": {"output": {"voice_id": "v", "preview_audio": {}}},
    "list": {"output": {"voice_list": []}},
    "query": {"output": {"voice_id": "v"}},
    "delete": {"output": {}},
    "speak": RESULTS["speak"],
}


@pytest.mark.parametrize("operation", ENROLLED)
async def test_the_other_family_pays_and_asks_again_by_the_same_rules(operation: str) -> None:
    purchase = operation in PURCHASES
    for fault in (
        "reset after the request",
        "429 with a wait",
        "500",
        "400 with an unknown code",
        "200 that is not JSON",
    ):
        make, expected = FAULTS[fault]
        async with Peer(then=make(ENROLLED[operation])) as peer, http(peer.origin) as client:
            with pytest.raises(expected.error) as caught:
                await OPERATIONS[operation](EnrollmentFamily(client))
        assert (caught.value.code, caught.value.billed) == (expected.code, expected.billed if purchase else "no"), fault
        assert len(peer.requests) == (expected.purchases_seen if purchase else expected.reads_seen), fault
    async with Peer([answer(ENROLLED[operation])]) as peer, http(peer.origin) as client:
        assert await OPERATIONS[operation](EnrollmentFamily(client)) is not None


@pytest.mark.parametrize("fault", ENDLESS)
async def test_an_answer_that_never_ends_is_given_up_and_a_purchase_not_sent_again(fault: str) -> None:
    async def outcome(operation: str) -> tuple[str, str, int]:
        peer = Peer(then=ENDLESS[fault](RESULTS[operation]))
        async with peer, http(peer.origin, timeouts=QUICK, retries=Retries(tries=2)) as client:
            with pytest.raises(DeadlineError) as caught:
                await OPERATIONS[operation](QwenFamily(client))
        return caught.value.code, caught.value.billed, len(peer.requests)

    found = await asyncio.gather(*(outcome(operation) for operation in OPERATIONS))
    assert found == [("deadline", "maybe", 1) if name in PURCHASES else ("deadline", "no", 2) for name in OPERATIONS]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_refused_connection_costs_nothing_and_is_tried_again(operation: str) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            await peer.listen()

    async with Peer([answer(RESULTS[operation])], refusing=True) as peer, http(peer.origin, sleep=sleep) as client:
        assert await OPERATIONS[operation](QwenFamily(client))
    assert waited == [0.5, 1.0]
    assert len(peer.requests) == 1


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_vendor_that_cannot_be_reached_has_billed_nothing(operation: str) -> None:
    async with Peer(refusing=True) as peer, http(peer.origin) as client:
        with pytest.raises(UnavailableError) as caught:
            await OPERATIONS[operation](QwenFamily(client))
    assert (caught.value.code, caught.value.status, caught.value.billed) == ("unavailable", 0, "no")


async def test_a_name_that_nobody_has_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    nobody = "a" * 64 + ".invalid"  # too long a label for any name server to be asked
    async with http(f"https://{nobody}") as client:
        with pytest.raises(UnavailableError) as caught:
            await OPERATIONS["create"](QwenFamily(client))
    assert (caught.value.status, caught.value.billed) == (0, "no")


async def test_a_certificate_of_another_name_is_met_before_anything_is_sent(foreign_tls: Any) -> None:
    async with Peer(tls=foreign_tls.server) as peer, http(peer.origin) as client:
        with pytest.raises(UnavailableError) as caught:
            await OPERATIONS["create"](QwenFamily(client))
    assert (caught.value.status, caught.value.billed, peer.requests) == (0, "no", [])


NEVER_LEFT = Outcome(UnavailableError, "unavailable", "no", 3, 3)
LATE = Outcome(DeadlineError, "deadline", "maybe", 1, 3)
BROKEN: list[tuple[Exception, Outcome]] = [
    (httpx2.ConnectError("refused"), NEVER_LEFT),
    (httpx2.ConnectTimeout("no route"), NEVER_LEFT),
    (httpx2.PoolTimeout("busy"), NEVER_LEFT),
    (httpx2.ProxyError("407"), NEVER_LEFT),
    (httpx2.ReadTimeout("slow"), LATE),
    (httpx2.WriteTimeout("slow"), LATE),
    (httpx2.ReadError("reset"), LOST),
    (httpx2.WriteError("reset"), LOST),
    (httpx2.RemoteProtocolError("cut"), LOST),
    (httpx2.LocalProtocolError("ours"), LOST),
    (ssl.SSLError("bad record"), LOST),
    (OSError("anything"), LOST),
    (httpx2.DecodingError("not gzip"), UNREADABLE),
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("broken", "expected"), BROKEN, ids=lambda value: type(value).__name__)
async def test_only_what_the_transport_says_never_left_is_said_to_cost_nothing(
    broken: Exception, expected: Outcome, operation: str
) -> None:
    sent: list[httpx2.Request] = []

    def breaks(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        raise broken

    async with http("http://vendor.test", transport=httpx2.MockTransport(breaks)) as client:
        with pytest.raises(expected.error) as caught:
            await OPERATIONS[operation](QwenFamily(client))
    purchase = operation in PURCHASES
    assert (caught.value.code, caught.value.billed) == (expected.code, expected.billed if purchase else "no")
    assert len(sent) == (expected.purchases_seen if purchase else expected.reads_seen)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_try_starts_only_when_its_whole_time_is_left(operation: str) -> None:
    tight = Timeouts(read_s=60, read_total_s=60.4, purchase_s=60, purchase_total_s=60.4)
    async with Peer(refusing=True) as peer, http(peer.origin, timeouts=tight, sleep=never) as client:
        with pytest.raises(UnavailableError):
            await OPERATIONS[operation](QwenFamily(client))


async def never(seconds: float) -> None:
    raise AssertionError(f"waited {seconds} s")


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_wait_that_was_stated_is_kept_and_the_request_sent_again_whole(operation: str) -> None:
    slow_down = answer(THROTTLED, status=429, headers={"retry-after-ms": "1500", "retry-after": "9"})
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async with Peer([slow_down, answer(RESULTS[operation])]) as peer, http(peer.origin, sleep=sleep) as client:
        assert await OPERATIONS[operation](QwenFamily(client))
    assert waited == [1.5]
    assert peer.requests[0].body == peer.requests[1].body


async def test_an_answer_larger_than_the_cap_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice_design_mcp.dashscope.http.MAX_ANSWER_BYTES", 100_000)
    big = RESULTS["create"] | {"filler": "x" * 200_000}
    async with Peer([answer(big)]) as peer, http(peer.origin) as client:
        with pytest.raises(ProtocolError, match="larger than 100000 bytes") as caught:
            await OPERATIONS["create"](QwenFamily(client))
    assert caught.value.billed == "maybe"


async def test_an_answer_of_many_megabytes_is_read() -> None:
    preview = {"data": "QUFB" * 2_000_000, "sample_rate": 24000, "response_format": "wav"}
    big = RESULTS["create"] | {"output": RESULTS["create"]["output"] | {"preview_audio": preview}}
    async with Peer([answer(big)]) as peer, http(peer.origin) as client:
        designed = await OPERATIONS["create"](QwenFamily(client))
    assert designed.preview == b"AAA" * 2_000_000
