"""Starts the server that this bundle holds as a wheel."""

import sys

from voice_design_mcp.cli import main

if __name__ == "__main__":
    sys.exit(main())
