"""Both WebSocket protocols, spoken as the documents and the vendor's SDK speak them."""

from __future__ import annotations

import io
import json
import wave
from typing import Any

import pytest

from vendor_client.asking import http
from vendor_client.speaking import COSYVOICE, REALTIME, VOICE, exchange, heard, sound_of, stream
from vendor_client.talker import Line, Talker, inference, realtime
from voice_design_mcp.dashscope.inference import InferenceDialogue
from voice_design_mcp.dashscope.qwen import QwenFamily
from voice_design_mcp.dashscope.realtime import RealtimeDialogue
from voice_design_mcp.dashscope.seam import SpeechOptions
from voice_design_mcp.errors import ProtocolError, RejectedError, RetiredError, UnavailableError

BIG = bytes(range(256)) * 1200
"""More than httpx2's own limit for one message."""


def replayed(dialogue: Any, name: str) -> tuple[list[dict[str, Any]], bytes, bool]:
    """What a dialogue sends, hears and ends as, when it gets the recorded server's frames."""
    ours, sound, finished = [*dialogue.opening()], b"", False
    for frame in exchange(name)["frames"]:
        if frame["dir"] == "s2c" and frame.get("type") != "close":
            turn = dialogue.hear(frame["text"] if "text" in frame else bytes.fromhex("00") * frame["len"])
            assert not turn.odd
            ours += turn.send
            sound += turn.audio
            finished = turn.finished
    return [json.loads(each) for each in ours], sound, finished


def theirs(name: str) -> list[dict[str, Any]]:
    return [
        json.loads(frame["text"]) for frame in exchange(name)["frames"] if frame["dir"] == "c2s" and "text" in frame
    ]


def masked(events: list[dict[str, Any]], task_id: str = "") -> list[dict[str, Any]]:
    text = json.dumps([{**event, "event_id": "-"} if "event_id" in event else event for event in events])
    return json.loads(text.replace(task_id, "-") if task_id else text)


def session(voice: str = "qwen-tts-vd-announcer-voice-20251224195614166-b94c") -> dict[str, Any]:
    return {"voice": voice, "response_format": "pcm", "sample_rate": 24000}


def test_parts_of_a_text_are_committed_one_by_one_as_the_sdk_does() -> None:
    dialogue = RealtimeDialogue(model=REALTIME, session=session(), parts=["one", "two"], new_id=lambda: "-")
    ours, sound, finished = replayed(dialogue, "ws_rt_v1_commit")
    assert ours == masked(theirs("ws_rt_v1_commit"))
    assert (len(sound), finished, dialogue.characters, dialogue.request_id) == (480, True, 6, "sess_xxx")


def test_a_whole_text_is_cut_by_the_server_as_the_sdk_does() -> None:
    text = "".join(event["text"] for event in theirs("ws_rt_v1_server_commit") if "text" in event)
    dialogue = RealtimeDialogue(model=REALTIME, session=session(), parts=[text], new_id=lambda: "-")
    ours, sound, finished = replayed(dialogue, "ws_rt_v1_server_commit")
    update, *appended, finish = masked(theirs("ws_rt_v1_server_commit"))
    assert ours == [update, {**appended[0], "text": text}, finish]
    assert (len(sound), finished, dialogue.characters) == (240, True, 14)


def test_a_task_is_run_continued_and_finished_as_the_sdk_does() -> None:
    recorded = theirs("ws_tts_v2_synthesize")
    task_id, asked = recorded[0]["header"]["task_id"], recorded[0]["payload"]["parameters"]
    parameters = {name: value for name, value in asked.items() if name != "text_type"}
    dialogue = InferenceDialogue(model=COSYVOICE, parameters=parameters, parts=["hi"], task_id=task_id)
    ours, sound, finished = replayed(dialogue, "ws_tts_v2_synthesize")
    assert masked(ours, task_id) == masked(recorded, task_id)
    assert (len(sound), finished, dialogue.characters) == (200, True, 2)
    assert dialogue.request_id == "0a9dba9e-d3a6-45a4-be6d-xxxxxxxxxxxx"


@pytest.mark.parametrize("name", ["ws_tts_v1_failed_mid", "ws_tts_v1_failed_at_start"])
def test_a_recorded_failure_is_a_refusal_in_the_servers_words(name: str) -> None:
    task_id = theirs(name)[0]["header"]["task_id"]
    dialogue = InferenceDialogue(model=COSYVOICE, parameters={}, parts=["hi"], task_id=task_id)
    last = [frame for frame in exchange(name)["frames"] if frame["dir"] == "s2c" and "text" in frame][-1]
    refused = dialogue.hear(last["text"]).refused
    assert refused is not None
    assert (refused.code, refused.words) == ("InvalidParameter", "[tts:]Engine return error code: 418")


async def test_a_realtime_voice_is_asked_for_with_everything_that_was_given() -> None:
    options = SpeechOptions(response_format="opus", sample_rate_hz=16000, speech_rate=1.2, pitch_rate=0.9, volume=60)
    async with Talker(realtime([b"so", b"und"])) as talker, http(talker.origin, workspace_id="ws-1") as client:
        pieces, error = await heard(stream(client, REALTIME, "Hello.", language="zh", options=options))
    assert error is None
    [line] = talker.lines
    recorded = theirs("ws_rt_v1_all_params")[0]["session"]
    ours = line.heard[0]["session"]
    undocumented = {"bit_rate", "enable_tn", "instructions", "optimize_instructions", "extra_key", "voice"}
    assert ours.pop("voice") == VOICE
    assert ours == {name: value for name, value in recorded.items() if name not in undocumented}
    assert line.request.target == exchange("ws_rt_v1_server_commit")["request"]["target"]
    headers = dict(line.request.extra_headers)
    assert headers[b"authorization"].startswith(b"Bearer sk-canary")
    assert headers[b"x-dashscope-workspace"] == b"ws-1"
    assert [(piece.response_format, piece.sample_rate_hz) for piece in pieces] == [("opus", 16000)] * 3


async def test_a_cosyvoice_voice_is_asked_for_with_everything_that_was_given() -> None:
    options = SpeechOptions(
        response_format="mp3", sample_rate_hz=22050, speech_rate=1.2, pitch_rate=0.9, volume=60, instructions="softly"
    )
    async with Talker(inference([b"so", b"und"])) as talker, http(talker.origin) as client:
        pieces, error = await heard(stream(client, COSYVOICE, ["One.", " ", "Two."], language="en", options=options))
    assert error is None
    [line] = talker.lines
    assert line.request.target == "/api-ws/v1/inference"
    assert line.heard[0]["payload"]["parameters"] == {
        "text_type": "PlainText",
        "voice": VOICE,
        "format": "mp3",
        "sample_rate": 22050,
        "volume": 60,
        "rate": 1.2,
        "pitch": 0.9,
        "instruction": "softly",
        "language_hints": ["en"],
    }
    said = [event["payload"]["input"].get("text") for event in line.heard if "input" in event["payload"]]
    assert said == [None, "One.", "Two.", None]
    assert len({event["header"]["task_id"] for event in line.heard}) == 1
    assert sound_of(pieces) == b"sound"


async def test_each_piece_leaves_as_it_comes_and_only_the_last_is_finished() -> None:
    async with Talker(realtime([b"ab", b"cd"], [b"ef"], characters=7)) as talker, http(talker.origin) as client:
        pieces, error = await heard(stream(client, REALTIME))
    assert error is None
    assert [(piece.audio, piece.characters, piece.finished) for piece in pieces] == [
        (b"ab", None, False),
        (b"cd", None, False),
        (b"ef", 7, False),
        (b"", 14, True),
    ]
    assert pieces[-1].request_id == "sess_1"


async def test_a_session_ends_by_its_last_event_and_not_by_a_response() -> None:
    async with Talker(realtime([b"ab"], [b"cd"], [b"ef"], stays=True)) as talker, http(talker.origin) as client:
        pieces, _ = await heard(stream(client, REALTIME))
    assert sound_of(pieces) == b"abcdef"
    assert talker.lines[0].ended.startswith("close"), "the connection was left open"


async def test_parts_are_spoken_one_response_each_in_their_order() -> None:
    async with Talker(realtime([b"ab"], [b"cd"])) as talker, http(talker.origin) as client:
        pieces, error = await heard(stream(client, REALTIME, ["one", "two"]))
    assert error is None
    assert sound_of(pieces) == b"abcd"
    assert talker.lines[0].heard[0]["session"]["mode"] == "commit"


@pytest.mark.parametrize("model", [REALTIME, COSYVOICE])
async def test_a_piece_may_be_larger_than_a_message_usually_is(model: str) -> None:
    talking = realtime([BIG]) if model == REALTIME else inference([BIG])
    async with Talker(talking) as talker, http(talker.origin) as client:
        pieces, error = await heard(stream(client, model))
    assert error is None
    assert sound_of(pieces) == BIG


async def test_a_count_that_never_comes_is_none() -> None:
    talking = inference([b"ab"], characters=None, told_at_the_end=False)
    async with Talker(talking) as talker, http(talker.origin) as client:
        pieces, error = await heard(stream(client, COSYVOICE))
    assert error is None
    assert pieces[-1].characters is None
    assert pieces[-1].request_id == talker.lines[0].heard[0]["header"]["task_id"]


@pytest.mark.parametrize("asked", [None, "wav"])
async def test_a_whole_answer_of_a_realtime_model_is_a_wav_of_its_true_length(asked: str | None) -> None:
    options = SpeechOptions(response_format=asked, sample_rate_hz=16000)
    async with Talker(realtime([b"ab", b"cd"], [b"ef"])) as talker, http(talker.origin) as client:
        spoken = await QwenFamily(client).speak(
            model=REALTIME, voice=VOICE, text="Hello.", language="", options=options
        )
    assert talker.lines[0].heard[0]["session"]["response_format"] == "pcm"
    assert (spoken.response_format, spoken.sample_rate_hz, spoken.characters, spoken.url) == ("wav", 16000, 14, "")
    with wave.open(io.BytesIO(spoken.data)) as read:
        assert (read.getnchannels(), read.getsampwidth(), read.getframerate()) == (1, 2, 16000)
        assert (read.getnframes(), read.readframes(9)) == (3, b"abcdef")


async def test_a_whole_answer_in_another_form_is_left_as_it_came() -> None:
    options = SpeechOptions(response_format="mp3")
    async with Talker(realtime([b"ab", b"cd"])) as talker, http(talker.origin) as client:
        spoken = await QwenFamily(client).speak(
            model=REALTIME, voice=VOICE, text="Hello.", language="", options=options
        )
    assert (spoken.data, spoken.response_format) == (b"abcd", "mp3")


@pytest.mark.parametrize("model", [REALTIME, COSYVOICE])
async def test_speech_without_a_sound_is_an_error_and_names_the_review(model: str) -> None:
    talking = realtime([]) if model == REALTIME else inference([])
    async with Talker(talking) as talker, http(talker.origin) as client:
        pieces, error = await heard(stream(client, model))
    assert pieces == []
    assert isinstance(error, ProtocolError)
    assert (error.code, error.billed, error.characters) == ("no_audio", "yes", 7)
    assert "reviewed" in error.hint


async def test_a_response_that_failed_is_not_taken_for_the_end() -> None:
    async with Talker(realtime([b"ab"], [b"cd"], status="failed")) as talker, http(talker.origin) as client:
        pieces, error = await heard(stream(client, REALTIME))
    assert sound_of(pieces) == b"ab"
    assert isinstance(error, UnavailableError)
    assert (error.billed, error.received_bytes, error.characters) == ("yes", 2, 7)


async def test_a_refused_voice_costs_nothing_since_the_text_waited() -> None:
    async def refuses(line: Line) -> None:
        await line.say(type="session.created", session={"id": "sess_1"})
        await line.hear()
        words = "The requested voice 'a-voice' is not supported."
        await line.say(type="error", error={"code": "invalid_value", "message": words})
        await line.until_gone()

    async with Talker(refuses) as talker, http(talker.origin) as client:
        _, error = await heard(stream(client, REALTIME))
    assert isinstance(error, RejectedError)
    assert (error.code, error.billed, error.vendor_code) == ("voice_model_mismatch", "no", "invalid_value")
    assert [event["type"] for event in talker.lines[0].heard] == ["session.update"]


async def test_a_model_that_is_gone_is_told_by_how_the_connection_closes() -> None:
    async def gone(line: Line) -> None:
        await line.hear() if line.request.target.endswith("inference") else None
        await line.end("close-1007 Model not found")

    async with Talker(gone) as talker, http(talker.origin) as client:
        _, error = await heard(stream(client, REALTIME))
    assert isinstance(error, RetiredError)
    assert (error.billed, error.vendor_code) == ("no", "close-1007")
    assert "voice-enrollment" in str(error)


async def test_a_task_that_fails_mid_way_says_what_had_come() -> None:
    async def fails(line: Line) -> None:
        run = await line.hear()
        head: dict[str, Any] = {"task_id": run["header"]["task_id"], "attributes": {}}
        await line.say(header={**head, "event": "task-started"}, payload={})
        while (await line.hear())["header"]["action"] != "finish-task":
            pass
        await line.sound(b"sound")
        failed = {**head, "event": "task-failed", "error_code": "InternalError", "error_message": "oops sk-canary"}
        await line.say(header=failed, payload={})
        await line.end("close-1007")

    async with Talker(fails) as talker, http(talker.origin) as client:
        pieces, error = await heard(stream(client, COSYVOICE))
    assert sound_of(pieces) == b"sound"
    assert isinstance(error, UnavailableError)
    assert (error.billed, error.received_bytes, error.characters) == ("maybe", 5, None)
    assert "5 bytes" in error.message
    assert "oops" not in f"{error} {error.hint}"
