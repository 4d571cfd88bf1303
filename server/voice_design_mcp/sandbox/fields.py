"""One JSON object of a request, read strictly and refused in the vendor's words. Knows no operation and no limit.

Unknown fields are ignored; null counts as absent; a wrong type is a refusal.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from voice_design_mcp.sandbox.answers import INVALID_BODY, RefusalError, invalid

MAX_BODY_BYTES = 1_000_000


class Fields:
    """One JSON object of a request, read field by field; every reader raises `RefusalError`."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def section(self, name: str, *, required: bool = False) -> Fields:
        """The object under `name`; where it may be missing, an empty one."""
        value = self._values.get(name)
        if value is None and not required:
            return Fields({})
        if not isinstance(value, dict):
            raise invalid(f"{name} should be an object.")
        return Fields(cast("dict[str, Any]", value))

    def string(self, name: str, *, longest: int = MAX_BODY_BYTES) -> str:
        """A required text of 1 to `longest` characters."""
        value = self._values.get(name)
        if value is None:
            raise invalid(f"{name} is required.")
        if not isinstance(value, str) or not _encodable(value):
            raise invalid(f"{name} should be a string.")
        if not 1 <= len(value) <= longest:
            raise invalid(f"{name} should have 1 to {longest} characters, but has {len(value)}.")
        return value

    def choice(self, name: str, choices: Sequence[str], default: str = "") -> str:
        """One of `choices`; required where there is no default."""
        if default and self._values.get(name) is None:
            return default
        value = self.string(name)
        if value not in choices:
            raise invalid(f"{name} should be one of: {', '.join(choices)}.")
        return value

    def integer(self, name: str, default: int, lowest: int, highest: int | None = None) -> int:
        """A whole number from `lowest` to `highest`, never a boolean, a float or a numeral in quotes."""
        value = self._integer(name, default)
        if value < lowest or (highest is not None and value > highest):
            raise invalid(f"{name} should be {lowest} {'or more' if highest is None else f'to {highest}'}.")
        return value

    def number(self, name: str, default: float, lowest: float, highest: float) -> float:
        """A number from `lowest` to `highest`."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise invalid(f"{name} should be a number.")
        if not lowest <= value <= highest:
            raise invalid(f"{name} should be from {lowest} to {highest}.")
        return float(value)

    def one_of(self, name: str, choices: Sequence[int], default: int) -> int:
        """One of the whole numbers `choices`."""
        value = self._integer(name, default)
        if value not in choices:
            raise invalid(f"{name} should be one of: {', '.join(map(str, choices))}.")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise invalid(f"{name} should be true or false.")
        return value

    def strings(self, name: str) -> list[str]:
        """A list of texts; none, if it is missing."""
        value: Any = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(
            isinstance(one, str) and _encodable(one) for one in cast("Any", value)
        ):
            raise invalid(f"{name} should be an array of strings.")
        return cast("list[str]", value)

    def text(self, name: str) -> str:
        """A required text that may be empty."""
        return "" if self._values.get(name) == "" else self.string(name)

    def model(self, models: Sequence[str]) -> str:
        """`model`; one that is not served here is the vendor's 404."""
        model = self.string("model")
        if model not in models:
            raise RefusalError(404, "ModelNotFound", "Model can not be found.")
        return model

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._values.get(name) is not None

    def _integer(self, name: str, default: int) -> int:
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid(f"{name} should be an integer.")
        return value


def read_body(raw: bytes) -> Fields:
    """Reads a request's body: one JSON object of at most 1 MB, in UTF-8, without NaN or infinities."""
    if len(raw) > MAX_BODY_BYTES:
        raise invalid(INVALID_BODY)
    try:
        body: Any = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise invalid(INVALID_BODY) from None
    if not isinstance(body, dict):
        raise invalid(INVALID_BODY)
    return Fields(cast("dict[str, Any]", body))


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _no_constant(name: str) -> float:
    raise ValueError(name)
