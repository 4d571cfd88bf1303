"""The approval page: loopback, a random port, a secret in its address, no script. A GET never decides."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Final

from ..config import Settings
from .approve import decide, pending
from .books import Book, opened

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # the address holds the secret; no-referrer would also hide the Origin of our own form
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Voice Design: approvals</title>
<style>body{{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}}
pre{{white-space:pre-wrap;overflow-wrap:anywhere;border-left:4px solid;padding-left:1rem}}
button{{font:inherit;padding:.5rem 1rem}}</style>
<h1>Waiting for your approval</h1>{said}{forms}</html>"""
_FORM: Final = """<form method="post"><input type="hidden" name="token" value="{token}">
<input type="hidden" name="quote" value="{quote}"><pre>{question}</pre>
<button name="decision" value="approve">Approve {amount}</button>
<button name="decision" value="decline">Decline</button></form><hr>"""


async def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve the page until it is stopped.

    Args:
        settings: Say where the ledgers are.
        ready: Called with the page's address, which holds its secret.
    """
    import uvicorn

    async with opened(settings) as books:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            page = ApprovalPage(books, listener.getsockname()[1])
            ready(page.address)
            config = uvicorn.Config(page.app(), log_config=None, access_log=False)
            await uvicorn.Server(config).serve(sockets=[listener])


class ApprovalPage:
    """The page over some ledgers, for one port."""

    def __init__(self, books: list[Book], port: int) -> None:
        self._books = books
        self._host = f"127.0.0.1:{port}"
        self._secret = secrets.token_urlsafe(32)
        self._token = secrets.token_urlsafe(32)

    @property
    def address(self) -> str:
        """Where it is; whoever has this can decide."""
        return f"http://{self._host}/{self._secret}"

    def app(self) -> Starlette:
        """The application."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        return Starlette(routes=[Route("/{secret}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        from starlette.responses import HTMLResponse, PlainTextResponse

        if not self._is_ours(request):
            return PlainTextResponse("Not found.", status_code=404, headers=_HEADERS)
        said = ""
        if request.method == "POST":
            form = await request.form()
            if not _same(str(form.get("token", "")), self._token):
                return PlainTextResponse("Refused.", status_code=403, headers=_HEADERS)
            said = await self._decide(str(form.get("quote", "")), str(form.get("decision", "")))
        return HTMLResponse(await self._page(said), headers=_HEADERS)

    def _is_ours(self, request: Request) -> bool:
        """The exact Host, the secret, and for a decision the exact Origin."""
        if request.headers.get("host") != self._host or not _same(request.path_params["secret"], self._secret):
            return False
        return request.method != "POST" or request.headers.get("origin") == f"http://{self._host}"

    async def _decide(self, quote_id: str, decision: str) -> str:
        waiting = next((each for each in await pending(self._books) if each.quote.id == quote_id), None)
        if waiting is None or decision not in {"approve", "decline"}:
            return "It is no longer open."
        done = await decide(waiting, approved=decision == "approve", by="page")
        if not done:
            return "It is no longer open."
        return "Approved. Let the agent make the same call again." if decision == "approve" else "Declined."

    async def _page(self, said: str) -> str:
        forms = "".join(
            _FORM.format(
                token=escape(self._token),
                quote=escape(each.quote.id),
                question=escape(each.quote.question),
                amount=escape(each.amount),
            )
            for each in await pending(self._books)
        )
        return _PAGE.format(
            said=f"<p role=status>{escape(said)}</p>" if said else "", forms=forms or "<p>Nothing is waiting.</p>"
        )


def _same(given: str, secret: str) -> bool:
    return secrets.compare_digest(given.encode(), secret.encode())
