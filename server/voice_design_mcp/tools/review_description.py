"""review_description: hold a description against the vendor's guide before it is paid for. Nothing leaves this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from mcp.types import CallToolResult
from pydantic import Field

from ..catalog import FAMILIES, LANGUAGES, MODELS, family_of
from ..families import known_model
from . import checks
from .answers import answer
from .spec import COMPUTES, ToolSpec
from .words import plain

if TYPE_CHECKING:
    from ..describe.findings import Finding
    from ..describe.review import Review

REVIEWED_MAX: Final = 10_000
"""Ours: longer than any family's limit, so that "too long" is a finding, and short enough to be read at once."""
SHOWN_MAX: Final = 30
"""Findings beyond this many are counted, not shown."""

ReviewedPrompt = Annotated[
    str, Field(description="The voice description.", json_schema_extra={"minLength": 1, "maxLength": REVIEWED_MAX})
]
ReviewedPreview = Annotated[str, Field(description="The preview text, to hold against language.")]
ReviewedLanguage = Annotated[
    str, Field(description="Language that preview_text is meant to be in.", json_schema_extra={"enum": list(LANGUAGES)})
]
ReviewedModel = Annotated[
    str,
    Field(
        description="Model the voice is for, whose limit must hold. Omitted: any.",
        json_schema_extra={"enum": list(MODELS)},
    ),
]


async def review_description(
    voice_prompt: ReviewedPrompt,
    preview_text: ReviewedPreview = "",
    language: ReviewedLanguage = "",
    target_model: ReviewedModel = "",
) -> CallToolResult:
    """Check a voice description against the vendor's guide, before anything is paid for. Free, offline, no model call.

    Says which of seven dimensions are there and which are missing, and finds vague or subjective words, imitation of a person,
    repetition, contradiction, wrong language and length, each with where, why and the mend. `rewritten` has such words taken out.
    """
    from ..describe.review import review

    _check(voice_prompt, preview_text, language, target_model)
    reviewed = review(
        voice_prompt,
        limits={name: family.limits.voice_prompt_max for name, family in FAMILIES.items()},
        family=family_of(target_model).name if target_model else "",
        preview_text=preview_text,
        language=language,
    )
    status = "ready" if not reviewed.weighty else "improvable"
    if any(finding.severity == "error" for finding in reviewed.weighty):
        status = "not_ready"
    structured = {
        "status": status,
        "findings": [_as_data(finding, voice_prompt) for finding in reviewed.findings[:SHOWN_MAX]],
        "findings_left_off": max(0, len(reviewed.findings) - SHOWN_MAX) or None,
        "dimensions": {
            "present": {name: list(values) for name, values in reviewed.present.items()},
            "missing": list(reviewed.missing),
        },
        "characters": len(voice_prompt),
        "rewritten": reviewed.rewritten,
    }
    return answer(_lines(status, reviewed), structured)


def _check(voice_prompt: str, preview_text: str, language: str, target_model: str) -> None:
    """Raise InputError for what can't be reviewed; everything else is a finding."""
    checks.text("voice_prompt", voice_prompt, 1, REVIEWED_MAX)
    if preview_text:
        checks.text("preview_text", preview_text, 1, REVIEWED_MAX)
    if language:
        checks.one_of("language", language, tuple(LANGUAGES))
    if target_model:
        known_model(target_model)


def _as_data(finding: Finding, voice_prompt: str) -> dict[str, Any]:
    start, end = finding.span or (0, 0)
    span = {"start": start, "end": end, "text": voice_prompt[start:end]} if finding.span else None
    return {
        "code": finding.code,
        "severity": finding.severity,
        "span": span,
        "why": plain(finding.why, 300),
        "suggestion": finding.suggestion,
    }


def _lines(status: str, reviewed: Review) -> list[str]:
    present = "; ".join(f"{_name(name)}: {', '.join(values)}" for name, values in reviewed.present.items())
    weighty = reviewed.weighty[:SHOWN_MAX]
    left_off = len(reviewed.weighty) - len(weighty)
    missing = ", ".join(map(_name, reviewed.missing))
    return [
        f"{status}: {len(reviewed.weighty)} findings, {len(reviewed.present)} of 7 dimensions.",
        *(
            f"- {finding.severity} {finding.code}: {plain(finding.why, 300)} {finding.suggestion}"
            for finding in weighty
        ),
        f"and {left_off} more findings" if left_off else "",
        f"Said: {present}." if present else "",
        f"Not said, left to the model: {missing}." if missing else "",
        f'Rewritten: "{reviewed.rewritten}"' if reviewed.rewritten else "",
    ]


def _name(dimension: str) -> str:
    return dimension.replace("_", " ")


TOOL = ToolSpec(
    function=review_description,
    title="Review a description",
    annotations=COMPUTES,
    scope="voices:design",
    output={
        "status": "string",
        "findings": "array",
        "findings_left_off": "integer",
        "dimensions": "object",
        "characters": "integer",
        "rewritten": "string",
        "error": "object",
    },
)
