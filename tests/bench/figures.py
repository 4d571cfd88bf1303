"""What benchmarks find, as rows: what was measured, and what it may be. A report is made of them (`report.py`)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One figure.

    Args:
        what: What was measured.
        measured: How much it was.
        bar: What it may be; None where nothing was promised.
        unit: Of both; "×" for how many times a floor.
        at_least: Whether the bar is the least that it may be, not the most.
    """

    what: str
    measured: float
    bar: float | None = None
    unit: str = "×"
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether it is within its bar."""
        return self.bar is None or (self.measured >= self.bar if self.at_least else self.measured <= self.bar)

    @property
    def verdict(self) -> str:
        """That in a word."""
        return "holds" if self.holds else "MISSED"


def option(parser: argparse.ArgumentParser) -> None:
    """Let a benchmark be asked for its rows."""
    parser.add_argument("--json", type=Path, help="a file that the figures are added to")


def keep(path: Path | None, rows: Sequence[Row]) -> None:
    """Add rows to a file of them, if one is asked for."""
    if path is not None:
        known = read(path) if path.exists() else []
        path.write_text(json.dumps([asdict(row) for row in (*known, *rows)], indent=1), encoding="utf-8")


def read(path: Path) -> list[Row]:
    """The rows of a file."""
    return [Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
