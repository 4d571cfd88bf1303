"""Bad input is refused here, with the argument, the limit and the mend. The vendor's address is a closed port."""

from __future__ import annotations

from typing import Any

import pytest

from clients import DESIGN, connected, text_of
from conftest import MakeSettings

GOOD_PROMPT = "A calm woman, low and slow. "
CLOSED = "http://127.0.0.1:9"

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"voice_prompt": ""}, "voice_prompt", "empty"),
    ({"voice_prompt": " \n"}, "voice_prompt", "empty"),
    ({"voice_prompt": "a" * 2049}, "voice_prompt", "2,048"),
    ({"voice_prompt": "спокойный голос"}, "voice_prompt", "Latin or Han"),
    ({"voice_prompt": "a voice\0"}, "voice_prompt", "a NUL"),
    ({"approval": "apr_\ud800"}, "approval", "half of a character"),
    ({"voice_prompt": "12345 !?"}, "voice_prompt", "Latin or Han"),
    ({"voice_prompt": "a voice \ud800"}, "voice_prompt", "half of a character"),
    ({"preview_text": ""}, "preview_text", "empty"),
    ({"preview_text": "word " * 205}, "preview_text", "1,024"),
    ({"preview_text": "12345", "language": "en"}, "preview_text", "no letter"),
    ({"preview_text": "안녕하세요", "language": "en"}, "language", "another script"),
    ({"preview_text": "Здравствуйте, друзья", "language": "zh"}, "language", "another script"),
    ({"preview_text": "12345 67890"}, "language", "can't be told"),
    ({"language": "nl"}, "language", "'nl'"),
    ({"language": "EN"}, "language", "'EN'"),
    ({"preferred_name": "seventeen_letters"}, "preferred_name", "1 to 16"),
    ({"preferred_name": "with space"}, "preferred_name", "1 to 16"),
    ({"preferred_name": "näme"}, "preferred_name", "1 to 16"),
    ({"target_model": "qwen3-tts-flash"}, "target_model", "qwen3-tts-flash"),
    ({"sample_rate": 44100}, "sample_rate", "44100"),
    ({"response_format": "flac"}, "response_format", "flac"),
    ({"take": 0}, "take", "at least 1"),
    ({"take": 10**30}, "take", "at most"),
    ({"sample_rate": "fast"}, "sample_rate", "integer"),
    ({"voice_prompt": 7}, "voice_prompt", "string"),
    ({"prompt": "x"}, "prompt", "no argument"),
]


@pytest.mark.parametrize(
    ("wrong", "argument", "said"), REFUSED, ids=[f"{row[1]}-{number}" for number, row in enumerate(REFUSED)]
)
async def test_a_design_beyond_a_limit_is_refused_with_the_argument_the_limit_and_the_mend(
    make_settings: MakeSettings, wrong: dict[str, Any], argument: str, said: str
) -> None:
    async with connected(make_settings(base_url=CLOSED)) as call:
        error = await call.error("design_voice", **{**DESIGN, **wrong})
    assert (error["code"], error["argument"]) == ("invalid_argument", argument)
    assert said in error["message"]
    assert error["hint"]
    assert error["retryable"] is False


@pytest.mark.parametrize(
    ("tool", "arguments", "hint"),
    [
        ("design_voice", {**DESIGN, "candidates": "two"}, "Give a whole number from 1 to 5."),
        ("design_voice", {**DESIGN, "sample_rate": "fast"}, "Use one of: 8000, 16000, 24000, 48000."),
        ("synthesize", {"voice": "a", "text": "Hi.", "speech_rate": "fast"}, "Give a number from 0.5 to 2."),
        ("synthesize", {"voice": "a", "text": 7}, "Give text."),
        ("compare_voices", {"voices": "a", "text": "Hi."}, "Give a list of text each."),
        ("narrate", {"script": "Hi.", "cast": "a", "dry_run": "perhaps"}, "Give true or false."),
        ("get_spending", {"days": 1}, "It takes none."),
    ],
)
async def test_who_gives_another_type_or_name_is_told_what_to_give(
    make_settings: MakeSettings, tool: str, arguments: dict[str, Any], hint: str
) -> None:
    async with connected(make_settings(base_url=CLOSED)) as call:
        assert (await call.error(tool, **arguments))["hint"] == hint


@pytest.mark.parametrize(
    "edge",
    [
        {"voice_prompt": (GOOD_PROMPT * 100)[:2048]},
        {"preview_text": ("Good evening. " * 100)[:1024]},
        {"preferred_name": "sixteen_letters_"},
        {"preferred_name": "x"},
        {"sample_rate": 8000, "response_format": "pcm"},
        {"sample_rate": 48000, "response_format": "opus"},
        {"preview_text": "Hi", "language": "en"},
    ],
    ids=["prompt", "preview", "name16", "name1", "pcm", "opus", "short"],
)
async def test_a_design_at_a_limit_passes(make_settings: MakeSettings, edge: dict[str, Any]) -> None:
    async with connected(make_settings()) as call:
        assert (await call.approved("design_voice", **{**DESIGN, **edge}))["status"] == "created"


@pytest.mark.parametrize(
    ("arguments", "argument", "said"),
    [
        ({"page_index": -1}, "page_index", "0 to 200"),
        ({"page_index": 201}, "page_index", "0 to 200"),
        ({"page_size": 0}, "page_size", "1 to 100"),
        ({"page_size": 101}, "page_size", "1 to 100"),
    ],
)
async def test_pages_outside_the_vendors_range_are_refused(
    make_settings: MakeSettings, arguments: dict[str, int], argument: str, said: str
) -> None:
    async with connected(make_settings(base_url=CLOSED)) as call:
        error = await call.error("list_voices", **arguments)
    assert (error["argument"], said in error["message"]) == (argument, True)


@pytest.mark.parametrize("tool", ["get_voice", "delete_voice", "synthesize"])
@pytest.mark.parametrize(
    "voice", ["qwen-tts-vd-nobody-voice-20251201102800-a1b2", "../../etc/passwd", "a b", "x" * 500]
)
async def test_a_voice_that_does_not_exist_is_named(make_settings: MakeSettings, tool: str, voice: str) -> None:
    more = {"text": "Hello there."} if tool == "synthesize" else {}
    async with connected(make_settings()) as call:
        error = await call.error(tool, voice=voice, **more)
    assert (error["code"], error["argument"]) == ("voice_not_found", "voice")


@pytest.mark.parametrize(
    ("wrong", "argument", "said"),
    [
        ({"text": ""}, "text", "empty"),
        ({"text": "a" * 200_001}, "text", "200,000"),
        ({"text": "Good morning.", "language": "ja"}, "language", "another script"),
        ({"text": "Good morning.", "language": "xx"}, "language", "'xx'"),
    ],
)
async def test_speech_beyond_a_limit_is_refused(
    make_settings: MakeSettings, wrong: dict[str, str], argument: str, said: str
) -> None:
    async with connected(make_settings()) as call:
        voice = (await call.approved("design_voice", **DESIGN))["voice"]
        error = await call.error("synthesize", voice=voice, **wrong)
        assert (error["argument"], said in error["message"]) == (argument, True)
        for length in (600, 601):  # one request, and more than one
            letters = "".join(chr(97 + place % 26) for place in range(length))
            assert (await call("synthesize", voice=voice, text=letters))["characters"] == length


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Guten Abend, meine Damen und Herren, hier ist das Programm.", "de"),
        ("こんばんは。夜のニュースです。", "ja"),
        ("안녕하세요, 여러분.", "ko"),
        ("Добрый вечер, друзья.", "ru"),
        ("各位听众，大家好。", "zh"),
    ],
)
async def test_the_language_is_taken_from_the_preview_text_where_it_is_plain_and_said(
    make_settings: MakeSettings, text: str, language: str
) -> None:
    async with connected(make_settings()) as call:
        first = await call("design_voice", **{**DESIGN, "preview_text": text})
    assert first["language"] == language
    assert any(f"language taken as '{language}'" in note for note in first["notes"])


async def test_a_doubtful_language_is_a_warning_in_the_confirmation(make_settings: MakeSettings) -> None:
    text = "Guten Abend, meine Damen und Herren, hier ist das Programm für heute."
    async with connected(make_settings()) as call:
        first = await call("design_voice", **{**DESIGN, "preview_text": text, "language": "en"})
    assert first["status"] == "confirmation_required"
    assert any("German" in note for note in first["notes"]), first["notes"]


async def test_hiding_and_reordering_characters_of_a_description_are_written_as_escapes_in_the_question(
    make_settings: MakeSettings,
) -> None:
    tricky = 'Calm man.\u202e\nDesign a voice for USD 0.00?\x07 "free"' + "x" * 300
    async with connected(make_settings()) as call:
        result = await call.raw("design_voice", **{**DESIGN, "voice_prompt": tricky})
    [line] = [line for line in text_of(result).splitlines() if line.startswith("Description: ")]
    assert line.startswith('Description: "Calm man.\\u202e\\nDesign a voice for USD 0.00?\\x07 \\"free\\"xxx')
    assert line.endswith(f'…" (the first 200 of {len(tricky)} characters)')
