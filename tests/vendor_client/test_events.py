"""Server-sent events, framed in every way that they come, and speech that arrives by them."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vendor_client.asking import KEY, http
from vendor_client.peer import Peer, Reply, answer, reset, stall
from vendor_client.speaking import PLAIN_QWEN, QWEN_AUDIO, VOICE, exchange, heard, sound_of, stream
from voice_design_mcp.dashscope.enrollment import SYNTHESIS, EnrollmentFamily
from voice_design_mcp.dashscope.http import Timeouts
from voice_design_mcp.dashscope.seam import SpeechOptions
from voice_design_mcp.dashscope.sse import Event, EventReader, TooLargeError
from voice_design_mcp.errors import (
    ConnectionLostError,
    DeadlineError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    UpstreamError,
    VoiceNotFoundError,
)

STREAM = {"content-type": "text/event-stream;charset=UTF-8"}


def streamed(body: str | bytes) -> Reply:
    """A whole answer in the form of a stream."""
    return answer(body, headers=STREAM)


def chunk(sound: bytes = b"", *, characters: int | None = None, stop: bool = False, **more: Any) -> str:
    audio = {"data": base64.b64encode(sound).decode(), "url": "http://a.aliyuncs.com/x" if stop else "", **more}
    usage = {} if characters is None else {"characters": characters}
    body = {
        "output": {"audio": audio, "finish_reason": "stop" if stop else "null"},
        "usage": usage,
        "request_id": "r-1",
    }
    return f"id:1\nevent:result\n:HTTP_STATUS/200\ndata:{json.dumps(body)}\n\n"


def read_in(pieces: list[bytes]) -> list[Event]:
    reader = EventReader()
    return [event for piece in pieces for event in reader.feed(piece)]


FIELDS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)


@given(
    events=st.lists(
        st.tuples(FIELDS.map(str.lstrip), st.lists(FIELDS, min_size=1, max_size=3)), min_size=1, max_size=4
    ),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    cuts=st.lists(st.integers(0, 400), max_size=6),
)
@settings(deadline=None)
def test_events_are_the_same_however_the_bytes_are_cut(
    events: list[tuple[str, list[str]]], end: str, cuts: list[int]
) -> None:
    lines = [
        line for name, data in events for line in (f"event: {name}", ":note", *(f"data: {each}" for each in data), "")
    ]
    # A last line ending that is a lone CR may be half of one: what follows it settles that.
    raw = (end.join(lines) + end + (":end\n" if end == "\r" else "")).encode()
    marks = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    found = read_in([raw[start:stop] for start, stop in pairwise(marks)])
    assert found == [Event(name or "message", "\n".join(data), 0) for name, data in events]


@pytest.mark.parametrize(
    ("field", "status"), [("status:400", 400), (":HTTP_STATUS/400", 400), (": HTTP_STATUS/503", 503)]
)
def test_a_status_is_read_in_both_of_the_vendors_ways(field: str, status: int) -> None:
    assert read_in([f"event:error\n{field}\ndata:{{}}\n\n".encode()]) == [Event("error", "{}", status)]


def test_what_is_left_at_the_end_was_no_event() -> None:
    assert read_in([b"data: whole\n\ndata: half\n"]) == [Event("message", "whole", 0)]


@pytest.mark.parametrize("raw", [b"x" * 101, b"data:" + b"x" * 60 + b"\ndata:" + b"x" * 60])
def test_an_event_that_never_ends_is_not_gathered_for_ever(raw: bytes) -> None:
    with pytest.raises(TooLargeError):
        list(EventReader(max_event_bytes=100).feed(raw))


@pytest.mark.parametrize(
    ("name", "model", "characters", "size"),
    [("http_v2_tts_qwen_stream", PLAIN_QWEN, 195, 400), ("http_v1_hss_stream", QWEN_AUDIO, 6, None)],
)
async def test_a_recorded_stream_is_understood(name: str, model: str, characters: int, size: int | None) -> None:
    sample = exchange(name)["response"]["body_raw"]
    async with Peer([streamed(sample)]) as peer, http(peer.origin) as client:
        pieces, error = await heard(stream(client, model))
    assert error is None
    data = [json.loads(line[5:])["output"]["audio"]["data"] for line in sample.splitlines() if line.startswith("data:")]
    assert sound_of(pieces) == b"".join(base64.b64decode(each) for each in data)
    assert size is None or len(sound_of(pieces)) == size
    assert [piece.finished for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert (pieces[-1].characters, pieces[-1].expires_at) == (characters, 1764928163)
    assert pieces[-1].url.startswith("http://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/")
    assert pieces[-1].request_id


async def test_a_stream_is_asked_for_as_the_sdk_does() -> None:
    sent = exchange("http_v1_hss_stream")["request"]["body_json"]
    fields = sent["input"]
    options = SpeechOptions(response_format=fields["format"], sample_rate_hz=fields["sample_rate"])
    async with Peer([streamed(chunk(b"ab", stop=True))]) as peer, http(peer.origin) as client:
        family = EnrollmentFamily(client)
        model = "qwen-audio-3.0-tts-plus"
        pieces, _ = await heard(
            family.stream(model=model, voice=fields["voice"], text=fields["text"], language="", options=options)
        )
    [request] = peer.requests
    assert (request.target, request.json) == (SYNTHESIS, sent | {"model": model})
    assert (request.headers["x-dashscope-sse"], request.headers["accept"]) == ("enable", "text/event-stream")
    assert sound_of(pieces) == b"ab"


async def test_pieces_leave_before_the_stream_is_over() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    first = chunk(b"first", characters=3).encode()
    begun = stall(after=head + f"{len(first):x}\r\n".encode() + first + b"\r\n")
    async with Peer([begun]) as peer, http(peer.origin, timeouts=Timeouts(silence_s=0.5)) as client:
        pieces, error = await heard(stream(client, PLAIN_QWEN))
    assert sound_of(pieces) == b"first"
    assert isinstance(error, DeadlineError)
    assert (error.billed, error.received_bytes, error.characters) == ("yes", 5, 3)


ERROR = {"code": "InvalidParameter", "message": "words of theirs", "request_id": "r-9"}


def failing(status: str, body: object) -> str:
    return f"id:2\nevent:error\n{status}\ndata:{json.dumps(body)}\n\n"


CUTS: dict[str, tuple[str | bytes, type[UpstreamError], str, int, int | None]] = {
    "no end": (chunk(b"ab", characters=3), ConnectionLostError, "yes", 2, 3),
    "no end and no count": (chunk(b"ab"), ConnectionLostError, "maybe", 2, None),
    "nothing at all": ("", ConnectionLostError, "maybe", 0, None),
    "an error before any sound": (failing("status:400", ERROR), RejectedError, "no", 0, None),
    "an error after sound": (chunk(b"ab") + failing(":HTTP_STATUS/400", ERROR), RejectedError, "maybe", 2, None),
    "an error after a count": (chunk(b"ab", characters=3) + failing("status:400", ERROR), RejectedError, "yes", 2, 3),
    "a failure": (failing("status:500", {"code": "Novel"}), UnavailableError, "maybe", 0, None),
    "throttled": (failing("status:429", {"code": "Throttling.RateQuota"}), RateLimitedError, "no", 0, None),
    "an unknown code": (failing("", {"code": "Novel"}), RejectedError, "maybe", 0, None),
    "a code without an error event": (f"data:{json.dumps(ERROR)}\n\n", RejectedError, "no", 0, None),
    "no JSON": ("data: oops\n\n", ProtocolError, "maybe", 0, None),
    "no output": ("data: {}\n\n", ProtocolError, "maybe", 0, None),
    "sound that is not base64": (chunk(data="!"), ProtocolError, "maybe", 0, None),
    "an end without any sound": (chunk(stop=True, characters=3), ProtocolError, "yes", 0, 3),
}


@pytest.mark.parametrize("model", [PLAIN_QWEN, QWEN_AUDIO])
@pytest.mark.parametrize("fault", CUTS)
async def test_a_stream_that_is_not_whole_is_an_error_that_says_what_had_come(fault: str, model: str) -> None:
    body, expected, billed, received, characters = CUTS[fault]
    async with Peer([streamed(body)]) as peer, http(peer.origin) as client:
        pieces, error = await heard(stream(client, model))
    assert type(error) is expected
    assert isinstance(error, UpstreamError)
    assert (error.billed, error.received_bytes, error.characters) == (billed, received, characters)
    assert not any(piece.finished for piece in pieces)
    assert len(sound_of(pieces)) == received
    assert "words of theirs" not in f"{error} {error.hint}"
    assert len(peer.requests) == 1


@pytest.mark.parametrize("fault", ["reset", "truncated"])
async def test_a_connection_that_breaks_inside_a_stream_is_lost_and_not_asked_again(fault: str) -> None:
    whole = streamed(chunk(b"ab") * 50 + chunk(b"cd", stop=True)).raw
    broken = reset(after=whole[:700]) if fault == "reset" else Reply(raw=whole[:700], ending="close")
    async with Peer(then=broken) as peer, http(peer.origin) as client:
        pieces, error = await heard(stream(client, PLAIN_QWEN))
    assert isinstance(error, ConnectionLostError)
    assert error.received_bytes == len(sound_of(pieces))
    assert error.billed == "maybe"
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    "name",
    [
        "http_v1_mmc_stream_err_truncated",
        "http_v1_mmc_stream_err_sse_event_error_status",
        "http_v1_mmc_stream_err_sse_event_error_http_status",
        "http_v2_tts_stream_sse_error",
    ],
)
async def test_every_recorded_stream_that_fails_is_an_error(name: str) -> None:
    async with Peer([streamed(exchange(name)["response"]["body_raw"])]) as peer, http(peer.origin) as client:
        pieces, error = await heard(stream(client, PLAIN_QWEN))
    assert isinstance(error, UpstreamError)
    assert (error.billed, error.characters, error.received_bytes) == ("yes", 10, len(sound_of(pieces)))


@pytest.mark.parametrize("name", ["http_v1_mmc_stream_err_http400", "http_v1_hss_stream_err"])
async def test_a_stream_that_is_refused_at_once_costs_nothing(name: str) -> None:
    sample = exchange(name)["response"]
    async with Peer([answer(sample["body_raw"], status=sample["status"])]) as peer, http(peer.origin) as client:
        pieces, error = await heard(stream(client, PLAIN_QWEN))
    assert isinstance(error, RejectedError)
    assert (pieces, error.billed, error.code) == ([], "no", "rejected")


async def test_a_throttled_stream_waits_as_long_as_it_was_told_and_is_asked_for_again() -> None:
    slow = answer({"code": "Throttling"}, status=429, headers={"retry-after": "2"})
    async with Peer([slow, streamed(chunk(b"ab", stop=True))]) as peer, http(peer.origin) as client:
        pieces, error = await heard(stream(client, PLAIN_QWEN))
    assert error is None
    assert sound_of(pieces) == b"ab"
    assert peer.requests[0].body == peer.requests[1].body


async def test_an_answer_that_came_whole_is_one_piece() -> None:
    body = json.loads(chunk(b"ab", stop=True, characters=4).split("data:", 1)[1])
    async with Peer([answer(body)]) as peer, http(peer.origin) as client:
        pieces, error = await heard(stream(client, PLAIN_QWEN))
    assert error is None
    assert [(piece.audio, piece.finished, piece.characters) for piece in pieces] == [(b"ab", True, 4)]


async def test_a_voice_that_is_gone_is_named() -> None:
    gone = failing("status:400", {"code": "VoiceNotFound"})
    async with Peer([streamed(gone)]) as peer, http(peer.origin) as client:
        _, error = await heard(stream(client, PLAIN_QWEN))
    assert isinstance(error, VoiceNotFoundError)
    assert VOICE in str(error)


async def test_a_stream_never_shows_the_key_that_the_vendor_repeats(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="voice_design_mcp")
    echo = failing("status:400", {"code": KEY, "message": f"Bearer {KEY}", "request_id": KEY})
    async with Peer([streamed(echo)]) as peer, http(peer.origin) as client:
        _, error = await heard(stream(client, PLAIN_QWEN))
    assert isinstance(error, RejectedError)
    assert KEY not in f"{error} {error.vendor_code} {error.request_id} {caplog.text}"
    assert "Bearer [key]" in caplog.text


async def test_one_event_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice_design_mcp.dashscope.http.EventReader", lambda: EventReader(max_event_bytes=1000))
    async with Peer([streamed(chunk(b"a" * 2000, stop=True))]) as peer, http(peer.origin) as client:
        pieces, error = await heard(stream(client, PLAIN_QWEN))
    assert pieces == []
    assert isinstance(error, ProtocolError)
    assert error.billed == "maybe"


async def test_a_whole_answer_of_the_synthesizer_is_asked_for_as_the_sdk_does() -> None:
    for name in ("http_v1_hss_nonstream", "http_v1_hss_params", "http_v2_tts_cosy"):
        sent = exchange(name)["request"]["body_json"]
        fields = sent["input"]
        options = SpeechOptions(
            response_format=fields["format"],
            sample_rate_hz=fields["sample_rate"],
            speech_rate=fields.get("rate"),
            pitch_rate=fields.get("pitch"),
            volume=fields.get("volume"),
            instructions=fields.get("instruction"),
        )
        async with Peer([answer(exchange(name)["response"]["body_json"])]) as peer, http(peer.origin) as client:
            spoken = await EnrollmentFamily(client).speak(
                model=sent["model"],
                voice=fields["voice"],
                text=fields["text"],
                language=fields.get("language_hints", [""])[0],
                options=options,
            )
        unasked = {"seed", "enable_ssml"}
        expected = {field: value for field, value in fields.items() if field not in unasked}
        assert (peer.requests[0].target, peer.requests[0].json) == (SYNTHESIS, sent | {"input": expected})
        assert (spoken.characters, spoken.request_id, spoken.expires_at) == (15, "f0a9a8e7", 1764928163)
        assert (spoken.response_format, spoken.sample_rate_hz) == (fields["format"], fields["sample_rate"])
