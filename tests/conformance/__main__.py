"""Serves the conformance suite's fixtures on a free port of this machine: `python -m conformance FOLDER`."""

import sys

from conformance.fixture_server import FixtureServer
from voice_design_mcp.app import build_server
from voice_design_mcp.config import Settings
from voice_design_mcp.serving.run import run


def ready(url: str) -> None:
    sys.stderr.write(f"Serving MCP on {url}/mcp (SSE on /sse)\n")
    sys.stderr.flush()


if __name__ == "__main__":
    settings = Settings.load({"VOICE_DESIGN_DATA_DIR": sys.argv[1]}, {})
    server = build_server(settings, hosted=True, kind=FixtureServer)
    run(server, settings.hosting, host="127.0.0.1", port=0, stateless=False, ready=ready)
