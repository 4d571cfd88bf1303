"""Voice design over MCP: describe a voice, hear it, keep it, speak with it."""

__version__ = "0.1.0"
