"""How "high", "slow", "medium" and their kin find out what they are a measure of: pitch, speed or neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from .lexicon import PITCHES, SPEEDS, STEPS
from .scanning import HARD_MARKS, Token

_REACH: Final = 6
_SCALES: Final[Mapping[str, tuple[str, ...]]] = {"pitch": PITCHES, "speed": SPEEDS}
_OF_SPEED: Final = frozenset[str](SPEEDS) - {"medium"}
_BEGINS_ANEW: Final = ("break", "address", "negation", "level", "copula", "pitch", "speed", "use_case")
_FIRST_HAN: Final = "\u3400"


class Placed(NamedTuple):
    """A value on one of the two scales, and where it is said."""

    dimension: str
    value: str
    start: int
    end: int


class _Level(NamedTuple):
    """A level with the degrees around it: the places of its first and last token, and its step from -2 to 2."""

    first: int
    last: int
    step: int
    of_speed: bool
    is_medium: bool
    is_han: bool
    stands_alone: bool


class _Right(NamedTuple):
    """What stands to the right of a level: its topic, if any, and else whether its noun phrase ends there."""

    topic: int | None
    is_boundary: bool


def bind(tokens: Sequence[Token], negated: AbstractSet[int]) -> list[Placed]:
    """Return what the levels among `tokens` say of pitch and speed.

    A plain negation ("not high") says nothing; one of an excess ("not too fast") says medium.
    """
    placed: list[Placed] = []
    taken: set[int] = set()
    for place in range(len(tokens)):
        level = _level(tokens, place, is_negated=place in negated)
        if level is None:
            continue
        left, right = _topic_before(tokens, level, taken), _topic_after(tokens, level, taken)
        topic = _choose(tokens, level, left, right)
        if topic is None and not _stands_alone(level, left, right):
            continue
        topics = [] if topic is None else [topic, *_shared(tokens, level, topic, taken)]
        taken.update(topics)
        first, last = _extent(tokens, level, topics)
        dimensions = [_dimension(tokens[topic]) for topic in topics] or ["speed" if level.of_speed else "pitch"]
        placed += [
            Placed(dimension, _SCALES[dimension][level.step + 2], tokens[first].start, tokens[last].end)
            for dimension in dimensions
        ]
    return placed


def _level(tokens: Sequence[Token], place: int, *, is_negated: bool) -> _Level | None:
    token = tokens[place]
    value = token.value("level")
    if value is None:
        return None
    first = last = place
    around = ("degree", "negation") if is_negated else ("degree",)
    while first and tokens[first - 1].has(*around):
        first -= 1
    is_han = token.text >= _FIRST_HAN
    if last + 1 < len(tokens) and tokens[last + 1].has("degree after"):
        last += 1
    degrees = {
        sense.value
        for near in (*tokens[first:place], *tokens[place + 1 : last + 1])
        for sense in near.senses
        if sense.kind in {"degree", "degree after"}
    }
    if is_negated and "too" not in degrees:
        return None
    size = 0 if is_negated else _size(STEPS[value], degrees)
    # A single character is too often part of another word: alone it counts only with a degree.
    stands_alone = value != "medium" and (not is_han or bool(degrees) or len(token.text) > 1)
    return _Level(first, last, size, value in _OF_SPEED, value == "medium", is_han, stands_alone)


def _size(plain: int, degrees: AbstractSet[str]) -> int:
    sign = (plain > 0) - (plain < 0)
    if "slight" in degrees:
        return sign
    return sign * 2 if "strong" in degrees else plain


def _topic_before(tokens: Sequence[Token], level: _Level, taken: AbstractSet[int]) -> int | None:
    for place in range(level.first - 1, max(-1, level.first - 1 - _REACH), -1):
        token = tokens[place]
        if token.has("topic"):
            return None if place in taken else place
        if not (token.has("copula", "filler", "negation") or token.text in {":", "="}):
            return None
    return None


def _topic_after(tokens: Sequence[Token], level: _Level, taken: AbstractSet[int]) -> _Right:
    crossed_comma = False
    for place in range(level.last + 1, min(len(tokens), level.last + 1 + _REACH)):
        token = tokens[place]
        if token.has("topic"):
            is_own = place not in taken and not _is_header(tokens, place, crossed_comma=crossed_comma or level.is_han)
            return _Right(place, is_boundary=False) if is_own else _Right(None, is_boundary=True)
        crossed_comma = crossed_comma or token.text == ","
        if _may_stand_between(token, level):
            continue
        ends = token.text in HARD_MARKS or token.has(*_BEGINS_ANEW)
        return _Right(None, is_boundary=ends or crossed_comma)
    return _Right(None, is_boundary=True)


def _is_header(tokens: Sequence[Token], topic: int, *, crossed_comma: bool) -> bool:
    """Tell whether a topic begins a statement of its own: "high, speed: slow"."""
    if not crossed_comma or topic + 1 == len(tokens):
        return False
    following = tokens[topic + 1]
    return following.text in {":", "="} or following.has("copula", "degree", "level")


def _may_stand_between(token: Token, level: _Level) -> bool:
    if (other := token.value("level")) is not None:
        return other not in _OF_SPEED or level.of_speed
    if token.text in {",", "-"}:
        return True
    return token.has("filler", "joint", "degree", "gender", "age", "emotion", "characteristics")


def _choose(tokens: Sequence[Token], level: _Level, left: int | None, right: _Right) -> int | None:
    """Return the place of the topic that the level is of: a named scale before a mere voice, the left before the right."""
    candidates = [place for place in (left, right.topic) if place is not None]
    for wanted in ("pitch", "speed", "voice"):
        for place in candidates:
            kind = tokens[place].value("topic")
            if kind == wanted and _fits(level, wanted):
                return place
    return None


def _fits(level: _Level, topic: str) -> bool:
    if level.of_speed:
        return topic == "speed"
    return topic != "voice" or not level.is_medium


def _stands_alone(level: _Level, left: int | None, right: _Right) -> bool:
    """Tell whether a level without a topic speaks for itself: "slow" in English does, "high" at the end of its phrase."""
    if level.of_speed:
        return level.stands_alone
    return level.stands_alone and left is None and right.is_boundary


def _shared(tokens: Sequence[Token], level: _Level, topic: int, taken: AbstractSet[int]) -> list[int]:
    """Return a second topic joined to the first: "medium pitch and speed", 语速和音调适中."""
    towards = 1 if topic > level.last else -1
    joint, other = topic + towards, topic + 2 * towards
    if not (0 <= other < len(tokens) and tokens[joint].has("joint")) or other in taken:
        return []
    kinds = {tokens[topic].value("topic"), tokens[other].value("topic")}
    if kinds != {"pitch", "speed"} or (towards > 0 and _is_header(tokens, other, crossed_comma=True)):
        return []
    return [other]


def _dimension(topic: Token) -> str:
    return "speed" if topic.value("topic") == "speed" else "pitch"


def _extent(tokens: Sequence[Token], level: _Level, topics: Sequence[int]) -> tuple[int, int]:
    """Return the first and last token of a level and of its topics, unless traits stand between them."""
    first, last = min(level.first, *topics, level.first), max(level.last, *topics, level.last)
    between = tokens[level.last + 1 : topics[0]] if topics else ()
    return first, last if all(token.has("filler") for token in between) else level.last
