"""The shapes of vLLM-Omni's answers: its nested error, its events. Knows no operation."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import JSONResponse, Response

from voice_design_mcp.sandbox.answers import RefusalError

_TYPES = {401: "AuthenticationError", 404: "NotFoundError", 409: "ConflictError"}


def bad_request(message: str) -> RefusalError:
    """The refusal of anything that breaks a rule of the server."""
    return RefusalError(400, "", message)


def error_body(status: int, message: str) -> dict[str, Any]:
    """The server's nested error."""
    kind = _TYPES.get(status, "BadRequestError" if status < 500 else "InternalServerError")
    return {"error": {"message": message, "type": kind, "param": None, "code": status}}


def refused(refusal: RefusalError) -> Response:
    """The answer that a refusal becomes."""
    return JSONResponse(error_body(refusal.status, refusal.message), status_code=refusal.status)


def event(name: str, data: dict[str, Any]) -> bytes:
    """One server-sent event, as OpenAI names them."""
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


async def answered(work: Callable[[], Awaitable[Response]]) -> Response:
    """An operation's answer; what it refuses is told in this server's shape."""
    try:
        return await work()
    except RefusalError as refusal:
        return refused(refusal)
