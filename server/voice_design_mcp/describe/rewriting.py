"""A description without the words that a review objects to. By rule alone: words are taken out, none is put in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_GAP: Final = "\ue000"
_VOWEL: Final = re.compile(r"(?!uni|use|eu|one)[aeiou]", re.IGNORECASE)
_ARTICLE: Final = re.compile(rf"\b([Aa])n?(?:\s*,?\s*{_GAP})+\s*,?\s*(?=(\w+))")
_LISTS: Final = (
    (r"[ \t]{2,}", " "),
    # items taken out of a list: "nice and calm", "calm and nice", "calm, serene voice"
    (rf"{_GAP}(?:\s*(?:,|\band\b|\bor\b|&|、|又|而|且|和|与)\s*{_GAP})+", _GAP),
    (rf"{_GAP}\s*(?:\b(?:and|or|but)\b|&)", _GAP),
    (rf"(?:\b(?:and|or|but)\b|&)\s*{_GAP}", _GAP),
)
_SEAMS: Final = (
    (rf"\s*,\s*{_GAP}(?=\s+\w)", " "),
    (rf"{_GAP}(?:\s*[又而且和与的地]+|了(?=[，,。.；;]|$))", ""),
    (rf"[又而且和与、]+\s*{_GAP}", ""),
    (rf"\s*{_GAP}\s*(?=[,，.。;；]|$)", ""),
    (_GAP, " "),
    (r"[ \t]+(?=[,，.。;；])", ""),
    (r"(?:[,，;；、]\s*)+(?=[,，;；、.。]|$)", ""),
    (r"^[\s,，;；、.。]+", ""),
    (r"(?<=[\u3400-\u9fff，])[ \t]+(?=[\u3400-\u9fff])", ""),
    (r"[ \t]{2,}", " "),
)


def without(description: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return `description` without these spans, its commas, articles and conjunctions mended."""
    taken = sorted(spans, reverse=True)
    if not taken:
        return description
    text = description
    kept_from = len(text) + 1
    for start, end in taken:
        text = text[:start] + _GAP + text[min(end, kept_from) :]
        kept_from = start
    text = _ARTICLE.sub(_article, _all(_LISTS, text))
    text = _all(_SEAMS, text).strip()
    return text[:1].upper() + text[1:] if description[:1].isupper() else text


def replaced(description: str, span: tuple[int, int], words: str) -> str:
    """Return `description` with other words at a span, and the article before them mended."""
    before = re.sub(
        r"\b([Aa])n?(\s+)$",
        lambda found: f"{found[1]}{'n' * bool(_VOWEL.match(words))}{found[2]}",
        description[: span[0]],
    )
    return before + words + description[span[1] :]


def _all(rules: Iterable[tuple[str, str]], text: str) -> str:
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    return text


def _article(match: re.Match[str]) -> str:
    return f"{match[1]}n " if _VOWEL.match(match[2]) else f"{match[1]} "
