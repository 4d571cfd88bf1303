"""`doctor`: everything that must be right before a voice can be designed, a line each, free of charge, with the mend."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal

import anyio

from .. import __version__
from ..app import build_server
from ..catalog import FAMILIES, MODELS, OPEN
from ..catalog_rows import Family
from ..config import Settings
from ..errors import ConfigError, UpstreamError, VoiceDesignError

if TYPE_CHECKING:
    from ..desk import Desk
    from ..studio import Studio

Status = Literal["ok", "warning", "failed"]
_CLOCK_MAY_DIFFER: Final = timedelta(minutes=5)
_ROOM_WANTED_BYTES: Final = 500_000_000
_MARKS: Final[Mapping[Status, str]] = {"ok": "ok  ", "warning": "warn", "failed": "FAIL"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, how it is, and what to do about it."""

    name: str
    status: Status
    said: str
    mend: str = ""


def run(settings: Settings, *, as_json: bool) -> int:
    """Look at everything and print it.

    Returns:
        0 when nothing failed, else 1.
    """
    return _tell(anyio.run(_all, settings), as_json=as_json)


def settings_are_wrong(error: ConfigError, *, as_json: bool) -> int:
    """Print what is wrong with the settings: nothing else can be looked at before that is mended."""
    mend = (
        error.hint
        or "Mend these variables, in the host's configuration if it sets them; the README lists every setting."
    )
    return _tell([Check("settings", "failed", error.message, mend)], as_json=as_json)


def _tell(checks: Sequence[Check], *, as_json: bool) -> int:
    failed = any(check.status == "failed" for check in checks)
    if as_json:
        report = {"version": __version__, "healthy": not failed, "checks": [asdict(check) for check in checks]}
        print(json.dumps(report, indent=2))
        return int(failed)
    for check in checks:
        print(f"{_MARKS[check.status]}  {check.name}: {check.said}")
        if check.mend:
            print(f"      {check.mend}")
    return int(failed)


async def _all(settings: Settings) -> list[Check]:
    checks = [_mode(settings), _offline_voice(), _folder(settings)]
    if checks[-1].status == "failed":  # nothing opens without it
        return checks
    try:
        async with build_server(settings).studio as studio:
            desk = await studio.open()
            checks.append(Check("database", "ok", f"opens; the account is {desk.account_label}"))
            checks += [check async for check in _vendor(studio, desk)]
    except VoiceDesignError as error:
        checks.append(Check("start", "failed", error.message, error.hint))
    return checks


def _mode(settings: Settings) -> Check:
    if settings.hosting.caller_keys == "must":
        told = "over HTTP every caller brings a key of its own (VOICE_DESIGN_CALLER_KEYS)"
        return Check("mode", "ok", f"{told}; what follows is checked with {_own_key(settings)}")
    if settings.sandbox:
        return Check("mode", "ok", "the offline sandbox: no key is used and nothing is charged")
    workspace = f", workspace {settings.workspace_id}" if settings.workspace_id else ""
    where = settings.base_url or f"region {settings.region}{workspace}"
    if not settings.api_key:
        return Check("mode", "warning", f"{where}, without a key", "Set DASHSCOPE_API_KEY if that host wants one.")
    return Check("mode", "ok", f"{where}, with a key")


def _own_key(settings: Settings) -> str:
    if settings.sandbox:
        return "the offline sandbox"
    return "the key that is set here, which is not used then" if settings.api_key else "no key"


def _folder(settings: Settings) -> Check:
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_bytes(b"")
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        mend = "Set VOICE_DESIGN_DATA_DIR to a folder that can be written."
        return Check("data folder", "failed", f"{folder} can't be written ({error.strerror})", mend)
    if free < _ROOM_WANTED_BYTES:
        return Check("data folder", "warning", f"{folder} has {free // 1_000_000} MB left", "Make room for audio.")
    return Check("data folder", "ok", f"{folder}, {free // 1_000_000_000} GB free")


def _offline_voice() -> Check:
    missing = [name for name in ("espeakng_loader", "soundfile", "numpy", "lindera") if find_spec(name) is None]
    if missing:
        mend = "Install voice-design-mcp again."
        return Check("offline voice", "failed", f"not installed: {', '.join(missing)}", mend)
    natural = (
        "the natural engine" if find_spec("onnxruntime") else "the base engine; the extra `neural` adds the natural one"
    )
    return Check("offline voice", "ok", natural)


async def _vendor(studio: Studio, desk: Desk) -> AsyncGenerator[Check]:
    """What the vendor says: reachability, key and region in one free read of each list, then the clock, then each model."""
    for name, family in desk.families.items():
        try:
            page = await family.list_page(0, 1)
        except UpstreamError as refused:
            error = await studio.explained(refused)
            yield Check(f"{name} voices", "failed", f"{error.code}: {error.message}", error.hint)
            continue
        used = "an untold number" if page.total_count is None else f"{page.total_count:,}"
        yield Check(f"{name} voices", "ok", f"the key is accepted; {used} of {FAMILIES[name].voice_quota:,} slots used")
    yield _clock(desk)
    for name, family in FAMILIES.items():
        if name not in desk.families:
            if family is OPEN:
                yield Check("open voices", "ok", "no servers of your own are set (VOICE_DESIGN_OPEN_DESIGN_URL)")
                continue
            regions = " and ".join(family.regions)
            yield Check(
                f"{name} voices", "ok", f"designed in {regions} only, and the region set is {desk.settings.region}"
            )
            continue
        for model in [family.wire_model, *(each.id for each in MODELS.values() if each.family == name)]:
            yield await _model(desk, family, model)


def _clock(desk: Desk) -> Check:
    try:
        apart = abs(desk.clock() - parsedate_to_datetime(desk.http.connections.server_date))
    except ValueError:
        return Check("clock", "ok", "the answers carry no date to compare with")
    if apart > _CLOCK_MAY_DIFFER:
        return Check(
            "clock", "warning", f"{int(apart.total_seconds())} s from the vendor's", "Set this machine's clock."
        )
    return Check("clock", "ok", "agrees with the vendor's")


async def _model(desk: Desk, family: Family, model: str) -> Check:
    successor = f"Its successor is {family.successor}." if family.successor else "Choose another target_model."
    try:
        listed = await desk.available(model)
        allowed = await desk.families[family.name].permitted(model)
    except UpstreamError as error:
        return Check(model, "failed", f"{error.code}: {error.message}", error.hint)
    if listed is False:
        return Check(model, "warning", "the vendor does not list it for this account", successor)
    said = {True: "the vendor lists it", None: "the vendor does not say whether it has it"}[listed]
    if allowed is False:
        mend = "Grant the key's workspace the model in Model Studio's console."
        return Check(model, "warning", f"{said}, and this account may not call it", mend)
    announced = _announced(MODELS[model].retires if model in MODELS else family.retires, desk.clock())
    if announced and not desk.sandbox:
        return Check(model, "warning", f"{said}; {announced}", successor)
    return Check(model, "ok", said)


def _announced(last: date | None, now: datetime) -> str:
    if last is None:
        return ""
    tense = "was" if now.astimezone(UTC).date() >= last else "is"
    return f"its retirement {tense} announced for {last.isoformat()}"
