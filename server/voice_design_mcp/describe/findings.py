"""What a review finds: its shape alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "vague_word",
    "subjective_word",
    "imitation",
    "redundant",
    "contradiction",
    "one_dimension",
    "missing_dimension",
    "too_long",
    "description_language",
    "preview_language",
]
Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the review has to say.

    Attributes:
        code: Stable.
        severity: error where the vendor refuses it or says that it does not work, warning where its guide advises against it.
        why: What is the matter, in one sentence fit for showing.
        suggestion: What to write instead.
        span: Where it is in the description, start and end in characters; None where it is of the whole.
    """

    code: Code
    severity: Severity
    why: str
    suggestion: str
    span: tuple[int, int] | None = None
