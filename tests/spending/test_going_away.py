"""A client that cancels its call, or goes away altogether, while the vendor works: it lands, and asking again returns it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from clients import DESIGN, ERAS, Caller, Era, connected, served
from spending.books import books
from spending.vendor import Vendor
from vendor_client.peer import Reply, Request, answer
from voice_design_mcp.config import Settings

Connection = Callable[[], AbstractAsyncContextManager[Caller]]
EVERYWHERE = [(transport, era) for transport in ("memory", "stdio", "http") for era in ERAS]


@asynccontextmanager
async def client_of(target: StdioServerParameters | str, era: Era) -> AsyncGenerator[Caller]:
    async with Client(target, mode=era) as client:
        yield Caller(client)


@pytest.fixture
def server(transport: str, era: Era, settings: Settings, storage: dict[str, str]) -> Generator[Connection]:
    """How a client of this era connects over this transport; over HTTP always to the same server."""
    if transport == "memory":
        yield lambda: connected(settings, era=era)
    elif transport == "stdio":
        flags = {"data-dir": settings.data_dir, "base-url": settings.base_url, "approval": "auto"}
        arguments = [part for flag, value in flags.items() for part in (f"--{flag}", str(value))]
        process = StdioServerParameters(
            command=sys.executable,
            args=["-m", "voice_design_mcp", "serve", *arguments],
            env={"DASHSCOPE_API_KEY": settings.api_key.reveal(), **storage},
        )
        yield lambda: client_of(process, era)
    else:
        with served(settings) as url:
            yield lambda: client_of(f"{url}/mcp", era)


class Slow:
    """A vendor that has made the voice, and takes its time to say so."""

    def __init__(self) -> None:
        self.made = asyncio.Event()
        self.may_answer = asyncio.Event()

    def __call__(self, vendor: Vendor, request: Request) -> Reply:
        body = vendor.perform(request)
        self.made.set()
        return answer(body, until=self.may_answer)


@pytest.mark.parametrize(("transport", "era"), EVERYWHERE)
async def test_a_call_that_is_cancelled_while_the_vendor_works_loses_nothing(
    server: Connection, vendor: Vendor, settings: Settings
) -> None:
    slow = Slow()
    vendor.spoil("create", slow)
    async with server() as call:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(call.raw, "design_voice", **DESIGN))
            await slow.made.wait()
            tasks.cancel_scope.cancel()
            slow.may_answer.set()
        again = await call("design_voice", **DESIGN)
    one_voice(again, vendor, settings)


@pytest.mark.parametrize(("transport", "era"), EVERYWHERE)
async def test_a_client_that_goes_away_while_the_vendor_works_loses_nothing(
    server: Connection, vendor: Vendor, settings: Settings
) -> None:
    slow = Slow()
    vendor.spoil("create", slow)

    async def come_and_go() -> None:
        async with server() as call:
            await call.raw("design_voice", **DESIGN)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(come_and_go)
        await slow.made.wait()
        tasks.cancel_scope.cancel()
        slow.may_answer.set()
    async with server() as call:
        again = await call("design_voice", **DESIGN)
    one_voice(again, vendor, settings)


@pytest.mark.parametrize(("transport", "era"), EVERYWHERE)
async def test_speech_of_a_client_that_goes_away_is_paid_for_once(
    server: Connection, vendor: Vendor, settings: Settings
) -> None:
    """Over HTTP a client of 2025 that is gone has cancelled nothing: its speech is given to nobody."""
    async with server() as call:
        say = {"voice": (await call("design_voice", **DESIGN))["voice"], "text": "Nothing is paid twice."}
    slow = Slow()
    vendor.spoil("synthesize", slow)

    async def come_and_go() -> None:
        async with server() as call:
            await call.raw("synthesize", **say)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(come_and_go)
        await slow.made.wait()
        tasks.cancel_scope.cancel()
        slow.may_answer.set()
    with anyio.fail_after(60):
        while not (await asyncio.to_thread(books, settings)).charged_characters:
            pass
    async with server() as call:
        again = await call("synthesize", **say)
    assert (again["status"], vendor.asked("synthesize")) == ("reused", 1)
    assert books(settings).charged_characters == vendor.characters


def one_voice(told: dict[str, Any], vendor: Vendor, settings: Settings) -> None:
    """It was made once, it is in the ledger, and it is what the second call was given."""
    assert (told["status"], [told["voice"]]) == ("reused", vendor.made)
    assert "preview" in told
    assert books(settings).charged_voices == vendor.made
