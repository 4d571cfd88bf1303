"""Serves the conformance suite's fixtures on a free port of this machine: `python -m conformance FOLDER`."""

import sys

from conformance.fixture_server import FixtureServer
from voice_design_mcp.app import build_server
from voice_design_mcp.cli import serve_http
from voice_design_mcp.config import Settings
from voice_design_mcp.serving.application import http_app

if __name__ == "__main__":
    settings = Settings.load({"VOICE_DESIGN_DATA_DIR": sys.argv[1]}, {})
    server = build_server(settings, identifies=True, kind=FixtureServer)
    serve_http(http_app(server, "127.0.0.1", settings.hosting), "127.0.0.1", 0)
