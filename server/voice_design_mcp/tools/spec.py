"""What a tool file declares of itself, beside its function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from mcp.types import ToolAnnotations

from ..identity.principals import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """One tool. Its name is the function's, its description the function's docstring.

    `output` maps the top-level names of its structured result to JSON types; nothing in it is required, since hosts hold even
    errors against it. `asks` marks the tools that ask the user before acting. `scope` is what a token must allow for it; a tool
    that names none is the operator's.
    """

    function: Callable[..., Any]
    title: str
    annotations: ToolAnnotations
    output: Mapping[str, str]
    asks: bool = False
    scope: Scope | Literal["operator"] = "operator"
    meta: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.function.__name__

    @property
    def only_apps_call(self) -> bool:
        """Whether it is the panel's own, which no model sees."""
        return self.meta.get("ui", {}).get("visibility") == ["app"]


PANEL_URI: Final = "ui://voice-design/audition.html"
AUDITIONED: Final[Mapping[str, Any]] = {"ui": {"resourceUri": PANEL_URI}}
"""The `meta` of tools whose results the audition panel shows."""
COMPUTES: Final = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
READS: Final = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True)
SPENDS: Final = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)
DESTROYS: Final = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True
)
