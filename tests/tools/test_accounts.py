"""What belongs to an account stays in it, and what is written to the ledger is on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import httpx2
import pytest

from clients import DESIGN, connected
from conftest import MakeSettings
from sandbox.served import served_sandbox

SHORT = {**DESIGN, "preview_text": "Good evening.", "language": "en"}


@pytest.fixture
def vendor(tmp_path: Path) -> Generator[str]:
    with served_sandbox(tmp_path / "vendor") as url:
        yield url


def made(vendor: str) -> int:
    return httpx2.get(f"{vendor}/sandbox/usage").json()["voice_creations"]


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
        "    look = lambda db: [db.scalar(text(f'PRAGMA {p}')) for p in ('synchronous', 'journal_mode')]\n"
        "    both = [await database.read(look), await database.write('nothing', look)]\n"
        "    print(json.dumps(both))\n"
        "    await database.close()\n"
        "anyio.run(main)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, encoding="utf-8")
    assert json.loads(ended.stdout) == [[2, "wal"], [2, "wal"]]
