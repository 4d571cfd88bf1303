"""How the panel is declared to hosts, and who may call what only it needs. No browser here: that is test_panel.py."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from mcp import Client
from mcp.types import BlobResourceContents, TextResourceContents

from clients import DESIGN, ERAS, Caller, Era, connected, text_of
from panel.host import APPS, PANEL
from voice_design_mcp.app import build_server
from voice_design_mcp.config import Settings

SHOWN = {"compare_voices", "design_voice", "keep_voice", "list_voices", "narrate", "synthesize"}


@asynccontextmanager
async def with_apps(settings: Settings, era: Era = "2026-07-28") -> AsyncGenerator[Caller]:
    """A client that announces MCP Apps."""
    async with Client(build_server(settings), mode=era, extensions=[APPS]) as client:
        yield Caller(client)


@pytest.mark.parametrize("era", ERAS)
async def test_the_tools_whose_results_it_shows_name_it_and_it_is_one_page_without_outside_domains(
    settings: Settings, era: Era
) -> None:
    async with with_apps(settings, era) as call:
        tools = (await call.client.list_tools()).tools
        page = (await call.client.read_resource(PANEL)).contents[0]
    named = {tool.name for tool in tools if (tool.meta or {}).get("ui", {}).get("resourceUri") == PANEL}
    assert named == SHOWN | {"read_audio"}
    assert isinstance(page, TextResourceContents)
    assert page.mime_type == "text/html;profile=mcp-app"
    assert page.meta == {"ui": {"prefersBorder": True}}  # no csp: the specification's default, the strictest
    assert page.text.startswith("<!doctype html>")
    addresses = set(re.findall(r"\w+://[^\s\"'`<]+", page.text))
    assert addresses == {"http://www.w3.org/2000/svg", "voice://${part.voice}/preview", "voice://${data.voice}/preview"}


async def test_it_builds_its_page_from_text_alone(settings: Settings) -> None:
    async with connected(settings) as call:
        page = (await call.client.read_resource(PANEL)).contents[0]
    assert isinstance(page, TextResourceContents)
    from_mark_up = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\son\w+="
    from_code_or_network = r"\beval\(|new Function|fetch\(|XMLHttp|WebSocket|import\("
    assert re.findall(f"{from_mark_up}|{from_code_or_network}", page.text) == []


@pytest.mark.parametrize("era", ERAS)
async def test_its_own_tool_exists_only_for_clients_that_announce_apps(settings: Settings, era: Era) -> None:
    async with with_apps(settings, era) as call:
        [tool] = [tool for tool in (await call.client.list_tools()).tools if tool.name == "read_audio"]
        assert (tool.meta or {})["ui"]["visibility"] == ["app"]
        made = await call.approved("design_voice", **DESIGN)
        uri = f"voice://{made['voice']}/preview"
        given = await call("read_audio", uri=uri)
        preview = (await call.client.read_resource(uri)).contents[0]
        assert isinstance(preview, BlobResourceContents)
        assert base64.b64decode(given["blob"]) == base64.b64decode(preview.blob)
        assert given["mime_type"] == preview.mime_type
        for other in (
            f"voice://{made['voice']}",
            f"voice://{made['voice']}/waveform",
            PANEL,
            "audio://aud_0",
            "file:///x",
        ):
            assert (await call.error("read_audio", uri=other))["argument"] == "uri"
    async with connected(settings, era=era) as call:
        assert "read_audio" not in {tool.name for tool in (await call.client.list_tools()).tools}
        refused = await call.raw("read_audio", uri=uri)
        assert refused.is_error
        assert text_of(refused) == text_of(await call.raw("read_nothing", uri=uri)).replace(
            "read_nothing", "read_audio"
        )


async def test_the_extension_is_announced_to_clients_that_ask_what_there_is(settings: Settings) -> None:
    async with Client(build_server(settings), mode="auto", extensions=[APPS]) as client:
        assert "io.modelcontextprotocol/ui" in (client.server_capabilities.extensions or {})
