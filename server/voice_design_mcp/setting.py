"""One row of the table of settings, and how the values of rows are read. Reads no environment: that is config.py's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

_UNEXPANDED: Final = re.compile(r"\$\{[^}]*\}")
_PREFIX: Final = "VOICE_DESIGN_"
_OF_A_SERVICE: Final = re.compile(r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)")
"""What Kubernetes sets in every container for a service that is called like us."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: an environment variable and what it means."""

    variable: str
    default: str
    help: str
    secret: bool = False
    kind: Literal["text", "flag", "folder", "file", "usd", "count"] = "text"


class Secret:
    """A string that shows itself only when asked to."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret('…')" if self._value else "Secret('')"


class Reader:
    """Reads values by variable, gathering what is wrong instead of stopping at the first.

    Args:
        rows: Every setting there is.
        given: Values by variable; what is really set in a later one goes before an earlier.
    """

    def __init__(self, rows: Iterable[Setting], *given: Mapping[str, str]) -> None:
        self._rows = {row.variable: row for row in rows}
        self.given = {
            name: value for values in given for name in self._rows if (value := _really_set(values.get(name, "")))
        }
        self.problems: list[str] = []
        for values in given:
            self._refuse_unknown(values)

    def text(self, variable: str) -> str:
        """The value, or the default."""
        return self.given.get(variable, self._rows[variable].default)

    def wrong(self, variable: str, why: str) -> None:
        """Note what is wrong with a value; a secret is not shown."""
        shown = "" if self._rows[variable].secret else f" (it is {self.text(variable)!r})"
        self.problems.append(f"{variable} {why}{shown}")

    def _refuse_unknown(self, values: Mapping[str, str]) -> None:
        """Note what is called like a setting and is none: a cap with its name misspelled would be no cap."""
        for name in sorted(name for name in values if name.startswith(_PREFIX) and name not in self._rows):
            if not _really_set(values[name]) or _OF_A_SERVICE.fullmatch(name):
                continue
            from difflib import get_close_matches

            near = get_close_matches(name.removeprefix(_PREFIX), [row.removeprefix(_PREFIX) for row in self._rows], n=1)
            self.problems.append(f"{name} is no setting" + (f" (is {_PREFIX}{near[0]} meant?)" if near else ""))

    def choice(self, variable: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed values."""
        value = self.text(variable).lower()
        if value not in allowed:
            self.wrong(variable, f"must be one of {', '.join(allowed)}")
            return allowed[0]
        return value

    def flag(self, variable: str) -> bool:
        """1 or 0."""
        value = self.text(variable).lower()
        if value in {"", "0", "false", "no", "off"}:
            return False
        if value not in {"1", "true", "yes", "on"}:
            self.wrong(variable, "must be 1 or 0")
        return True

    def number(self, variable: str) -> Decimal:
        """A number of at least 0."""
        try:
            value = Decimal(self.text(variable))
        except InvalidOperation:
            value = Decimal(-1)
        if not value.is_finite() or value < 0:
            self.wrong(variable, "must be a number of at least 0, such as 2 or 0.50")
            return Decimal(0)
        return value

    def count(self, variable: str) -> int:
        """A whole number of at least 0."""
        value = self.text(variable)
        if not value.isascii() or not value.isdigit():
            self.wrong(variable, "must be a whole number of at least 0")
            return 0
        return int(value)

    def count_if_set(self, variable: str) -> int | None:
        """A whole number of at least 0; None where none is set."""
        return self.count(variable) if self.text(variable) else None

    def path(self, variable: str) -> Path | None:
        """A folder or a file, absolute; None where none is set."""
        value = self.text(variable)
        return Path(value).expanduser().absolute() if value else None

    def base(self, variable: str) -> str:
        """An http or https URL to whose path more is added; "" where none is set. Plain http is for servers inside a network."""
        value = self.text(variable).rstrip("/")
        try:
            parts = urlsplit(value)
            odd = (
                not parts.hostname
                or parts.scheme not in {"http", "https"}
                or parts.query
                or parts.fragment
                or parts.username
            )
        except ValueError:
            odd = True
        if value and odd:
            self.wrong(variable, "must be a URL such as http://host:8000; /v1 and the rest are added")
        return "" if odd else value.removesuffix("/v1")

    def origin(self, variable: str, schemes: tuple[str, str]) -> str:
        """Scheme, host and port of one of two schemes, the second only on loopback; "" where none is set."""
        value = self.text(variable).rstrip("/")
        if not value:
            return ""
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError:
            self.wrong(variable, "is not a URL")
            return ""
        if (
            parts.scheme not in schemes
            or not parts.hostname
            or parts.path
            or parts.query
            or parts.fragment
            or parts.username
        ):
            self.wrong(variable, f"must be an origin such as {schemes[0]}://host:port; the paths are added")
        elif parts.scheme == schemes[1] and not is_loopback(parts.hostname):
            self.wrong(variable, f"may use plain {schemes[1]} only on loopback")
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    return host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def _really_set(value: str) -> str:
    """The value without its blanks; "" for what some hosts pass for a field left blank."""
    value = value.strip()
    return "" if _UNEXPANDED.fullmatch(value) else value
