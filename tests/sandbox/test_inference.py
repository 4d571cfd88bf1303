"""Inference tasks: text in as it arrives, sentences out with their sound, limits, markup, reviews and what it costs."""

from __future__ import annotations

import io
import json
from collections.abc import Generator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sandbox.asking import AUDIO_MODEL, COSY_MODEL, Asker
from sandbox.served import served_sandbox
from sandbox.sockets import INFERENCE, DeniedError, Ended, Event, Socket, connected, kind_of, kinds
from voice_design_mcp.sandbox.app import IDLE_LIMIT_S
from voice_design_mcp.speech import formats

TASK = "2bf83b9a-baeb-4fda-8d9a-000000000001"
MISMATCH = ("InvalidParameter", "[tts:]Engine return error code: 418")


def saying(action: str, payload: Any = None, task_id: str = TASK) -> Event:
    header = {"action": action, "task_id": task_id, "streaming": "duplex"}
    return {"header": header, "payload": {} if payload is None else payload}


def run(voice: str, *, model: str = COSY_MODEL, task_id: str = TASK, **parameters: Any) -> Event:
    payload = {
        "task_group": "audio",
        "task": "tts",
        "function": "SpeechSynthesizer",
        "model": model,
        "parameters": {"text_type": "PlainText", "voice": voice} | parameters,
        "input": {},
    }
    return saying("run-task", payload, task_id)


def text(said: Any, task_id: str = TASK) -> Event:
    return saying("continue-task", {"input": {"text": said}}, task_id)


FLUSH = saying("continue-task", {"input": {"flush": True}})
FINISH = saying("finish-task", {"input": {}})
CANCEL = saying("finish-task", {"input": {"directive": "cancel"}})


@contextmanager
def started(asker: Asker, voice: str, **parameters: Any) -> Generator[Socket]:
    """A connection with a task that was started."""
    with connected(str(asker.http.base_url), INFERENCE) as socket:
        socket.send(run(voice, **parameters))
        assert kinds(socket.until("task-started")) == ["task-started"]
        yield socket


def speak(asker: Asker, voice: str, *texts: str, **parameters: Any) -> list[Any]:
    """Every frame of one task, from its first text to its end."""
    with started(asker, voice, **parameters) as socket:
        socket.send(*(text(one) for one in texts), FINISH)
        return socket.until("task-finished")


def sound_of(frames: list[Any]) -> bytes:
    return b"".join(frame for frame in frames if isinstance(frame, bytes))


def spoken(frames: list[Any]) -> list[str]:
    """The sentences, in order."""
    ends = [frame for frame in frames if not isinstance(frame, bytes) and kind_of(frame) == "sentence-end"]
    return [end["payload"]["output"]["original_text"] for end in ends]


def cost(frames: list[Any]) -> int:
    return frames[-1]["payload"]["usage"]["characters"]


def failure(asker: Asker, *said: Any) -> tuple[str, str]:
    """Code and message of the failure that ends a connection on which this is said."""
    with connected(str(asker.http.base_url), INFERENCE) as socket:
        socket.send(*said)
        *_, failed = socket.rest()
        assert socket.ended == Ended(1007, "")
    assert kind_of(failed) == "task-failed"
    assert failed["payload"] == {}
    return failed["header"]["error_code"], failed["header"]["error_message"]


@pytest.fixture
def voice(asker: Asker) -> str:
    return asker.enrolled()


def test_sentences_are_spoken_as_they_become_whole_each_piece_announced(asker: Asker, voice: str) -> None:
    with started(asker, voice, format="pcm", sample_rate=24000) as socket:
        socket.send(text("Good eve"), text("ning. And"))
        first = socket.until("sentence-end")
        socket.send(text(" good night"), FINISH)
        frames = first + socket.until("task-finished")
    assert spoken(frames) == ["Good evening.", "And good night"]
    for announced, frame in pairwise(frames):
        is_announced = not isinstance(announced, bytes) and kind_of(announced) == "sentence-synthesis"
        assert is_announced == isinstance(frame, bytes)
    assert [frame["payload"]["output"]["sentence"]["index"] for frame in frames[:-1] if isinstance(frame, dict)][
        -1
    ] == 1
    usages = [frame["payload"]["usage"]["characters"] for frame in frames if "usage" in payload_of(frame)]
    assert usages == [13, 28, 28]
    assert asker.usage()["characters"] == 28


def payload_of(frame: Any) -> dict[str, Any]:
    return {} if isinstance(frame, bytes) else frame["payload"]


def test_a_flush_has_what_is_there_spoken_and_a_cancellation_has_not(asker: Asker, voice: str) -> None:
    with started(asker, voice) as socket:
        socket.send(text("今天"), text("天气"), FLUSH)
        flushed = socket.until("sentence-end")
        socket.send(text("好"), CANCEL)
        frames = flushed + socket.until("task-finished")
    assert spoken(frames) == ["今天天气"]
    assert cost(frames) == 8


def test_a_cancelled_task_stops_in_the_middle_of_a_sentence(asker: Asker, voice: str) -> None:
    asker.script({"match": {"operation": "synthesize"}, "when": "after", "action": "stall", "frame": 5})
    with started(asker, voice) as socket:
        socket.send(text("A long sentence. "))
        asker.until_held(1)
        socket.send(CANCEL, FLUSH)
        asker.release()
        frames = socket.rest()
        assert socket.ended == Ended(1007, "")
    assert kind_of(frames[-1]) == "task-failed"


def test_a_connection_takes_one_task_after_the_other(asker: Asker, voice: str) -> None:
    other = asker.enrolled(target_model=AUDIO_MODEL)
    with connected(str(asker.http.base_url), INFERENCE) as socket:
        for number, (model, name) in enumerate([(COSY_MODEL, voice), (AUDIO_MODEL, other), (COSY_MODEL, voice)]):
            task_id = f"task-{number}"
            socket.send(run(name, model=model, task_id=task_id), text("Hello.", task_id))
            socket.send(saying("finish-task", {"input": {}}, task_id))
            frames = socket.until("task-finished")
            assert {frame["header"]["task_id"] for frame in frames if isinstance(frame, dict)} == {task_id}
            assert (spoken(frames), cost(frames)) == (["Hello."], 6)
    assert asker.usage()["characters"] == 18


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 24000, 44100, 48000])
@pytest.mark.parametrize("response_format", ["pcm", "wav", "mp3", "opus"])
def test_all_of_a_task_is_one_file_in_the_asked_format_and_rate(
    asker: Asker, voice: str, response_format: str, rate_hz: int
) -> None:
    sound = sound_of(speak(asker, voice, "Good evening. Hello.", format=response_format, sample_rate=rate_hz))
    assert formats.sniff(sound) == (None if response_format == "pcm" else response_format)
    seconds, loudness = measured(sound, response_format, rate_hz)
    assert 1.4 < seconds < 4
    assert 0.02 < loudness < 0.3


def measured(sound: bytes, response_format: str, rate_hz: int) -> tuple[float, float]:
    """Seconds and root mean square, by libsndfile where there is a header."""
    if response_format == "pcm":
        samples = np.frombuffer(sound, "<i2").astype(np.float64) / 32768
    else:
        samples, found_hz = soundfile.read(io.BytesIO(sound))
        codable = {22050: 24000, 44100: 48000} if response_format == "opus" else {}
        assert found_hz == codable.get(rate_hz, rate_hz)
        rate_hz = found_hz
    return len(samples) / rate_hz, float(np.sqrt(np.mean(samples**2)))


def test_what_the_sdk_sends_by_default_is_mp3_at_22050_hz(asker: Asker, voice: str) -> None:
    sound = sound_of(speak(asker, voice, "Good evening.", format="Default", sample_rate=0, seed=0, type=0))
    assert sound == sound_of(speak(asker, voice, "Good evening."))
    assert formats.sniff(sound) == "mp3"
    measured(sound, "mp3", 22050)


def test_rate_pitch_and_volume_are_heard(asker: Asker, voice: str) -> None:
    def pcm(**parameters: Any) -> np.ndarray[Any, np.dtype[np.int16]]:
        frames = speak(asker, voice, "Good evening, dear listeners.", format="pcm", sample_rate=24000, **parameters)
        return np.frombuffer(sound_of(frames), "<i2")

    plain, fast, soft, high = pcm(), pcm(rate=2), pcm(volume=10), pcm(pitch=1.5)
    assert len(fast) < 0.75 * len(plain)
    assert np.abs(soft).max() < 0.3 * np.abs(plain).max()
    assert not np.array_equal(plain, high)


@pytest.mark.parametrize(
    "parameters",
    [
        *({"format": value} for value in ("flac", "default", 1)),
        *({"sample_rate": value} for value in (11025, 1, -1, "22050", True)),
        *({"volume": value} for value in (-1, 101, 1.5, "50")),
        *({name: value} for name in ("rate", "pitch") for value in (0.49, 2.01, "1", False)),
        *({"bit_rate": value} for value in (5, 511, 32.5)),
        *({"seed": value} for value in (-1, 65536, "1")),
        *({name: "yes"} for name in ("enable_ssml", "word_timestamp_enabled", "enable_markdown_filter")),
        *({"language_hints": value} for value in ("zh", [1], {"a": 1})),
        *({"instruction": value} for value in (1, "开" * 51, "a" * 101)),
        *({"hot_fix": value} for value in ("x", [1])),
        *({"text_type": value} for value in ("Text", 1)),
        *({"aigc_propagator": 1}, {"enable_aigc_tag": 1}),
    ],
)
def test_a_parameter_beyond_its_range_fails_the_task_by_its_name(
    asker: Asker, voice: str, parameters: dict[str, Any]
) -> None:
    code, message = failure(asker, run(voice, **parameters))
    assert code == "InvalidParameter"
    assert next(iter(parameters)) in message


@pytest.mark.parametrize(
    "parameters",
    [
        {"volume": 0, "rate": 0.5, "pitch": 2.0, "seed": 65535, "bit_rate": 6, "type": 0},
        {"volume": 100, "rate": 2, "pitch": 0.5, "seed": 0, "bit_rate": 510, "instruction": "开" * 50},
        {"word_timestamp_enabled": True, "hot_fix": {"replace": [{"a": "b"}]}, "enable_aigc_tag": True},
        {"language_hints": ["en"], "aigc_propagator": "", "aigc_propagate_id": "1", "surprise": [1], "format": None},
        {"language_hints": ["vi"], "text_type": "SSML"},
    ],
)
def test_a_parameter_within_its_range_is_taken(asker: Asker, voice: str, parameters: dict[str, Any]) -> None:
    with started(asker, voice, **parameters):
        pass


def test_an_instruction_may_be_longer_for_the_models_that_set_no_limit(asker: Asker) -> None:
    with started(asker, asker.enrolled(target_model=AUDIO_MODEL), model=AUDIO_MODEL, instruction="a" * 500):
        pass


def test_a_voice_and_a_model_that_do_not_belong_together_fail(asker: Asker, voice: str) -> None:
    for model, name in [(AUDIO_MODEL, voice), (COSY_MODEL, "nobody"), (COSY_MODEL, asker.voice())]:
        assert failure(asker, run(name, model=model)) == MISMATCH


def test_a_voice_that_was_rejected_is_invalid_and_one_in_review_has_no_sound_and_no_bill(asker: Asker) -> None:
    asker.review({"outcome": "UNDEPLOYED"}, {"queries": None})
    rejected, deploying = asker.enrolled(), asker.enrolled()
    assert failure(asker, run(rejected)) == ("InvalidParameter", "Request voice is invalid!")
    frames = speak(asker, deploying, "Good evening. Hello.")
    assert kinds(frames) == ["task-finished"]
    assert cost(frames) == asker.usage()["characters"] == 0
    asker.http.post("/sandbox/review/release")
    assert cost(speak(asker, deploying, "Good evening. Hello.")) == 20


def test_a_task_without_text_is_finished_at_once(asker: Asker, voice: str) -> None:
    assert kinds(speak(asker, voice)) == ["task-finished"]
    assert kinds(speak(asker, voice, "", " ")) == ["task-finished"]


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        (["no json"], "InvalidParameter", "Required body invalid"),
        ([b"\x00"], "InvalidParameter", "Required body invalid"),
        (["{}"], "InvalidParameter", "header"),
        ([{"header": {"action": "run-task"}, "payload": {}}], "InvalidParameter", "task_id"),
        ([{"header": {"action": "explode", "task_id": "a"}, "payload": {}}], "InvalidParameter", "action"),
        ([{"header": {"action": "run-task", "task_id": "a"}}], "InvalidParameter", "payload"),
        ([saying("run-task")], "InvalidParameter", "Missing required parameter 'payload.model'!"),
        ([run("x", model="cosyvoice-v9")], "ModelNotFound", "Model can not be found."),
        ([run("")], "InvalidParameter", "voice"),
        ([FINISH], "InvalidParameter", "Please follow the protocol!"),
        ([FLUSH], "InvalidParameter", "Please follow the protocol!"),
        ([text("Hello.")], "InvalidParameter", "Please follow the protocol!"),
    ],
)
def test_what_does_not_follow_the_protocol_fails(asker: Asker, said: list[Any], code: str, told: str) -> None:
    found, message = failure(asker, *said)
    assert (found, told in message) == (code, True), message


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([saying("run-task", {"model": COSY_MODEL})], "running already"),
        ([text("Hello.", "another")], "Please follow the protocol!"),
        ([text(5)], "text"),
        ([saying("continue-task", {"input": {}})], "Invalid payload data"),
        ([saying("continue-task", {"input": {"flush": "yes"}})], "flush"),
        ([saying("continue-task")], "input"),
        ([saying("finish-task", {"input": {"directive": "explode"}})], "directive"),
        ([text("…"), FLUSH], "Please ensure input text is valid."),
        ([text("…"), FINISH], "Please ensure input text is valid."),
        ([text("<speak>Hello.</speak>")], "SSML text is not supported at the moment!"),
        ([text("a" * 20_001)], "20000"),
        ([text("长" * 10_001)], "20000"),
    ],
)
def test_what_a_running_task_cannot_take_fails_it(asker: Asker, voice: str, said: list[Any], told: str) -> None:
    code, message = failure(asker, run(voice), *said)
    assert (code, told in message) == ("InvalidParameter", True), message
    assert asker.usage()["characters"] == 0


def test_a_marked_text_fails_as_the_vendor_s_moderation_does(asker: Asker, voice: str) -> None:
    assert failure(asker, run(voice), text("Oh [sandbox:inappropriate]."))[0] == "DataInspectionFailed"


def test_a_task_takes_200000_characters_and_not_one_more(asker: Asker, voice: str) -> None:
    with started(asker, voice) as socket:
        socket.send(*(text("a" * 20_000) for _ in range(10)), CANCEL)
        assert kinds(socket.until("task-finished")) == ["task-finished"]
    code, message = failure(asker, run(voice), *(text("a" * 20_000) for _ in range(10)), text("a"))
    assert (code, "200000" in message) == ("InvalidParameter", True)


def test_a_task_that_waits_too_long_for_text_fails_and_one_that_speaks_does_not(tmp_path: Path) -> None:
    with served_sandbox(tmp_path, idle_limit_s=0.2) as base_url, (asker := Asker(base_url)).http:
        voice = asker.enrolled()
        assert failure(asker, run(voice)) == ("CLIENT_ERROR", "request timeout after 0.2 seconds.")
        assert failure(asker, run(voice), text("Hel"))[0] == "CLIENT_ERROR"
        asker.script({"match": {"operation": "synthesize"}, "delay_s": 0.5})
        assert spoken(speak(asker, voice, "Hello.")) == ["Hello."]


def test_the_limit_is_the_documented_23_seconds() -> None:
    assert IDLE_LIMIT_S == 23


def test_marked_up_text_is_spoken_without_its_marks_and_alone(asker: Asker, voice: str) -> None:
    markup = '<speak rate="1.1">Good <break time="1s"/>evening. <s>你好</s></speak>'
    frames = speak(asker, voice, markup, enable_ssml=True)
    assert spoken(frames) == ["Good  evening.", "你好"]
    assert cost(frames) == len("Good  evening. ") + 4
    assert spoken(speak(asker, voice, "Plain text", enable_ssml=True)) == ["Plain text"]
    code, message = failure(asker, run(voice, enable_ssml=True), text("One."), text("Two."))
    assert (code, message) == ("InvalidParameter", "Text request limit violated, expected 1.")


@pytest.mark.parametrize(
    "markup",
    [
        "<speak>Hello.",
        "<speak>Hello.</speak> and more",
        "<speak><speak>Hello.</speak></speak>",
        "<speaker>Hello.</speaker>",
        "<speak>&laugh;</speak>",
        '<speak xmlns="a"><x></speak>',
        "<speak>\x00</speak>",
    ],
)
def test_markup_that_is_not_well_formed_is_refused(asker: Asker, voice: str, markup: str) -> None:
    code, message = failure(asker, run(voice, enable_ssml=True), text(markup))
    assert (code, message) == ("InvalidParameter", "Please ensure input text is valid.")


def test_models_without_markup_say_so(asker: Asker) -> None:
    voice = asker.enrolled(target_model=AUDIO_MODEL)
    said = failure(asker, run(voice, model=AUDIO_MODEL, enable_ssml=True), text("<speak>Hello.</speak>"))
    assert said == ("InvalidParameter", "SSML text is not supported at the moment!")


def test_without_a_key_the_handshake_is_refused(asker: Asker) -> None:
    with pytest.raises(DeniedError) as denied, connected(str(asker.http.base_url), INFERENCE, key=""):
        pass
    assert denied.value.status == 401
    assert json.loads(denied.value.body)["code"] == "InvalidApiKey"
