"""What the vendor answered, or what broke on the way, as an error of ours: the one place where that is decided.

What each code and phrase means stands in `codes`. An unknown code is kept, never guessed at. The vendor's own words go to the log,
never into a message. Refuses to know retries and operations.
"""

from __future__ import annotations

from typing import Final

import httpx2

from ..catalog import MODELS, family_designing, region_of
from ..errors import Billed, ProtocolError, RateLimitedError, UpstreamError
from . import codes
from .codes import VOICE_NOT_FOUND, Row
from .exchange import Answer, Asked, Progress

__all__ = ["NEVER_LEFT", "VOICE_NOT_FOUND", "breakdown", "closed", "refusal", "said", "silent", "so_far", "unreadable"]

NEVER_LEFT: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)
"""What the transport raises only before the first byte of a request is out."""


def refusal(asked: Asked, answer: Answer) -> UpstreamError | None:
    """The error that an answer is, None when it is a result.

    A result is a 2xx with a JSON object and no code: the vendor also refuses inside a 200.
    """
    row = _row(asked, answer)
    if row is None:
        return None
    error = _error(row, asked, status=answer.status, vendor_code=answer.vendor_code, request_id=answer.request_id)
    if isinstance(error, RateLimitedError):
        error.retry_after_s = answer.stated_wait_s
    if answer.headers.get("x-should-retry", "").lower() == "false":
        error.retryable = False
    return error


def said(asked: Asked, answer: Answer) -> UpstreamError:
    """The error that the vendor told in the middle of a stream, in an answer made of its event (status 0 where it named none)."""
    row = _by_words(answer) or _by_code(asked, answer.field("code"))
    if row is None and answer.status:
        row = codes.VENDOR_FAILED if answer.status >= 500 else _by_status(answer.status, answer.field("code"))
    known = row or codes.UNKNOWN_CODE
    return _error(known, asked, status=answer.status, vendor_code=answer.vendor_code, request_id=answer.request_id)


def closed(asked: Asked, code: int, reason: str) -> UpstreamError:
    """The error that a WebSocket's close is, before the speech was whole."""
    told = Answer(0, {}, b"", {"message": reason})
    row = _by_words(told) or codes.CLOSED.get(code, codes.BROKEN)
    return _error(row, asked, vendor_code=f"close-{code}")


def silent(asked: Asked, request_id: str) -> UpstreamError:
    """The error for speech that ended well and held no sound."""
    return _error(codes.SILENT, asked, request_id=request_id)


def unreadable(asked: Asked, answer: Answer, why: str) -> UpstreamError:
    """The ProtocolError for a result that lacks what it is useless without; `why` ends the sentence."""
    row = Row(error=ProtocolError, message=f"The vendor's answer could not be used: {why}.", billed="maybe")
    return _error(row, asked, status=answer.status, request_id=answer.request_id)


def breakdown(asked: Asked, cause: Exception) -> UpstreamError:
    """The error that a broken exchange is.

    Never left, and so never billed, is only what the transport says so of: no name, no connection, no TLS, no proxy. All else may
    have reached the vendor.
    """
    if isinstance(cause, NEVER_LEFT):
        row = codes.UNREACHED
    elif isinstance(cause, TimeoutError | httpx2.TimeoutException):
        row = codes.LATE
    elif isinstance(cause, httpx2.DecodingError):
        row = codes.UNREADABLE
    else:
        row = codes.BROKEN
    return _error(row, asked)


def so_far(error: UpstreamError, progress: Progress) -> UpstreamError:
    """The same error, told of what had come by then, and with the bill that follows from it.

    Nothing is billed before the text is out; what the vendor has counted is billed; sound without a count may be.
    """
    error.received_bytes, error.characters = progress.received_bytes, progress.characters
    error.billed = _billed(error.billed, progress)
    if progress.received_bytes:
        counted = "" if progress.characters is None else f", {progress.characters} characters billed by then"
        error.message += f" {progress.received_bytes:,} bytes of sound had come{counted}; they are not the whole."
        error.args = (error.message,)
    return error


def _billed(otherwise: Billed, progress: Progress) -> Billed:
    if not progress.text_sent:
        return "no"
    if progress.characters:
        return "yes"
    return "maybe" if progress.received_bytes else otherwise


def _row(asked: Asked, answer: Answer) -> Row | None:
    # A server error may come after the work was done, whatever code it carries.
    if answer.status >= 500:
        return codes.VENDOR_FAILED
    if answer.parsed is None:
        return _by_mute_status(answer)
    code = answer.field("code")
    return _by_words(answer) or _by_code(asked, code) or _by_status(answer.status, code)


def _by_words(answer: Answer) -> Row | None:
    words = answer.field("message").lower()
    return next((row for phrase, row in codes.BY_WORDS.items() if phrase in words), None)


def _by_code(asked: Asked, code: str) -> Row | None:
    row = codes.BY_CODE.get(code) or codes.BY_CODE.get(code.partition(".")[0])
    # The same code is the account's voice slots when it designs, and its allowance of a model when it speaks.
    return codes.ALLOCATION if row is codes.SLOTS and asked.model in MODELS else row


def _by_mute_status(answer: Answer) -> Row:
    """What a body that is no JSON object means. An empty one is the vendor's too; text is from something in between."""
    mute = 400 <= answer.status < 500 and not answer.body.strip()
    row = _by_status(answer.status, "") if mute or answer.status in {401, 408, 429} else None
    return row or codes.UNREADABLE


def _by_status(status: int, code: str) -> Row | None:
    told = {401: codes.KEY, 408: codes.GAVE_UP, 429: codes.THROTTLED}.get(status)
    if told is not None:
        return told
    if 200 <= status < 300:
        return codes.UNKNOWN_CODE if code else None
    if 400 <= status < 500:
        return codes.REFUSED if code else codes.REFUSED_MUTELY
    return codes.UNREADABLE


def _error(row: Row, asked: Asked, *, status: int = 0, vendor_code: str = "", request_id: str = "") -> UpstreamError:
    http = f" (HTTP {status})" if status else ""
    shown = {"host": asked.host, "model": asked.model or "that was asked for", "http": http}
    message = row.message.format_map(shown)
    if row.names_retirement:
        message = " ".join(filter(None, (message, _elsewhere(asked), _retirement(asked.model))))
    if request_id:
        message += f" (request {request_id})"
    return row.error(
        message,
        hint=row.hint.format_map(shown),
        code=row.code,
        retryable=row.retryable,
        status=status,
        vendor_code=vendor_code,
        request_id=request_id,
        billed=row.billed if asked.purchase else "no",
    )


def _elsewhere(asked: Asked) -> str:
    """Where the model is offered, when that is not where the request went; empty when it is, or nobody knows."""
    here, row = region_of(asked.host), MODELS.get(asked.model) or family_designing(asked.model)
    if not here or row is None or here in row.regions:
        return ""
    return f"It is offered in {' and '.join(each.title() for each in row.regions)} only, and this request went to {here.title()}."


def _retirement(model: str) -> str:
    """What the vendor announced of a model's end, empty when nothing."""
    family = family_designing(model)
    retires = (MODELS.get(model) or family).retires if family else None
    if family is None or retires is None:
        return ""
    return f"The vendor announced its retirement for {retires:%Y-%m-%d}; its successor is {family.successor}."
