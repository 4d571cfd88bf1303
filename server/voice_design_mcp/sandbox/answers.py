"""The shapes of the vendor's answers: success, its flat error body, times and previews. Knows no operation."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

from starlette.responses import JSONResponse, Response

INAPPROPRIATE = (400, "DataInspectionFailed", "Input or output data may contain inappropriate content.")
SPEAK_FAILED = "TTS speak request failed, please verify your input."
INVALID_BODY = "Required body invalid, please check the request body format."


_BEIJING = timezone(timedelta(hours=8))


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


def in_beijing(unix_s: float) -> datetime:
    """A moment in the vendor's own time zone."""
    return datetime.fromtimestamp(unix_s, _BEIJING)


def timestamp(unix_s: float) -> str:
    """A moment as the vendor's lists have it: to the second, in Beijing, without a zone."""
    return f"{in_beijing(unix_s):%Y-%m-%d %H:%M:%S}"


def preview_audio(sound: bytes, response_format: str, sample_rate_hz: int) -> dict[str, Any]:
    """A preview as both families answer it."""
    data = base64.b64encode(sound).decode("ascii")
    return {"data": data, "sample_rate": sample_rate_hz, "response_format": response_format}


def error_body(code: str, message: str) -> dict[str, str]:
    """The vendor's flat error body, with a new request id."""
    return {"request_id": new_request_id(), "code": code, "message": message}


def refused(refusal: RefusalError) -> Response:
    """The answer that a refusal becomes."""
    return JSONResponse(error_body(refusal.code, refusal.message), status_code=refusal.status)
