"""Faults on WebSockets: at the handshake, at any frame of a connection, before and after a text is billed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sandbox.asking import COSY_MODEL, REALTIME_MODEL, Asker
from sandbox.served import served_sandbox
from sandbox.sockets import EOF, INFERENCE, REALTIME, RESET, DeniedError, Ended, Event, Socket, connected, kinds

TARGETS = {"realtime": f"{REALTIME}?model={REALTIME_MODEL}", "inference": INFERENCE}
TEXT = "Good evening."
FAILED: Event = {"match": {"operation": "synthesize"}, "code": "Throttling", "message": "Slowly."}


def realtime_said(voice: str) -> list[Event]:
    return [
        {"type": "session.update", "session": {"voice": voice}},
        {"type": "input_text_buffer.append", "text": TEXT},
        {"type": "session.finish"},
    ]


def inference_said(voice: str) -> list[Event]:
    run = {
        "task_group": "audio",
        "task": "tts",
        "function": "SpeechSynthesizer",
        "model": COSY_MODEL,
        "parameters": {"voice": voice, "format": "pcm"},
        "input": {},
    }
    said: list[tuple[str, Event]] = [
        ("run-task", run),
        ("continue-task", {"input": {"text": TEXT}}),
        ("finish-task", {"input": {}}),
    ]
    return [
        {"header": {"action": action, "task_id": "t", "streaming": "duplex"}, "payload": payload}
        for action, payload in said
    ]


class Speaking:
    """One way to speak over a WebSocket."""

    def __init__(self, asker: Asker, operation: str) -> None:
        self.asker = asker
        self.operation = operation
        self.base_url = str(asker.http.base_url)
        is_realtime = operation == "realtime"
        voice = asker.voice(target_model=REALTIME_MODEL) if is_realtime else asker.enrolled()
        self.said = realtime_said(voice) if is_realtime else inference_said(voice)
        self.unbilled_frames = 3 if is_realtime else 1
        self.last = "session.finished" if is_realtime else "task-finished"
        self._spent = 0

    def connected(self) -> Any:
        return connected(self.base_url, TARGETS[self.operation])

    def heard(self) -> tuple[list[Any], Ended | None]:
        """Everything that came back on a connection on which the whole text was said, and how it ended."""
        with self.connected() as socket:
            socket.send(*self.said)
            return heard_by(socket, self.last)

    def whole(self) -> int:
        """How many frames come back without a fault; what that costs is forgotten."""
        frames = len(self.heard()[0])
        self.forget()
        return frames

    def forget(self) -> None:
        self._spent = self.asker.usage()["characters"]

    def billed(self) -> bool:
        """Whether anything was billed since."""
        return self.asker.usage()["characters"] > self._spent


def heard_by(socket: Socket, last: str) -> tuple[list[Any], Ended | None]:
    frames: list[Any] = []
    while not isinstance(frame := socket.raw(), Ended):
        frames.append(frame)
        if isinstance(frame, str) and f'"{last}"' in frame:
            break
    return frames, socket.ended


@pytest.fixture(params=["realtime", "inference"])
def speaking(asker: Asker, request: pytest.FixtureRequest) -> Speaking:
    return Speaking(asker, request.param)


ENDS: list[tuple[dict[str, Any], Ended]] = [
    ({"action": "truncate"}, EOF),
    ({"action": "close", "close_code": 1011, "reason": "Internal server error"}, Ended(1011, "Internal server error")),
]


@pytest.mark.parametrize(("fault", "end"), ENDS)
def test_a_connection_dies_after_any_number_of_frames_and_bills_what_had_begun(
    speaking: Speaking, fault: dict[str, Any], end: Ended
) -> None:
    whole = speaking.whole()
    for frames in (*range(8), whole - 2, whole - 1):
        speaking.forget()
        speaking.asker.script({"match": {"operation": speaking.operation}, "when": "after", "frame": frames} | fault)
        heard, ended = speaking.heard()
        assert (len(heard), ended) == (frames, end)
        assert speaking.billed() == (frames >= speaking.unbilled_frames)


def test_a_connection_is_reset_after_so_many_frames_at_most(speaking: Speaking) -> None:
    speaking.asker.script({"match": {"operation": speaking.operation}, "when": "after", "action": "reset", "frame": 5})
    heard, ended = speaking.heard()
    assert ended == RESET
    assert len(heard) <= 5
    assert speaking.billed()


def test_a_connection_stalls_at_a_frame_until_it_is_released(speaking: Speaking) -> None:
    whole = speaking.whole()
    speaking.asker.script({"match": {"operation": speaking.operation}, "when": "after", "action": "stall", "frame": 4})
    with ThreadPoolExecutor(1) as other:
        hearing = other.submit(speaking.heard)
        speaking.asker.until_held(1)
        assert not hearing.done()
        speaking.asker.release()
        heard, _ = hearing.result()
    assert len(heard) == whole


@pytest.mark.parametrize("action", ["garbage", "wrong_length"])
def test_one_frame_is_spoiled_and_the_others_are_whole(speaking: Speaking, action: str) -> None:
    whole = speaking.whole()
    speaking.asker.script({"match": {"operation": speaking.operation}, "when": "after", "action": action, "frame": 1})
    heard, _ = speaking.heard()
    assert len(heard) == whole
    assert [is_readable(frame) for frame in heard] == [index != 1 for index in range(len(heard))]


def is_readable(frame: str | bytes) -> bool:
    if isinstance(frame, bytes):
        return True
    try:
        json.loads(frame)
    except ValueError:
        return False
    return True


def test_frames_drip_and_all_arrive(speaking: Speaking) -> None:
    whole = speaking.whole()
    speaking.asker.script(
        {"match": {"operation": speaking.operation}, "when": "after", "action": "drip", "delay_s": 0.001}
    )
    heard, _ = speaking.heard()
    assert len(heard) == whole


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_handshake_is_answered_with_the_scripted_status(speaking: Speaking, status: int) -> None:
    fault = {"match": {"operation": speaking.operation}, "status": status, "headers": {"Retry-After": "2"}}
    speaking.asker.script(fault)
    with pytest.raises(DeniedError) as denied:
        speaking.heard()
    told = json.loads(denied.value.body)
    assert denied.value.status == status
    assert set(told) == {"request_id", "code", "message"}
    assert told["code"]
    assert denied.value.headers["retry-after"] == "2"
    assert denied.value.headers["x-voice-design-sandbox"] == "1"


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ({"body": "oops", "status": 502}, b"oops"),
        ({"action": "garbage"}, b"\xff\xfe"),
        ({"action": "wrong_length", "status": 400, "body": "1234"}, b"12"),
        ({"when": "after", "status": 400, "body": "{}"}, b"{}"),
    ],
)
def test_the_answer_to_a_handshake_can_be_anything(speaking: Speaking, fault: dict[str, Any], body: bytes) -> None:
    speaking.asker.script({"match": {"operation": speaking.operation}} | fault)
    with pytest.raises(DeniedError) as denied:
        speaking.heard()
    assert denied.value.body.startswith(body)


@pytest.mark.parametrize(("fault", "ended"), [({"action": "reset"}, RESET), ({"action": "truncate"}, EOF)])
def test_a_handshake_is_cut(speaking: Speaking, fault: dict[str, Any], ended: Ended) -> None:
    speaking.asker.script({"match": {"operation": speaking.operation}} | fault)
    with pytest.raises(ConnectionError) as cut:
        speaking.heard()
    assert ended in cut.value.args or isinstance(cut.value, ConnectionResetError)


def test_a_connection_is_closed_as_soon_as_it_is_open(speaking: Speaking) -> None:
    speaking.asker.script({"match": {"operation": speaking.operation}, "action": "close", "close_code": 4001})
    assert speaking.heard() == ([], Ended(4001, ""))


def held(speaking: Speaking, fault: dict[str, Any], billed_while_held: bool) -> list[Any]:  # noqa: FBT001  a table's column
    """What is heard under a fault that holds something, which is released."""
    speaking.asker.script(fault)
    with ThreadPoolExecutor(1) as other:
        hearing = other.submit(speaking.heard)
        speaking.asker.until_held(1)
        assert speaking.billed() == billed_while_held
        assert not hearing.done()
        assert speaking.asker.release() == 1
        return hearing.result()[0]


@pytest.mark.parametrize(
    ("fault", "billed_while_held"),
    [
        ({"action": "stall"}, False),
        ({"delay_s": 600}, False),
        ({"when": "after", "delay_s": 600}, True),
        ({"when": "after", "action": "stall", "frame": 0}, True),
        ({"when": "after", "action": "stall", "frame": 3}, True),
    ],
)
def test_speech_waits_until_it_is_released_and_is_billed_only_when_it_has_begun(
    speaking: Speaking,
    fault: dict[str, Any],
    billed_while_held: bool,  # noqa: FBT001  a column of the table
) -> None:
    whole = speaking.whole()
    assert len(held(speaking, {"match": {"operation": "synthesize"}} | fault, billed_while_held)) == whole


def test_a_handshake_waits_until_it_is_released(speaking: Speaking) -> None:
    heard = held(speaking, {"match": {"operation": speaking.operation}, "action": "stall"}, billed_while_held=False)
    assert f'"{speaking.last}"' in heard[-1]


@pytest.mark.parametrize(
    ("fault", "end", "billed"),
    [
        ({"action": "truncate"}, EOF, False),
        ({"action": "close", "close_code": 1011}, Ended(1011, ""), False),
        ({"action": "truncate", "when": "after", "frame": 0}, EOF, True),
        ({"action": "truncate", "when": "after", "frame": 4}, EOF, True),
        ({"action": "close", "when": "after", "close_code": 1013, "reason": "later"}, Ended(1013, "later"), True),
    ],
)
def test_speech_is_cut_before_it_is_billed_or_after(
    speaking: Speaking,
    fault: dict[str, Any],
    end: Ended,
    billed: bool,  # noqa: FBT001  a column of the table
) -> None:
    speaking.asker.script({"match": {"operation": "synthesize"}} | fault)
    heard, ended = speaking.heard()
    assert (len(heard), ended) == (speaking.unbilled_frames + fault.get("frame", 0), end)
    assert speaking.billed() == billed


@pytest.mark.parametrize("when", ["before", "after"])
def test_speech_fails_as_scripted_and_bills_or_does_not(speaking: Speaking, when: str) -> None:
    speaking.asker.script(FAILED | {"when": when})
    heard, _ = speaking.heard()
    failures = [json.loads(frame) for frame in heard if isinstance(frame, str) and '"Slowly."' in frame]
    assert len(failures) == 1
    assert '"Throttling"' in json.dumps(failures)
    assert not any("sound" in kind or "delta" in kind for kind in kinds(list(map(parsed, heard))))
    assert speaking.billed() == (when == "after")


def parsed(frame: str | bytes) -> Any:
    return json.loads(frame) if isinstance(frame, str) else frame


def test_a_frame_that_is_scripted_comes_in_the_place_of_the_speech(speaking: Speaking) -> None:
    speaking.asker.script({"match": {"operation": "synthesize"}, "body": '{"type": "surprise"}'})
    heard, _ = speaking.heard()
    assert '{"type": "surprise"}' in heard
    assert f'"{speaking.last}"' in heard[-1]
    assert not speaking.billed()


def test_a_garbled_failure_is_no_readable_one(speaking: Speaking) -> None:
    speaking.asker.script({"match": {"operation": "synthesize"}, "action": "garbage"})
    heard, _ = speaking.heard()
    assert [is_readable(frame) for frame in heard].count(False) == 1
    assert not speaking.billed()


def test_each_response_is_met_on_its_own_and_a_task_as_a_whole(asker: Asker) -> None:
    voice = asker.voice(target_model=REALTIME_MODEL)
    asker.script({"match": {"operation": "synthesize"}, "delay_s": 0.001}, FAILED)
    with connected(str(asker.http.base_url), TARGETS["realtime"]) as socket:
        update, _, finish = realtime_said(voice)
        socket.send(update, {"type": "input_text_buffer.append", "text": "One. Two. Three."}, finish)
        heard = kinds(socket.rest())
    assert (heard.count("response.done"), heard.count("error")) == (2, 1)


def test_a_fault_that_closes_never_meets_a_request(asker: Asker) -> None:
    asker.script({"action": "close"})
    assert asker.customize({"action": "list"}).status_code == 200
    assert asker.synthesize(asker.voice()).status_code == 200
    with connected(str(asker.http.base_url), INFERENCE) as socket:
        assert socket.next() == Ended(1011, "")


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ({"action": "close", "match": {"operation": "create"}}, "WebSockets"),
        ({"action": "close", "close_code": 999}, "close_code"),
        ({"action": "close", "close_code": 5000}, "close_code"),
        ({"action": "close", "reason": "a" * 61}, "reason"),
        ({"match": {"operation": "socket"}}, "operation"),
    ],
)
def test_a_script_that_is_none_is_refused_in_words(asker: Asker, fault: dict[str, Any], problem: str) -> None:
    answer = asker.http.post("/sandbox/faults", json=[fault])
    assert answer.status_code == 400
    assert problem in " ".join(answer.json()["problems"])


@pytest.mark.parametrize("operation", ["realtime", "inference"])
def test_the_server_stops_at_once_with_a_connection_open_and_one_held(tmp_path: Path, operation: str) -> None:
    with ThreadPoolExecutor(1) as other, ExitStack() as connections:
        with served_sandbox(tmp_path) as base_url, (asker := Asker(base_url)).http:
            speaking = Speaking(asker, operation)
            idle = connections.enter_context(speaking.connected())
            asker.script({"match": {"operation": "synthesize"}, "action": "stall"})
            hearing = other.submit(speaking.heard)
            asker.until_held(1)
        idle.rest()
        assert {idle.ended, hearing.result()[1]} <= {EOF, RESET, Ended(1012, "")}
    with served_sandbox(tmp_path) as base_url, (again := Asker(base_url)).http:
        assert again.usage()["characters"] == 0
