"""The shape of JSON: which fields there are, and of what kind."""

from __future__ import annotations

from typing import Any, cast


def shape(value: Any, path: str = "") -> dict[str, str]:
    """Each key path with the kind of its value."""
    kinds: dict[str, str] = {}
    if isinstance(value, dict):
        kinds[path] = "object"
        for key, below in cast("dict[str, Any]", value).items():
            kinds |= shape(below, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        kinds[path] = "array"
        for below in cast("list[Any]", value):
            kinds |= shape(below, f"{path}[]")
    else:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        kinds[path] = "number" if is_number else type(value).__name__
    return kinds
