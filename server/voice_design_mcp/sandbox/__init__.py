"""The vendor, impersonated: an ASGI peer with an offline speech engine. Knows nothing of the client that calls it."""
