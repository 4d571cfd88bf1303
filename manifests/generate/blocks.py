"""Data as text: JSON as files hold it, JSON as links hold it, and YAML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

Scalar = str | int | float | bool
Json = Scalar | Mapping[str, "Json"] | Sequence["Json"]


def as_json(value: Json) -> str:
    """JSON as a file holds it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def compact(value: Json) -> str:
    """JSON as a link holds it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def as_yaml(value: Mapping[str, Json]) -> str:
    """YAML in blocks; every scalar and every list of scalars is written as JSON, which YAML includes."""
    return "".join(_entries(value, 0))


def _entries(value: Mapping[str, Json], indent: int) -> list[str]:
    lines: list[str] = []
    for name, held in value.items():
        start = f"{' ' * indent}{name}:"
        if isinstance(held, Mapping) and held:
            lines += [f"{start}\n", *_entries(held, indent + 2)]
        elif rows := _rows(held):
            lines.append(f"{start}\n")
            for row in rows:
                first, *rest = _entries(row, indent + 4)
                lines += [f"{' ' * (indent + 2)}- {first.lstrip()}", *rest]
        else:
            lines.append(f"{start} {json.dumps(held, ensure_ascii=False)}\n")
    return lines


def _rows(value: Json) -> list[Mapping[str, Json]]:
    """The mappings of a list of mappings; nothing for any other value."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    return [row for row in value if isinstance(row, Mapping)]
