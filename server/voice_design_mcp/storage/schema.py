"""The tables, and the ordered migrations that make them. Times are ISO 8601 text in UTC, money is decimal text.

A migration is never edited once released; a test holds the tables below to what the migrations really make.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, Table, Text

metadata = MetaData()


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False, default="", server_default=None if key else "")


def _whole(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, default=0, server_default="0")


quotes = Table(
    "quotes",
    metadata,
    _text("id", key=True),
    *(
        _text(name)
        for name in (
            "account", "principal", "action", "arguments_key", "arguments", "amount", "currency", "question", "shown",
            "state", "approved_by", "created_at", "expires_at", "decided_at", "finished_at",
        )
    ),
    _whole("usd_micros"),
)  # fmt: skip

holds = Table(
    "holds",
    metadata,
    _text("id", key=True),
    *(
        _text(name)
        for name in (
            "quote_id", "account", "principal", "kind", "arguments_key", "arguments", "model", "amount", "currency",
            "day", "state", "tag", "wire_name", "owner", "deadline", "voice", "request_id", "url", "audio_id",
            "approved_by", "reason", "first_absent_at", "recheck_at", "sent_at", "created_at", "updated_at",
        )
    ),
    *(_whole(name) for name in ("take", "slot", "live", "answered", "absences", "characters", "usd_micros")),
)  # fmt: skip

entries = Table(
    "entries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    *(
        _text(name)
        for name in (
            "at", "account", "principal", "hold_id", "kind", "event", "voice", "amount", "currency", "approved_by", "detail",
        )
    ),
)  # fmt: skip

counters = Table(
    "counters",
    metadata,
    _text("account", key=True),
    _text("principal", key=True),
    _text("day", key=True),
    *(_whole(name) for name in ("usd_micros", "voices", "characters")),
)

voices = Table(
    "voices",
    metadata,
    _text("account", key=True),
    _text("voice", key=True),
    *(
        _text(name)
        for name in (
            "principal", "family", "target_model", "language", "voice_prompt", "preview_text", "preferred_name", "hold_id",
            "preview_audio_id", "created_at", "last_used_at", "preview_read_at", "reminded_at", "deleted_at", "shared_at",
        )
    ),
)  # fmt: skip

audio = Table(
    "audio",
    metadata,
    _text("id", key=True),
    *(
        _text(name)
        for name in (
            "account", "principal", "kind", "voice", "text", "mime_type", "response_format", "sha256", "object_key",
            "measured", "created_at", "name",
        )
    ),
    _whole("sample_rate_hz"),
    _whole("size_bytes"),
    Column("duration_s", Float, nullable=False, default=0.0, server_default="0"),
)  # fmt: skip

segments = Table(
    "segments",
    metadata,
    _text("id", key=True),
    *(_text(name) for name in ("account", "principal", "model", "voice", "object_key", "created_at", "used_at")),
    _whole("sample_rate_hz"),
    _whole("size_bytes"),
    Column("duration_s", Float, nullable=False, default=0.0, server_default="0"),
)

narrations = Table(
    "narrations",
    metadata,
    _text("id", key=True),
    *(
        _text(name)
        for name in (
            "account", "principal", "plan_key", "quote_id", "approved_by", "state", "audio_id", "result", "created_at",
            "updated_at", "delivered_at",
        )
    ),
)  # fmt: skip

turns = Table(
    "turns",
    metadata,
    _text("account", key=True),
    _text("model", key=True),
    _text("principal", key=True),
    _whole("next_at"),
)

chores = Table("chores", metadata, _text("name", key=True), _text("due_at"))

removals = Table("removals", metadata, _text("object_key", key=True), _text("created_at"))

_SAME_QUOTE: Final = "ON quotes (account, principal, action, arguments_key)"
_UNSETTLED: Final = "'held', 'sent', 'answered', 'unknown', 'assumed_not_billed'"
_CHARGES: Final = "'charged', 'adopted', 'assumed_billed', 'resolved_billed', 'corrected'"
_TEXT_COLUMN: Final = "TEXT NOT NULL DEFAULT ''"


def _texts(names: str) -> str:
    return ", ".join(f"{name} {_TEXT_COLUMN}" for name in names.split())


def _create(table: str, keys: str, texts: str, wholes: str = "", *extra: str) -> str:
    columns = [f"{name} TEXT NOT NULL" for name in keys.split()]
    columns += [_texts(texts)] if texts else []
    columns += [f"{name} BIGINT NOT NULL DEFAULT 0" for name in wholes.split()]
    columns += extra
    return f"CREATE TABLE {table} ({', '.join(columns)}, PRIMARY KEY ({', '.join(keys.split())}))"


MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        _create(
            "quotes",
            "id",
            "account principal action arguments_key arguments amount currency question shown state approved_by "
            "created_at expires_at decided_at finished_at",
            "usd_micros",
        ),
        f"CREATE UNIQUE INDEX quotes_one_live {_SAME_QUOTE} WHERE state IN ('open', 'approved')",
        f"CREATE INDEX quotes_set_aside {_SAME_QUOTE} WHERE state = 'set_aside'",
        _create(
            "holds",
            "id",
            "quote_id account principal kind arguments_key arguments model amount currency day state tag wire_name owner "
            "deadline voice request_id url audio_id approved_by reason first_absent_at recheck_at sent_at created_at updated_at",
            "take slot live answered absences characters usd_micros",
        ),
        "CREATE UNIQUE INDEX holds_one_live ON holds (account, principal, kind, arguments_key, take, slot) WHERE live = 1",
        f"CREATE INDEX holds_unsettled ON holds (account) WHERE state IN ({_UNSETTLED})",
        "CREATE INDEX holds_voice ON holds (account, voice)",
        "CREATE INDEX holds_quote ON holds (quote_id)",
        "CREATE TABLE entries (seq {serial}, "
        + _texts("at account principal hold_id kind event voice amount currency approved_by detail")
        + ")",
        "CREATE INDEX entries_charges ON entries (account, event, at)",
        _create("counters", "account principal day", "", "usd_micros voices characters"),
        _create(
            "voices",
            "account voice",
            "principal family target_model language voice_prompt preview_text preferred_name hold_id preview_audio_id "
            "created_at last_used_at preview_read_at reminded_at deleted_at",
        ),
        "CREATE INDEX voices_newest ON voices (account, principal, created_at)",
        _create(
            "audio",
            "id",
            "account principal kind voice text mime_type response_format sha256 object_key measured created_at",
            "sample_rate_hz size_bytes",
            "duration_s DOUBLE PRECISION NOT NULL DEFAULT 0",
        ),
        "CREATE INDEX audio_newest ON audio (account, principal, created_at)",
    ),
    (f"ALTER TABLE audio ADD COLUMN name {_TEXT_COLUMN}",),
    (
        f"ALTER TABLE voices ADD COLUMN shared_at {_TEXT_COLUMN}",
        "CREATE INDEX voices_shared ON voices (account) WHERE shared_at <> ''",
    ),
    (
        _create(
            "segments",
            "id",
            "account principal model voice object_key created_at used_at",
            "sample_rate_hz size_bytes",
            "duration_s DOUBLE PRECISION NOT NULL DEFAULT 0",
        ),
        "CREATE INDEX segments_used ON segments (used_at)",
        _create(
            "narrations",
            "id",
            "account principal plan_key quote_id approved_by state audio_id result created_at updated_at delivered_at",
        ),
        "CREATE UNIQUE INDEX narrations_one_running ON narrations (account, principal, plan_key) WHERE state = 'running'",
        "CREATE INDEX narrations_newest ON narrations (account, principal, plan_key, created_at)",
    ),
    (_create("turns", "account model principal", "", "next_at"),),
    (
        _create("chores", "name", "due_at"),
        "INSERT INTO chores (name, due_at) VALUES ('retention', '')",
        _create("removals", "object_key", "created_at"),
        "CREATE INDEX narrations_audio ON narrations (audio_id)",
        "CREATE INDEX holds_audio ON holds (audio_id)",
    ),
    (  # by the moment too, or SQLite takes an index that begins with the account, and reads all that is there of it
        "DROP INDEX holds_unsettled",
        f"CREATE INDEX holds_unsettled ON holds (account, created_at) WHERE state IN ({_UNSETTLED})",
        "CREATE INDEX voices_of_all ON voices (account, created_at) WHERE deleted_at = ''",
        "CREATE INDEX audio_of_all ON audio (account, created_at)",
    ),
    (  # of the charges alone, in the order in which the newest are shown
        "DROP INDEX entries_charges",
        f"CREATE INDEX entries_charges ON entries (account, seq) WHERE event IN ({_CHARGES})",
        f"CREATE INDEX entries_own_charges ON entries (account, principal, seq) WHERE event IN ({_CHARGES})",
    ),
)
"""Each migration is a tuple of statements; `{serial}` is the dialect's self-counting primary key."""

SERIAL: Final = {
    "sqlite": "INTEGER PRIMARY KEY",
    "postgresql": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}
