"""Markdown or plain text as what a person would read of it. Knows no speakers.

Code blocks and pictures are left out, tables are read row by row, addresses are read as the host they lead to. What was left out
or changed is counted, so that it can be said.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE: Final = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*")
_HEADING: Final = re.compile(r" {0,3}#{1,6}(?:[ \t]+|$)")
_UNDERLINE: Final = re.compile(r" {0,3}(?:={2,}|-{2,})[ \t]*")
_BULLET: Final = re.compile(r"[ \t]*[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?")
_NUMBERED: Final = re.compile(r"[ \t]*\d{1,3}[.)][ \t]+")
_QUOTE: Final = re.compile(r"[ \t]*(?:>[ \t]?)+")
_DEFINITION: Final = re.compile(r" {0,3}\[(?:\^[^\]]+\]:.*|[^\]]+\]:[ \t]*<?(?:\w+:/|www\.|mailto:|#|\.{0,2}/)\S*.*)")
_DELIMITER_ROW: Final = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\n(?:[\w-]+[ \t]*:.*\n|[ \t]+.*\n|-[ \t].*\n|\n)*?---[ \t]*(?:\n|\Z)")
_PICTURE: Final = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])")
_LINK: Final = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])")
_NOTE: Final = re.compile(r"\[\^[^\]]+\]")
_ADDRESS: Final = re.compile(r"<?\b(?:https?://|www\.)([^\s/<>()\"']+)[^\s<>\"']*>?", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_CODE: Final = re.compile(r"(`+)(.+?)\1")
_STRONG: Final = re.compile(r"(\*{1,3}|~~)(?=\S)(.+?)(?<=\S)\1")
_UNDERSCORED: Final = re.compile(r"(?<!\w)(_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)")
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENDS: Final = re.compile(r"[.!?…:;,。！？：；，、—–-][\"'»”’)\]）」』]*\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph. `is_apart` where more than a paragraph's pause belongs before it: a heading, or behind a rule."""

    text: str
    is_apart: bool = False


@dataclass(slots=True)
class Reading:
    """What is read of a text. `left_out` counts what is not, or not as it stands, by what it is called."""

    blocks: list[Block] = field(default_factory=list[Block])
    left_out: Counter[str] = field(default_factory=Counter[str])


def read(text: str) -> Reading:
    """Read a text. Lines of a paragraph stay lines: what a line break means is for the caller."""
    reading = Reading()
    text = _COMMENT.sub("", _FRONT_MATTER.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    is_apart = False
    for chunk in _chunks(text.split("\n"), reading.left_out):
        if not chunk:
            is_apart = True
            continue
        block = _block(chunk, reading.left_out)
        if block.text:
            reading.blocks.append(Block(block.text, is_apart or block.is_apart))
            is_apart = False
    return reading


def _chunks(lines: list[str], left_out: Counter[str]) -> Iterator[list[str]]:
    """Lines that belong together; an empty one for a rule."""
    chunk: list[str] = []
    for line in _without_code(lines, left_out):
        if len(chunk) == 1 and _UNDERLINE.fullmatch(line):
            yield [*chunk, line]
            chunk = []
            continue
        is_rule, is_heading = bool(_RULE.fullmatch(line)), bool(_HEADING.match(line))
        if is_rule or is_heading or not line.strip():
            if chunk:
                yield chunk
            chunk = []
            yield from [[]] * is_rule + [[line]] * is_heading
        elif not _DEFINITION.fullmatch(line):
            chunk.append(line)
    if chunk:
        yield chunk


def _without_code(lines: list[str], left_out: Counter[str]) -> Iterator[str]:
    """The lines outside of fenced code, an empty one in its place."""
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if fence:
            closes = mark and mark[1].startswith(fence) and not line.strip().strip(fence[0])
            fence = "" if closes else fence
        elif mark:
            fence = mark[1]
            left_out["code blocks left out"] += 1
            yield ""
        else:
            yield line


def _block(lines: list[str], left_out: Counter[str]) -> Block:
    if _HEADING.match(lines[0]):
        title = re.sub(r"[ \t]+#+[ \t]*\Z", "", _HEADING.sub("", lines[0]))
        return Block(_ended(_inline(title, left_out)), is_apart=True)
    if len(lines) == 2 and _UNDERLINE.fullmatch(lines[1]):
        return Block(_ended(_inline(lines[0], left_out)), is_apart=True)
    if len(lines) > 1 and "|" in lines[0] and "-" in lines[1] and _DELIMITER_ROW.fullmatch(lines[1]):
        left_out["tables read row by row"] += 1
        return Block("\n".join(_rows(lines, left_out)))
    return Block("\n".join(filter(None, (_item(line, left_out) for line in lines))))


def _item(line: str, left_out: Counter[str]) -> str:
    line = _QUOTE.sub("", line, count=1) if _QUOTE.match(line) else line
    bullet = _BULLET.match(line)
    if bullet:
        return _ended(_inline(line[bullet.end() :], left_out))
    text = _inline(line, left_out)
    return _ended(text) if _NUMBERED.match(line) else text


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
    text, pictures = _PICTURE.subn("", text)
    text = _NOTE.sub("", text)
    text = _LINK.sub(r"\1", text)
    text, addresses = _ADDRESS.subn(lambda found: _host(found[0], found[1]), text)
    left_out["pictures left out"] += pictures
    left_out["addresses read as their host"] += addresses
    text = _CODE.sub(r"\2", text)
    for _ in range(3):
        text = _UNDERSCORED.sub(r"\2", _STRONG.sub(r"\2", text))
    text = _ESCAPE.sub(r"\1", html.unescape(_TAG.sub("", text)))
    return " ".join(text.split())


def _host(whole: str, host: str) -> str:
    """The host of an address, with the full stop that ends the sentence and not the address."""
    trailing = re.search(r"[.,;:!?)]+>?\Z", whole)
    kept = trailing[0].removesuffix(">") if trailing else ""
    return host.rstrip(".,;:!?").removeprefix("www.").partition(":")[0] + kept


def _ended(text: str) -> str:
    """A heading or an item with a full stop, so that it is not read into what follows."""
    return text if not text or _ENDS.search(text) else f"{text}."
