"""Where the sentences of one paragraph end, by what punctuation, brackets and quotes say. Knows no limits and no speech.

Where a text leaves it open, two sentences stay together: one breath too few is heard less than a pause in mid-sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from voice_design_mcp.speech.abbreviations import HABITS, Habits

EAST_ASIAN: Final = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
"""Han, kana and Hangul, as the inside of a character class: what a full stop may touch."""

CLOSERS: Final = "”」』)]}）】》〉〕］｝"
_OPENERS: Final = "\"'“„‘‚«»‹›([{（「『【《〈〔［｛¿¡"
_BRACKETS: Final = dict(zip("([{（【《〈〔［｛", ")]}）】》〉〕］｝", strict=True))
_QUOTES: Final = {"“": "”", "„": "“", "«": "»", "»": "«", "‹": "›", "「": "」", "『": "』", '"': '"'}
_GROUPS: Final = {**_BRACKETS, **_QUOTES}

_RUN: Final = re.compile(r"\.(?:[ \u00a0]\.)+|[.!?…‥⋯。！？｡．‼⁇⁈⁉]+")
_MORE: Final = re.compile(r"\s*[.!?…。！？](?!\w)")
_ELLIPSIS: Final = frozenset(".…‥⋯ \u00a0")
_FULL: Final = frozenset("。！？｡．")
_FOOTNOTE: Final = re.compile(r"(?: ?\[\d{1,3}\])+(?=\s|$)")
_SPACED_CLOSER: Final = re.compile(r"[ \u00a0\u202f]»")
_AHEAD: Final = re.compile(rf"[\s{re.escape(_OPENERS)}—–-]*(?P<first>.?)", re.DOTALL)
_WORD: Final = re.compile(r"[^\W\d_]+(?![.\w])")
_TOKEN: Final = re.compile(r"(?:[^\W_]+[.:,/'’-]+)*(?:[^\W_]|°)+$")
_ELISION: Final = re.compile(r"[^\W\d_]{1,5}['’](?=\w\w)")
_DOTTED: Final = re.compile(r"(?:[^\W\d_]{1,3}[.-]+)+[^\W\d_]{1,3}")
_ROMAN: Final = re.compile(r"[IVXLC]+\b")
_WIDE: Final = re.compile(f"[{EAST_ASIAN}]")
_KOREAN_FINAL: Final = frozenset("다요까죠네")
_KOREAN_QUOTED: Final = re.compile(r"\s*(?:(?:이?라(?:고|며|는)|하[고며]|고|며)\b)")
_CONTINUES: Final = frozenset(",;:，、；：,")
_INTRODUCES: Final = (":", "：", ",", "，")
_LONGEST_TOKEN: Final = 24


@dataclass(frozen=True, slots=True)
class Marks:
    """What the punctuation of a paragraph says, as offsets into it, ascending.

    Attributes:
        ends: Behind each sentence but the last, closing quotes included.
        rests: Behind other strong marks, where a long sentence may be cut: a question inside brackets, an ellipsis.
        held: Behind full stops of abbreviations and numbers: white space there parts nothing.
    """

    ends: list[int] = field(default_factory=list[int])
    rests: list[int] = field(default_factory=list[int])
    held: set[int] = field(default_factory=set[int])


def read(paragraph: str, language: str) -> Marks:
    """Find the sentence ends of `paragraph`, a text without line breaks and white space around it.

    Args:
        paragraph: Plain text.
        language: A key of `HABITS`; any other code has no abbreviations of its own.
    """
    return _Reading(paragraph, HABITS.get(language, Habits())).marks


class _Reading:
    """One pass over one paragraph."""

    def __init__(self, text: str, habits: Habits) -> None:
        self.marks = Marks()
        self._text, self._habits = text, habits
        self._start = self._first_letter(0)
        self._opener_of = {closer: opener for opener, closer in _pairs(text)}
        self._depth = _bracket_depths(text, self._opener_of)
        for run in _RUN.finditer(text):
            self._judge(run)

    def _judge(self, run: re.Match[str]) -> None:
        end = self._behind_closers(run.end())
        if not self._can_end(run, end):
            return
        first = self._first_letter(end)
        if run.group() == ".":
            is_end = self._full_stop_ends(run.start(), first)
            if not is_end:
                self.marks.held.add(end)
                return
        else:
            is_end = self._mark_ends(run, first)
        if is_end and not self._depth[end] and self._group_ends(run.end(), end):
            self.marks.ends.append(end)
            self._start = first
        else:
            self.marks.rests.append(end)

    def _behind_closers(self, at: int) -> int:
        """Step over the quotes, brackets and footnote numbers that belong to what ends before `at`."""
        text = self._text
        while at < len(text):
            footnote = _FOOTNOTE.match(text, at)
            is_closing_apostrophe = text[at] in "'’›" and not text[at + 1 : at + 2].isalnum()
            if footnote:
                at = footnote.end()
            elif text[at] in CLOSERS or at in self._opener_of or is_closing_apostrophe:
                at += 1
            elif _SPACED_CLOSER.match(text, at) and at + 1 in self._opener_of:
                at += 2
            else:
                break
        return at

    def _can_end(self, run: re.Match[str], end: int) -> bool:
        """Whether what stands right behind lets anything end here; the text's own end is not one."""
        behind = self._text[end : end + 1]
        if not behind or behind in _CONTINUES or _MORE.match(self._text, end):
            return False
        before = self._text[run.start() - 1 : run.start()]
        if before.isdecimal() and behind.isdecimal():
            return False
        if behind.isspace() or not _FULL.isdisjoint(run.group()):
            return True
        # Without a space, only next to East Asian characters: not in "Node.js", "a.b?c=d".
        return bool(_WIDE.match(before)) and not (behind.isascii() and behind.isalnum())

    def _mark_ends(self, run: re.Match[str], first: int) -> bool:
        """Whether an exclamation or question mark, an ellipsis or a full-width mark ends a sentence."""
        before, following = self._text[run.start() - 1 : run.start()], self._text[first : first + 1]
        if following.islower():
            return False
        if not _ELLIPSIS.issuperset(run.group()):
            return True
        if _WIDE.match(following):
            return before in _KOREAN_FINAL
        return before not in _BRACKETS and not following.isdecimal() and self._word_at(first) != "i"

    def _full_stop_ends(self, at: int, first: int) -> bool:
        """Whether the full stop at `at` ends a sentence, the next letter or digit being at `first`."""
        following = self._text[first : first + 1]
        token = self._token_before(at)
        if following.islower():
            return False
        if token.isdecimal() or (self._habits.ordinals and _ROMAN.fullmatch(token)):
            return self._number_ends(token, at, first)
        folded, habits = token.casefold(), self._habits
        if folded in habits.numbered and (following.isdecimal() or _ROMAN.match(self._text, first)):
            return False
        if folded in habits.never or folded.endswith(habits.endings):
            return False
        if len(token) == 1 or folded in habits.closing or _DOTTED.fullmatch(token):
            return self._word_at(first) in habits.openers
        return True

    def _number_ends(self, number: str, at: int, first: int) -> bool:
        opens_list = at - len(number) <= self._start
        if opens_list or self._text[first : first + 1].isdecimal():
            return False
        if self._habits.ordinals and (len(number) <= 2 or not number.isdecimal()):
            return self._word_at(first) in self._habits.openers
        return True

    def _group_ends(self, mark_end: int, end: int) -> bool:
        """Whether the sentence is over where its last closing quote or bracket is: not in “Stop！”他说."""
        openers = [self._opener_of.get(at, mark_end) for at in range(mark_end, end)]
        opener = next((at for at in reversed(openers) if at < mark_end), None)
        if opener is None:
            return True
        if self._text[opener] in _BRACKETS:
            return opener <= self._start
        if _KOREAN_QUOTED.match(self._text, end):
            return False
        behind = self._text[end]
        if behind.isspace() or behind in _OPENERS:
            return True
        return self._text[max(0, opener - 8) : opener].rstrip().endswith(_INTRODUCES)

    def _first_letter(self, at: int) -> int:
        ahead = _AHEAD.match(self._text, at)
        return ahead.start("first") if ahead else at

    def _token_before(self, at: int) -> str:
        found = _TOKEN.search(self._text[max(0, at - _LONGEST_TOKEN) : at])
        token = _WIDE.split(found.group())[-1] if found else ""
        elided = _ELISION.match(token)
        return token[elided.end() :] if elided else token

    def _word_at(self, at: int) -> str:
        word = _WORD.match(self._text, at)
        return word.group().casefold() if word else ""


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    """Give where each quote and bracket that is closed opens and closes."""
    openers_of = {closer: [opener for opener in _GROUPS if _GROUPS[opener] == closer] for closer in _GROUPS.values()}
    open_at: dict[str, list[int]] = {opener: [] for opener in _GROUPS}
    for at, character in enumerate(text):
        opener = next((opener for opener in openers_of.get(character, ()) if open_at[opener]), None)
        if opener is not None:
            yield open_at[opener].pop(), at
        elif character in _GROUPS:
            open_at[character].append(at)


def _bracket_depths(text: str, opener_of: dict[int, int]) -> list[int]:
    """Say of each offset in how many brackets it is."""
    steps = [0] * (len(text) + 1)
    for closer, opener in opener_of.items():
        if text[opener] in _BRACKETS:
            steps[opener] += 1
            steps[closer] -= 1
    return list(accumulate(steps))
