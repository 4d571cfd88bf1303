"""An OAuth issuer on loopback: its metadata, its keys, and every token that it, or somebody who is not it, could make."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ALL = "voices:read voices:design voices:delete speech"
HERE = "https://voices.example/mcp"
"""The URL for which tokens are issued; the tests reach it by its loopback address."""


class Issuer:
    """Signs tokens; `rsa-1` and `ec-1` are its published keys."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, Any] = {
            "rsa-1": rsa.generate_private_key(65537, 2048),
            "ec-1": ec.generate_private_key(ec.SECP256R1()),
        }
        self.asked: list[str] = []
        self.down = False

    def token(self, subject: str = "alice", scope: str = ALL, *, key: str = "rsa-1", **changed: Any) -> str:
        """A token as it should be, but for the claims that are changed; None leaves one out."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": HERE,
            "sub": subject,
            "client_id": "test-client",
            "scope": scope,
            "iat": now,
            "exp": now + 600,
            **changed,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        algorithm = "ES256" if key.startswith("ec") else "RS256"
        return jwt.encode(kept, self.keys[key], algorithm, headers={"kid": key, "typ": "at+jwt"})

    def jwks(self) -> dict[str, Any]:
        """Its published keys."""
        rows: list[dict[str, Any]] = []
        for name, key in self.keys.items():
            kind = ECAlgorithm if name.startswith("ec") else RSAAlgorithm
            rows.append({**json.loads(kind.to_jwk(key.public_key())), "kid": name, "use": "sig"})
        return {"keys": rows}

    def answer(self, path: str) -> dict[str, Any] | None:
        """What is published at a path."""
        self.asked.append(path)
        if self.down:
            return None
        if path == "/.well-known/oauth-authorization-server":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return self.jwks() if path == "/keys" else None


@contextmanager
def served_issuer() -> Generator[Issuer]:
    """An issuer on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = issuer.answer(self.path)
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the library's signature
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join(30)


def unsigned(token: str) -> str:
    """A token that says that it needs no signature."""
    return f"{_part({'alg': 'none', 'typ': 'at+jwt'})}.{token.split('.')[1]}."


def signed_with_the_public_key(issuer: Issuer) -> str:
    """A token signed by a shared secret that is the issuer's public key, which everybody has."""
    import hashlib
    import hmac

    header, claims = _part({"alg": "HS256", "kid": "rsa-1", "typ": "at+jwt"}), issuer.token().split(".")[1]
    secret = json.dumps(issuer.jwks()["keys"][0]).encode()
    made = hmac.new(secret, f"{header}.{claims}".encode(), hashlib.sha256).digest()
    return f"{header}.{claims}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
