"""Lost answers: how a test loses one, looks for what it made, and stops a process; and a person at the command line."""

from __future__ import annotations

from typing import Any

import anyio.to_thread

from clients import DESIGN, Caller
from spending.books import books
from spending.time_and_clients import Clock
from spending.vendor import Fault, Vendor, failed
from vendor_client.peer import Reply, Request
from voice_design_mcp import cli
from voice_design_mcp.config import Settings


async def lose(call: Caller, vendor: Vendor, fault: Fault, **more: Any) -> dict[str, Any]:
    """A design whose answer is lost, and which the first look does not find: the list fails just then."""

    def and_the_list_fails(_vendor: Vendor, request: Request) -> Reply:
        vendor.spoil("list", failed, failed, failed)
        return fault(vendor, request)

    vendor.spoil("create", and_the_list_fails)
    told = await call("design_voice", **DESIGN, **more)
    assert told["status"] == "pending"
    return told


async def look(call: Caller, clock: Clock, *at_s: float) -> None:
    """Let time pass and look, so often."""
    for seconds in at_s:
        clock.pass_s(seconds)
        await call("list_voices")


def state(settings: Settings) -> str:
    """The state of the only hold."""
    [hold] = books(settings).holds
    return hold["state"]


async def on_the_command_line(settings: Settings, *arguments: str, ends: int = 0) -> None:
    """Run a command of ours as a person does."""
    assert await anyio.to_thread.run_sync(cli.main, [*arguments, "--data-dir", str(settings.data_dir)]) == ends


def crash_at(boundary: str) -> Any:
    """A hook that stops everything from a boundary on, as if the process had died there: no later commit happens."""
    dead: list[str] = []

    def hook(passed: str) -> None:
        if dead or passed == boundary:
            dead.append(passed)
            raise RuntimeError(passed)

    return hook
