"""Word of a change reaches its owner and the operator, and nobody else learns that anything happened."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ResourceUpdated, ServerEvent, Subscription

from clients import DESIGN, Caller, Era, Person
from identity.issuer import Issuer
from tools.test_notices import PATIENCE_S, Heard

Own = dict[str, tuple[str, str]]


async def test_a_stream_brings_the_owner_s_and_the_operator_s_events_whatever_else_it_asked_for(
    url: str, own_tokens: Own, issuer: Issuer
) -> None:
    async with AsyncExitStack() as stack:
        enter = partial(_entered, stack, url, person=Person())
        bob, root, alice = (
            await enter(own_tokens["bob"][0]),
            await enter(own_tokens["root"][0]),
            await enter(issuer.token("alice")),
        )
        his = (await Caller(bob)("design_voice", **DESIGN))["voice"]
        hers = (await Caller(alice)("design_voice", **DESIGN))["voice"]
        both = [f"voice://{voice}" for voice in (his, hers)]
        streams = [
            await stack.enter_async_context(who.listen(resource_subscriptions=both)) for who in (bob, root, alice)
        ]
        await Caller(bob)("delete_voice", voice=his)
        await Caller(alice)("delete_voice", voice=hers)
        first = [await _next(stream) for stream in streams]
        assert first == [ResourceUpdated(both[0]), ResourceUpdated(both[0]), ResourceUpdated(both[1])]
        assert await _next(streams[1]) == ResourceUpdated(both[1])


async def test_a_session_is_told_of_its_own_user_s_changes_alone(url: str, own_tokens: Own, issuer: Issuer) -> None:
    async with AsyncExitStack() as stack:
        enter = partial(_entered, stack, url, era="legacy", person=Person())
        heard = {who: Heard() for who in ("bob", "root", "alice")}
        bob = await enter(own_tokens["bob"][0], listener=heard["bob"])
        await enter(own_tokens["root"][0], listener=heard["root"])
        alice = await enter(issuer.token("alice"), listener=heard["alice"])
        await Caller(bob)("design_voice", **DESIGN)
        await heard["bob"].told()
        await heard["root"].told()
        await Caller(alice)("design_voice", **DESIGN)
        await heard["alice"].told()
        await heard["root"].told()
        assert {who: each.count for who, each in heard.items()} == {"bob": 1, "root": 2, "alice": 1}


async def _next(stream: Subscription) -> ServerEvent:
    with anyio.fail_after(PATIENCE_S):
        return await anext(stream)


async def _entered(
    stack: AsyncExitStack,
    url: str,
    token: str,
    *,
    person: Person,
    era: Era = "2026-07-28",
    listener: Heard | None = None,
) -> Client:
    """A client of whose token it is, open until the stack is unwound."""
    sent = {"Authorization": f"Bearer {token}"}
    http = await stack.enter_async_context(httpx2.AsyncClient(headers=sent, timeout=60, trust_env=False))
    transport = streamable_http_client(f"{url}/mcp", http_client=http)
    client = Client(transport, mode=era, elicitation_callback=person, message_handler=listener)
    return await stack.enter_async_context(client)
