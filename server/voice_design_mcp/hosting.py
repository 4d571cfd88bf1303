"""The settings of a server that others reach over HTTP: who they are, by which names they reach it, and what replicas share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from .identity.static_tokens import StaticToken, parsed
from .setting import Reader, Secret, Setting, is_loopback

HOSTING: Final[tuple[Setting, ...]] = (
    Setting(
        "VOICE_DESIGN_PUBLIC_URL",
        "",
        "URL by which clients reach the server, such as https://voices.example/mcp: tokens are issued for it.",
    ),
    Setting(
        "VOICE_DESIGN_OAUTH_ISSUER",
        "",
        "OAuth issuer whose access tokens are accepted, exactly as they name it. Needs VOICE_DESIGN_PUBLIC_URL.",
    ),
    Setting("VOICE_DESIGN_OAUTH_JWKS_URL", "", "Where the issuer's keys are. Default: where its metadata says."),
    Setting(
        "VOICE_DESIGN_TOKENS",
        "",
        "Bearer tokens of your own, as hashes: rows alice=sha256:HEX/voices:read+speech, which `voice-design-mcp token` makes.",
    ),
    Setting(
        "VOICE_DESIGN_CALLER_KEYS",
        "off",
        "Callers send keys of their own accounts in X-DashScope-API-Key: off, may (the server's where they send none), must.",
    ),
    Setting("VOICE_DESIGN_ALLOWED_HOSTS", "", "Further Host headers to accept, such as voices.internal:8000."),
    Setting("VOICE_DESIGN_ALLOWED_ORIGINS", "", "Web origins whose pages may call, such as https://console.example."),
    Setting(
        "VOICE_DESIGN_STATE_KEYS",
        "",
        "Keys, 32 characters or more each, that replicas share to seal what a client carries between rounds; the first one seals.",
        secret=True,
    ),
    Setting(
        "VOICE_DESIGN_AUDIO_KEEP_DAYS",
        "0",
        "Days after which speech and narrations are removed; previews stay with their voices. 0: never.",
        kind="count",
    ),
    Setting(
        "VOICE_DESIGN_AUDIO_MAX_MB",
        "0",
        "How much speech and how many narrations are kept, of all users; the oldest go, none within its first hour. 0: no limit.",
        kind="count",
    ),
    Setting(
        "VOICE_DESIGN_METRICS_PORT",
        "0",
        "Port of /metrics for Prometheus, on the address of --host. 0: none.",
        kind="count",
    ),
    Setting(
        "VOICE_DESIGN_TRACES",
        "",
        "1: OpenTelemetry spans of tool calls, purchases and requests to the vendor.",
        kind="flag",
    ),
    Setting("VOICE_DESIGN_LOG_JSON", "", "1: the log as JSON, an object a line, with trace_id.", kind="flag"),
    Setting(
        "VOICE_DESIGN_ACCOUNT_MAX_USD_PER_DAY", "", "Cap on all users' spending a day. Default: one user's.", kind="usd"
    ),
    Setting("VOICE_DESIGN_ACCOUNT_MAX_VOICES_PER_DAY", "", "The same for paid voices a day.", kind="count"),
    Setting("VOICE_DESIGN_ACCOUNT_MAX_CHARACTERS_PER_DAY", "", "The same for spoken characters a day.", kind="count"),
    Setting("VOICE_DESIGN_ACCOUNT_MAX_USD_TOTAL", "", "The same for spending altogether.", kind="usd"),
)
"""Read with the rest in config.py, and meant for `serve --http` alone."""
ACCOUNT_CAPS: Final = "VOICE_DESIGN_ACCOUNT_MAX_"
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:(\d{1,5}|\*))?")
_ORIGIN: Final = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?")
_KEY_CHARACTERS: Final = 32
_DAYS_MAX: Final = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """What was set for serving over HTTP, checked."""

    public_url: str
    oauth_issuer: str
    oauth_jwks_url: str
    tokens: tuple[StaticToken, ...]
    caller_keys: Literal["", "may", "must"]
    allowed_hosts: tuple[str, ...]
    allowed_origins: tuple[str, ...]
    state_keys: tuple[Secret, ...]
    audio_keep_days: int
    audio_max_bytes: int
    metrics_port: int
    traces: bool
    log_json: bool

    @property
    def retains(self) -> bool:
        """Whether audio is removed by its age or its size."""
        return bool(self.audio_keep_days or self.audio_max_bytes)

    @property
    def identifies(self) -> bool:
        """Whether callers must say who they are."""
        return bool(self.oauth_issuer or self.tokens)


def read(reader: Reader) -> Hosting:
    """Read these settings; what is wrong with them is noted on the reader."""
    public_url = _url(reader, "VOICE_DESIGN_PUBLIC_URL")
    issuer = _url(reader, "VOICE_DESIGN_OAUTH_ISSUER")
    jwks_url = _url(reader, "VOICE_DESIGN_OAUTH_JWKS_URL")
    if issuer and not public_url:
        reader.wrong("VOICE_DESIGN_OAUTH_ISSUER", "needs VOICE_DESIGN_PUBLIC_URL, for which its tokens are issued")
    return Hosting(
        public_url=public_url,
        oauth_issuer=issuer,
        oauth_jwks_url=jwks_url,
        tokens=_tokens(reader),
        caller_keys=_caller_keys(reader),
        allowed_hosts=_rows(reader, "VOICE_DESIGN_ALLOWED_HOSTS", _HOST, "must be hosts such as voices.internal:8000"),
        allowed_origins=_rows(
            reader, "VOICE_DESIGN_ALLOWED_ORIGINS", _ORIGIN, "must be origins such as https://console.example"
        ),
        state_keys=_keys(reader),
        audio_keep_days=_days(reader, "VOICE_DESIGN_AUDIO_KEEP_DAYS"),
        audio_max_bytes=reader.count("VOICE_DESIGN_AUDIO_MAX_MB") * 1_000_000,
        metrics_port=_port(reader, "VOICE_DESIGN_METRICS_PORT"),
        traces=reader.flag("VOICE_DESIGN_TRACES"),
        log_json=reader.flag("VOICE_DESIGN_LOG_JSON"),
    )


def _days(reader: Reader, variable: str) -> int:
    days = reader.count(variable)
    if days > _DAYS_MAX:
        reader.wrong(variable, f"must be a number of days, at most {_DAYS_MAX}")
        return 0
    return days


def _port(reader: Reader, variable: str) -> int:
    port = reader.count(variable)
    if port > 65535:
        reader.wrong(variable, "must be a port, at most 65535")
    return port


def _listed(reader: Reader, variable: str) -> list[str]:
    return list(filter(None, re.split(r"[,;\s]+", reader.text(variable))))


def _rows(reader: Reader, variable: str, pattern: re.Pattern[str], why: str) -> tuple[str, ...]:
    rows = _listed(reader, variable)
    if not all(pattern.fullmatch(row) for row in rows):
        reader.wrong(variable, why)
        return ()
    return tuple(rows)


def _url(reader: Reader, variable: str) -> str:
    value = reader.text(variable)
    parts = urlsplit(value)
    if value and not (parts.scheme in {"https", "http"} and parts.hostname and not parts.query and not parts.fragment):
        reader.wrong(variable, "must be a URL such as https://voices.example/mcp")
    elif parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        reader.wrong(variable, "may use plain http only on loopback")
    return value


def _tokens(reader: Reader) -> tuple[StaticToken, ...]:
    variable = "VOICE_DESIGN_TOKENS"
    tokens = [parsed(row) for row in _listed(reader, variable)]
    names = {token.name for token in tokens if token}
    if None in tokens or len(names) < len(tokens):
        reader.wrong(
            variable, "must be rows such as alice=sha256:HEX or alice=sha256:HEX/voices:read+speech, each name once"
        )
        return ()
    return tuple(filter(None, tokens))


def _caller_keys(reader: Reader) -> Literal["", "may", "must"]:
    variable = "VOICE_DESIGN_CALLER_KEYS"
    chosen = reader.choice(variable, ("off", "may", "must"))
    if chosen == "off":
        return ""
    if reader.flag("VOICE_DESIGN_SANDBOX"):
        reader.wrong(variable, "can't be with VOICE_DESIGN_SANDBOX, whose one account takes any key")
    if reader.text("VOICE_DESIGN_WORKSPACE_ID"):
        reader.wrong(variable, "can't be with VOICE_DESIGN_WORKSPACE_ID, which is one account's")
    if chosen == "may" and not (reader.text("DASHSCOPE_API_KEY") or reader.text("VOICE_DESIGN_BASE_URL")):
        reader.wrong(variable, "may be `may` only with DASHSCOPE_API_KEY, for who brings no key; else set must")
    return "must" if chosen == "must" else "may"


def _keys(reader: Reader) -> tuple[Secret, ...]:
    variable = "VOICE_DESIGN_STATE_KEYS"
    keys = _listed(reader, variable)
    if any(len(key) < _KEY_CHARACTERS for key in keys):
        reader.wrong(variable, f"must be keys of at least {_KEY_CHARACTERS} characters each")
        return ()
    return tuple(map(Secret, keys))
