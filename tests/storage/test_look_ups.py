"""However long the ledger grows, nothing that a call looks up reads all of it: SQLite says by which index it finds each row."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clients import DESIGN, connected
from conftest import MakeSettings

LEDGER = "voice-design.db"
MOST_OF_THEM = 20
GROWING = "counters|holds|entries|quotes|voices|audio|segments|narrations"
IN_ORDER = {
    "quotes_one_live",
    "holds_unsettled",
    "voices_newest",
    "voices_of_all",
    "voices_shared",
    "audio_newest",
    "audio_of_all",
    "entries_charges",
    "entries_own_charges",
    "narrations_newest",
    "sqlite_autoindex_voices_1",
}
"""Indexes of which an account's, or a principal's, part may be read: few rows are in it, or it is read in order and left early. The
last one's rows, voices, are counted without being looked at."""


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Every statement that any connection runs, by the file's name."""
    said: dict[str, set[str]] = {}
    connect = sqlite3.connect

    def listened_to(file: str | Path, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(file, *arguments, **options)
        connection.set_trace_callback(said.setdefault(Path(file).name, set()).add)
        return connection

    monkeypatch.setattr("sqlite3.dbapi2.connect", listened_to)
    return said


async def test_no_call_reads_a_whole_table_that_grows(make_settings: MakeSettings, said: dict[str, set[str]]) -> None:
    settings = make_settings(approval="ask")
    async with connected(settings) as call:
        voice = (await call.approved("design_voice", **DESIGN))["voice"]
        await call.approved("design_voice", **DESIGN, take=2)
        for _ in range(2):
            await call("synthesize", voice=voice, text="Good evening.")
        for read in ("list_voices", "get_spending"):
            await call(read)
        await call("get_voice", voice=voice)
        await call.client.list_resources()
        await call.approved("delete_voice", voice=voice)
    looked_up = {one for one in said[LEDGER] if re.match(r"SELECT|UPDATE|DELETE", one) and re.search(GROWING, one)}
    assert len(looked_up) >= MOST_OF_THEM
    with closing(sqlite3.connect(settings.data_dir / "sandbox" / LEDGER)) as db:
        plans = {one: [step[3] for step in db.execute(f"EXPLAIN QUERY PLAN {one}")] for one in looked_up}
    assert [(steps, one) for one, steps in plans.items() if any(map(_too_much, steps))] == []


def _too_much(step: str) -> bool:
    """Whether a step of a plan reads a table, or all that is there of an account or of a principal."""
    if re.match(rf"SCAN ({GROWING})\b", step):
        return True
    part = re.match(r"SEARCH .* INDEX (\w+) \(account=\?( AND principal=\?)?\)", step)
    return part is not None and part[1] not in IN_ORDER
