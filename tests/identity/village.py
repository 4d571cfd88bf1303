"""A server with people on it: alice has a voice, speech, an open approval and a half-made call; everybody else is after them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from clients import DESIGN, Caller, Era, Person
from identity.issuer import Issuer
from voice_design_mcp.identity.static_tokens import minted

MODERN = "2026-07-28"
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
SECRET = "the secret of the lighthouse keeper"
ABSENT = "qwen-tts-vd-nobody_aaaaaa-voice-20261122000000000-0000"


@dataclass
class Village:
    """Where the server is, whose tokens are whose, and what is alice's."""

    url: str
    issuer: Issuer
    own: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    voice: str = ""
    audio: str = ""
    approval: str = ""
    state: str = ""
    question: str = ""
    session: str = ""

    def token(self, who: str) -> str:
        """A good token of somebody: of the server's own where there is a row, else of the issuer."""
        return self.own[who][0] if who in self.own else self.issuer.token(who)

    @asynccontextmanager
    async def enter(
        self, who: str, era: Era = MODERN, person: Person | None = None, **headers: str
    ) -> AsyncGenerator[Caller]:
        """A client of somebody."""
        sent = {"Authorization": f"Bearer {self.token(who)}", **headers}
        async with (
            httpx2.AsyncClient(headers=sent, timeout=60, trust_env=False) as http,
            Client(
                streamable_http_client(f"{self.url}/mcp", http_client=http), mode=era, elicitation_callback=person
            ) as client,
        ):
            yield Caller(client)

    def post(self, body: Any, headers: dict[str, str] | None = None, *, path: str = "/mcp") -> httpx2.Response:
        """One request as it is, without a client that keeps to the rules."""
        with httpx2.Client(trust_env=False, timeout=60) as client:
            return client.post(f"{self.url}{path}", json=body, headers={**ACCEPT, **(headers or {})})

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx2.Response:
        """One GET, of which only the head is read."""
        with (
            httpx2.Client(trust_env=False, timeout=60) as client,
            client.stream("GET", f"{self.url}{path}", headers=headers or {}) as answer,
        ):
            return answer

    async def settle_in(self) -> None:
        """Let alice make what the others are after."""
        async with self.enter("alice", person=Person()) as call:
            made = await call("design_voice", **{**DESIGN, "preview_text": f"Here is {SECRET}."})
            self.voice = made["voice"]
            spoken = await call("synthesize", voice=self.voice, text=f"And this is {SECRET}.")
            self.audio = spoken["audio"]["uri"]
        async with self.enter("alice") as call:
            self.approval = (await call("design_voice", **DESIGN, take=7))["approval"]["id"]
        asked = self.post(*modern_call("delete_voice", {"voice": self.voice}, elicits=True, token=self.token("alice")))
        result = (
            asked.json()["result"] if asked.headers["content-type"].startswith("application/json") else _event(asked)
        )
        self.state = result["requestState"]
        self.question = next(iter(result["inputRequests"]))
        self.session = self.begin_session("alice")

    def begin_session(self, who: str) -> str:
        """A session of the older era, left open."""
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        }
        answer = self.post(body, {"Authorization": f"Bearer {self.token(who)}"})
        return answer.headers["mcp-session-id"]


def modern_call(
    name: str, arguments: dict[str, Any], *, token: str = "", elicits: bool = False, **params: Any
) -> tuple[dict[str, Any], dict[str, str]]:
    """A tools/call of the newer era as it is on the wire: its body and its headers."""
    return modern("tools/call", {"name": name, "arguments": arguments, **params}, name, token=token, elicits=elicits)


def modern(
    method: str, params: dict[str, Any], name: str = "", *, token: str = "", elicits: bool = False
) -> tuple[dict[str, Any], dict[str, str]]:
    """A request of the newer era as it is on the wire: its body and its headers."""
    capabilities: dict[str, Any] = {"elicitation": {"form": {}}} if elicits else {}
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    }
    headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method, **({"Mcp-Name": name} if name else {})}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}, headers


def _event(answer: httpx2.Response) -> dict[str, Any]:
    import json

    data = [line[5:] for line in answer.text.splitlines() if line.startswith("data:")]
    return json.loads(data[-1])["result"]


def village_tokens() -> dict[str, tuple[str, str]]:
    """The tokens of the server's own: bob's, a reader's, a speaker's and the operator's."""
    return {
        "bob": minted("bob"),
        "reader": minted("reader", ["voices:read"]),
        "speaker": minted("speaker", ["speech"]),
        "root": minted("root", ["operator"]),
    }
