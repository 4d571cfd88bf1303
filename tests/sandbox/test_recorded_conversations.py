"""What the official SDK says over WebSockets, frame by frame as recorded, and the shape of what it hears."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.asking import REALTIME_MODEL, Asker
from sandbox.shapes import shape
from sandbox.sockets import DeniedError, Ended, Event, Socket, kind_of

WIRE = Path(__file__).parent.parent / "wire"
RECORDED_VOICE = "qwen-tts-vd-announcer-voice-20251224195614166-b94c"
RECORDED_VOICE_ID = "cosyvoice-v3.5-plus-vd-announcer-41e6b9543b174ccfbe0ebae9eb4721c0"
WAITED_FOR = {"session.created", "session.updated", "error", "response.done", "task-started", "task-finished"}
SPOKEN_SENTENCE = r"sentence-begin (sentence-synthesis sound )+sentence-end "

SAMPLES: dict[str, Any] = {
    sample["name"]: sample for sample in json.loads((WIRE / "doc_samples.json").read_text(encoding="utf-8"))["samples"]
}


def recorded(name: str) -> dict[str, Any]:
    return json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))["exchanges"][0]


def shake_hands(asker: Asker, exchange: dict[str, Any]) -> Socket:
    """The recorded handshake as it stands, but for the port."""
    request = exchange["request"]
    return Socket(
        str(asker.http.base_url), request["request_line"], [(name, value) for name, value in request["headers"]]
    )


def replay(asker: Asker, exchange: dict[str, Any], *names: tuple[str, str]) -> list[Any]:
    """Sends the recorded frames in their order, each as late as the recorded answers say; everything that came back."""
    socket = shake_hands(asker, exchange)
    heard: list[Any] = []
    try:
        for frame in exchange["frames"]:
            if frame["dir"] == "c2s" and frame["type"] == "text":
                text = frame["text"]
                for old, new in names:
                    text = text.replace(old, new)
                socket.send(text)
            elif frame["type"] == "text" and kind_of(frame["json"]) in WAITED_FOR:
                heard += socket.until(kind_of(frame["json"]))
            elif frame["dir"] == "s2c" and frame["type"] == "close":
                return [*heard, *socket.rest(), socket.ended]
        return heard
    finally:
        socket.close()


def kinds_of(frames: list[Any]) -> str:
    """The kinds in order, sound being "sound"; a run of audio deltas is one."""
    kinds = [
        "sound" if isinstance(frame, bytes) else kind_of(frame) for frame in frames if not isinstance(frame, Ended)
    ]
    return re.sub(r"(response\.audio\.delta )+", "response.audio.delta ", "".join(f"{kind} " for kind in kinds))


def recorded_events(exchange: dict[str, Any]) -> list[Event]:
    return [frame["json"] for frame in exchange["frames"] if frame["dir"] == "s2c" and frame["type"] == "text"]


def assert_documented(event: Event, exchange: dict[str, Any]) -> None:
    """The shape is that of the document's sample, or where a document prints none, of the recorded frame."""
    kind = kind_of(event)
    result = "result-generated_" if kind.startswith("sentence-") else ""
    sample = SAMPLES.get(f"realtime_server_{kind}") or SAMPLES.get(f"inference_{result}{kind}")
    told = next((one for one in recorded_events(exchange) if kind_of(one) == kind), None)
    expected = shape(sample["event"] if sample else told)
    found = shape(event)
    if kind != "session.updated":
        assert found == expected
        return
    assert expected.items() <= found.items()
    assert set(found) - set(expected) <= {f"session.{name}" for name in sent_session(exchange)}


def sent_session(exchange: dict[str, Any]) -> dict[str, Any]:
    return next(frame["json"]["session"] for frame in exchange["frames"] if frame["dir"] == "c2s")


@pytest.mark.parametrize(
    "name",
    [
        "ws_rt_v1_server_commit",
        "ws_rt_v1_commit",
        "ws_rt_v1_all_params",
        "ws_rt_v1_clear_cancel",
        "ws_rt_v1_error_event",
        "ws_rt_v1_workspace_headers",
    ],
)
def test_a_recorded_realtime_conversation_gets_the_documented_events_in_their_order(asker: Asker, name: str) -> None:
    exchange = recorded(name)
    voice = asker.voice(target_model=REALTIME_MODEL)
    assert len(voice) == len(RECORDED_VOICE)
    *heard, ended = replay(asker, exchange, (RECORDED_VOICE, voice), ('"voice": "v"', f'"voice": "{voice}"'))
    assert ended == Ended(1000, "")
    assert kinds_of(heard) == kinds_of(recorded_events(exchange))
    for event in heard:
        assert_documented(event, exchange)
    assert len({event["event_id"] for event in heard}) == len(heard)


def test_a_recorded_conversation_with_a_model_that_is_none_is_closed_with_1007(asker: Asker) -> None:
    exchange = json.loads(json.dumps(recorded("ws_rt_v1_close_1007")).replace(REALTIME_MODEL, "no-such-model"))
    assert replay(asker, exchange) == [Ended(1007, "Model not found")]


@pytest.mark.parametrize(
    "name",
    [
        "ws_tts_v1_call",
        "ws_tts_v1_call_all",
        "ws_tts_v1_streaming",
        "ws_tts_v2_cancel",
        "ws_tts_v2_shared_connection",
        "ws_tts_v2_ssml",
        "ws_tts_v2_synthesize",
    ],
)
def test_a_recorded_task_gets_the_documented_events_and_sound(asker: Asker, name: str) -> None:
    exchange = recorded(name)
    voice_id = asker.enrolled()
    assert len(voice_id) == len(RECORDED_VOICE_ID)
    heard = replay(asker, exchange, (RECORDED_VOICE_ID, voice_id))
    spoken = "" if name == "ws_tts_v2_cancel" else rf"({SPOKEN_SENTENCE})+"
    assert re.fullmatch(rf"(task-started {spoken}task-finished )+", kinds_of(heard)), kinds_of(heard)
    assert kinds_of(heard).count("task-started") == kinds_of(recorded_events(exchange)).count("task-started")
    for event in heard:
        if not isinstance(event, bytes):
            assert_documented(event, exchange)
    ends = [event for event in heard if not isinstance(event, bytes) and kind_of(event) == "task-finished"]
    assert asker.usage()["characters"] == sum(event["payload"]["usage"]["characters"] for event in ends)


def test_a_recorded_task_with_a_voice_that_the_model_does_not_have_fails_at_its_start(asker: Asker) -> None:
    exchange = recorded("ws_tts_v1_failed_at_start")
    failed, ended = replay(asker, exchange)
    told = recorded_events(exchange)[0]
    assert (failed, ended) == (told, Ended(1007, ""))


@pytest.mark.parametrize("name", ["ws_tts_v1_failed_mid", "ws_tts_v1_failed_mid_callback"])
def test_a_recorded_failure_in_the_middle_can_be_scripted(asker: Asker, name: str) -> None:
    exchange = recorded(name)
    said = [frame for frame in exchange["frames"] if frame["type"] == "text" and "finish-task" not in frame["text"]]
    finishing = {"header": {"action": "finish-task", "task_id": said[0]["json"]["header"]["task_id"]}, "payload": {}}
    exchange["frames"] = [
        *said,
        {"dir": "c2s", "type": "text", "text": json.dumps(finishing)},
        {"dir": "s2c", "type": "close"},
    ]
    asker.script(
        {
            "match": {"operation": "synthesize"},
            "code": "InvalidParameter",
            "message": "[tts:]Engine return error code: 418",
        }
    )
    heard = replay(asker, exchange, ('"voice": "x"', f'"voice": "{asker.enrolled()}"'))
    assert heard == [*recorded_events(exchange), Ended(1007, "")]
    assert asker.usage()["characters"] == 0


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("ws_rt_v1_handshake_401", "realtime"),
        ("ws_tts_v1_handshake_401", "inference"),
        ("ws_tts_v2_handshake_401", "inference"),
    ],
)
def test_a_recorded_handshake_is_refused_with_the_vendor_s_401(asker: Asker, name: str, operation: str) -> None:
    exchange = recorded(name)
    asker.script({"match": {"operation": operation}, "status": 401})
    with pytest.raises(DeniedError) as denied:
        shake_hands(asker, exchange)
    told = json.loads(denied.value.body)
    assert (denied.value.status, shape(told)) == (401, shape(exchange["response"]["body_json"]))
    assert told["code"] == exchange["response"]["body_json"]["code"]
    assert denied.value.headers["x-voice-design-sandbox"] == "1"
