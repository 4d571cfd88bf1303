"""Clients are told of what other replicas change, and of nothing that is somebody else's."""

from __future__ import annotations

import anyio
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ResourcesListChanged, ResourceUpdated

from clients import DESIGN, Caller, Person, served
from conftest import MakeSettings
from services import connection
from tools.test_notices import PATIENCE_S, Heard
from voice_design_mcp.config import Settings

pytestmark = pytest.mark.services


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database_url=database_url)


async def heard_there(database_url: str) -> None:
    """Wait until a replica has begun to listen."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
    with connection(database_url) as db, anyio.fail_after(PATIENCE_S):
        while db.execute(asked.encode()).fetchall() == [(0,)]:
            await anyio.lowlevel.checkpoint()


async def test_a_client_of_one_replica_is_told_of_what_is_made_by_another(
    settings: Settings, database_url: str
) -> None:
    heard = Heard()
    with served(settings) as here, served(settings) as there, anyio.fail_after(4 * PATIENCE_S):
        async with (
            Client(streamable_http_client(f"{here}/mcp"), mode="legacy", message_handler=heard),
            Client(streamable_http_client(f"{here}/mcp")) as newer,
            Client(streamable_http_client(f"{there}/mcp"), elicitation_callback=Person()) as maker,
        ):
            async with newer.listen(resources_list_changed=True) as changes:
                await heard_there(database_url)
                voice = (await Caller(maker)("design_voice", **DESIGN))["voice"]
                assert await anext(changes) == ResourcesListChanged()
                await heard.told()
            async with newer.listen(resource_subscriptions=[f"voice://{voice}"]) as changes:
                await Caller(maker)("delete_voice", voice=voice)
                assert await anext(changes) == ResourceUpdated(f"voice://{voice}")
                await heard.told()


async def test_what_a_replica_changes_itself_is_told_once(settings: Settings, database_url: str) -> None:
    heard = Heard()
    with served(settings) as here, anyio.fail_after(4 * PATIENCE_S):
        async with (
            Client(
                streamable_http_client(f"{here}/mcp"),
                mode="legacy",
                message_handler=heard,
                elicitation_callback=Person(),
            ) as client,
        ):
            await heard_there(database_url)
            await Caller(client)("design_voice", **DESIGN)
            await heard.told()
            with connection(database_url) as db:  # what was notified before this has been heard when this is answered
                db.execute(
                    b'NOTIFY voice_design_changes, \'{"source": "x", "account": "", "principal": "", "uri": ""}\''
                )
            await client.list_tools()
    assert heard.count == 1


async def test_changes_are_heard_again_after_the_database_has_dropped_every_connection(
    settings: Settings, database_url: str
) -> None:
    with served(settings) as here, served(settings) as there, anyio.fail_after(4 * PATIENCE_S):
        async with (
            Client(streamable_http_client(f"{here}/mcp")) as listener,
            Client(streamable_http_client(f"{there}/mcp"), elicitation_callback=Person()) as maker,
            listener.listen(resources_list_changed=True) as changes,
        ):
            await heard_there(database_url)
            with connection(database_url) as db:
                db.execute(
                    b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    b" WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            await heard_there(database_url)
            await Caller(maker)("design_voice", **DESIGN)
            assert await anext(changes) == ResourcesListChanged()
