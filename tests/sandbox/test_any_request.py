"""Whatever is sent, the answer is the vendor's: no 5xx, a known shape, and a bill that equals what took place.

The plain run sends a few hundred requests, the long one 10,000, and conversations over both WebSockets beside them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.asking import COSY_MODEL, CUSTOMIZATION, GENERATION, REALTIME_MODEL, SPEECH_MODEL, Asker
from sandbox.sockets import INFERENCE, REALTIME, Ended, Event, connected, kind_of

SYNTHESIZER = "/api/v1/services/audio/tts/SpeechSynthesizer"
CATALOGUE = "/api/v1/models"

TEXT = st.text(st.characters(exclude_categories=[]), max_size=20)
EDGE = st.sampled_from([0, -1, 2**31, 2**63, 10**30, -(2**63) - 1, 1e308, 0.5, "", "\0", "1", "Auto"])
LEAF = EDGE | st.none() | st.booleans() | st.integers() | st.floats() | TEXT
ANYTHING = LEAF | st.lists(LEAF, max_size=2) | st.dictionaries(TEXT, LEAF | st.lists(LEAF, max_size=1), max_size=2)

Path = tuple[str, ...]
Changes = list[tuple[Path, Any]]
Frames = list[str | bytes]

CREATE = {
    "action": "create",
    "target_model": SPEECH_MODEL,
    "voice_prompt": "A calm man.",
    "preview_text": "Hi.",
    "preferred_name": "a",
    "language": "en",
}
ENROLL = {
    "action": "create_voice",
    "target_model": COSY_MODEL,
    "voice_prompt": "A calm man.",
    "preview_text": "Good evening, everyone.",
    "prefix": "a",
    "language_hints": ["en"],
}
SPEAK = {"text": "Hi.", "voice": "somebody", "format": "pcm", "sample_rate": 8000, "rate": 1.5}
FORM = {"sample_rate": 16000, "response_format": "pcm"}
MANNER = [
    *("pitch", "volume", "bit_rate", "seed", "language_hints", "instruction", "enable_ssml", "hot_fix", "text_type"),
    *("word_timestamp_enabled", "aigc_propagator"),
]
VALID: list[tuple[str, dict[str, Any]]] = [
    (CUSTOMIZATION, {"model": "qwen-voice-design", "input": CREATE, "parameters": FORM}),
    (CUSTOMIZATION, {"model": "qwen-voice-design", "input": {"action": "list", "page_index": 0, "page_size": 10}}),
    (CUSTOMIZATION, {"model": "qwen-voice-design", "input": {"action": "query", "voice": "nobody"}}),
    (CUSTOMIZATION, {"model": "qwen-voice-design", "input": {"action": "delete", "voice": "noone"}}),
    (CUSTOMIZATION, {"model": "voice-enrollment", "input": ENROLL, "parameters": FORM}),
    (CUSTOMIZATION, {"model": "voice-enrollment", "input": {"action": "list_voice", "page_index": 0, "prefix": "a"}}),
    (CUSTOMIZATION, {"model": "voice-enrollment", "input": {"action": "query_voice", "voice_id": "somebody"}}),
    (CUSTOMIZATION, {"model": "voice-enrollment", "input": {"action": "update_voice", "voice_id": "a", "url": "x"}}),
    (CUSTOMIZATION, {"model": "voice-enrollment", "input": {"action": "delete_voice", "voice_id": "noone"}}),
    (GENERATION, {"model": SPEECH_MODEL, "input": {"text": "Hi.", "voice": "nobody"}, "parameters": {}}),
    (SYNTHESIZER, {"model": COSY_MODEL, "input": SPEAK}),
]
NAMES = sorted(
    {*CREATE, *ENROLL, *SPEAK, *FORM, *MANNER, "page_index", "page_size", "voice_id", "url", "language_type"}
)
PLACES: list[Path] = [
    *(("model",), ("input",), ("parameters",), ("surprise",)),
    *((part, name) for part in ("input", "parameters") for name in NAMES),
]


def changed(request: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """The request with a few of its fields, known or not, set to anything."""
    whole: dict[str, Any] = json.loads(json.dumps(request))
    for (*parts, name), value in changes:
        place: Any = whole
        for part in parts:
            place = cast("Event", place).setdefault(part, {}) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place[name] = value
    return whole


def some_changes(request: dict[str, Any], places: list[Path]) -> st.SearchStrategy[dict[str, Any]]:
    """Variants of a valid request, most of them changed where it has a field, some of them elsewhere."""
    own = [place for place in places if _has(request, place)]
    where = st.sampled_from(own) | st.sampled_from(places)
    return st.lists(st.tuples(where, ANYTHING), max_size=3).map(lambda changes: changed(request, changes))


def _has(request: Any, place: Path) -> bool:
    first, *rest = place
    return isinstance(request, dict) and first in request and (not rest or _has(request[first], tuple(rest)))


def encoded(body: Any) -> st.SearchStrategy[bytes]:
    """JSON, escaped or as UTF-8 that may be none."""
    return st.sampled_from(
        [json.dumps(body).encode(), json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")]
    )


REQUEST = st.sampled_from(VALID).flatmap(
    lambda valid: st.tuples(st.just(valid[0]), some_changes(valid[1], PLACES).flatmap(encoded))
)
NO_REQUEST = st.tuples(
    st.sampled_from([CUSTOMIZATION, GENERATION, SYNTHESIZER]), ANYTHING.flatmap(encoded) | st.binary(max_size=100)
)
PARAMETER = st.sampled_from(["page_no", "page_size", "model", "surprise"])
QUERY = st.dictionaries(PARAMETER, st.integers().map(str) | st.text(max_size=10), max_size=3)


class Sender:
    """Sends what was generated, and keeps a count of the voices that were made."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.qwen, self.enrolled = asker.voice(), asker.enrolled()
        self.created, self.enrolments = 1, 1

    def named(self, body: bytes) -> bytes:
        """With voices that there are in place of `nobody` and `somebody`."""
        return body.replace(b"nobody", self.qwen.encode()).replace(b"somebody", self.enrolled.encode())

    def post(self, path: str, body: bytes, sse: str) -> None:
        self.check(self.asker.http.post(path, content=self.named(body), headers={"X-DashScope-SSE": sse}))

    def check(self, answer: httpx2.Response) -> None:
        assert answer.status_code < 500, answer.text
        if answer.headers["content-type"].startswith("text/event-stream"):
            *_, last = [line for line in answer.text.split("\n") if line.startswith("data:")]
            told = json.loads(last.removeprefix("data:"))
            assert set(told) == {"request_id", "code", "message"} or told["output"]["finish_reason"] == "stop"
            return
        told = answer.json()
        if answer.status_code != 200:
            assert set(told) == {"request_id", "code", "message"}
            return
        assert set(told) == {"output", "usage", "request_id"}
        if "preview_audio" in told["output"]:
            self.created += "voice" in told["output"]
            self.enrolments += "voice_id" in told["output"]


def send_any(asker: Asker, count: int) -> None:
    """So many requests to every surface, and then a look at the bill."""
    sender = Sender(asker)

    @settings(max_examples=count)
    @given(request=REQUEST | REQUEST | NO_REQUEST, sse=st.sampled_from(["", "enable"]))
    def send(request: tuple[str, bytes], sse: str) -> None:
        sender.post(*request, sse)

    send()
    assert sender.created > 1
    assert sender.enrolments > 1
    assert asker.usage()["voice_creations"] == asker.list()["total_count"] == sender.created
    assert len(asker.enrolled_list(page_size=1000)) == sender.enrolments


def test_no_request_makes_the_sandbox_fail(asker: Asker) -> None:
    send_any(asker, 300)


@pytest.mark.long
def test_none_of_10000_requests_makes_the_sandbox_fail(asker: Asker) -> None:
    send_any(asker, 10_000)


@settings(max_examples=100)
@given(query=QUERY, where=st.sampled_from([CATALOGUE, f"{CATALOGUE}/permissions"]))
def check_a_look_at_the_catalogue(http: httpx2.Client, query: dict[str, str], where: str) -> None:
    answer = http.get(where, params=query)
    told = answer.json()
    assert {"success", "code", "message", "request_id"} <= set(told)
    assert (answer.status_code, told["success"]) in {(200, "output" in told), (400, False)}


def test_no_query_makes_the_catalogue_fail(asker: Asker) -> None:
    check_a_look_at_the_catalogue(asker.http)


TASK = {"action": "run-task", "task_id": "t", "streaming": "duplex"}
RUN = {
    "task_group": "audio",
    "task": "tts",
    "function": "SpeechSynthesizer",
    "model": COSY_MODEL,
    "parameters": {"voice": "somebody", "format": "pcm", "sample_rate": 8000},
    "input": {},
}
TASK_EVENTS: list[dict[str, Any]] = [
    {"header": TASK, "payload": RUN},
    {"header": {**TASK, "action": "continue-task"}, "payload": {"input": {"text": "Hi. "}}},
    {"header": {**TASK, "action": "continue-task"}, "payload": {"input": {"flush": True}}},
    {"header": {**TASK, "action": "finish-task"}, "payload": {"input": {"directive": "cancel"}}},
]
TASK_PLACES: list[Path] = [
    *(("header",), ("payload",), ("payload", "input"), ("payload", "parameters"), ("surprise",)),
    *(("header", name) for name in TASK),
    *(("payload", name) for name in RUN),
    *(("payload", "input", name) for name in ("text", "flush", "directive")),
    *(("payload", "parameters", name) for name in ("voice", "format", "sample_rate", "volume", "rate", *MANNER)),
]
SESSION = {"voice": "nobody", "mode": "commit", "response_format": "pcm", "sample_rate": 8000}
SESSION_EVENTS: list[dict[str, Any]] = [
    {"type": "session.update", "session": SESSION},
    {"type": "input_text_buffer.append", "text": "Hi."},
    *({"type": f"input_text_buffer.{act}"} for act in ("commit", "clear")),
    *({"type": kind} for kind in ("response.cancel", "session.finish")),
]
SESSION_PLACES: list[Path] = [
    *(("type",), ("session",), ("text",), ("event_id",), ("surprise",)),
    *(("session", name) for name in (*SESSION, "language_type", "volume", "speech_rate", "pitch_rate", "bit_rate")),
    *(("session", name) for name in ("enable_tn", "instructions", "optimize_instructions", "surprise")),
]


def conversation(events: list[dict[str, Any]], places: list[Path]) -> st.SearchStrategy[Frames]:
    """A few frames, the first of them the one that begins; some changed, some no events at all."""
    first = st.just(events[0]) | some_changes(events[0], places)
    later = st.sampled_from(events) | st.sampled_from(events).flatmap(lambda event: some_changes(event, places))
    frame = later.map(json.dumps) | st.text(max_size=20) | st.binary(max_size=20)
    return st.tuples(first.map(json.dumps), st.lists(frame, max_size=5)).map(lambda frames: [frames[0], *frames[1]])


TASKS = conversation(TASK_EVENTS, TASK_PLACES)
SESSIONS = conversation(SESSION_EVENTS, SESSION_PLACES)


def is_well_formed(event: Event) -> bool:
    """Whether a failure has its code and message where the vendor's documents have them."""
    if kind_of(event) == "error":
        return set(event["error"]) == {"code", "message"}
    return kind_of(event) != "task-failed" or {"error_code", "error_message"} <= set(event["header"])


def converse_any(asker: Asker, count: int) -> None:
    """So many conversations over either WebSocket; after any of them, what always ends it does."""
    sender = Sender(asker)
    realtime_voice = asker.voice(target_model=REALTIME_MODEL)
    base_url = str(asker.http.base_url)

    def hold(target: str, frames: Frames, voice: Callable[[str], str], last: str, ended: Ended) -> None:
        with connected(base_url, target) as socket:
            socket.send(*(voice(frame) if isinstance(frame, str) else frame for frame in frames), last)
            told = [frame for frame in socket.rest() if not isinstance(frame, bytes)]
            assert (socket.ended, bool(told)) == (ended, True), told[-1:]
            assert all(map(is_well_formed, told))

    @settings(max_examples=count)
    @given(frames=TASKS)
    def run_tasks(frames: Frames) -> None:
        hold(INFERENCE, frames, lambda text: text.replace("somebody", sender.enrolled), "no event", Ended(1007, ""))

    @settings(max_examples=count)
    @given(frames=SESSIONS)
    def hold_sessions(frames: Frames) -> None:
        target = f"{REALTIME}?model={REALTIME_MODEL}"
        finish = json.dumps(SESSION_EVENTS[-1])
        hold(target, frames, lambda text: text.replace("nobody", realtime_voice), finish, Ended(1000, ""))

    run_tasks()
    hold_sessions()


def test_nothing_that_is_said_over_a_websocket_makes_the_sandbox_fail(asker: Asker) -> None:
    converse_any(asker, 50)


@pytest.mark.long
def test_nothing_in_2000_conversations_over_either_websocket_makes_the_sandbox_fail(asker: Asker) -> None:
    converse_any(asker, 2000)
