"""Many at once, in one process and in two that share a data folder: no cap is passed and nothing is bought twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from clients import DESIGN, Caller, connected
from conftest import MakeSettings
from sandbox.served import served_sandbox

SHORT = {**DESIGN, "preview_text": "Good evening.", "language": "en"}


@pytest.fixture
def vendor(tmp_path: Path) -> Generator[str]:
    with served_sandbox(tmp_path / "vendor") as url:
        yield url


def made(vendor: str) -> int:
    return httpx2.get(f"{vendor}/sandbox/usage").json()["voice_creations"]


async def outcome(call: Caller, **arguments: Any) -> str:
    """How a design ends: its status, or its error's code."""
    result = await call.raw("design_voice", **arguments)
    assert result.structured_content is not None
    return str(result.structured_content["error"]["code"] if result.is_error else result.structured_content["status"])


async def all_at_once(callers: list[Caller], arguments: list[dict[str, Any]]) -> Counter[str]:
    """Every design at once, dealt out to the callers."""
    ends: list[str] = []

    async def one(caller: Caller, given: dict[str, Any]) -> None:
        ends.append(await outcome(caller, **given))

    async with anyio.create_task_group() as group:
        for number, given in enumerate(arguments):
            group.start_soon(one, callers[number % len(callers)], given)
    return Counter(ends)


def stdio(data: Path, vendor: str, **settings: str) -> StdioServerParameters:
    """A server process of its own on a data folder."""
    given = {f"VOICE_DESIGN_{name.upper()}": value for name, value in settings.items()}
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "voice_design_mcp"],
        env={
            **{name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ},  # noqa: TID251 a child needs its path
            "VOICE_DESIGN_DATA_DIR": str(data),
            "VOICE_DESIGN_BASE_URL": vendor,
            "DASHSCOPE_API_KEY": "sk-test",
            **given,
        },
    )


async def test_of_64_designs_at_once_against_a_cap_of_10_exactly_10_are_made(
    make_settings: MakeSettings, vendor: str
) -> None:
    settings = make_settings(base_url=vendor, api_key="sk-test", approval="auto", max_voices_per_day="10")
    async with connected(settings) as call:
        ends = await all_at_once([call], [{**SHORT, "take": take} for take in range(1, 65)])
        assert (await call("get_spending"))["today"]["voices"] == 10
    assert ends == {"created": 10, "cap_exceeded": 54}
    assert made(vendor) == 10


async def test_two_processes_that_share_a_folder_share_its_caps(tmp_path: Path, vendor: str) -> None:
    server = stdio(tmp_path / "shared", vendor, approval="auto", max_voices_per_day="10")
    async with Client(server) as first, Client(server) as second:
        callers = [Caller(first), Caller(second)]
        ends = await all_at_once(callers, [{**SHORT, "take": take} for take in range(1, 65)])
        assert (await callers[0]("get_spending"))["today"]["voices"] == 10
    assert ends == {"created": 10, "cap_exceeded": 54}
    assert made(vendor) == 10


async def test_the_same_design_asked_of_two_processes_at_once_is_one_voice_and_both_get_it(
    tmp_path: Path, vendor: str
) -> None:
    server = stdio(tmp_path / "shared", vendor, approval="auto")
    async with Client(server) as first, Client(server) as second:
        voices: list[str] = []

        async def ask(client: Client) -> None:
            result = await client.call_tool("design_voice", SHORT)
            assert isinstance(result, CallToolResult)
            assert result.structured_content is not None
            voices.append(result.structured_content["voice"])

        async with anyio.create_task_group() as group:
            for client in (first, second, first, second):
                group.start_soon(ask, client)
    assert len(voices) == 4
    assert len(set(voices)) == 1
    assert made(vendor) == 1


async def test_a_dollar_cap_binds_at_the_last_cent(make_settings: MakeSettings, vendor: str) -> None:
    settings = make_settings(
        base_url=vendor, api_key="sk-test", approval="auto", max_usd_per_day="0.59", max_voices_per_day="99"
    )
    async with connected(settings) as call:
        ends = await all_at_once([call], [{**SHORT, "take": take} for take in range(1, 9)])
    assert ends == {"created": 2, "cap_exceeded": 6}
    assert made(vendor) == 2


async def test_another_key_on_the_same_folder_neither_reuses_nor_shares_the_caps_nor_sees_the_charges(
    make_settings: MakeSettings, vendor: str
) -> None:
    given = {"base_url": vendor, "approval": "auto", "max_voices_per_day": "1"}
    async with connected(make_settings(**given, api_key="sk-one")) as call:
        one = (await call("design_voice", **SHORT))["voice"]
    async with connected(make_settings(**given, api_key="sk-two")) as call:
        assert (await call("get_spending"))["charges"] == []
        second = await call("design_voice", **SHORT)
        assert (second["status"], second["voice"] == one) == ("created", False)
    assert made(vendor) == 2


def test_the_database_is_written_with_full_synchronisation(make_settings: MakeSettings) -> None:
    settings = make_settings()
    script = (
        "import anyio, json\n"
        "from voice_design_mcp.storage.database import Database\n"
        "from pathlib import Path\n"
        "from sqlalchemy import text\n"
        "async def main():\n"
        f"    database = await Database.open_sqlite(Path({str(settings.data_dir)!r}) / 'x.db')\n"
        "    async with database.read() as connection:\n"
        "        print(json.dumps([await connection.scalar(text(f'PRAGMA {p}')) for p in ('synchronous', 'journal_mode')]))\n"
        "    await database.close()\n"
        "anyio.run(main)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, encoding="utf-8")
    assert json.loads(ended.stdout) == [2, "wal"]
