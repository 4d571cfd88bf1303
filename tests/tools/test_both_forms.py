"""Every result twice, as text and as data, since some hosts show only one: the same ids, URIs and paths in both, and small."""

from __future__ import annotations

import json
import re
from typing import Any

from mcp.types import CallToolResult

from clients import DESIGN, Caller, connected, text_of
from conftest import MakeSettings
from voice_design_mcp.config import Settings

IDENTIFIER = re.compile(r"\b(?:apr|hold|aud)_[0-9a-f]+|[a-z]+://[^\s\",)]+|/[^\s\",]+/[^\s\",)]+\.\w+")
DESIGN_MAX, CANDIDATE_MAX, LISTED_VOICE_MAX = 2500, 1500, 600
SCRIPT = {"script": "Ann: Good evening.\nBen: And welcome."}


async def test_every_tool_s_text_names_what_its_data_names(settings: Settings) -> None:
    async with connected(settings) as call:
        voice = (await call.approved("design_voice", **DESIGN))["voice"]
        cast = {"cast": {"Ann": voice, "Ben": voice}}
        results = {
            "design_voice": await both_rounds(call, "design_voice", **DESIGN | {"take": 2}),
            "list_voices": [await call.raw("list_voices")],
            "get_voice": [await call.raw("get_voice", voice=voice)],
            "synthesize": [await call.raw("synthesize", text="Here is the news.", voice=voice)],
            "narrate": await both_rounds(call, "narrate", **SCRIPT, **cast),
            "get_spending": [await call.raw("get_spending")],
            "delete_voice": await both_rounds(call, "delete_voice", voice=voice),
        }
        for tool, rounds in results.items():
            for result in rounds:
                text, data = identifiers(text_of(result)), identifiers(told(result))
                assert data <= text, tool
                assert all(found.startswith("voice://") for found in text - data), (
                    tool
                )  # a voice's own address is its name
        assert (
            len(identifiers(told(results["narrate"][-1]))) == 6
        )  # sound and two subtitles, each at an address and in a file


async def test_an_error_s_text_names_its_code_and_its_mend(settings: Settings) -> None:
    async with connected(settings) as call:
        result = await call.raw("get_voice", voice="nobody")
        assert result.structured_content is not None
        error = result.structured_content["error"]
        assert all(error[name] in text_of(result) for name in ("code", "message", "hint"))


async def test_a_design_and_a_listed_voice_stay_small_however_much_they_were_told(make_settings: MakeSettings) -> None:
    settings = make_settings(approval="auto")
    described = DESIGN | {
        "voice_prompt": "A calm deep voice, slow. " * 80,
        "preview_text": "Good evening to you. " * 45,
    }
    async with connected(settings) as call:
        for take in range(1, 4):
            made = await call("design_voice", **described, take=take)
            assert compact_bytes(made) <= DESIGN_MAX
            assert all(compact_bytes(one) <= CANDIDATE_MAX for one in made.get("candidates", []))
        listed = (await call("list_voices"))["voices"]
        assert len(listed) == 3
        assert max(map(compact_bytes, listed)) <= LISTED_VOICE_MAX


async def both_rounds(call: Caller, tool: str, **arguments: Any) -> list[CallToolResult]:
    """What a tool that asks answers to the first call, and to the second with the approval."""
    first = await call.raw(tool, **arguments)
    assert first.structured_content is not None
    assert first.structured_content["status"] == "confirmation_required", text_of(first)
    return [first, await call.raw(tool, **arguments, approval=first.structured_content["approval"]["id"])]


def told(result: CallToolResult) -> str:
    """A result's data as text, with every string of it unescaped."""

    def strings(value: Any) -> list[str]:
        match value:
            case dict():
                return [text for inner in value.values() for text in strings(inner)]  # pyright: ignore[reportUnknownVariableType] JSON
            case list():
                return [text for inner in value for text in strings(inner)]  # pyright: ignore[reportUnknownVariableType] JSON
            case _:
                return [str(value)]

    return "\n".join(strings(result.structured_content))


def identifiers(text: str) -> set[str]:
    """The ids, URIs and paths in a text."""
    return {found.rstrip(".") for found in IDENTIFIER.findall(text)}


def compact_bytes(value: Any) -> int:
    """The size of some data on the wire."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
