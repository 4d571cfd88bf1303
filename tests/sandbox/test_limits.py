"""Every documented limit, one step inside and one outside, and every wrong type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.asking import CUSTOMIZATION, GENERATION, REALTIME_MODEL, SPEECH_MODEL, Asker, refusal

MARKED = "A calm man [sandbox:inappropriate]."


@pytest.mark.parametrize(
    "changes",
    [
        {"voice_prompt": "a"},
        {"voice_prompt": "a" * 2048},
        {"voice_prompt": "沉稳的中年男性播音员"},
        {"voice_prompt": "A calm man, 沉稳, in the manner of a café owner."},
        {"preview_text": "a"},
        {"preview_text": "42"},
        {"preferred_name": "a"},
        {"preferred_name": "Abc_456_890_2345"},
        {"preferred_name": None, "language": None},
        {"target_model": "qwen3-tts-vd-realtime-2026-01-15"},
        {"target_model": "qwen3-tts-vd-realtime-2025-12-16"},
        {"language": "zh"},
        {"no_such_field": [None, {"a": 1}]},
    ],
)
def test_a_create_within_the_limits_is_served(asker: Asker, changes: dict[str, Any]) -> None:
    assert asker.create(**changes).status_code == 200


def test_a_preview_text_of_1024_characters_is_served(asker: Asker) -> None:
    assert asker.create(preview_text="Hi." + " " * 1021).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"voice_prompt": ""},
        {"voice_prompt": "a" * 2049},
        {"voice_prompt": "Спокойный мужской голос"},
        {"voice_prompt": "落ち着いたナレーターのようなこえでおねがいします"},
        {"voice_prompt": "42 …"},
        {"voice_prompt": None},
        {"voice_prompt": 7},
        {"voice_prompt": ["a"]},
        {"voice_prompt": "a\ud800b"},
        {"preview_text": ""},
        {"preview_text": "a" * 1025},
        {"preview_text": "صوت"},
        {"preview_text": " … "},
        {"preview_text": None},
        {"preview_text": {"text": "a"}},
        {"preferred_name": ""},
        {"preferred_name": "a" * 17},
        {"preferred_name": "a-b"},
        {"preferred_name": "ab\n"},
        {"preferred_name": "名"},
        {"preferred_name": 1},
        {"target_model": None},
        {"target_model": "qwen3-tts-vd"},
        {"target_model": "voice-enrollment"},
        {"target_model": True},
        {"language": "EN"},
        {"language": "nl"},
        {"language": ""},
        {"language": 1},
    ],
)
def test_a_create_beyond_a_limit_is_refused_and_bills_nothing(asker: Asker, changes: dict[str, Any]) -> None:
    asked = {"action": "create", "target_model": SPEECH_MODEL, "voice_prompt": "A calm man.", "preview_text": "Hello."}
    body = json.dumps({"model": "qwen-voice-design", "input": asked | changes})
    status, code, message = refusal(asker.http.post(CUSTOMIZATION, content=body))
    assert (status, code) == (400, "InvalidParameter")
    assert next(iter(changes)) in message
    assert asker.usage()["voice_creations"] == 0
    assert asker.list()["total_count"] == 0


@pytest.mark.parametrize(
    "parameters",
    [
        *({"sample_rate": rate} for rate in (0, 7999, 8001, 22050, 44100, -1, 24000.0, "24000", True, 10**40)),
        *({"response_format": name} for name in ("", "WAV", "ogg", "flac", 1, ["wav"])),
    ],
)
def test_a_rate_or_format_that_is_not_documented_is_refused(asker: Asker, parameters: dict[str, Any]) -> None:
    status, code, message = refusal(asker.create(parameters=parameters))
    assert (status, code) == (400, "InvalidParameter")
    assert next(iter(parameters)) in message


@pytest.mark.parametrize(
    "page", [{}, {"page_index": 0}, {"page_index": 200}, {"page_size": 1}, {"page_size": 10**30}, {"page_size": None}]
)
def test_a_page_within_the_limits_is_served(asker: Asker, page: dict[str, Any]) -> None:
    assert asker.list(**page)["page_index"] == page.get("page_index", 0)


@pytest.mark.parametrize(
    "page",
    [
        *({"page_index": index} for index in (-1, 201, 1.0, "0", False)),
        *({"page_size": size} for size in (0, -1, 1.5, "10", True, [1])),
    ],
)
def test_a_page_beyond_the_limits_is_refused(asker: Asker, page: dict[str, Any]) -> None:
    status, code, message = refusal(asker.customize({"action": "list"} | page))
    assert (status, code) == (400, "InvalidParameter")
    assert next(iter(page)) in message


@pytest.mark.parametrize(
    "asked",
    [
        *({}, {"action": None}, {"action": "drop"}, {"action": "create_voice"}, {"action": 1}, {"action": "query"}),
        *({"action": "query", "voice": ""}, {"action": "delete", "voice": 5}, {"action": "delete", "voice": "\udfff"}),
    ],
)
def test_an_action_that_is_none_is_refused(asker: Asker, asked: dict[str, Any]) -> None:
    body = json.dumps({"model": "qwen-voice-design", "input": asked})
    assert refusal(asker.http.post(CUSTOMIZATION, content=body))[:2] == (400, "InvalidParameter")


@pytest.mark.parametrize("path", [CUSTOMIZATION, GENERATION])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"model": NaN, "input": {}}',
        b'{"model": "qwen-voice-design", "input": []}',
        b'{"model": "qwen-voice-design"}',
        b'{"model": ["qwen-voice-design"], "input": {"action": "list"}}',
        b'{"model": "qwen-voice-design", "input": {"action": "list", "page_size": Infinity}}',
        b'{"model": "qwen-voice-design", "input": {"action": "list", "page_size": 1e999}}',
        b'{"model": "qwen-voice-design", "input": {"action": "list", "page_size": ' + b"9" * 5000 + b"}}",
        b'{"model": "\\ud800", "input": {}}',
        b'{"model": "\xff\xfe", "input": {}}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"model": "qwen3-tts-vd-2026-01-26", "input": {"text": 5, "voice": "x"}}',
        b'{"model": "qwen3-tts-vd-2026-01-26", "input": {"text": "hello", "voice": "x", "language_type": "en"}}',
    ],
)
def test_a_body_that_is_no_request_is_refused_in_the_vendor_s_shape(asker: Asker, path: str, body: bytes) -> None:
    answer = asker.http.post(path, content=body)
    assert refusal(answer)[:2] in ((400, "InvalidParameter"), (404, "ModelNotFound"))
    assert answer.headers["x-voice-design-sandbox"] == "1"


def test_a_body_of_one_megabyte_is_read_and_one_byte_more_is_not(asker: Asker) -> None:
    start, end = b'{"model":"qwen-voice-design","input":{"action":"list"},"x":"', b'"}'
    filling = 1_000_000 - len(start) - len(end)
    assert asker.http.post(CUSTOMIZATION, content=start + b"x" * filling + end).status_code == 200
    answer = asker.http.post(CUSTOMIZATION, content=start + b"x" * (filling + 1) + end)
    assert refusal(answer) == (
        400,
        "InvalidParameter",
        "Required body invalid, please check the request body format.",
    )


@pytest.mark.parametrize("path", [CUSTOMIZATION, GENERATION])
def test_an_unknown_model_is_the_vendor_s_404(asker: Asker, path: str) -> None:
    answer = asker.http.post(path, json={"model": "qwen9", "input": {"action": "list", "text": "a", "voice": "b"}})
    assert refusal(answer) == (404, "ModelNotFound", "Model can not be found.")


def test_speech_takes_600_characters_and_not_601(asker: Asker) -> None:
    voice = asker.voice()
    assert asker.synthesize(voice, "Hi." + " " * 597).status_code == 200
    status, code, message = refusal(asker.synthesize(voice, "Hi." + " " * 598))
    assert (status, code) == (400, "InvalidParameter")
    assert "600" in message
    assert refusal(asker.synthesize(voice, ""))[:2] == (400, "InvalidParameter")
    assert refusal(asker.synthesize(voice, "…"))[:2] == (400, "InvalidParameter")
    assert asker.usage()["characters"] == 600


def test_a_realtime_model_is_not_served_over_rest(asker: Asker) -> None:
    voice = asker.voice(target_model=REALTIME_MODEL)
    assert refusal(asker.synthesize(voice, model=REALTIME_MODEL))[:2] == (400, "InvalidParameter")


@pytest.mark.parametrize("changes", [{"voice_prompt": MARKED}, {"preview_text": MARKED}])
def test_a_marked_text_is_refused_by_moderation(asker: Asker, changes: dict[str, Any]) -> None:
    expected = (400, "DataInspectionFailed", "Input or output data may contain inappropriate content.")
    assert refusal(asker.create(**changes)) == expected
    voice = asker.voice()
    assert refusal(asker.synthesize(voice, MARKED)) == expected
    assert refusal(asker.synthesize(voice, MARKED, sse=True)) == expected
    assert asker.usage() == {"voice_creations": 1, "free_quota_used": 1, "characters": 0}
