"""A server over HTTP whose callers say who they are, by an issuer's tokens and by tokens of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from clients import Caller, Era, Person, served
from identity.issuer import HERE, Issuer, served_issuer
from spending.time_and_clients import MakeSettings
from voice_design_mcp.identity.static_tokens import minted

Enter = Callable[..., AbstractAsyncContextManager[Caller]]
"""Opens a client with a bearer token."""


@pytest.fixture(scope="session")
def issuer() -> Generator[Issuer]:
    with served_issuer() as started:
        yield started


@pytest.fixture
def own_tokens() -> dict[str, tuple[str, str]]:
    """Tokens of the server's own and the rows that let them in: one that allows everything, an operator's, and a reader's."""
    return {
        "bob": minted("bob"),
        "root": minted("root", ["operator"]),
        "reader": minted("reader", ["voices:read"]),
    }


@pytest.fixture
def url(make_settings: MakeSettings, issuer: Issuer, own_tokens: dict[str, tuple[str, str]]) -> Generator[str]:
    """A server that knows both kinds of tokens."""
    rows = " ".join(row for _, row in own_tokens.values())
    settings = make_settings(public_url=HERE, oauth_issuer=issuer.url, tokens=rows)
    with served(settings) as base:
        yield base


@pytest.fixture
def enter(url: str) -> Enter:
    """Opens a client on that server."""

    @asynccontextmanager
    async def opened(
        token: str, era: Era = "2026-07-28", person: Person | None = None, **options: Any
    ) -> AsyncGenerator[Caller]:
        headers = {"Authorization": f"Bearer {token}", **options}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as http,
            Client(
                streamable_http_client(f"{url}/mcp", http_client=http), mode=era, elicitation_callback=person
            ) as client,
        ):
            yield Caller(client)

    return opened
