"""How often a call waits for the disk, as the kernel sees it: for what must outlive a loss of power, and for nothing else.

Each wait is a good part of what a call takes here, and one that is missing shows only when the power goes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from clients import AT_SPEED, DESIGN, Caller
from sandbox.served import sandbox_process
from services import traced

SYNCHRONIZING = "fsync,fdatasync,sync_file_range,msync,syncfs,sync"
STEPS = ("held", "sent", "answered", "the audio", "the audio's name", "charged")
"""Of a purchase: what the disk must have before the next thing is done."""
pytestmark = pytest.mark.services


class Watched:
    """A server with a client, whose waits for the disk are written down."""

    def __init__(self, call: Caller, log: Path) -> None:
        self._call = call
        self._log = log

    async def __call__(self, tool: str, **arguments: Any) -> tuple[dict[str, Any], int]:
        """The result of a call that succeeds, and how often the server waited before it answered."""
        before = self._waits()
        result = await self._call(tool, **arguments)
        return result, self._waits() - before

    def _waits(self) -> int:
        return len(self._log.read_text(encoding="utf-8").splitlines())


@asynccontextmanager
async def watched(folder: Path, approval: str) -> AsyncGenerator[Watched]:
    """Serve over stdio on SQLite, watched by strace, with a served sandbox for a vendor; a first call has opened everything."""
    log = folder / "waits.log"
    command = [*traced(log, SYNCHRONIZING), sys.executable, "-m", "voice_design_mcp", "serve"]
    with sandbox_process(folder / "vendor") as sandbox:
        environment = {
            "PATH": os.defpath,
            "HOME": str(folder),
            "VOICE_DESIGN_DATA_DIR": str(folder / "data"),
            "VOICE_DESIGN_BASE_URL": sandbox.base_url,
            "VOICE_DESIGN_APPROVAL": approval,
            "DASHSCOPE_API_KEY": "sk-watched",
            **AT_SPEED,
        }
        server = StdioServerParameters(command=command[0], args=command[1:], env=environment)
        async with Client(stdio_client(server)) as client:
            call = Caller(client)
            await call("list_voices")
            yield Watched(call, log)


async def test_a_design_waits_for_what_may_be_lost_at_no_step_and_for_nothing_else(tmp_path: Path) -> None:
    async with watched(tmp_path, "ask") as call:
        asked, waits = await call("design_voice", **DESIGN)
        assert (asked["status"], waits) == ("confirmation_required", 0)
        made, waits = await call("design_voice", **DESIGN, approval=asked["approval"]["id"])
        assert (made["status"], waits) == ("created", len(STEPS))


async def test_a_design_that_the_policy_approves_waits_as_often(tmp_path: Path) -> None:
    async with watched(tmp_path, "auto") as call:
        made, waits = await call("design_voice", **DESIGN)
        assert (made["status"], waits) == ("created", len(STEPS))
        spoken, waits = await call("synthesize", voice=made["voice"], text="Good evening.")
        assert (spoken["status"], waits) == ("ok", len(STEPS))
        assert (await call("synthesize", voice=made["voice"], text="Good evening."))[1] == 0
        for read, arguments in (("list_voices", {}), ("get_voice", {"voice": made["voice"]}), ("get_spending", {})):
            assert (await call(read, **arguments))[1] == 0


async def test_a_deletion_waits_for_nothing_since_what_is_lost_of_it_is_found_by_looking(tmp_path: Path) -> None:
    async with watched(tmp_path, "auto") as call:
        made, _ = await call("design_voice", **DESIGN)
        asked, waits = await call("delete_voice", voice=made["voice"])
        assert (asked["status"], waits) == ("confirmation_required", 0)
        gone, waits = await call("delete_voice", voice=made["voice"], approval=asked["approval"]["id"])
        assert (gone["status"], waits) == ("deleted", 0)
