"""What an agent can do: one file, one tool. The order here is the order in which hosts list them."""

from __future__ import annotations

from typing import Final

from . import (
    compare_voices,
    delete_voice,
    design_voice,
    get_spending,
    get_voice,
    keep_voice,
    list_voices,
    narrate,
    review_description,
    synthesize,
)
from .spec import ToolSpec

TOOLS: Final[tuple[ToolSpec, ...]] = (
    design_voice.TOOL,
    keep_voice.TOOL,
    list_voices.TOOL,
    get_voice.TOOL,
    delete_voice.TOOL,
    synthesize.TOOL,
    compare_voices.TOOL,
    narrate.TOOL,
    review_description.TOOL,
    get_spending.TOOL,
)
