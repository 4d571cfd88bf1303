"""The SDK's WebSocket surfaces, both generations: realtime sessions and speech tasks."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.asking import COSY_MODEL, REALTIME_MODEL
from sandbox.sdk.hearing import assert_speech
from sandbox.sdk.pointing import Sdk

pytestmark = [pytest.mark.extras, pytest.mark.filterwarnings("ignore")]


class RealtimeCallback:
    """What a realtime session told, and that it is over."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.closed: tuple[Any, Any] | None = None
        self.responded = threading.Event()
        self.over = threading.Event()

    def on_open(self) -> None: ...

    def on_close(self, code: Any, reason: Any) -> None:
        self.closed = (code, reason)
        self.over.set()

    def on_event(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        if event["type"] == "response.done":
            self.responded.set()

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events if event["type"] != "response.audio.delta"]

    def sound(self) -> bytes:
        return b"".join(base64.b64decode(event["delta"]) for event in self.events if "delta" in event)


RESPONSE = [
    *("input_text_buffer.committed", "response.created", "response.output_item.added", "response.content_part.added"),
    *("response.audio.done", "response.content_part.done", "response.output_item.done", "response.done"),
]


def realtime(sdk: Sdk, model: str = REALTIME_MODEL) -> tuple[Any, RealtimeCallback]:
    callback = RealtimeCallback()
    session = sdk.part("audio.qwen_tts_realtime").QwenTtsRealtime(model=model, callback=callback, url=sdk.realtime_url)
    session.connect()
    return session, callback


def test_qwen_tts_realtime_with_server_commit(sdk: Sdk) -> None:
    session, callback = realtime(sdk)
    session.update_session(voice=sdk.asker.voice(target_model=REALTIME_MODEL), mode="server_commit")
    for text in ("对吧~我就特别喜欢", "这种超市。", "And another sentence"):
        session.append_text(text)
    session.finish()
    assert callback.over.wait(30)
    assert callback.kinds() == ["session.created", "session.updated", *RESPONSE * 2, "session.finished"]
    assert callback.closed == (1000, None) or callback.closed == (1000, "")
    assert session.get_session_id().startswith("sess_")
    assert session.get_last_response_id().startswith("resp_")
    assert session.get_first_audio_delay() > 0
    assert_speech(callback.sound(), "PCM")


def test_qwen_tts_realtime_with_commit(sdk: Sdk) -> None:
    session, callback = realtime(sdk)
    session.update_session(voice=sdk.asker.voice(target_model=REALTIME_MODEL), mode="commit", sample_rate=16000)
    for text in ("one two three", "four five six"):
        callback.responded.clear()
        session.append_text(text)
        session.commit()
        assert callback.responded.wait(30)
    session.finish()
    assert callback.over.wait(30)
    assert callback.kinds() == ["session.created", "session.updated", *RESPONSE * 2, "session.finished"]
    assert_speech(callback.sound(), "PCM", 16000)


def test_qwen_tts_realtime_with_a_model_that_is_none_hears_1007(sdk: Sdk) -> None:
    session, callback = realtime(sdk, "no-such-model")
    session.update_session(voice="x")
    assert callback.over.wait(30)
    assert (callback.events, callback.closed) == ([], (1007, "Model not found"))


class TaskCallback:
    """What a task told, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.sound = b""
        self.over = threading.Event()

    def on_open(self) -> None:
        self.told.append("open")

    def on_complete(self) -> None:
        self.told.append("complete")

    def on_error(self, message: Any) -> None:
        self.told.append(f"error {message}")

    def on_close(self) -> None:
        self.told.append("close")
        self.over.set()

    def on_event(self, message: str) -> None:
        self.told.append(json.loads(message)["payload"]["output"]["type"])

    def on_data(self, data: bytes) -> None:
        self.sound += data


def synthesizer(sdk: Sdk, **options: Any) -> Any:
    voice = options.pop("voice", "") or sdk.asker.enrolled()
    return sdk.part("audio.tts_v2").SpeechSynthesizer(model=COSY_MODEL, voice=voice, **options)


def test_speech_synthesizer_call_returns_the_default_mp3(sdk: Sdk) -> None:
    one = synthesizer(sdk)
    assert_speech(one.call("今天天气不错，let's go."), "MP3", 22050)
    assert one.get_response()["header"]["event"] == "task-finished"
    assert one.get_first_package_delay() > 0
    assert sdk.asker.usage()["characters"] == 22


def test_speech_synthesizer_call_with_every_parameter(sdk: Sdk) -> None:
    tts = sdk.part("audio.tts_v2")
    one = synthesizer(
        sdk,
        format=tts.AudioFormat.OGG_OPUS_24KHZ_MONO_32KBPS,
        volume=60,
        speech_rate=1.2,
        pitch_rate=0.9,
        seed=7,
        synthesis_type=0,
        instruction="开心",
        language_hints=["zh"],
        headers={"X-Extra": "1"},
        workspace="llm-ws123",
        url=sdk.inference_url,
        additional_params={"word_timestamp_enabled": True, "enable_markdown_filter": True},
    )
    assert_speech(one.call("今天天气不错，真的。"), "OGG")


@pytest.mark.parametrize(
    ("name", "container", "rate_hz"),
    [
        ("WAV_16000HZ_MONO_16BIT", "WAV", 16000),
        ("MP3_24000HZ_MONO_256KBPS", "MP3", 24000),
        ("MP3_44100HZ_MONO_256KBPS", "MP3", 44100),
        ("PCM_48000HZ_MONO_16BIT", "PCM", 48000),
        ("OGG_OPUS_48KHZ_MONO_32KBPS", "OGG", 48000),
    ],
)
def test_speech_synthesizer_gets_each_of_its_formats(sdk: Sdk, name: str, container: str, rate_hz: int) -> None:
    asked = getattr(sdk.part("audio.tts_v2").AudioFormat, name)
    assert_speech(synthesizer(sdk, format=asked).call("Good evening, dear listeners."), container, rate_hz)


def test_speech_synthesizer_call_with_a_callback(sdk: Sdk) -> None:
    callback = TaskCallback()
    assert synthesizer(sdk, callback=callback).call("Good evening. Hello.") is None
    assert callback.over.wait(30)
    assert_speech(callback.sound, "MP3", 22050)
    kinds = [kind for kind in callback.told if kind != "sentence-synthesis"]
    assert kinds == ["open", *["sentence-begin", "sentence-end"] * 2, "complete", "close"]


def test_speech_synthesizer_streaming(sdk: Sdk) -> None:
    callback = TaskCallback()
    tts = sdk.part("audio.tts_v2")
    one = synthesizer(sdk, callback=callback, format=tts.AudioFormat.PCM_24000HZ_MONO_16BIT)
    one.streaming_call("今天")
    one.streaming_call("天气")
    one.streaming_flush()
    one.streaming_call("好。Good evening")
    one.streaming_complete()
    assert_speech(callback.sound, "PCM")
    assert callback.told.count("sentence-end") == 3
    assert callback.told[-2:] == ["complete", "close"]


def test_speech_synthesizer_is_told_of_a_failure(sdk: Sdk) -> None:
    failure = sdk.part("common.error").RequestFailure
    with pytest.raises(failure) as failed:
        synthesizer(sdk, voice="nobody").call("hi")
    assert failed.value.message == "[tts:]Engine return error code: 418"


def test_speech_synthesizer_gets_nothing_from_a_voice_in_review(sdk: Sdk) -> None:
    sdk.asker.review({"queries": None})
    assert synthesizer(sdk).call("Good evening.") is None


def test_client_tts_over_websocket(sdk: Sdk) -> None:
    tts = sdk.client().audio.tts
    asked = {"model": COSY_MODEL, "voice": sdk.asker.enrolled(), "ws_url": sdk.inference_url}
    assert_speech(tts.synthesize("Good evening.", **asked), "MP3", 22050)
    assert_speech(b"".join(tts.stream("Good evening.", **asked, format="wav", sample_rate=24000)))
    assert_speech(tts.synthesize("<speak>Good evening.</speak>", **asked, enable_ssml=True), "MP3", 22050)
    with tts.connect(**asked) as session:
        session.send_text("今天")
        session.cancel()
        events = [event for event in session.events() if not isinstance(event, bytes)]
    assert events[-1]["header"]["event"] == "task-finished"


def test_client_tts_takes_several_tasks_over_one_connection(sdk: Sdk) -> None:
    connection = sdk.module.WsConnection(url=sdk.inference_url, api_key="sk-test")
    voice = sdk.asker.enrolled()
    for text in ("Good evening.", "Good night."):
        with sdk.client().audio.tts.connect(model=COSY_MODEL, voice=voice, connection=connection) as session:
            session.send_text(text)
            session.stop()
            assert_speech(b"".join(session.audio_chunks()), "MP3", 22050)
            assert session.usage == {"characters": len(text)}
    connection.close()


def test_client_realtime(sdk: Sdk) -> None:
    voice = sdk.asker.voice(target_model=REALTIME_MODEL)
    connect = sdk.client().audio.realtime.connect
    with connect(model=REALTIME_MODEL, ws_url=sdk.realtime_url) as session:
        session.send_event({"type": "session.update", "session": {"voice": voice, "mode": "server_commit"}})
        session.send_event({"type": "input_text_buffer.append", "text": "Good evening."})
        session.end_session()
        events = list(session.events())
    kinds = [event["type"] for event in events if event["type"] != "response.audio.delta"]
    assert kinds == ["session.created", "session.updated", *RESPONSE, "session.finished"]
    assert_speech(b"".join(base64.b64decode(event["delta"]) for event in events if "delta" in event), "PCM")


@pytest.mark.parametrize("operation", ["realtime", "inference"])
def test_a_wrong_key_is_told_at_the_handshake_by_the_second_generation(sdk: Sdk, operation: str) -> None:
    refused = sdk_websocket(sdk).WebSocketBadStatusException
    sdk.asker.script({"match": {"operation": operation}, "status": 401})
    attempts: dict[str, Callable[[], Any]] = {
        "realtime": lambda: sdk.client().audio.realtime.connect(model="m", ws_url=sdk.realtime_url).connect(),
        "inference": lambda: sdk.client().audio.tts.synthesize("hi", model="m", voice="v", ws_url=sdk.inference_url),
    }
    with pytest.raises(refused) as denied:
        attempts[operation]()
    assert denied.value.status_code == 401
    assert json.loads(denied.value.resp_body)["code"] == "InvalidApiKey"


def sdk_websocket(sdk: Sdk) -> Any:
    """The library that the SDK itself brings."""
    return sdk.part("audio.qwen_tts_realtime.qwen_tts_realtime").websocket
