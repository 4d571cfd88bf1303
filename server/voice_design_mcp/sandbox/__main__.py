"""`python -m voice_design_mcp.sandbox`: the peer alone, in a process of its own; its URL is the one line of stdout."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from voice_design_mcp.sandbox.server import serve
from voice_design_mcp.sandbox.speaking import AUTO, ENGINES


def main() -> None:
    """Reads the arguments and serves until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m voice_design_mcp.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes any free port")
    parser.add_argument("--state", type=Path, required=True, help="folder of the account")
    parser.add_argument("--key", default="", help="the only API key accepted; any, if not given")
    parser.add_argument(
        "--engine", default=AUTO, choices=ENGINES, help="who speaks for new voices (default: %(default)s)"
    )
    options = parser.parse_args()
    serve(options.port, options.state, options.key, ready=_say, engine=options.engine)


def _say(url: str) -> None:
    sys.stderr.write("This is an emulator, not the vendor: nothing is charged.\n")
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
