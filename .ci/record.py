"""Records the demo as a picture that moves: `record.py COMMAND FILE` with the path of `voice-design-mcp` and of an SVG.

Every line appears when the demo printed it. Whoever wants no motion, or draws an SVG without it, sees all lines at once.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

COLUMNS: Final = 112
LINE_PX: Final = 19
GLYPH_PX: Final = 7.85
MARGIN_PX: Final = 18
BAR_PX: Final = 30
TYPED_S: Final = 0.8
"""How long the command stands there before the first answer."""
STYLE: Final = """
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d6deeb;white-space:pre}
.command{fill:#7fdbca}.tool{fill:#82aaff}.asked{fill:#ecc48d}.last{fill:#c3e88d}
text{animation:shown .01s var(--at) backwards step-end}
@keyframes shown{from{visibility:hidden}to{visibility:visible}}
@media (prefers-reduced-motion:reduce){text{animation:none}}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What was printed, and how many seconds after the start."""

    text: str
    at_s: float


def main() -> None:
    """Record a run."""
    command, file = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    file.write_text(drawn(recorded(command)), encoding="utf-8", newline="\n")
    print(f"{file}: {file.stat().st_size / 1000:.0f} kB")


def recorded(command: Path) -> list[Line]:
    """The lines of one run of the demo, each with its time."""
    lines = [Line("$ voice-design-mcp demo", 0.0)]
    with tempfile.TemporaryDirectory(prefix="voice-design-recording-") as folder:
        began = time.monotonic()
        with subprocess.Popen(
            [command, "demo"], cwd=folder, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        ) as demo:
            assert demo.stdout is not None
            lines += [Line(line.rstrip("\n"), TYPED_S + time.monotonic() - began) for line in demo.stdout]
        assert demo.returncode == 0, demo.returncode
    return lines


def drawn(lines: list[Line]) -> str:
    """The recording as an SVG document."""
    rows = [(part, kind(line.text), line.at_s) for line in lines for part in wrapped(line.text)]
    height = BAR_PX + 2 * MARGIN_PX + LINE_PX * len(rows)
    width = round(2 * MARGIN_PX + GLYPH_PX * COLUMNS)
    texts = "\n".join(
        f'<text x="{MARGIN_PX}" y="{BAR_PX + MARGIN_PX + LINE_PX * index + 10}" class="{named}" style="--at:{at_s:.2f}s">'
        f"{escape(part)}</text>"
        for index, (part, named, at_s) in enumerate(rows)
    )
    dots = "".join(
        f'<circle cx="{MARGIN_PX + 20 * place}" cy="{BAR_PX / 2}" r="6" fill="{colour}"/>'
        for place, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="The demo in a terminal">\n'
        f"<style>{STYLE}</style>\n"
        f'<rect width="{width}" height="{height}" rx="10" fill="#011627"/>\n{dots}\n{texts}\n</svg>\n'
    )


def kind(text: str) -> str:
    """How a line is coloured."""
    if text.startswith("$"):
        return "command"
    if text.startswith(("    |", "  the server asks", "  answered")):
        return "asked"
    if text.startswith("Done"):
        return "last"
    return "tool" if ":" in text.split(" ", maxsplit=1)[0] else "said"


def wrapped(text: str) -> list[str]:
    """A line cut to the width of the picture, further parts set in as the first one is."""
    indent = text[: len(text) - len(text.lstrip(" |"))]
    return textwrap.wrap(text, COLUMNS, subsequent_indent=indent + "  ", break_on_hyphens=False) or [""]


if __name__ == "__main__":
    main()
