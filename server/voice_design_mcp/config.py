"""The settings: one table, one reader of the environment.

Precedence: command-line flag, then environment, then default. An empty value and a literal `${…}` (what some hosts pass for a
field left blank) count as unset. What begins with VOICE_DESIGN_ and is no setting is refused. Nothing is read from a `.env` file:
a server's working folder is its user's project.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from .errors import ConfigError
from .hosting import ACCOUNT_CAPS, HOSTING, Hosting, read
from .setting import Reader, Secret, Setting, is_loopback

SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "DASHSCOPE_API_KEY",
        "",
        "Key of Alibaba Cloud Model Studio, for the region set. Absent: the offline sandbox.",
        secret=True,
    ),
    Setting("VOICE_DESIGN_REGION", "singapore", "Where the key is from: singapore or beijing."),
    Setting("VOICE_DESIGN_WORKSPACE_ID", "", "Use this workspace's own host instead of the region's shared one."),
    Setting(
        "VOICE_DESIGN_BASE_URL",
        "",
        "Another origin (scheme, host, port) instead of the region's, such as a served sandbox. Plain http only on loopback.",
    ),
    Setting("VOICE_DESIGN_WS_URL", "", "Origin of the WebSockets; by default that of the base URL."),
    Setting("VOICE_DESIGN_SANDBOX", "", "1: the offline sandbox, even with a key.", kind="flag"),
    Setting(
        "VOICE_DESIGN_SANDBOX_ENGINE",
        "auto",
        "Who speaks in the sandbox: neural (natural; the extra neural), formant (plain, at once), auto (neural if installed).",
    ),
    Setting(
        "VOICE_DESIGN_KOKORO_MODEL",
        "",
        "Your own copy of the natural voice's model, kokoro-v1.0.int8.onnx. Default: the one in the packages of the extra neural.",
        kind="file",
    ),
    Setting(
        "VOICE_DESIGN_TARGET_MODEL",
        "",
        "Synthesis model that voices are designed for. Default: the first in the catalog that the vendor still serves.",
    ),
    Setting(
        "VOICE_DESIGN_OPEN_DESIGN_URL",
        "",
        "Your own vLLM-Omni server with a Qwen3-TTS VoiceDesign checkpoint. With the next it makes target_model qwen3-tts-open.",
    ),
    Setting("VOICE_DESIGN_OPEN_SPEECH_URL", "", "Your own vLLM-Omni server with a Qwen3-TTS Base checkpoint."),
    Setting("VOICE_DESIGN_OPEN_KEY", "", "The bearer key of both, if they were started with one.", secret=True),
    Setting("VOICE_DESIGN_OPEN_CONCURRENCY", "4", "How many requests they are sent at once.", kind="count"),
    Setting("VOICE_DESIGN_DATA_DIR", "", "Ledger, voices and audio. Default: this user's data folder.", kind="folder"),
    Setting(
        "VOICE_DESIGN_DATABASE_URL",
        "",
        "PostgreSQL instead of SQLite in the data folder, such as postgresql+asyncpg://user:password@host/database.",
        secret=True,
    ),
    Setting(
        "VOICE_DESIGN_AUDIO_URL",
        "",
        "S3 instead of the data folder, such as s3://bucket/prefix; region, endpoint and credentials by the usual AWS variables.",
    ),
    Setting(
        "VOICE_DESIGN_AUDIO_LINKS_S",
        "0",
        "Give results a signed link to their audio, good for so many seconds (S3 only, a week at most). 0: none.",
        kind="count",
    ),
    Setting("VOICE_DESIGN_OUTPUT_DIR", "", "Also write every audio file here, under a readable name.", kind="folder"),
    Setting(
        "VOICE_DESIGN_LOUDNESS_LUFS",
        "",
        "Bring speech to this loudness, such as -16 (LUFS). Default: as its model gave it.",
    ),
    Setting(
        "VOICE_DESIGN_APPROVAL",
        "ask",
        "Who approves: ask (elicitation, else a second call), person (only a person's act), auto (nobody, within the caps).",
    ),
    Setting("VOICE_DESIGN_ASK_ABOVE_USD", "0.25", "Speech is asked about only above this price a call.", kind="usd"),
    Setting(
        "VOICE_DESIGN_MAX_USD_PER_DAY", "2", "Cap on spending a day. In the sandbox it binds only when set.", kind="usd"
    ),
    Setting(
        "VOICE_DESIGN_MAX_VOICES_PER_DAY", "10", "Cap on paid voices a day. In the sandbox only when set.", kind="count"
    ),
    Setting(
        "VOICE_DESIGN_MAX_CHARACTERS_PER_DAY",
        "200000",
        "Cap on spoken characters a day, as the vendor counts. In the sandbox only when set.",
        kind="count",
    ),
    Setting("VOICE_DESIGN_MAX_USD_TOTAL", "", "Cap on spending altogether. Default: none.", kind="usd"),
    Setting(
        "VOICE_DESIGN_PRICES",
        "",
        "Your own prices, such as qwen-voice-design=0.2USD,qwen3-tts-vd-2026-01-26=0.8CNY (a voice; 10,000 characters).",
    ),
    Setting(
        "VOICE_DESIGN_USD_PER_CNY",
        "0.15",
        "USD for CNY 1, at which CNY counts against the USD caps, rounded up. As of 2026-11-22.",
        kind="usd",
    ),
    Setting("VOICE_DESIGN_DAY_UTC_OFFSET", "0", "Hours from UTC at which a day of the caps begins, -12 to 14."),
    Setting(
        "VOICE_DESIGN_REQUESTS_PER_MINUTE",
        "",
        "How often a model is asked to design or speak, by all processes on one database. Default: as the vendor publishes (180); "
        "in the sandbox no limit. 0: no limit.",
        kind="count",
    ),
    Setting(
        "VOICE_DESIGN_CACHE_MB",
        "1024",
        "How much spoken text is kept for narrations, so that it is not bought again (an hour is about 173 MB).",
        kind="count",
    ),
    Setting(
        "VOICE_DESIGN_NAME_TAG",
        "1",
        "0: send preferred_name as given. A voice whose answer was lost can then be adopted only by a person.",
        kind="flag",
    ),
)
_DATABASE = re.compile(r"postgres(ql(\+(asyncpg|psycopg))?)?://[^/]")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?")
_WEEK_S: Final = 604_800
_WORKSPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that a user may hold and spend; None is no cap. `everyone` is the most of all users, where that was set apart."""

    usd_per_day: Decimal | None
    voices_per_day: int | None
    characters_per_day: int | None
    usd_total: Decimal | None
    everyone: Caps | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenServers:
    """The user's own servers of open weights."""

    design_url: str
    speech_url: str
    key: Secret
    concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user set, checked. `sandbox` is the in-process one; a served sandbox is a base URL like any other."""

    api_key: Secret
    sandbox: bool
    sandbox_engine: str
    kokoro_model: Path | None
    region: str
    workspace_id: str
    base_url: str
    ws_url: str
    target_model: str
    open_servers: OpenServers | None
    data_dir: Path
    database_url: Secret
    audio_url: str
    audio_links_s: int
    output_dir: Path | None
    loudness_lufs: float | None
    approval: Literal["ask", "person", "auto"]
    ask_above_usd: Decimal
    caps: Caps
    sandbox_caps: Caps
    prices: Mapping[str, tuple[Decimal, str]] = field(default_factory=dict[str, tuple[Decimal, str]])
    usd_per_cny: Decimal
    day_utc_offset_h: int
    name_tag: bool
    requests_per_minute: int | None
    cache_bytes: int
    hosting: Hosting

    @classmethod
    def load(cls, flags: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Args:
            flags: Values given on the command line, by variable name.
            environ: The environment; the process's own when None.

        Raises:
            ConfigError: Naming every setting that is wrong, at once.
        """
        return _Reader((*SETTINGS, *HOSTING), os.environ if environ is None else environ, flags or {}).settings()  # noqa: TID251 the one reader


class _Reader(Reader):
    """Reads the settings."""

    def settings(self) -> Settings:
        base_url = self.origin("VOICE_DESIGN_BASE_URL", ("https", "http"))
        key = Secret(self.text("DASHSCOPE_API_KEY"))
        open_servers = self.open_servers()
        sandbox = self.flag("VOICE_DESIGN_SANDBOX") or not (base_url or key or open_servers)
        loaded = Settings(
            api_key=key,
            sandbox=sandbox,
            sandbox_engine=self.choice("VOICE_DESIGN_SANDBOX_ENGINE", ("auto", "neural", "formant")),
            kokoro_model=self.path("VOICE_DESIGN_KOKORO_MODEL"),
            region=self.choice("VOICE_DESIGN_REGION", ("singapore", "beijing")),
            workspace_id=self.workspace(),
            base_url="" if sandbox else base_url,
            ws_url="" if sandbox else self.origin("VOICE_DESIGN_WS_URL", ("wss", "ws")),
            target_model=self.text("VOICE_DESIGN_TARGET_MODEL"),
            open_servers=open_servers,
            data_dir=self.path("VOICE_DESIGN_DATA_DIR") or _default_data_dir(),
            database_url=self.database(),
            audio_url=self.bucket(),
            audio_links_s=self.links(),
            output_dir=self.path("VOICE_DESIGN_OUTPUT_DIR"),
            loudness_lufs=self.loudness(),
            approval=self.choice("VOICE_DESIGN_APPROVAL", ("ask", "person", "auto")),  # pyright: ignore[reportArgumentType] choice() returns one of the three
            ask_above_usd=self.number("VOICE_DESIGN_ASK_ABOVE_USD"),
            caps=self.caps(defaults=True),
            sandbox_caps=self.caps(defaults=False),
            prices=self.prices(),
            usd_per_cny=self.number("VOICE_DESIGN_USD_PER_CNY"),
            day_utc_offset_h=self.offset(),
            name_tag=self.flag("VOICE_DESIGN_NAME_TAG"),
            requests_per_minute=self.count_if_set("VOICE_DESIGN_REQUESTS_PER_MINUTE"),
            cache_bytes=self.count("VOICE_DESIGN_CACHE_MB") * 1_000_000,
            hosting=read(self),
        )
        if self.problems:
            raise ConfigError("; ".join(dict.fromkeys(self.problems)))  # a value may be read twice
        return loaded

    def open_servers(self) -> OpenServers | None:
        """Both of them, or none."""
        design, speech = "VOICE_DESIGN_OPEN_DESIGN_URL", "VOICE_DESIGN_OPEN_SPEECH_URL"
        design_url, speech_url = self.base(design), self.base(speech)
        concurrency = self.count("VOICE_DESIGN_OPEN_CONCURRENCY")
        if not concurrency:
            self.wrong("VOICE_DESIGN_OPEN_CONCURRENCY", "must be at least 1")
        if bool(self.text(design)) != bool(self.text(speech)):
            self.wrong(
                speech if self.text(design) else design, f"is needed beside {design if self.text(design) else speech}"
            )
        if not (design_url and speech_url):
            return None
        for variable, url in ((design, design_url), (speech, speech_url)):
            if (
                self.text("VOICE_DESIGN_OPEN_KEY")
                and url.startswith("http:")
                and not is_loopback(urlsplit(url).hostname or "")
            ):
                self.wrong(variable, "must be https where VOICE_DESIGN_OPEN_KEY is sent beyond loopback")
        key = Secret(self.text("VOICE_DESIGN_OPEN_KEY"))
        return OpenServers(design_url=design_url, speech_url=speech_url, key=key, concurrency=max(1, concurrency))

    def caps(self, *, defaults: bool) -> Caps:
        """A user's caps, and those of all users: each of these, where it is not set, is one user's."""
        own = self.caps_named("VOICE_DESIGN_MAX_", defaults=defaults)
        set_apart = self.caps_named(ACCOUNT_CAPS, defaults=False)
        everyone = {cap.name: getattr(set_apart, cap.name) for cap in fields(Caps)}
        if all(most is None for most in everyone.values()):
            return own
        return replace(
            own,
            everyone=Caps(**{name: getattr(own, name) if most is None else most for name, most in everyone.items()}),
        )

    def caps_named(self, prefix: str, *, defaults: bool) -> Caps:
        def bound(name: str) -> bool:
            return prefix + name in self.given or (defaults and bool(self.text(prefix + name)))

        return Caps(
            usd_per_day=self.number(f"{prefix}USD_PER_DAY") if bound("USD_PER_DAY") else None,
            voices_per_day=self.count(f"{prefix}VOICES_PER_DAY") if bound("VOICES_PER_DAY") else None,
            characters_per_day=self.count(f"{prefix}CHARACTERS_PER_DAY") if bound("CHARACTERS_PER_DAY") else None,
            usd_total=self.number(f"{prefix}USD_TOTAL") if bound("USD_TOTAL") else None,
        )

    def loudness(self) -> float | None:
        variable = "VOICE_DESIGN_LOUDNESS_LUFS"
        value = self.text(variable)
        if not value:
            return None
        if not re.fullmatch(r"-\d{1,2}(\.\d+)?", value) or not -40 <= float(value) <= -5:
            self.wrong(variable, "must be a number from -40 to -5, such as -16")
            return None
        return float(value)

    def offset(self) -> int:
        variable = "VOICE_DESIGN_DAY_UTC_OFFSET"
        value = self.text(variable)
        if not re.fullmatch(r"[+-]?\d{1,2}", value) or not -12 <= int(value) <= 14:
            self.wrong(variable, "must be a whole number of hours from -12 to 14")
            return 0
        return int(value)

    def workspace(self) -> str:
        variable = "VOICE_DESIGN_WORKSPACE_ID"
        value = self.text(variable)
        if value and not _WORKSPACE.fullmatch(value):
            self.wrong(variable, "must be letters, digits, _ and -, at most 64")
        return value

    def database(self) -> Secret:
        variable = "VOICE_DESIGN_DATABASE_URL"
        value = self.text(variable)
        if value and not _DATABASE.match(value):
            self.wrong(variable, "must be a PostgreSQL URL such as postgresql+asyncpg://user:password@host/database")
        return Secret(value)

    def bucket(self) -> str:
        variable = "VOICE_DESIGN_AUDIO_URL"
        value = self.text(variable)
        if value and not _BUCKET.fullmatch(value):
            self.wrong(variable, "must be s3://bucket or s3://bucket/prefix")
        return value

    def links(self) -> int:
        variable = "VOICE_DESIGN_AUDIO_LINKS_S"
        seconds = self.count(variable)
        if seconds > _WEEK_S or (seconds and not self.text("VOICE_DESIGN_AUDIO_URL")):
            self.wrong(variable, f"must be at most {_WEEK_S}, and needs VOICE_DESIGN_AUDIO_URL")
        return seconds

    def prices(self) -> dict[str, tuple[Decimal, str]]:
        variable = "VOICE_DESIGN_PRICES"
        prices: dict[str, tuple[Decimal, str]] = {}
        for row in filter(None, re.split(r"[,;\s]+", self.text(variable))):
            match = re.fullmatch(r"([A-Za-z0-9._-]+)=(\d+(?:\.\d+)?)(USD|CNY)", row)
            if match is None:
                self.wrong(variable, "must be rows such as qwen-voice-design=0.2USD, in USD or CNY")
                break
            prices[match[1]] = (Decimal(match[2]), match[3])
        return prices


def _default_data_dir() -> Path:
    from platformdirs import user_data_path

    try:
        return user_data_path("voice-design-mcp", appauthor=False)
    except (OSError, RuntimeError):  # no home folder at all
        return Path(tempfile.gettempdir()) / "voice-design-mcp"
