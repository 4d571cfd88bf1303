"""Where a description asks for the voice of somebody: a word that asks for likeness beside a name.

A name is told by its shape (capital letters, a surname) and its place; who is famous is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from . import names
from .findings import Finding
from .scanning import Token

_CAPITAL: Final = r"[A-ZÀ-ÖØ-Þ][\w'’.]{0,24}(?:-\w{1,24})?"
_NAME: Final = rf"(?<!\w)(?P<name>{_CAPITAL}(?:\s(?:(?:of|the|de|da|van|von|del|di)\s)?{_CAPITAL}){{0,3}})"
_LOWER: Final = r"(?P<name>[a-zà-ÿ]{1,24}(?: [a-zà-ÿ]{1,24})?)"
_ASKS: Final = (
    r"(?:\b(?:(?:(?:that|who|which)\s+)?(?:sound(?:s|ing)?|speak(?:s|ing)?|talk(?:s|ing)?|be|just|exactly|something|someone|much)\s+){0,3}like"
    r"|\bin\s+the\s+(?:style|manner|vein|voice|tone)\s+of|\b(?:(?:the|in)\s+)*(?:style|voice|tone)\s+of|\b(?:similar|akin)\s+to"
    r"|\breminiscent\s+of|\bthink(?:\s+of)?|\b(?:imitat|impersonat|recreat|evok|replicat)(?:es?|ing|ion\s+of)"
    r"|\bmimic(?:s|king)?|\bclon(?:e|ing)|\bcop(?:y|ying)|\b(?:an?\s+)?impressions?\s+of|\binspired\s+by"
    r"|\bmodell?ed\s+(?:on|after)|\bchannell?ing|\b[àa]\s+la|\bas\s+if\s+spoken\s+by"
    r"|[像仿学]|类似于?|模仿|酷似|神似|克隆|复刻|还原)"
)
_BETWEEN: Final = (
    r"(?P<article>(?:\s*\b(?:the|an?|that|voice|of|exactly|famous|actor|actress|singer|young|old|older|late|great)\b)"
    r"{0,5})\s*"
)
_TAIL: Final = r"(?:['’]s)?(?:\s+(?:does|would|speaks|talks|would\s+speak|voice)\b)?(?:\s*一样|\s*那样|\s*似的)?的?"
_ASKED: Final = re.compile(rf"(?i:{_ASKS}{_BETWEEN}){_NAME}{_TAIL}")
_ASKED_LOWER: Final = re.compile(rf"(?i:{_ASKS}{_BETWEEN}){_LOWER}{_TAIL}")
_AS: Final = re.compile(rf"\bas\s+{_NAME}\s+(?:would|does|did|might)\b(?:\s+\w+)?")
_OWNED: Final = re.compile(
    rf"{_NAME}(?:['’]s)?[ -](?:(?:type|kind|sort)\s+of\s+voice|styled?|voice|impression|impersonation|sound-?alike|like)\b"
)
_TITLES: Final = frozenset(
    {"sir", "mr", "mrs", "ms", "dr", "lady", "lord", "queen", "king", "president", "captain", "professor"}
)
_LONG_WORD: Final = 4
_TITLE_CASE: Final = 0.7

_HAN: Final = "\u4e00-\u9fff"
_HAN_NAME: Final = rf"(?P<name>[{_HAN}]{{1,6}}[·•・][{_HAN}]{{1,6}}|[{names.SURNAMES}][{_HAN}]{{1,2}}?)"
_HAN_END: Final = r"(?=\s*(?:一样|那样|这样|似的|般|的|那种|同款|本人|风格|说话|讲话|[，,。.；;、！!）)]|$))"
_HAN_TAIL: Final = (
    r"\s*(?:(?:一样|那样|这样|似的|般|说话|讲话)*的?(?:腔调|语气|口吻|风格)?|同款|本人|风格|那种)(?:的(?!$))?"
)
_HAN_ASKED: Final = re.compile(
    r"(?:听起来|听上去|就)?(?:好像|像|如同|仿佛|类似于?|酷似|神似|模仿|仿照|仿效|仿|克隆|复刻|复制|还原|学)"
    rf"(?:著名|明星|演员|歌手|主持人)*{_HAN_NAME}{_HAN_END}{_HAN_TAIL}"
)
_HAN_OWNED: Final = re.compile(
    rf"(?:^|(?<=[，,。；;、\s])){_HAN_NAME}(?:的(?=(?:声音|嗓音|声线|音色|嗓子))|的?(?:腔调|风格|口吻)|同款的?|那种)"
)
_SHORTEST_OWNER: Final = 3


def find(description: str, tokens: Sequence[Token]) -> list[Finding]:
    """Return where `description` asks for the voice of a named person or character, in the order said.

    Args:
        description: As it was given: capital letters tell names.
        tokens: Of the description, folded: a word that is known is no name.
    """
    spans: list[tuple[int, int]] = []
    for match in (*_latin(description, tokens), *_chinese(description, tokens)):
        if not any(match.start() < end and start < match.end() for start, end in spans):
            spans.append(match.span())
    return [_finding(description, span) for span in sorted(spans)]


def _latin(description: str, tokens: Sequence[Token]) -> list[re.Match[str]]:
    is_title = _is_title_case(description)
    found = [
        match
        for pattern in (_ASKED, _AS, _OWNED)
        for match in pattern.finditer(description)
        if _is_name(match, tokens, is_title=is_title, is_owner=pattern is _OWNED)
    ]
    return found + [match for match in _ASKED_LOWER.finditer(description) if _is_lower_name(match, tokens)]


def _is_name(match: re.Match[str], tokens: Sequence[Token], *, is_title: bool, is_owner: bool) -> bool:
    words = match["name"].split()
    while len(words) > 1 and words[0].lower().strip(".") in _TITLES:
        words = words[1:]
    first = _bare(words[0])
    if first in names.GIVEN_NAMES:
        return True
    if is_title or first in names.NOT_NAMES or _is_known(tokens, match.start("name"), len(words[0])):
        return False
    if len(words) == 1:
        has_article = any(word in {"a", "an"} for word in (match.groupdict().get("article") or "").lower().split())
        return not is_owner and not has_article and not words[0].isupper()
    return True


def _is_lower_name(match: re.Match[str], tokens: Sequence[Token]) -> bool:
    words = match["name"].split()
    if words[0] not in names.GIVEN_NAMES:
        return False
    return len(words) > 1 and not _is_known(tokens, match.start("name") + match["name"].rindex(words[1]), 1)


def _chinese(description: str, tokens: Sequence[Token]) -> list[re.Match[str]]:
    asked = [match for match in _HAN_ASKED.finditer(description) if _is_chinese_name(match, tokens)]
    owned = [
        match
        for match in _HAN_OWNED.finditer(description)
        if _is_chinese_name(match, tokens) and (len(match["name"]) >= _SHORTEST_OWNER or "同款" in match.group())
    ]
    return asked + owned


def _is_chinese_name(match: re.Match[str], tokens: Sequence[Token]) -> bool:
    name = match["name"]
    if name.startswith(names.NOT_CHINESE_NAMES):
        return False
    return not any(
        token.senses and len(token.text) > 1 and token.start < match.end("name") and match.start("name") < token.end
        for token in tokens
    )


def _is_known(tokens: Sequence[Token], start: int, length: int) -> bool:
    """Tell whether a word has a meaning here: then it is no name."""
    return any(token.senses and token.start < start + length and start < token.end for token in tokens)


def _is_title_case(description: str) -> bool:
    words = [word for word in re.findall(r"[^\W\d_]+", description) if len(word) >= _LONG_WORD and word[0].isascii()]
    return len(words) > _LONG_WORD and sum(word[0].isupper() for word in words) >= _TITLE_CASE * len(words)


def _bare(word: str) -> str:
    return re.sub(r"['’]s$|[.,]$", "", word.lower())


def _finding(description: str, span: tuple[int, int]) -> Finding:
    words = description[slice(*span)].strip()
    return Finding(
        "imitation",
        "error",
        f'"{words}" asks for the voice of somebody. The vendor does not support imitation, and it may infringe rights.',
        "Say what that voice is like: its age, pitch, speed and character.",
        span,
    )
