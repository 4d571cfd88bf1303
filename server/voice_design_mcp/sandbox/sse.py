"""Server-sent events as the vendor frames them. Knows no operation."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from voice_design_mcp.sandbox.answers import RefusalError, error_body


def wants_events(request: Request) -> bool:
    """Whether the answer should be a stream of events."""
    return request.headers.get("x-dashscope-sse", "").lower() == "enable"


async def framed(results: AsyncGenerator[dict[str, Any]], request_id: str) -> AsyncGenerator[bytes]:
    """Numbers and frames each result; a refusal on the way becomes the vendor's error event."""
    number = 0
    async with aclosing(results):
        try:
            async for result in results:
                number += 1
                yield _frame(number, "result", 200, result)
        except RefusalError as refusal:
            told = {**error_body(refusal.code, refusal.message), "request_id": request_id}
            yield _frame(number + 1, "error", refusal.status, told)


def _frame(number: int, event: str, status: int, data: dict[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False)
    return f"id:{number}\nevent:{event}\n:HTTP_STATUS/{status}\ndata:{text}\n\n".encode()


class EventStream(Response):
    """Events as they come. It goes on to the end when its reader has left: the synthesis is paid for and kept."""

    media_type = "text/event-stream;charset=UTF-8"

    def __init__(self, events: AsyncGenerator[bytes]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI's signature
        """Sends each event as a body message of its own."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._events) as events:
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
