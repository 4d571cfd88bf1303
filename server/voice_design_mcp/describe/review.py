"""A description and a preview text held against the vendor's guide: five principles, seven dimensions, lengths and languages.

Pure: the limits are handed in, and nothing is asked of any model. English and Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from . import ages, imitation, reading, repetition, rewriting, scanning, wording
from .findings import Finding
from .folding import fold
from .language import NAMES, can_describe, contradicts, doubtful, recognise
from .lexicon import DIMENSIONS

_EXAMPLES: Final = {
    "gender": "male, female or neutral",
    "age": "child, teenager, young adult, middle-aged, senior, or the years",
    "pitch": "high, slightly high, medium, slightly low or low",
    "speed": "fast, slightly fast, medium, slightly slow or slow",
    "emotion": "cheerful, calm, gentle, serious, lively, composed, soothing",
    "characteristics": "resonant, crisp, husky, mellow, sweet, deep, powerful",
    "use_case": "news, advertising, audiobook, animation, voice assistant, documentary",
}
_BROAD: Final = 2
_TAKEN_OUT: Final = frozenset({"vague_word", "subjective_word", "imitation", "redundant"})
_DESCRIBES: Final = frozenset({"en", "zh"})


@dataclass(frozen=True, slots=True)
class Review:
    """What a review says.

    Attributes:
        findings: Those of the whole first, then in the order of the words; what is missing last.
        present: What is said along each dimension that is, in the order of `DIMENSIONS`; values as in `Traits`.
        missing: The dimensions of which nothing is said.
        rewritten: The description without what the review takes out; "" where that is nothing, or leaves nothing.
    """

    findings: tuple[Finding, ...]
    present: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    rewritten: str

    @property
    def weighty(self) -> tuple[Finding, ...]:
        """The findings that are more than information."""
        return tuple(finding for finding in self.findings if finding.severity != "info")


def review(
    description: str,
    *,
    limits: Mapping[str, int] | None = None,
    family: str = "",
    preview_text: str = "",
    language: str = "",
) -> Review:
    """Hold a description against the guide, and a preview text against its language. Never fails; deterministic.

    Args:
        description: In English, Chinese or both.
        limits: The longest description of each family, in characters.
        family: The one that the voice is for, "" when that is open.
        preview_text: What the preview will say, "" when that is open.
        language: The code that `preview_text` is meant to be in, one of `language.LANGUAGES`; "" when that is open.
    """
    folded = fold(description)
    said = reading.read(description)
    tokens = scanning.scan(folded, ages.find(folded))
    of_words = [
        *imitation.find(description, tokens),
        *wording.find(folded, said),
        *repetition.find(folded, said),
        *repetition.contradictions(folded, said),
    ]
    of_words = _apart(of_words)
    somebody = [finding.span for finding in of_words if finding.code == "imitation" and finding.span]
    own = [one for one in said if not any(start <= one.start < end for start, end in somebody)]
    present = {name: _values(own, name) for name in DIMENSIONS}
    present = {name: values for name, values in present.items() if values}
    missing = tuple(name for name in DIMENSIONS if name not in present)
    findings = (
        *_language(description, present),
        *_length(description, limits or {}, family),
        *_preview(preview_text, language),
        *_breadth(present),
        *of_words,
        *(_missing(name) for name in missing),
    )
    return Review(findings, present, missing, _rewritten(description, of_words))


def _values(said: Sequence[reading.Said], dimension: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.value for one in said if one.dimension == dimension))


def _apart(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out what lies within an earlier finding, such as a "great" before a name; earlier means graver."""
    kept: list[Finding] = []
    for finding in findings:
        start, end = finding.span or (0, 0)
        if not any(one.span and start < one.span[1] and one.span[0] < end for one in kept):
            kept.append(finding)
    return sorted(kept, key=lambda finding: finding.span or (0, 0))


def _language(description: str, present: Mapping[str, tuple[str, ...]]) -> list[Finding]:
    """Say so where the vendor does not read the language; a few words that other languages have too do not tell."""
    guess = recognise(description)
    is_foreign = guess.certain and guess.language not in _DESCRIBES and len(present) < _BROAD
    if can_describe(description) and not is_foreign:
        return []
    seen = f" It looks {NAMES[guess.language]}: {guess.reason}." if guess.language else f" Here {guess.reason}."
    why = f"The vendor reads descriptions in English and Chinese only.{seen}"
    return [Finding("description_language", "error", why, "Write the description in English or Chinese.")]


def _length(description: str, limits: Mapping[str, int], family: str) -> list[Finding]:
    passed = {name: most for name, most in limits.items() if len(description) > most}
    if not passed:
        return []
    named = ", ".join(f"{name} takes {most:,}" for name, most in passed.items())
    is_fatal = family in passed or passed.keys() == limits.keys()
    return [
        Finding(
            "too_long",
            "error" if is_fatal else "info",
            f"It has {len(description):,} characters; {named}.",
            f"Shorten it to {min(passed.values()):,} characters." if is_fatal else "Shorten it, or use another family.",
        )
    ]


def _preview(preview_text: str, language: str) -> list[Finding]:
    if not preview_text or not language:
        return []
    again = f"Write preview_text in {NAMES[language]}, or give its own language."
    if contradicts(preview_text, language):
        why = f"preview_text is not written in the script of {NAMES[language]}."
        return [Finding("preview_language", "error", why, again)]
    doubt = doubtful(preview_text, language)
    return [Finding("preview_language", "warning", doubt, again)] if doubt else []


def _breadth(present: Mapping[str, tuple[str, ...]]) -> list[Finding]:
    if len(present) >= _BROAD:
        return []
    only = f"only of {next(iter(present)).replace('_', ' ')}" if present else "of none of the seven dimensions"
    return [
        Finding(
            "one_dimension",
            "warning",
            f"It speaks {only}: too broad for a voice of its own.",
            "Combine several dimensions, such as gender, age, speed, emotion and character.",
        )
    ]


def _missing(dimension: str) -> Finding:
    name = dimension.replace("_", " ")
    return Finding("missing_dimension", "info", f"It does not say the {name}.", f"Add one: {_EXAMPLES[dimension]}.")


def _rewritten(description: str, findings: Sequence[Finding]) -> str:
    spans = [finding.span for finding in findings if finding.code in _TAKEN_OUT and finding.span]
    if not spans:
        return ""
    shorter = rewriting.without(description, spans)
    return shorter if reading.read(shorter) else ""
