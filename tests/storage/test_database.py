"""The database: writes that wait and some that need not; replicas that start at once, a server that is away, what a URL may say."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from clients import DESIGN, connected
from conftest import MakeSettings
from services import connection
from voice_design_mcp.config import Settings
from voice_design_mcp.errors import ConfigError, StorageError
from voice_design_mcp.storage.database import Database
from voice_design_mcp.storage.schema import MIGRATIONS, metadata

NOWHERE = "postgresql+asyncpg://voice@127.0.0.1:9/none"


@pytest.mark.services
def test_replicas_that_start_at_once_on_an_empty_database_migrate_it_once(database_url: str) -> None:
    start = [sys.executable, "-m", "voice_design_mcp", "ledger", "--sandbox", "1", "--json"]
    environment = {"VOICE_DESIGN_DATABASE_URL": database_url}
    replicas = [
        subprocess.Popen(start, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)
    ]
    ends = [(replica.communicate(timeout=120), replica.returncode) for replica in replicas]
    assert [code for _, code in ends] == [0] * 4, ends
    with connection(database_url) as db:
        applied = db.execute("SELECT version FROM schema_migrations ORDER BY version").fetchall()
    assert applied == [(version,) for version in range(1, len(MIGRATIONS) + 1)]


@pytest.mark.parametrize("where", ["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
async def test_the_migrations_make_the_tables_that_the_program_reads(
    where: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'db'}" if where == "sqlite" else request.getfixturevalue("database_url")
    database = await Database.open_url(url)

    def columns(db: Connection) -> dict[str, set[str]]:
        seen = inspect(db)
        return {table: {column["name"] for column in seen.get_columns(table)} for table in metadata.tables}

    made = await database.read(columns)
    await database.close()
    assert made == {name: set(table.columns.keys()) for name, table in metadata.tables.items()}


async def test_a_hasty_write_waits_its_turn_where_another_process_or_thread_is_writing(tmp_path: Path) -> None:
    file = tmp_path / "db"
    one, other = await Database.open_sqlite(file), await Database.open_sqlite(file)
    order: list[str] = []

    for writer in (one, other):
        writing, may_end = threading.Event(), threading.Event()

        def hold(_db: Connection, writing: threading.Event = writing, may_end: threading.Event = may_end) -> None:
            writing.set()
            assert may_end.wait(60)
            order.append("held")

        holding = asyncio.create_task(writer.write("held", hold))
        await asyncio.to_thread(writing.wait, 60)
        hasty = asyncio.create_task(one.write("hasty", lambda _db: order.append("hasty"), hasty=True))
        await asyncio.sleep(0)  # it has looked, and found the file being written to
        may_end.set()
        await asyncio.gather(holding, hasty)
    assert order == ["held", "hasty"] * 2
    await one.write("hasty", lambda db: order.append(str(db.scalar(text("PRAGMA synchronous")))), hasty=True)
    await one.write("waits", lambda db: order.append(str(db.scalar(text("PRAGMA synchronous")))))
    assert order[-2:] == ["1", "2"]  # NORMAL, FULL
    await one.close()
    await other.close()


@pytest.mark.services
async def test_a_newer_schema_is_refused(database_url: str) -> None:
    await (await Database.open_url(database_url)).close()
    with connection(database_url) as db:
        db.execute("INSERT INTO schema_migrations VALUES (9999, 'later')")
    with pytest.raises(ConfigError, match="newer version"):
        await Database.open_url(database_url)


@pytest.mark.services
async def test_connections_that_the_server_closed_are_made_anew_without_an_error(database_url: str) -> None:
    database = await Database.open_url(database_url)
    one = text("SELECT 1")
    await asyncio.gather(*(database.read(lambda db: db.scalar(one)) for _ in range(8)))
    with connection(database_url) as db:
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert await database.read(lambda db: db.scalar(one)) == 1
    assert await database.write("probe", lambda db: db.scalar(one)) == 1
    await database.close()


@pytest.mark.services
async def test_transactions_that_lock_each_other_out_are_run_again(database_url: str) -> None:
    database = await Database.open_url(database_url)
    await database.write("made", lambda db: db.execute(text("CREATE TABLE pair (id INTEGER PRIMARY KEY, n INTEGER)")))
    await database.write("filled", lambda db: db.execute(text("INSERT INTO pair VALUES (1, 0), (2, 0)")))

    def raise_both(db: Connection, order: tuple[int, int]) -> None:
        for row in order:
            db.execute(text("UPDATE pair SET n = n + 1 WHERE id = :row"), {"row": row})

    for _ in range(20):
        await asyncio.gather(
            *(database.write("raised", partial(raise_both, order=order)) for order in ((1, 2), (2, 1), (1, 2)))
        )
    assert await database.read(lambda db: db.execute(text("SELECT n FROM pair")).scalars().all()) == [60, 60]
    await database.close()


@pytest.mark.services
async def test_a_reader_sees_one_moment_and_can_write_nothing(database_url: str) -> None:
    database = await Database.open_url(database_url)

    def look(db: Connection) -> tuple[str, str]:
        level, only = db.scalar(text("SHOW transaction_isolation")), db.scalar(text("SHOW transaction_read_only"))
        return str(level), str(only)

    assert await database.read(look) == ("repeatable read", "on")
    assert await database.write("probe", look) == ("read committed", "off")
    await database.close()


@pytest.mark.services
async def test_a_database_that_is_away_is_told_as_that_and_nothing_is_sent(make_settings: MakeSettings) -> None:
    async with connected(make_settings(database_url=NOWHERE)) as call:
        error = await call.error("design_voice", **DESIGN)
    assert (error["code"], error["retryable"]) == ("storage_unavailable", True)
    with pytest.raises(StorageError):
        await Database.open_url(NOWHERE)


@pytest.mark.parametrize("url", ["mysql://h/d", "postgresql:///nowhere", "sqlite:///x.db", "postgresql"])
def test_another_database_is_refused_at_start_and_its_url_is_not_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="VOICE_DESIGN_DATABASE_URL must be a PostgreSQL URL") as refused:
        Settings.load({}, {"VOICE_DESIGN_DATABASE_URL": url})
    assert url not in refused.value.message.replace("postgresql+asyncpg://", "").replace("a PostgreSQL URL", "")


def test_the_url_has_no_flag_because_it_holds_a_password() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "voice_design_mcp", "serve", "--database-url", NOWHERE],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "unrecognized arguments" in ended.stderr
