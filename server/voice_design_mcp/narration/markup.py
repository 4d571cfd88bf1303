"""Markdown or plain text as what a person would read of it. Knows no speakers.

Code blocks and pictures are left out, tables are read row by row, addresses are read as the host they lead to. What was left out
or changed is counted, so that it can be said. No pattern here takes longer than its text is long.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

_QUOTES: Final = r"[ \t]*(?:>[ \t]?)*"
_FENCE: Final = re.compile(rf"{_QUOTES}(?:[-*+][ \t]+|\d{{1,9}}[.)][ \t]+)?(`{{3,}}|~{{3,}})")
_RULE: Final = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*")
_HEADING: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)")
_HTML_HEADING: Final = re.compile(
    r"[ \t]*(?:<details\b[^<>]*>[ \t]*)?<(h([1-6])|summary)\b[^>]*>(.*)</\1>[ \t]*", re.IGNORECASE
)
_UNDERLINE: Final = re.compile(r" {0,3}(?:={2,}|-{2,})[ \t]*")
_BULLET: Final = re.compile(r"[ \t]*[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?")
_NUMBERED: Final = re.compile(r"[ \t]*(\d{1,3})[.)][ \t]+")
_QUOTE: Final = re.compile(r"[ \t]*(?:>[ \t]?)+")
_ALERT: Final = re.compile(r"\[!([A-Za-z]+)\][ \t]*")
_DEFINITION: Final = re.compile(r" {0,3}\[(?:[^\]^][^\]]*\]:[ \t]*<?(?:\w+:/|www\.|mailto:|#|\.{0,2}/)\S*.*)")
_FOOTNOTE: Final = re.compile(r" {0,3}\[\^[^\]]+\]:.*")
_DELIMITER_ROW: Final = re.compile(r"\|?(?:[ \t]*:?-+:?[ \t]*\|)*[ \t]*:?-*:?")
_ROW_MAX: Final = 2000
_FRONT_MATTER: Final = re.compile(r"[\w-]+[ \t]*:|[ \t]+\S|-[ \t]|#|[ \t]*\Z")
_FRONT_MATTER_MAX: Final = 100
_NOT_READ: Final = re.compile(r"<(pre|script|style|svg)\b", re.IGNORECASE)
_TARGET: Final = r"(?:\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\])"
_PICTURE: Final = re.compile(rf"!\[[^\[\]]*\]{_TARGET}|<img\b[^<>]*>", re.IGNORECASE)
_LINK: Final = re.compile(rf"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]{_TARGET}")
_NOTE: Final = re.compile(r"\[\^[^\]]+\]")
_ADDRESS: Final = re.compile(r"<?\b(?:https?://|www\.)([^\s/<>()\"'`]+)[^\s<>\"'`]*>?", re.IGNORECASE)
_MAIL: Final = re.compile(r"<([^\s<>@]+@[^\s<>@]+)>")
_COMMENT: Final = re.compile("<!--")
_COMMENT_LINE: Final = re.compile(r"^[ \t]*<!--", re.MULTILINE)
_SPACING_TAG: Final = re.compile(
    r"</?(?:br|p|div|li|ul|ol|td|th|tr|table|hr|details|summary|h[1-6])\b[^<>]*>", re.IGNORECASE
)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_CODE: Final = re.compile(r"(?<!`)(`{1,9})(?!`)(.{1,2000}?)(?<!`)\1(?!`)")
_STRONG: Final = re.compile(r"(\*{1,3})(?=[^\s*])([^*]+)(?<=\S)\1|(~~)(?=[^\s~])([^~]+)(?<=\S)~~")
_UNDERSCORED: Final = re.compile(r"(?<!\w)(_{1,3})(?=[^\s_])((?:[^_]|(?<=\w)_(?=\w))+)(?<=\S)\1(?!\w)")
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENDS: Final = re.compile(r"[.!?…:;,。！？：；，、—–-][\"'»”’)\]）」』]*\Z")
_SET_ASIDE: Final = re.compile("\ue000(\\d+)\ue001")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph. `is_apart` where more than a paragraph's pause belongs before it: a heading, or behind a rule.

    `level` is that of a heading, from 1, and 0 where it is none.
    """

    text: str
    is_apart: bool = False
    level: int = 0


@dataclass(slots=True)
class Reading:
    """What is read of a text. `left_out` counts what is not, or not as it stands, by what it is called."""

    blocks: list[Block] = field(default_factory=list[Block])
    left_out: Counter[str] = field(default_factory=Counter[str])


def read(text: str) -> Reading:
    """Read a text. Lines of a paragraph stay lines: what a line break means is for the caller."""
    reading = Reading()
    lines = text.replace("\ue000", "").replace("\ue001", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    told = "\n".join(_without_code(lines[_front_matter(lines) :], reading.left_out))
    lines = _without_html(_without_comments(told, _COMMENT_LINE), reading.left_out)
    is_apart = False
    for chunk in _chunks(lines, reading.left_out):
        if not chunk:
            is_apart = True
            continue
        for block in _blocks(chunk, reading.left_out):
            if block.text:
                reading.blocks.append(Block(block.text, is_apart or block.is_apart, block.level))
                is_apart = False
    return reading


def _front_matter(lines: Sequence[str]) -> int:
    """How many lines at the beginning say something about the text and are none of it."""
    if lines[0].rstrip() != "---":
        return 0
    for number, line in enumerate(lines[1:_FRONT_MATTER_MAX], 1):
        if line.rstrip() in {"---", "..."}:
            return number + 1
        if not _FRONT_MATTER.match(line):
            break
    return 0


def _without_code(lines: Sequence[str], left_out: Counter[str]) -> Iterator[str]:
    """The lines outside of fenced code, an empty one in its place."""
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if fence:
            closes = mark and mark[1].startswith(fence) and not line.lstrip("> \t").strip().strip(fence[0])
            fence = "" if closes else fence
        elif mark:
            fence = mark[1]
            left_out["code blocks left out"] += 1
            yield ""
        else:
            yield line


def _without_comments(text: str, begins: re.Pattern[str]) -> str:
    """The text without the comments that begin so. One that never ends is none."""
    kept: list[str] = []
    at = 0
    for begin in begins.finditer(text):
        if begin.start() < at:
            continue
        end = text.find("-->", begin.end())
        if end < 0:
            break
        kept.append(text[at : begin.start()])
        at = end + 3
    return "".join([*kept, text[at:]])


def _without_html(text: str, left_out: Counter[str]) -> list[str]:
    """The lines without what HTML shows as code or draws, or does not show. What never ends is text."""
    folded, kept, at = text.lower(), list[str](), 0
    endless: set[str] = set()
    for begin in _NOT_READ.finditer(text):
        tag = begin[1].lower()
        if begin.start() < at or tag in endless:
            continue
        end = folded.find(f"</{tag}", begin.end())
        if end < 0:
            endless.add(tag)
            continue
        left_out["code blocks left out"] += tag == "pre"
        left_out["pictures left out"] += tag == "svg"
        kept += [text[at : begin.start()], "\n\n" if tag == "pre" else ""]
        at = text.find(">", end) + 1 or len(text)
    return "".join([*kept, text[at:]]).split("\n")


def _chunks(lines: Sequence[str], left_out: Counter[str]) -> Iterator[list[str]]:
    """Lines that belong together; an empty one for a rule."""
    chunk: list[str] = []
    for line in lines:
        if len(chunk) == 1 and _UNDERLINE.fullmatch(line) and not _BULLET.match(chunk[0]):
            yield [*chunk, line]
            chunk = []
            continue
        is_rule, is_heading = bool(_RULE.fullmatch(line)), bool(_HEADING.match(line) or _HTML_HEADING.fullmatch(line))
        if is_rule or is_heading or not line.strip():
            if chunk:
                yield chunk
            chunk = []
            yield from [[]] * is_rule + [[line]] * is_heading
        elif _FOOTNOTE.fullmatch(line):
            left_out["footnotes left out"] += 1
        elif not _DEFINITION.fullmatch(line):
            chunk.append(line)
    if chunk:
        yield chunk


def _blocks(lines: list[str], left_out: Counter[str]) -> Iterator[Block]:
    if heading := _HEADING.match(lines[0]):
        title = lines[0][heading.end() :].rstrip()
        open_ended = title.rstrip("#")
        title = open_ended if open_ended != open_ended.rstrip() else title
        yield _heading(title, len(heading[1]), left_out)
    elif tagged := _HTML_HEADING.fullmatch(lines[0]):
        yield _heading(tagged[3], int(tagged[2] or 0), left_out)
    elif len(lines) == 2 and _UNDERLINE.fullmatch(lines[1]):
        yield _heading(lines[0], 1 if "=" in lines[1] else 2, left_out)
    else:
        yield from _paragraph_and_table(lines, left_out)


def _heading(title: str, level: int, left_out: Counter[str]) -> Block:
    return Block(_ended(_inline(title, left_out)), is_apart=level > 0, level=level)


def _paragraph_and_table(lines: list[str], left_out: Counter[str]) -> Iterator[Block]:
    """A paragraph as its items; and the table that may stand right behind it, or be all there is."""
    heads = (at for at in range(len(lines) - 1) if "|" in lines[at] and _is_delimiter_row(lines[at + 1]))
    head = next(heads, len(lines))
    if head:
        yield Block("\n".join(filter(None, _items(lines[:head], left_out))))
    if head < len(lines):
        left_out["tables read row by row"] += 1
        yield Block("\n".join(_rows(lines[head:], left_out)))


def _is_delimiter_row(line: str) -> bool:
    return "-" in line and len(line) <= _ROW_MAX and _DELIMITER_ROW.fullmatch(line.strip()) is not None


def _items(lines: list[str], left_out: Counter[str]) -> Iterator[str]:
    """Each item of a list, and what stands before them, on the lines that it was written on, with an end."""
    item: list[str] = []
    is_list = False
    for raw in lines:
        quote = _QUOTE.match(raw)
        line = raw[quote.end() :] if quote else raw
        bullet, number = _BULLET.match(line), _NUMBERED.match(line)
        if bullet or (number and (is_list or not item or number[1] == "1")):
            yield _ended("\n".join(item))
            item, is_list = [], True
        text = _inline(line[bullet.end() :] if bullet else line, left_out)
        item += [text] if text else []
    yield _ended("\n".join(item)) if is_list else "\n".join(item)


def _rows(lines: list[str], left_out: Counter[str]) -> Iterator[str]:
    """Each row as "heading: cell", so that it can be understood without being seen."""
    headings = _cells(lines[0], left_out)
    for line in lines[2:]:
        named = zip(headings, _cells(line, left_out), strict=False)
        row = "; ".join(f"{heading}: {cell}" if heading else cell for heading, cell in named if cell)
        if row:
            yield _ended(row)


def _cells(line: str, left_out: Counter[str]) -> list[str]:
    row = line.strip().removeprefix("|").removesuffix("|")
    return [_inline(cell, left_out) for cell in re.split(r"(?<!\\)\|", row)]


def _inline(text: str, left_out: Counter[str]) -> str:
    """The words of a line. Code and escaped characters are set aside before anything else is read as markup."""
    aside: list[str] = []

    def set_aside(found: re.Match[str]) -> str:
        aside.append(_addresses(found[found.lastindex or 0], left_out))
        return f"\ue000{len(aside) - 1}\ue001"

    text = _ESCAPE.sub(set_aside, _CODE.sub(set_aside, text))
    text = _ALERT.sub(lambda found: f"{found[1].title()}. ", text, count=1) if _ALERT.match(text) else text
    text, pictures = _PICTURE.subn("", text)
    left_out["pictures left out"] += pictures
    text = _addresses(_LINK.sub(r"\1", _NOTE.sub("", text)), left_out)
    for _ in range(3):
        text = _UNDERSCORED.sub(r"\2", _STRONG.sub(r"\2\4", text))
    text = _MAIL.sub(r"\1", _SPACING_TAG.sub(" ", _without_comments(text, _COMMENT)))
    text = _SET_ASIDE.sub(lambda found: aside[int(found[1])], html.unescape(_TAG.sub("", text)))
    return " ".join(text.split())


def _addresses(text: str, left_out: Counter[str]) -> str:
    text, addresses = _ADDRESS.subn(lambda found: _host(found[0], found[1]), text)
    left_out["addresses read as their host"] += addresses
    return text


def _host(whole: str, host: str) -> str:
    """The host of an address, with the full stop that ends the sentence and not the address."""
    trailing = re.search(r"[.,;:!?)]+>?\Z", whole)
    kept = trailing[0].removesuffix(">") if trailing else ""
    return host.rstrip(".,;:!?").removeprefix("www.").partition(":")[0] + kept


def _ended(text: str) -> str:
    """A heading or an item with a full stop, so that it is not read into what follows."""
    return text if not text or _ENDS.search(text) else f"{text}."
