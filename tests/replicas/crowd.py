"""A crowd at replicas that die: each of its people does, by a client of each era at once, what they came for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import anyio
import httpx2
from mcp import MCPError
from mcp.types import CONNECTION_CLOSED, REQUEST_TIMEOUT, BlobResourceContents, CallToolResult

from clients import DESIGN, Caller, Era, Person, text_of
from replicas.replica import client_at

TAKES: Final = 4
ANSWER_WITHIN_S: Final = 90
"""After that a client gives a call up, as hosts do, and makes it again."""
PASSING: Final = {"pending", "connection_lost", "approval_invalid", "answer_lost", "upstream_error"}
"""What a client may be told because the process that bought for it died: it makes the same call again."""


@dataclass
class Someone:
    """One of the people: their token, what they were told, and what they were shown."""

    name: str
    token: str
    voices: dict[int, str] = field(default_factory=dict[int, str])
    heard: dict[str, bytes] = field(default_factory=dict[str, bytes])
    listed: set[str] = field(default_factory=set[str])
    told: Counter[str] = field(default_factory=Counter[str])

    def design(self, take: int) -> dict[str, Any]:
        return {**DESIGN, "preview_text": f"Good evening, {self.name} speaks, and this is voice {take}."}


Act = Callable[[Caller], Awaitable[None]]


class Visit:
    """What one client of somebody does, over as many connections as it takes.

    Args:
        someone: Whose it is.
        stranger: Whom they try to overhear.
        era: The client's.
    """

    def __init__(self, someone: Someone, stranger: Someone, era: Era) -> None:
        self._someone = someone
        self._stranger = stranger
        self._era: Era = era

    async def go(self, url: str, *, speaks: bool) -> None:
        """Do everything once, and again what a broken connection cut off."""
        waiting = [act for take in range(1, TAKES + 1) for act in self._acts(take, speaks=speaks)]
        person = Person() if self._era != "legacy" else None  # without a session that era has no way back to ask by
        while waiting:
            with broken_connections():
                async with client_at(url, self._someone.token, self._era, person) as call:
                    while waiting:
                        with anyio.fail_after(ANSWER_WITHIN_S):
                            await waiting[0](call)
                        del waiting[0]

    def _acts(self, take: int, *, speaks: bool) -> list[Act]:
        acts: list[Act] = [partial(self._design, take), partial(self._hear, take), self._look]
        return [*acts, partial(self._overhear, take), partial(self._speak, take)] if speaks else acts

    async def _design(self, take: int, call: Caller) -> None:
        asked = self._someone.design(take)
        result = await call.raw("design_voice", **asked)
        if _told(result)["status"] == "confirmation_required":
            result = await call.raw("design_voice", **asked, approval=_told(result)["approval"]["id"])
        told = _told(result)
        if told["status"] in {"created", "reused"}:
            assert self._someone.voices.setdefault(take, told["voice"]) == told["voice"], (
                "another voice for one purchase"
            )
            if "preview" in told:
                self._someone.heard.setdefault(told["preview"]["uri"], b"")
        else:
            assert told["status"] in {"cap_exceeded", *PASSING}, text_of(result)
        self._someone.told[told["status"]] += 1

    async def _speak(self, take: int, call: Caller) -> None:
        if (voice := self._someone.voices.get(take)) is None:
            return
        asked = {"voice": voice, "text": f"This is {self._someone.name}, once more."}
        result = await call.raw("synthesize", **asked)
        while (told := _told(result))[
            "status"
        ] == "unavailable":  # bought, and not fetched yet: asking again fetches it
            result = await call.raw("synthesize", **asked)
        self._someone.told[f"speech {told['status']}"] += 1
        if told["status"] in {"ok", "reused"}:
            await self._read(call, told["audio"]["uri"])
        else:
            assert told["status"] in PASSING, text_of(result)

    async def _hear(self, take: int, call: Caller) -> None:
        uri = f"voice://{self._someone.voices.get(take)}/preview"
        if uri in self._someone.heard:
            await self._read(call, uri)

    async def _read(self, call: Caller, uri: str) -> None:
        [content] = (await call.client.read_resource(uri)).contents
        assert isinstance(content, BlobResourceContents)
        before = self._someone.heard.get(uri)
        self._someone.heard[uri] = content.blob.encode()
        assert before in {None, b"", content.blob.encode()}, f"{uri} has changed"

    async def _look(self, call: Caller) -> None:
        self._someone.listed |= {voice["voice"] for voice in (await call("list_voices"))["voices"]}

    async def _overhear(self, take: int, call: Caller) -> None:
        if (voice := self._stranger.voices.get(take)) is not None:
            assert (await call.error("get_voice", voice=voice))["code"] == "voice_not_found"


def _told(result: CallToolResult) -> dict[str, Any]:
    """What a call was told; an error's code stands as its status."""
    assert result.structured_content is not None, text_of(result)
    error = result.structured_content.get("error", {})
    return {**result.structured_content, **({"status": error["code"]} if error else {})}


@contextmanager
def broken_connections() -> Generator[None]:
    """Passes over what a client raises when the process at the other end dies, and over nothing else."""
    try:
        yield
    except* (httpx2.TransportError, TimeoutError):
        pass
    except* MCPError as group:
        for error in _each(group):
            if error.error.code not in {CONNECTION_CLOSED, REQUEST_TIMEOUT}:
                raise


def _each(group: BaseExceptionGroup[MCPError]) -> Generator[MCPError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _each(error)
        else:
            yield error
