"""Runs the benchmarks one after the other and shows their figures as a table and a picture.

It prints, and judges nothing by a clock: a missed bar is said, and fails nothing; a benchmark that can't run does. Run it on an
idle machine: `python tests/bench/report.py --write` renews `server/BENCHMARKS.md` and its picture; `--short` takes a minute.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import figures
from figures import Row

HERE: Final = Path(__file__).resolve().parent
SERVER: Final = HERE.parent.parent / "server"
PICTURE: Final = "pictures/benchmarks.svg"
FULL: Final[Mapping[str, Sequence[str]]] = {
    "startup": ("--runs 15",),
    "calls": ("--runs 100",),
    "crowd": ("",),
    "stream": ("--mb 100 --formats wav mp3",),
    "narration": ("--hours 2",),
    "long_text": ("--hours 1",),
    "first_audio": ("--runs 50",),
    "ledger": ("--most 1000000", "--most 1000000 --postgresql"),
    "engines": ("--runs 5",),
}
SHORT: Final[Mapping[str, Sequence[str]]] = {
    "startup": ("--runs 5 --imports 1",),
    "calls": ("--runs 15",),
    "crowd": ("--clients 200 --tools list_voices --rounds 1 --seconds 1 --pings 100",),
    "stream": ("--mb 20",),
    "first_audio": ("--runs 10",),
    "ledger": ("--most 10000 --holds 50",),
}
"""Of each benchmark the arguments of each of its runs."""
EXPLAINED: Final = (
    "× is how many times its floor: a bare `MCPServer` with tools of the same signatures that makes the same requests, the same "
    "commit made raw, or an ideal schedule, measured in turns in the same run. Where nothing was promised there is no bar."
)
_ROW_PX, _LABEL_PX, _BAR_PX, _HALF_AGAIN = 22, 470, 240, 1.5


def main() -> int:
    """Measure and show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="few runs of each, and of the long ones none")
    parser.add_argument("--only", nargs="+", choices=list(FULL), help="these alone")
    parser.add_argument("--write", action="store_true", help="renew server/BENCHMARKS.md and its picture")
    parser.add_argument("--into", type=Path, default=SERVER, help="the folder that --write writes to")
    options = parser.parse_args()
    chosen = {name: runs for name, runs in (SHORT if options.short else FULL).items() if name in (options.only or FULL)}
    with tempfile.TemporaryDirectory() as folder:
        failed, rows = list[str](), dict[str, list[Row]]()
        for name, runs in chosen.items():
            path = Path(folder) / f"{name}.json"
            rows[name] = []
            print(f"\n--- {name}", flush=True)
            for given in runs:
                command = [sys.executable, str(HERE / f"{name}.py"), *given.split(), "--json", str(path)]
                subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
                told = figures.read(path) if path.exists() else []
                failed += [name] if len(told) == len(rows[name]) else []
                rows[name] = told
    if options.write:
        (options.into / PICTURE).parent.mkdir(parents=True, exist_ok=True)
        (options.into / PICTURE).write_text(picture([row for each in rows.values() for row in each]), encoding="utf-8")
        (options.into / "BENCHMARKS.md").write_text(page(rows, short=options.short), encoding="utf-8")
    for name in failed:
        print(f"{name} could not run; by itself it says why: python tests/bench/{name}.py")
    return int(bool(failed))


def page(rows: Mapping[str, Sequence[Row]], *, short: bool) -> str:
    """The page, of the rows of each benchmark."""
    how = "in the short form, with few runs of each" if short else "in full"
    command = " ".join(("python tests/bench/report.py", *sys.argv[1:]))
    return "\n".join(
        (
            "# Benchmarks",
            "",
            f"Measured {how} on {datetime.now(UTC):%Y-%m-%d}, by `{command}` on {machine()}.",
            "",
            EXPLAINED,
            "",
            f"![Each figure as a share of its bar]({PICTURE})",
            "",
            "| Benchmark | What | Measured | Bar | |",
            "|---|---|---|---|---|",
            *(
                f"| `{name}.py` | {row.what} | {amount(row.measured, row.unit)} | {bar(row)} | {row.verdict if row.bar else ''} |"
                for name, each in rows.items()
                for row in each
            ),
            "",
        )
    )


def amount(number: float, unit: str) -> str:
    """A figure with its unit."""
    return f"{number:,.0f} {unit}" if unit == "B" else f"{number:.3g} {unit}"


def bar(row: Row) -> str:
    """What it may be, in words."""
    return f"{'at least' if row.at_least else 'at most'} {amount(row.bar, row.unit)}" if row.bar is not None else ""


def machine() -> str:
    """The machine, as far as it matters here."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = next((int(line.split()[1]) >> 20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return f"{os.cpu_count()} × {model}, {memory} GiB, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def picture(rows: Sequence[Row]) -> str:
    """Each figure that has a bar as a share of what it may be; the line is the bar."""
    judged = [row for row in rows if row.bar]
    height = _ROW_PX * (len(judged) + 1)
    width = round(_LABEL_PX + _BAR_PX * _HALF_AGAIN) + 60
    svg = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}")
    svg.set("font-family", "sans-serif")
    svg.set("font-size", "12")
    ET.SubElement(svg, "title").text = "Each figure as a share of its bar"
    ET.SubElement(svg, "rect", width=str(width), height=str(height), fill="#ffffff")
    for place, row in enumerate(judged):
        share, top = used(row), _ROW_PX * place + 6
        label = ET.SubElement(svg, "text", x=str(_LABEL_PX - 8), y=str(top + 12), fill="#222222")
        label.set("text-anchor", "end")
        label.text = row.what
        long = str(round(_BAR_PX * max(0.0, min(share, _HALF_AGAIN))))
        colour = "#2a7f62" if row.holds else "#b3541e"
        ET.SubElement(svg, "rect", x=str(_LABEL_PX), y=str(top), width=long, height="15", fill=colour)
        told = ET.SubElement(svg, "text", x=str(_LABEL_PX + int(long) + 6), y=str(top + 12), fill="#222222")
        told.text = amount(row.measured, row.unit)
    at = str(_LABEL_PX + _BAR_PX)
    ET.SubElement(svg, "line", x1=at, x2=at, y1="0", y2=str(height - 4), stroke="#222222")
    return ET.tostring(svg, encoding="unicode") + "\n"


def used(row: Row) -> float:
    """How much of what it may be a figure takes; over 1 it misses."""
    assert row.bar
    return row.bar / row.measured if row.at_least else row.measured / row.bar


if __name__ == "__main__":
    sys.exit(main())
