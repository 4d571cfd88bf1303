"""The shapes of the vendor's answers: success, and its flat error body. Knows no operation."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.responses import JSONResponse, Response

INAPPROPRIATE = (400, "DataInspectionFailed", "Input or output data may contain inappropriate content.")
SPEAK_FAILED = "TTS speak request failed, please verify your input."
INVALID_BODY = "Required body invalid, please check the request body format."


class RefusalError(Exception):
    """The vendor refuses: `status` and the flat body `{"request_id", "code", "message"}`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def invalid(message: str) -> RefusalError:
    """The refusal of anything that breaks a documented limit; the vendor's own wording varies."""
    return RefusalError(400, "InvalidParameter", message)


def new_request_id() -> str:
    """An id of the form that the vendor prints."""
    return str(uuid.uuid4())


def success(
    output: dict[str, Any], usage: dict[str, Any], *, request_id: str = "", headers: dict[str, str] | None = None
) -> Response:
    """HTTP 200 with `output`, `usage` and a request id."""
    body = {"output": output, "usage": usage, "request_id": request_id or new_request_id()}
    return JSONResponse(body, headers=headers)


def error_body(code: str, message: str) -> dict[str, str]:
    """The vendor's flat error body, with a new request id."""
    return {"request_id": new_request_id(), "code": code, "message": message}


def refused(refusal: RefusalError) -> Response:
    """The answer that a refusal becomes."""
    return JSONResponse(error_body(refusal.code, refusal.message), status_code=refusal.status)
