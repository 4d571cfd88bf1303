"""Realtime sessions: when is spoken what, how it sounds, what is refused, and what it costs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from httpx2.websockets import ASGIWebSocketTransport, WebSocketUpgradeError

from sandbox.asking import REALTIME_MODEL, SPEECH_MODEL, Asker
from sandbox.served import served_sandbox
from sandbox.sockets import REALTIME, DeniedError, Ended, Event, Socket, connected, kind_of
from voice_design_mcp.sandbox.app import sandbox_app
from voice_design_mcp.speech import formats
from voice_design_mcp.speech.pitch import pitches_hz

TARGET = f"{REALTIME}?model={REALTIME_MODEL}"
RESPONSE = [
    *("input_text_buffer.committed", "response.created", "response.output_item.added", "response.content_part.added"),
    *("response.audio.done", "response.content_part.done", "response.output_item.done", "response.done"),
]


@contextmanager
def session(asker: Asker, voice: str, **settings: Any) -> Generator[Socket]:
    """A session that was updated."""
    with connected(str(asker.http.base_url), TARGET) as socket:
        assert kind_of(socket.next()) == "session.created"
        socket.send({"type": "session.update", "session": {"voice": voice, **settings}})
        updated = socket.next()
        assert kind_of(updated) == "session.updated", updated
        yield socket


def append(text: str) -> Event:
    return {"type": "input_text_buffer.append", "text": text}


COMMIT: Event = {"type": "input_text_buffer.commit"}
CLEAR: Event = {"type": "input_text_buffer.clear"}
CANCEL: Event = {"type": "response.cancel"}
FINISH: Event = {"type": "session.finish"}


def sound_of(events: list[Event]) -> bytes:
    return b"".join(base64.b64decode(event["delta"], validate=True) for event in events if "delta" in event)


def without_deltas(events: list[Event]) -> list[str]:
    return [kind for kind in map(kind_of, events) if kind != "response.audio.delta"]


def costs(events: list[Event]) -> list[int]:
    return [event["response"]["usage"]["characters"] for event in events if kind_of(event) == "response.done"]


def errors(events: list[Event]) -> list[tuple[str, str]]:
    return [(event["error"]["code"], event["error"]["message"]) for event in events if kind_of(event) == "error"]


def speak(asker: Asker, voice: str, text: str, **settings: Any) -> list[Event]:
    """Everything that one text gets, to the end of the session."""
    with session(asker, voice, **settings) as socket:
        socket.send(append(text), FINISH)
        events = socket.rest()
        assert socket.ended == Ended(1000, "")
        return events


@pytest.fixture
def voice(asker: Asker) -> str:
    return asker.voice(target_model=REALTIME_MODEL)


def test_under_server_commit_each_whole_sentence_is_a_response_of_its_own(asker: Asker, voice: str) -> None:
    with session(asker, voice) as socket:
        for piece in ("Good eve", "ning. How are", " you? I have 3", ".5 apples"):
            socket.send(append(piece))
        first_two = socket.until("response.done") + socket.until("response.done")
        socket.send(FINISH)
        events = first_two + socket.rest()
    assert without_deltas(events) == RESPONSE * 3 + ["session.finished"]
    assert costs(events) == [len("Good evening."), len(" How are you?"), len(" I have 3.5 apples")]
    assert asker.usage()["characters"] == sum(costs(events))


def test_under_commit_nothing_is_spoken_before_it_is_committed(asker: Asker, voice: str) -> None:
    with session(asker, voice, mode="commit") as socket:
        socket.send(append("One. "), append("Two. "), COMMIT)
        first = socket.until("response.done")
        socket.send(append("Three."), FINISH)
        events = first + socket.rest()
    assert without_deltas(events) == RESPONSE * 2 + ["session.finished"]
    assert costs(events) == [10, 6]


def test_a_han_character_counts_twice(asker: Asker, voice: str) -> None:
    assert costs(speak(asker, voice, "你好, ok。")) == [9]


def test_the_ids_of_a_response_belong_together(asker: Asker, voice: str) -> None:
    events = speak(asker, voice, "Good evening.")
    (response_id,) = {event["response_id"] for event in events if "response_id" in event}
    (item_id,) = {event["item_id"] for event in events if event.get("item_id")}
    created, done = (next(one for one in events if kind_of(one) == f"response.{kind}") for kind in ("created", "done"))
    assert created["response"]["id"] == done["response"]["id"] == response_id
    assert done["response"]["output"][0]["id"] == item_id
    assert (created["response"]["status"], done["response"]["status"]) == ("in_progress", "completed")
    assert done["response"]["voice"] == voice


@pytest.mark.parametrize("rate_hz", [8000, 16000, 24000, 48000])
@pytest.mark.parametrize("response_format", ["pcm", "wav", "mp3", "opus"])
def test_sound_comes_in_the_asked_format_and_rate(asker: Asker, voice: str, response_format: str, rate_hz: int) -> None:
    events = speak(asker, voice, "Good evening.", response_format=response_format, sample_rate=rate_hz)
    assert formats.sniff(sound_of(events)) == (None if response_format == "pcm" else response_format)
    samples, found_hz = formats.decode(sound_of(events), response_format, rate_hz)
    assert found_hz == rate_hz
    assert 0.8 < len(samples) / rate_hz < 2.5
    assert 0.02 < np.sqrt(np.square(samples).mean()) < 0.3


def heard(asker: Asker, voice: str, **settings: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    sound = sound_of(speak(asker, voice, "Good evening, dear listeners.", **settings))
    return formats.decode(sound, "pcm", 24000)[0]


def loudness(samples: np.ndarray[Any, np.dtype[np.float32]]) -> float:
    return float(np.sqrt(np.square(samples).mean()))


def test_volume_is_heard_and_at_zero_there_is_silence(asker: Asker, voice: str) -> None:
    plain, loud, soft, silent = (heard(asker, voice, volume=volume) for volume in (50, 100, 25, 0))
    assert np.array_equal(plain, heard(asker, voice))
    assert loudness(plain) * 1.5 < loudness(loud) < loudness(plain) * 2.1
    assert loudness(soft) == pytest.approx(loudness(plain) / 2, rel=0.02)
    assert np.abs(loud).max() < 1
    assert not silent.any()
    assert len(silent) == len(plain)


def test_speech_rate_is_heard(asker: Asker, voice: str) -> None:
    plain, fast, slow = (len(heard(asker, voice, speech_rate=rate)) for rate in (1.0, 2.0, 0.5))
    assert fast < 0.75 * plain < plain < 0.75 * slow


def test_pitch_rate_is_heard_and_changes_no_duration(asker: Asker, voice: str) -> None:
    plain, high = (heard(asker, voice, pitch_rate=rate) for rate in (1.0, 1.5))
    assert len(high) == pytest.approx(len(plain), rel=0.15)
    assert pitch_hz(high) > 1.2 * pitch_hz(plain)


def pitch_hz(samples: np.ndarray[Any, np.dtype[np.float32]]) -> float:
    return float(np.median(pitches_hz(samples, 24000)))


def test_the_bit_rate_of_opus_is_heard_of(asker: Asker, voice: str) -> None:
    small, large = (
        len(sound_of(speak(asker, voice, "Good evening.", response_format="opus", bit_rate=kbps))) for kbps in (6, 256)
    )
    assert 4 * small < large


def test_the_language_type_is_heard(asker: Asker, voice: str) -> None:
    german, french = (sound_of(speak(asker, voice, "Taxi 42", language_type=name)) for name in ("German", "French"))
    assert german != french


@pytest.mark.parametrize("model_twice", [f"{TARGET}?model={REALTIME_MODEL}", f"{TARGET}&other=1"])
def test_the_model_is_found_where_the_sdk_appends_it_twice(asker: Asker, model_twice: str) -> None:
    with connected(str(asker.http.base_url), model_twice) as socket:
        assert socket.next()["session"]["model"] == REALTIME_MODEL


@pytest.mark.parametrize("target", [REALTIME, f"{REALTIME}?model=", f"{REALTIME}?model={SPEECH_MODEL}"])
def test_another_model_is_accepted_at_first_and_closed_with_1007(asker: Asker, target: str) -> None:
    with connected(str(asker.http.base_url), target) as socket:
        socket.send("anything")
        assert socket.next() == Ended(1007, "Model not found")


def test_a_client_that_waits_is_told_too_that_the_model_is_none(asker: Asker) -> None:
    with connected(str(asker.http.base_url), f"{REALTIME}?model=x") as socket:
        assert socket.next() == Ended(1007, "Model not found")


@pytest.mark.parametrize("key", ["", "sk-wrong"])
def test_without_the_key_the_handshake_is_refused(tmp_path: Path, key: str) -> None:
    with (
        served_sandbox(tmp_path, api_key="sk-right") as base_url,
        pytest.raises(DeniedError) as denied,
        connected(base_url, TARGET, key=key),
    ):
        pass
    assert (denied.value.status, json.loads(denied.value.body)["code"]) == (401, "InvalidApiKey")


ALREADY = ("invalid_value", "Session update error: session already started or finished or failed.")


def test_a_session_is_updated_once(asker: Asker, voice: str) -> None:
    with session(asker, voice) as socket:
        socket.send({"type": "session.update", "session": {"voice": voice}}, append("Hello."), FINISH)
        events = socket.rest()
    assert errors(events) == [ALREADY]
    assert costs(events) == [6]


def test_a_session_that_has_begun_to_speak_is_not_updated(asker: Asker, voice: str) -> None:
    with connected(str(asker.http.base_url), TARGET) as socket:
        socket.send(append("Hello. "), {"type": "session.update", "session": {"voice": voice}}, FINISH)
        events = socket.rest()
    assert sorted(errors(events)) == sorted(
        [ALREADY, ("invalid_value", "The requested voice 'Cherry' is not supported.")]
    )
    assert kind_of(events[-1]) == "session.finished"
    assert asker.usage()["characters"] == 0


def test_an_update_that_was_refused_can_be_made_good(asker: Asker, voice: str) -> None:
    with connected(str(asker.http.base_url), TARGET) as socket:
        socket.send({"type": "session.update", "session": {"voice": "nobody"}})
        socket.send({"type": "session.update", "session": {"voice": voice}}, append("Hello."), FINISH)
        events = socket.rest()
    assert errors(events) == [("invalid_value", "The requested voice 'nobody' is not supported.")]
    assert costs(events) == [6]


def test_a_voice_of_another_model_is_not_supported(asker: Asker) -> None:
    for other in (asker.voice(), asker.voice(target_model="qwen3-tts-vd-realtime-2025-12-16"), asker.enrolled()):
        with connected(str(asker.http.base_url), TARGET) as socket:
            socket.send({"type": "session.update", "session": {"voice": other}}, FINISH)
            (error,) = errors(socket.rest())
            assert error == ("invalid_value", f"The requested voice '{other}' is not supported.")


@pytest.mark.parametrize(
    "settings",
    [
        *({"voice": value} for value in (None, "", 1, ["a"])),
        *({"mode": value} for value in ("commit ", "auto", True)),
        *({"language_type": value} for value in ("en", "english", 1)),
        *({"response_format": value} for value in ("flac", "PCM", 1)),
        *({"sample_rate": value} for value in (22050, 44100, 0, "24000", 24000.5)),
        *({name: value} for name in ("speech_rate", "pitch_rate") for value in (0.49, 2.01, "1", True, [1])),
        *({"volume": value} for value in (-1, 101, 50.5, "50")),
        *({"bit_rate": value} for value in (5, 511, "64")),
        *({"enable_tn": value} for value in (1, "true")),
        {"instructions": 5},
    ],
)
def test_a_setting_beyond_its_range_is_refused_by_its_name(asker: Asker, voice: str, settings: dict[str, Any]) -> None:
    with connected(str(asker.http.base_url), TARGET) as socket:
        socket.send({"type": "session.update", "session": {"voice": voice} | settings}, FINISH)
        events = socket.rest()
    ((code, message),) = errors(events)
    assert code == "invalid_value"
    assert next(iter(settings)) in message


@pytest.mark.parametrize(
    "settings",
    [
        {"speech_rate": 0.5, "pitch_rate": 2, "volume": 100, "bit_rate": 510},
        {"speech_rate": 2.0, "pitch_rate": 0.5, "volume": 0, "bit_rate": 6},
        {"mode": "commit", "instructions": "", "optimize_instructions": False, "enable_tn": True, "surprise": [1]},
        {"language_type": None, "response_format": None},
    ],
)
def test_a_setting_within_its_range_is_taken(asker: Asker, voice: str, settings: dict[str, Any]) -> None:
    with session(asker, voice, **settings):
        pass


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no json", "Required body invalid"),
        ("[]", "Required body invalid"),
        (b"\x00\x01", "Required body invalid"),
        ({}, "type"),
        ({"type": "session.explode"}, "type"),
        ({"type": 7}, "type"),
        ({"type": "session.update"}, "session"),
        ({"type": "session.update", "session": []}, "session"),
        ({"type": "input_text_buffer.append"}, "text"),
        ({"type": "input_text_buffer.append", "text": 5}, "text"),
        ('{"type": "input_text_buffer.append", "text": "\\ud800"}', "text"),
        (COMMIT, "Error committing input text buffer: buffer is empty."),
    ],
)
def test_what_is_no_event_gets_an_error_and_the_session_goes_on(asker: Asker, said: Any, told: str) -> None:
    with connected(str(asker.http.base_url), TARGET) as socket:
        socket.send(said, FINISH)
        created, error, finished = socket.rest()
        assert socket.ended == Ended(1000, "")
    assert [kind_of(created), kind_of(finished)] == ["session.created", "session.finished"]
    assert error["error"]["code"] == "invalid_value"
    assert told in error["error"]["message"]


def test_a_frame_of_more_than_a_megabyte_ends_the_connection(asker: Asker) -> None:
    with connected(str(asker.http.base_url), TARGET) as socket:
        assert kind_of(socket.next()) == "session.created"
        socket.send(append("a" * 1_000_001))
        assert socket.next().code in (0, 1009)
    assert asker.usage()["characters"] == 0


def test_cleared_text_is_neither_spoken_nor_billed(asker: Asker, voice: str) -> None:
    with session(asker, voice, mode="commit") as socket:
        socket.send(append("Gone."), CLEAR, append("Kept."), FINISH)
        events = socket.rest()
    assert without_deltas(events) == ["input_text_buffer.cleared", *RESPONSE, "session.finished"]
    assert costs(events) == [5]


def test_a_text_with_nothing_to_say_is_refused_and_a_marked_one_is_moderated(asker: Asker, voice: str) -> None:
    for text, code in {"…?!": "invalid_value", "Oh [sandbox:inappropriate].": "DataInspectionFailed"}.items():
        events = speak(asker, voice, text)
        assert [one for one, _ in errors(events)] == [code]
        assert kind_of(events[-1]) == "session.finished"
    assert asker.usage()["characters"] == 0


def test_a_cancelled_response_is_incomplete_and_the_next_one_is_not(asker: Asker, voice: str) -> None:
    """Held in the middle of the first response, so that the cancellation meets it there."""
    asker.script({"match": {"operation": "synthesize"}, "when": "after", "action": "stall", "frame": 5})
    with session(asker, voice, mode="commit") as socket:
        socket.send(append("A long first sentence, which nobody will hear to its end."), COMMIT)
        asker.until_held(1)
        socket.send(CANCEL, CLEAR)
        asker.release()
        first = socket.until("response.done")
        socket.send(append("And another."), FINISH)
        second = socket.rest()
    assert [first[-1]["response"]["status"], second[-2]["response"]["status"]] == ["incomplete", "completed"]
    assert len(sound_of(first)) < len(sound_of(second))
    assert costs(first + second) == [57, 12]


def test_after_the_end_nothing_more_is_taken(asker: Asker, voice: str) -> None:
    asker.script({"match": {"operation": "synthesize"}, "action": "stall"})
    with session(asker, voice) as socket:
        socket.send(append("Hello."), FINISH, append("More."))
        asker.until_held(1)
        events = [socket.next(), socket.next()]
        asker.release()
        events += socket.rest()
    assert len(errors(events)) == 1
    assert costs(events) == [6]


def test_sessions_run_beside_each_other(asker: Asker, voice: str) -> None:
    with session(asker, voice) as one, session(asker, voice) as two:
        for socket in (one, two):
            socket.send(append("Good evening."), FINISH)
        assert sound_of(one.rest()) == sound_of(two.rest())


def in_process(state_dir: Path) -> Callable[[], httpx2.AsyncClient]:
    app: Any = sandbox_app(state_dir, engine="formant")
    return lambda: httpx2.AsyncClient(
        transport=ASGIWebSocketTransport(app),
        base_url="http://sandbox.test",
        headers={"Authorization": "Bearer k"},
    )


async def test_mounted_in_process_a_session_speaks_and_a_wrong_key_is_refused(tmp_path: Path) -> None:
    client = in_process(tmp_path)
    async with client() as http:
        asked = {"action": "create", "target_model": REALTIME_MODEL, "voice_prompt": "A man.", "preview_text": "Hello."}
        body = {"model": "qwen-voice-design", "input": asked}
        made = (await http.post("/api/v1/services/audio/tts/customization", json=body)).json()
        voice = made["output"]["voice"]
    async with client() as http, http.websocket(f"ws://sandbox.test{TARGET}") as ws:
        kinds = [kind_of(await ws.receive_json())]
        await ws.send_json({"type": "session.update", "session": {"voice": voice}})
        await ws.send_json(append("Hello."))
        await ws.send_json(FINISH)
        while kinds[-1] != "session.finished":
            kinds.append(kind_of(await ws.receive_json()))
    assert [kind for kind in kinds if kind != "response.audio.delta"][2:] == [*RESPONSE, "session.finished"]
    assert kinds.count("response.audio.delta") > 3
    async with client() as http:
        with pytest.raises(WebSocketUpgradeError) as refused:
            async with http.websocket(f"ws://sandbox.test{TARGET}", headers={"Authorization": ""}):
                pass
        assert refused.value.response.status_code == 401
