"""Serves the conformance suite's fixtures on a free port of this machine: `python -m conformance FOLDER`."""

import sys

from conformance.fixture_server import FixtureServer
from voice_design_mcp.app import build_server, http_app
from voice_design_mcp.cli import serve_http
from voice_design_mcp.config import Settings

if __name__ == "__main__":
    settings = Settings.load({"VOICE_DESIGN_DATA_DIR": sys.argv[1]}, {})
    serve_http(http_app(build_server(settings, kind=FixtureServer), "127.0.0.1"), "127.0.0.1", 0)
