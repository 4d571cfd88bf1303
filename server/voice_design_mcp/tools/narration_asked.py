"""What narrate was asked for, in the one form that an approval is bound to, and the plan that it comes to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread

from ..catalog import SPEECH_FORMATS
from ..dashscope.seam import SpeechOptions
from ..errors import InputError, VoiceNotFoundError
from . import checks
from .voice_lookup import record_of, speaker_of
from .words import plain

if TYPE_CHECKING:
    from ..desk import Desk
    from ..identity.principals import Principal
    from ..narration.cast import Character
    from ..narration.plan import Plan, Problem, Reader
    from ..spending.orders import Arguments

SCRIPT_MAX: Final = 2_000_000
_CAST_FILE_MAX: Final = 1_000_000


async def asked(
    desk: Desk,
    caller: Principal,
    script: Any,
    cast: Any,
    response_format: str,
    name: str,
    *,
    line_files: bool,
    local: bool,
) -> dict[str, str | int | float]:
    """The arguments as they are stored, whatever form they came in.

    Raises:
        InputError: One of them is none.
    """
    checks.one_of("response_format", response_format, SPEECH_FORMATS)
    checks.file_name(name)
    if not isinstance(script, str | list):
        raise InputError("script", "script is neither text nor a list of lines.", hint="Give either.")
    text = script if isinstance(script, str) else json.dumps(script, ensure_ascii=False)
    if len(text) > SCRIPT_MAX:
        raise InputError(
            "script", f"script has {len(text):,} characters; {SCRIPT_MAX:,} is the most.", hint="Narrate it in parts."
        )
    characters = await _cast(desk, caller, cast, local=local)
    told = {
        who: {"voice": each.voice, "speed": each.speed, "language": each.language} for who, each in characters.items()
    }
    return {
        ("script" if isinstance(script, str) else "lines"): text,
        "cast": json.dumps(told, ensure_ascii=False),
        "response_format": response_format,
        "name": name,
        **({"line_files": 1} if line_files else {}),
    }


async def planned(desk: Desk, caller: Principal, arguments: Arguments) -> Plan:
    """The plan of stored arguments.

    Raises:
        InputError: The script can't be read.
    """
    from ..narration.cast import cast_of
    from ..narration.plan import plan
    from ..narration.script import parse

    cast = cast_of(json.loads(str(arguments["cast"])))
    script = str(arguments["script"]) if "script" in arguments else json.loads(str(arguments["lines"]))
    parsed = await anyio.to_thread.run_sync(parse, script, list(cast))
    speaking = {line.speaker for line in parsed.lines}
    readers, problems = await _readers(desk, caller, {who: each for who, each in cast.items() if who in speaking})
    given = {"response_format": str(arguments["response_format"]), "name": str(arguments["name"])}
    given |= {"lufs": str(desk.settings.loudness_lufs or ""), "line_files": str(arguments.get("line_files", ""))}
    owner = f"{desk.account.id} {caller.id}"
    return await anyio.to_thread.run_sync(plan, parsed, readers, owner, given, problems)


async def _cast(desk: Desk, caller: Principal, cast: Any, *, local: bool) -> Mapping[str, Character]:
    from ..narration.cast import Casts, cast_of, from_toml

    if isinstance(cast, Mapping):
        return cast_of(cast)  # pyright: ignore[reportUnknownArgumentType] JSON from outside, read there
    if not isinstance(cast, str) or not cast.strip():
        raise InputError("cast", "cast is empty.", hint='Give a cast\'s name, or an object such as {"Alice": "VOICE"}.')
    if cast.endswith(".toml"):
        return from_toml(await _file(cast, local=local), cast[:100])
    casts = Casts(desk.settings.data_dir, caller.id)
    kept = await anyio.to_thread.run_sync(casts.read, cast)
    if kept is not None:
        return kept
    try:
        return cast_of({"narrator": (await record_of(desk, caller, cast)).voice})
    except VoiceNotFoundError as error:
        names = await anyio.to_thread.run_sync(casts.names)
        raise InputError(
            "cast",
            f"There is no cast, and no voice, called {cast[:60]!r}.",
            hint=f"Casts: {', '.join(names[:20])}." if names else 'Give an object such as {"Alice": "VOICE"}.',
        ) from error


async def _file(path: str, *, local: bool) -> str:
    if not local:
        raise InputError(
            "cast", "A cast's file is read only for a caller on this machine.", hint="Give the cast itself."
        )
    try:
        async with await anyio.open_file(path, encoding="utf-8") as file:
            return await file.read(_CAST_FILE_MAX)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "cast", f"{path[:100]} can't be read as a cast.", hint="Give the path of a TOML file."
        ) from error


async def _readers(
    desk: Desk, caller: Principal, cast: Mapping[str, Character]
) -> tuple[dict[str, Reader], list[Problem]]:
    """Who reads each character, and which of them can't be read here."""
    from ..narration.plan import Problem, Reader

    readers: dict[str, Reader] = {}
    problems: list[Problem] = []
    for who, character in cast.items():
        try:
            speaker = await speaker_of(desk, caller, character.voice)
        except InputError as error:
            told = f"{plain(who, 40)!r} has no reader: {error.message.rstrip('.')}"
            problems.append(Problem(0, told, argument="cast", code=error.code))
            continue
        readers[who] = Reader(
            voice=character.voice,
            model=speaker.model,
            made_for=speaker.language,
            language=character.language,
            options=SpeechOptions(speech_rate=character.speed),
        )
    return readers, problems
