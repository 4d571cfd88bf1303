"""A vendor with several accounts, and people who reach the server with keys of their own for them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from clients import Caller, Era, Person
from spending.vendor import Vendor
from vendor_client.peer import Peer, Reply, Request, answer
from voice_design_mcp.identity.static_tokens import minted

HEADER = "X-DashScope-API-Key"
SERVER_S, ALICE_S, BOB_S = "sk-of-the-server", "sk-of-alice", "sk-of-bob"


@dataclass
class Accounts(Peer):
    """Answers a request from the account of its key, and 401 where there is none."""

    of: dict[str, Vendor] = field(default_factory=lambda: {key: Vendor() for key in (SERVER_S, ALICE_S, BOB_S)})

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.then = self._of_its_account
        for vendor in self.of.values():
            vendor.port = self.port
        return self

    @property
    def created(self) -> dict[str, int]:
        """How many voices were made on each account that has any."""
        return {key: vendor.created for key, vendor in self.of.items() if vendor.created}

    def _of_its_account(self, request: Request) -> Reply:
        vendor = self.of.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if request.target.startswith("/audio/"):
            vendor = self.of[SERVER_S]
        if vendor is None:
            return answer({"code": "InvalidApiKey", "message": "Invalid API-key provided."}, status=401)
        vendor.requests.append(request)
        assert callable(vendor.then)
        return vendor.then(request)


TOKENS = {
    "alice": minted("alice"),
    "bob": minted("bob"),
    "reader": minted("reader", ["voices:read"]),
    "root": minted("root", ["operator"]),
}


@asynccontextmanager
async def entered(
    url: str,
    who: str,
    *keys: str,
    era: Era = "2026-07-28",
    person: Person | None = None,
    sse: bool = False,
    **options: Any,
) -> AsyncGenerator[Caller]:
    """A client of somebody's, which sends these vendor keys, or none, with every request."""
    sent = [("Authorization", f"Bearer {TOKENS[who][0]}"), *((HEADER, key) for key in keys)]
    if sse:
        async with Client(
            sse_client(f"{url}/sse", headers=dict(sent)), mode="legacy", elicitation_callback=person, **options
        ) as client:
            yield Caller(client)
        return
    async with (
        httpx2.AsyncClient(headers=sent, timeout=60, trust_env=False) as http,
        Client(
            streamable_http_client(f"{url}/mcp", http_client=http), mode=era, elicitation_callback=person, **options
        ) as client,
    ):
        yield Caller(client)
