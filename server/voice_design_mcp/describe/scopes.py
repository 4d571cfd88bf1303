"""What a description mentions without saying it of the voice: traits that are negated, and people who only listen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .scanning import HARD_MARKS, Token

_NEGATION_REACH: Final = 7
_ADDRESS_REACH: Final = 6
_LISTENER_REACH: Final = 4
_LONGEST_ITEM: Final = 3
_YOUNG: Final = frozenset({"child", "teen"})


def negated(tokens: Sequence[Token]) -> frozenset[int]:
    """Return the places of the tokens within the reach of a negation."""
    found: set[int] = set()
    reach = 0
    for place, token in enumerate(tokens):
        if token.has("negation"):
            reach = _NEGATION_REACH
        elif reach and _ends_negation(tokens, place):
            reach = 0
        elif reach:
            found.add(place)
            reach -= 1
    return frozenset(found)


def _ends_negation(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if token.text == ",":
        return not _list_goes_on(tokens, place)
    if token.has("joint"):
        return _at(tokens, place + 1, "article", "break")
    return token.text in HARD_MARKS or token.has("break")


def _list_goes_on(tokens: Sequence[Token], comma: int) -> bool:
    """Tell whether short items follow a comma up to an "or": "no husky, breathy or raspy tone"."""
    words = 0
    for token in tokens[comma + 1 :]:
        if token.text in {"or", "或", "或者"}:
            return True
        if token.text == ",":
            words = 0
            continue
        words += 1
        if words > _LONGEST_ITEM or token.text in HARD_MARKS or token.has("joint", "article", "break", "negation"):
            return False
    return False


def listeners(tokens: Sequence[Token]) -> frozenset[int]:
    """Return the places of the tokens that say who is spoken to ("stories for children"), not who speaks."""
    found: set[int] = set()
    for place, token in enumerate(tokens):
        if token.value("address") == "to":
            found.update(_addressed(tokens, place))
        elif _is_made_for(tokens, place) or (_is_crowd(tokens, place) and _is_listening(tokens, place)):
            found.update(_people_around(tokens, place))
    return frozenset(found)


def _addressed(tokens: Sequence[Token], place: int) -> list[int]:
    reached: list[int] = []
    for after in range(place + 1, min(place + 1 + _LISTENER_REACH, len(tokens))):
        if tokens[after].text in HARD_MARKS or tokens[after].text == "," or tokens[after].has("break"):
            break
        reached.append(after)
    return reached


def _is_crowd(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    return token.has("crowd") or (token.years is not None and token.text.startswith("ages"))


def _is_made_for(tokens: Sequence[Token], place: int) -> bool:
    """Tell whether something is made for these people: "children's books", "a child's bedtime story", 女性用品."""
    token, following = tokens[place], tokens[place + 1 : place + 4]
    owns = bool(following) and following[0].text in {"s", "们"}
    if not (token.has("crowd") or (owns and token.value("age") in _YOUNG)):
        return False
    made = [near.value("media") for near in (following[1:] if owns else following[:1])]
    return "goods" in made[:1] or ("media" in made and token.has("age"))


def _is_listening(tokens: Sequence[Token], place: int) -> bool:
    following = place + 2 if _text(tokens, place + 1) in {"s", "们"} else place + 1
    return not _at(tokens, following, "part") and _is_addressed(tokens, place)


def _is_addressed(tokens: Sequence[Token], place: int) -> bool:
    unknown = 0
    for before in range(place - 1, max(-1, place - 1 - _ADDRESS_REACH), -1):
        token = tokens[before]
        if token.value("address") == "for":
            return True
        if token.is_person or token.has("crowd", "joint", "degree", "article"):
            continue
        unknown += 1
        if unknown > 1 or token.text == "," or token.text in HARD_MARKS:
            return False
    return False


def _people_around(tokens: Sequence[Token], place: int) -> range:
    first, last = place, place
    while first and tokens[first - 1].is_person:
        first -= 1
    while last + 1 < len(tokens) and tokens[last + 1].is_person:
        last += 1
    return range(first, last + 1)


def _at(tokens: Sequence[Token], place: int, *kinds: str) -> bool:
    return 0 <= place < len(tokens) and tokens[place].has(*kinds)


def _text(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].text if place < len(tokens) else ""
