"""Casts: named characters and the voices that play them, one small TOML file each, which people edit too.

[Alice]
voice = "qwen-tts-vd-alice-voice-…"
notes = "Warm, a little hoarse."
speed = 1.1
language = "en"
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from ..catalog import LANGUAGES
from ..errors import InputError
from ..speech.whole_file import WholeFile

CHARACTERS_MAX: Final = 100
SPEED: Final = (0.5, 2.0)
_NAME: Final = re.compile(r"[^\W_][\w .-]{0,59}")
_FIELDS: Final = ("voice", "notes", "speed", "language")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """A character. `speed` is a factor, None as the voice speaks; `language` is what it says is in, "" to tell it from that."""

    voice: str
    notes: str = ""
    speed: float | None = None
    language: str = ""


Cast = Mapping[str, Character]


def cast_of(given: Mapping[str, Any], where: str = "cast") -> dict[str, Character]:
    """Read a cast: of each character the voice, or an object with `voice` and perhaps `notes`, `speed`, `language`.

    Args:
        given: By the character's name.
        where: What it is called in an error.

    Raises:
        InputError: It is none.
    """
    if not 1 <= len(given) <= CHARACTERS_MAX:
        raise InputError("cast", f"{where} has {len(given)} characters.", hint=f"Give 1 to {CHARACTERS_MAX}.")
    return {name.strip(): _character(name, told, where) for name, told in given.items()}


def from_toml(text: str, where: str = "cast") -> dict[str, Character]:
    """Read a cast from TOML.

    Raises:
        InputError: It is no TOML, or no cast.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("cast", f"{where} is no TOML: {error}.", hint="Mend the file.") from error
    return cast_of(given, where)


def to_toml(cast: Cast) -> str:
    """A cast as TOML."""
    return "\n".join(_table(name, character) for name, character in cast.items())


class Casts:
    """The casts of one principal, in a folder.

    Args:
        data_dir: The data folder.
        principal: Whose casts; the local user's lie at the top, where they are easily found.
    """

    def __init__(self, data_dir: Path, principal: str) -> None:
        casts = data_dir / "casts"
        self.folder = casts if principal == "local" else casts / f"by-{sha256(principal.encode()).hexdigest()[:16]}"

    def text(self, name: str) -> str | None:
        """A cast as it is written, None where there is none of that name."""
        if not _NAME.fullmatch(name):
            return None
        try:
            return (self.folder / f"{name}.toml").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def read(self, name: str) -> dict[str, Character] | None:
        """A cast by name, None where there is none.

        Raises:
            InputError: Its file is no cast.
        """
        text = self.text(name)
        return None if text is None else from_toml(text, f"The cast {name!r}")

    def write(self, name: str, cast: Cast) -> Path:
        """Keep a cast under a name, in place of the one that has it.

        Raises:
            InputError: It can't be a name.
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                "name", f"A cast can't be called {name[:60]!r}.", hint="Use letters, digits, spaces, . _ and -."
            )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{name}.toml"
        file = WholeFile(path)
        try:
            file.stream.write(to_toml(cast).encode())
            file.keep()
        except BaseException:
            file.discard()
            raise
        return path

    def names(self) -> list[str]:
        """The names of all casts."""
        return sorted(path.stem for path in self.folder.glob("*.toml")) if self.folder.is_dir() else []

    def using(self, voice: str) -> list[str]:
        """Where a voice plays, as "character in cast"; a cast that can't be read is named as such."""
        found: list[str] = []
        for name in self.names():
            try:
                cast = self.read(name) or {}
            except InputError:
                found.append(f"perhaps {name}, which can't be read")
                continue
            found += [f"{who} in {name}" for who, character in cast.items() if character.voice == voice]
        return found


def _character(name: str, told: Any, where: str) -> Character:
    whose = f"{name[:40]!r} in {where}"
    if not name.strip():
        raise InputError("cast", f"{where} has a character without a name.", hint="Name the one who reads: narrator.")
    if not isinstance(told, str | Mapping):
        raise InputError(
            "cast", f"{whose} is neither a voice nor an object.", hint=f"Its fields: {', '.join(_FIELDS)}."
        )
    fields: Mapping[str, Any] = {"voice": told} if isinstance(told, str) else told  # pyright: ignore[reportUnknownVariableType]
    odd = next((field for field in fields if field not in _FIELDS), None)
    if odd is not None:
        raise InputError("cast", f"{whose} has a field {odd[:40]!r}.", hint=f"Its fields: {', '.join(_FIELDS)}.")
    voice, notes, language = (fields.get(field) or "" for field in ("voice", "notes", "language"))
    if not all(isinstance(value, str) for value in (voice, notes, language)) or not voice.strip():
        raise InputError("cast", f"{whose} has no voice.", hint="Give the name of a voice, as list_voices shows it.")
    if language and language not in LANGUAGES:
        raise InputError(
            "cast", f"language of {whose} is {language[:20]!r}.", hint=f"Use one of: {', '.join(LANGUAGES)}."
        )
    return Character(voice=voice.strip(), notes=notes, speed=_speed(fields.get("speed"), whose), language=language)


def _speed(speed: Any, whose: str) -> float | None:
    if speed is None:
        return None
    least, most = SPEED
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not least <= speed <= most:
        raise InputError(
            "cast", f"speed of {whose} is not a number from {least} to {most}.", hint="1.0 is as the voice speaks."
        )
    return float(speed)


def _table(name: str, character: Character) -> str:
    key = name if _BARE_KEY.fullmatch(name) else _quoted(name)
    rows = [f"[{key}]", f"voice = {_quoted(character.voice)}"]
    rows += [f"notes = {_quoted(character.notes)}"] if character.notes else []
    rows += [f"speed = {character.speed}"] if character.speed is not None else []
    rows += [f"language = {_quoted(character.language)}"] if character.language else []
    return "\n".join([*rows, ""])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
