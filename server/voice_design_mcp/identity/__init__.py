"""Who calls, and what that caller may do: principals and scopes, bearer tokens of our own, access tokens of an OAuth issuer.

Knows no MCP and no HTTP framework; serving/ holds it to requests, tools/gate.py tells it to tools.
"""
