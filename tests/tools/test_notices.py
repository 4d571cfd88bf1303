"""Clients are told when voices and audio come and go: each its own, in both eras, over every kind of connection."""

from __future__ import annotations

import anyio
import pytest
from mcp import Client
from mcp.client.session import IncomingMessage
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.types import ResourceListChangedNotification

from clients import DESIGN, Caller, Person, connected, served
from voice_design_mcp.app import build_server
from voice_design_mcp.config import Settings

PATIENCE_S = 30


class Heard:
    """What a 2025-era session is told of its resources."""

    def __init__(self) -> None:
        self.count = 0
        self._told = anyio.Event()

    async def __call__(self, message: IncomingMessage) -> None:
        if isinstance(message, ResourceListChangedNotification):
            self.count += 1
            self._told.set()

    async def told(self) -> None:
        """Wait until word has come since the last time."""
        with anyio.fail_after(PATIENCE_S):
            await self._told.wait()
        self._told = anyio.Event()


async def test_a_client_that_listens_is_told_of_a_voice_its_speech_and_its_end(settings: Settings) -> None:
    async with connected(settings, person=Person()) as call:
        with anyio.fail_after(PATIENCE_S):
            async with call.client.listen(resources_list_changed=True) as changes:
                voice = (await call("design_voice", **DESIGN))["voice"]
                assert await anext(changes) == ResourcesListChanged()
                audio = (await call("synthesize", voice=voice, text="Good morning."))["audio"]["uri"]
                assert await anext(changes) == ResourcesListChanged()
                uris = {str(each.uri) for each in (await call.client.list_resources()).resources}
                assert {f"voice://{voice}", audio} <= uris
            async with call.client.listen(resource_subscriptions=[f"voice://{voice}", audio]) as changes:
                await call("delete_voice", voice=voice)
                assert await anext(changes) == ResourceUpdated(f"voice://{voice}")
                uris = {str(each.uri) for each in (await call.client.list_resources()).resources}
                assert f"voice://{voice}" not in uris


async def test_a_2025_era_session_is_promised_word_and_given_it(settings: Settings) -> None:
    heard = Heard()
    server = build_server(settings)
    async with Client(server, mode="legacy", elicitation_callback=Person(), message_handler=heard) as client:
        capabilities = client.server_capabilities.resources
        assert capabilities is not None
        assert (capabilities.list_changed, capabilities.subscribe) == (True, False)
        call = Caller(client)
        voice = (await call("design_voice", **DESIGN))["voice"]
        await heard.told()
        await call("delete_voice", voice=voice)
        await heard.told()


async def test_what_one_client_does_is_told_to_the_others_of_its_user_over_http(settings: Settings) -> None:
    heard = Heard()
    with served(settings) as url, anyio.fail_after(PATIENCE_S):
        async with (
            Client(streamable_http_client(f"{url}/mcp"), mode="legacy", message_handler=heard) as older,
            Client(streamable_http_client(f"{url}/mcp")) as newer,
            Client(streamable_http_client(f"{url}/mcp"), elicitation_callback=Person()) as maker,
        ):
            async with newer.listen(resources_list_changed=True) as changes:
                await Caller(maker)("design_voice", **DESIGN)
                assert await anext(changes) == ResourcesListChanged()
                await heard.told()
            for client in (older, newer):
                assert client.server_capabilities.resources is not None
                assert client.server_capabilities.resources.list_changed


@pytest.mark.parametrize("tool", ["list_voices", "get_spending", "review_description"])
async def test_nothing_is_told_where_nothing_changed(settings: Settings, tool: str) -> None:
    heard = Heard()
    async with Client(build_server(settings), mode="legacy", message_handler=heard) as client:
        call = Caller(client)
        await call(tool, **({"voice_prompt": DESIGN["voice_prompt"]} if tool == "review_description" else {}))
        asked = await call("design_voice", **DESIGN)
        assert asked["status"] == "confirmation_required"
        await client.list_tools()  # what had been told would have come before its answer
    assert heard.count == 0
