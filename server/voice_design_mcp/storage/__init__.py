"""Where things are kept: records in SQL, audio as objects. Knows no vendor, no MCP and no rules about money."""
