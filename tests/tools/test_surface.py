"""The published surface, tested as a product: names, words, hints, schemas and size.

surface/ holds every tool as clients get it. `python manifests/generate` writes it; what changes there is what a review looks at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from mcp.types import Tool

from clients import ERAS, Era, Person, connected
from voice_design_mcp.app import INSTRUCTIONS
from voice_design_mcp.config import Settings

SNAPSHOTS = Path(__file__).parent / "surface"
FIVE = {"design_voice", "list_voices", "get_voice", "delete_voice", "synthesize"}
HINTS = {
    # name: (read only, destructive, idempotent)
    "design_voice": (False, False, False),
    "keep_voice": (False, True, True),
    "list_voices": (True, None, True),
    "get_voice": (True, None, True),
    "delete_voice": (False, True, True),
    "synthesize": (False, False, False),
    "compare_voices": (False, False, False),
    "narrate": (False, False, False),
    "review_description": (True, None, True),
    "get_spending": (True, None, True),
}
OFFLINE = {"review_description"}


async def published(settings: Settings) -> dict[str, Tool]:
    async with connected(settings) as call:
        return {tool.name: tool for tool in (await call.client.list_tools()).tools}


def wire(tool: Tool) -> dict[str, Any]:
    return tool.model_dump(mode="json", by_alias=True, exclude_none=True)


def for_the_panel_alone(tool: dict[str, Any]) -> bool:
    """Whether a tool is shown only to clients that show the panel: tests/panel/."""
    return tool.get("_meta", {}).get("ui", {}).get("visibility") == ["app"]


def compact_bytes(tools: Iterable[Tool]) -> int:
    """What listing these tools costs on the wire."""
    return len(json.dumps([wire(tool) for tool in tools], ensure_ascii=False, separators=(",", ":")).encode())


async def test_the_five_tools_are_listed_in_at_most_9_kb_of_compact_json_and_all_in_16(settings: Settings) -> None:
    tools = await published(settings)
    assert set(tools) == set(HINTS)
    assert compact_bytes(tools[name] for name in FIVE) <= 9000
    assert compact_bytes(tools.values()) <= 16_000


async def test_every_tool_is_the_one_that_was_reviewed(settings: Settings) -> None:
    tools = {name: wire(tool) for name, tool in (await published(settings)).items()}
    for tool in tools.values():
        tool.get("_meta", {}).pop("anthropic/requiresUserInteraction", None)  # by client: see below
        if tool.get("_meta") == {}:
            del tool["_meta"]
    snapshots = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in SNAPSHOTS.iterdir()}
    reviewed = {name: tool for name, tool in snapshots.items() if not for_the_panel_alone(tool)}
    assert tools == reviewed, "run: python manifests/generate, and review what it changes in tests/tools/surface/"


async def test_every_tool_has_a_title_truthful_hints_and_a_description_a_host_will_not_cut(settings: Settings) -> None:
    for name, tool in (await published(settings)).items():
        assert tool.title
        assert 40 <= len(tool.description or "") <= 1024
        hints = tool.annotations
        assert hints is not None
        assert (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint) == HINTS[name]
        assert hints.open_world_hint is (name not in OFFLINE)


async def test_input_schemas_mirror_the_vendors_limits_and_describe_every_argument(settings: Settings) -> None:
    tools = await published(settings)
    for tool in tools.values():
        schema = tool.input_schema
        assert not {"anyOf", "oneOf", "allOf"} & schema.keys()
        assert schema["additionalProperties"] is False
        for name, field in schema["properties"].items():
            assert field.get("description"), (tool.name, name)
            assert "anyOf" not in field
            assert "" not in field.get("enum", [])
            assert field.get("default") != ""
    fields = tools["design_voice"].input_schema["properties"]
    assert tools["design_voice"].input_schema["required"] == ["voice_prompt", "preview_text"]
    assert (fields["voice_prompt"]["maxLength"], fields["preview_text"]["maxLength"]) == (2048, 1024)
    assert fields["preferred_name"]["pattern"] == "^[A-Za-z0-9_]{1,16}$"
    assert fields["language"]["enum"] == ["zh", "en", "de", "it", "pt", "es", "ja", "ko", "fr", "ru"]
    assert fields["sample_rate"]["enum"] == [8000, 16000, 24000, 48000]
    assert fields["response_format"]["enum"] == ["pcm", "wav", "mp3", "opus"]
    assert fields["approval"]["type"] == "string"
    pages = tools["list_voices"].input_schema["properties"]
    assert (pages["page_index"]["minimum"], pages["page_index"]["maximum"], pages["page_size"]["minimum"]) == (
        0,
        200,
        1,
    )
    assert "model" not in tools["synthesize"].input_schema["properties"]


async def test_output_schemas_name_and_type_the_top_level_and_require_nothing(settings: Settings) -> None:
    for tool in (await published(settings)).values():
        assert tool.output_schema is not None
        assert tool.output_schema.keys() == {"type", "properties"}
        assert all(field.keys() == {"type"} for field in tool.output_schema["properties"].values())
        assert {"status", "error"} <= tool.output_schema["properties"].keys()


@pytest.mark.parametrize("era", ERAS)
async def test_hosts_are_told_to_ask_their_user_only_where_the_client_can_not_be_asked(
    settings: Settings, era: Era
) -> None:
    for person, marked in (
        (None, {"design_voice", "keep_voice", "delete_voice", "compare_voices", "narrate"}),
        (Person(), set[str]()),
    ):
        async with connected(settings, era=era, person=person) as call:
            tools = (await call.client.list_tools()).tools
        assert {tool.name for tool in tools if (tool.meta or {}).get("anthropic/requiresUserInteraction")} == marked


def test_the_instructions_fit_where_hosts_cut_them() -> None:
    assert len(INSTRUCTIONS.encode()) <= 2000


async def test_resource_templates_name_voices_previews_speech_and_casts(settings: Settings) -> None:
    async with connected(settings) as call:
        templates = (await call.client.list_resource_templates()).resource_templates
    assert [template.uri_template for template in templates] == [
        "voice://{voice}",
        "voice://{voice}/preview",
        "voice://{voice}/waveform",
        "audio://{id}",
        "audio://{id}/subtitles.{format}",
        "audio://{id}/chapters.vtt",
        "audio://{id}/lines/{line}",
        "cast://{name}",
    ]
