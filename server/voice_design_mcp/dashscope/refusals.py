"""What the vendor answered, or what broke on the way, as an error of ours: the one place where that is decided.

The codes are those of the vendor's error page (Model Studio, "Error messages"). An unknown code is kept, never guessed at. Only
text written here goes into a message: the vendor's own goes to the log. Refuses to know retries and operations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import httpx2

from ..catalog import FAMILIES, MODELS, Family
from ..errors import (
    AuthError,
    Billed,
    ConnectionLostError,
    DeadlineError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    RetiredError,
    UnavailableError,
    UpstreamError,
    VoiceQuotaError,
)
from .exchange import Answer, Asked

VOICE_NOT_FOUND: Final = "voice_not_found"
NEVER_LEFT: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)
"""What the transport raises only before the first byte of a request is out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    error: type[UpstreamError] = RejectedError
    message: str
    hint: str = ""
    code: str = ""
    billed: Billed = "no"
    retryable: bool | None = None
    names_retirement: bool = False


_CREDENTIALS = (
    "Three things can be wrong. The key: DASHSCOPE_API_KEY, whole and not revoked. Its region: a key works only in the region that "
    "issued it, and this request went to {host} (VOICE_DESIGN_REGION). The workspace: VOICE_DESIGN_WORKSPACE_ID must be one of the "
    "key's own account."
)
_KEY = _Row(error=AuthError, message="The vendor did not accept the API key.", hint=_CREDENTIALS)
_WORKSPACE = _Row(
    error=AuthError,
    message="The vendor did not accept the workspace, or the key has no right to it.",
    hint="Check VOICE_DESIGN_WORKSPACE_ID and that its account issued the key; without it the region's shared host is used.",
)
_MODEL = _Row(
    error=RetiredError,
    message="The model {model} is not available to this account.",
    hint="The account may have to be given the model in the vendor's console.",
    names_retirement=True,
)
_NO_VOICE = _Row(message="The vendor has no such voice.", code=VOICE_NOT_FOUND)
_CONTENT = "Reword the description or the text; nothing was made."
_THROTTLED = _Row(
    error=RateLimitedError,
    message="The vendor is receiving too many requests from this account.",
    hint="Limits are counted over all keys of the account and free up within a minute.",
)
_VENDOR_FAILED = _Row(
    error=UnavailableError, message="The vendor failed while answering (HTTP {status}).", billed="maybe"
)
_UNREADABLE = _Row(
    error=ProtocolError,
    message="What answered (HTTP {status}) was not the vendor's API.",
    hint="A proxy or a wrong VOICE_DESIGN_BASE_URL may stand between here and {host}.",
    billed="maybe",
)
_INVALID = _Row(
    message="The vendor refused the request as invalid.",
    hint="Check the arguments against their limits. A voice speaks only with the model that it was designed for.",
)
_REFUSED = _Row(message="The vendor refused the request (HTTP {status}).")
_REFUSED_MUTELY = _Row(
    message="The vendor refused the request (HTTP {status}) and gave no reason.",
    hint="A workspace's own host often gives none. The model may not be served to this account, or an argument breaks a limit.",
    names_retirement=True,
)

_BY_CODE: Final[Mapping[str, _Row]] = {
    "InvalidParameter": _INVALID,
    "VoiceNotFound": _NO_VOICE,
    "BadRequest.VoiceNotFound": _NO_VOICE,
    "BadRequest.ResourceNotExist": _NO_VOICE,
    "Arrearage": _Row(
        message="The vendor refuses this account until its balance is settled.",
        hint="Pay what is open in the vendor's billing console; nothing was made.",
        code="account_in_arrears",
    ),
    "DataInspectionFailed": _Row(
        message="The vendor's content check refused the request.", hint=_CONTENT, code="content_refused"
    ),
    "IPInfringementSuspect": _Row(
        message="The vendor suspects that the request infringes someone's rights.",
        hint=_CONTENT,
        code="content_refused",
    ),
    "ClientDisconnect": _Row(
        error=ConnectionLostError, message="The vendor saw the connection break before it had answered.", billed="maybe"
    ),
    "Throttling.AllocationQuota": _Row(
        error=VoiceQuotaError,
        message="Every voice slot of the account is taken.",
        hint="Delete voices that are no longer needed. A deleted voice gives its slot back, not its free creation.",
    ),
    "Throttling": _THROTTLED,
    "InvalidApiKey": _KEY,
    "Workspace.AccessDenied": _WORKSPACE,
    "WorkSpaceNotFound": _WORKSPACE,
    "AllocationQuota.FreeTierOnly": _Row(
        message="The free quota is used up, and the account is set to use nothing else.",
        hint="Turn off 'stop when the free quota is used up' for {model} in the vendor's console to pay for more.",
        code="free_quota_used_up",
    ),
    "AccessDenied": _MODEL,
    "Model.AccessDenied": _MODEL,
    "Endpoint.AccessDenied": _MODEL,
    "ModelNotFound": _MODEL,
    "Model.NotExist": _MODEL,
    "InternalError": _VENDOR_FAILED,
    "RequestTimeOut": _VENDOR_FAILED,
    "ModelUnavailable": _VENDOR_FAILED,
    "ServiceUnavailable": _VENDOR_FAILED,
}


def refusal(asked: Asked, answer: Answer) -> UpstreamError | None:
    """The error that an answer is, None when it is a result.

    A result is a 2xx with a JSON object and no code: the vendor also refuses inside a 200.
    """
    row = _row(answer)
    if row is None:
        return None
    error = _error(row, asked, status=answer.status, vendor_code=answer.vendor_code, request_id=answer.request_id)
    if isinstance(error, RateLimitedError):
        error.retry_after_s = answer.stated_wait_s
    if answer.headers.get("x-should-retry", "").lower() == "false":
        error.retryable = False
    return error


def unreadable(asked: Asked, answer: Answer, why: str) -> UpstreamError:
    """The ProtocolError for a result that lacks what it is useless without; `why` ends the sentence."""
    row = _Row(error=ProtocolError, message=f"The vendor's answer could not be used: {why}.", billed="maybe")
    return _error(row, asked, status=answer.status, request_id=answer.request_id)


def breakdown(asked: Asked, cause: Exception) -> UpstreamError:
    """The error that a broken exchange is.

    Never left, and so never billed, is only what the transport says so of: no name, no connection, no TLS, no proxy. All else may
    have reached the vendor.
    """
    if isinstance(cause, NEVER_LEFT):
        row = _Row(
            error=UnavailableError,
            message="{host} could not be reached; nothing was sent.",
            hint="Check the network, the proxy settings and this machine's certificates and clock.",
        )
    elif isinstance(cause, TimeoutError | httpx2.TimeoutException):
        row = _Row(error=DeadlineError, message="{host} did not answer in time.", billed="maybe")
    elif isinstance(cause, httpx2.DecodingError):
        row = _UNREADABLE
    else:
        row = _Row(
            error=ConnectionLostError,
            message="The connection to {host} broke before the whole answer had come.",
            billed="maybe",
        )
    return _error(row, asked)


def _row(answer: Answer) -> _Row | None:
    status, code = answer.status, answer.field("code")
    # A server error may come after the work was done, whatever code it carries.
    if status >= 500:
        return _VENDOR_FAILED
    if answer.parsed is None:
        return _by_mute_status(answer)
    if "model not exist" in answer.field("message").lower():  # comes with codes that say less
        return _MODEL
    known = _BY_CODE.get(code) or _BY_CODE.get(code.split(".")[0])
    if known is not None:
        return known
    return _by_status(status, code)


def _by_mute_status(answer: Answer) -> _Row:
    """What a body that is no JSON object means. An empty one is the vendor's too; text is from something in between."""
    mute = 400 <= answer.status < 500 and not answer.body.strip()
    row = _by_status(answer.status, "") if mute or answer.status in {401, 408, 429} else None
    return row or _UNREADABLE


def _by_status(status: int, code: str) -> _Row | None:
    if status == 401:
        return _KEY
    if status == 408:
        return _Row(error=DeadlineError, message="The vendor gave up waiting for the request.", billed="maybe")
    if status == 429:
        return _THROTTLED
    if 200 <= status < 300:
        return (
            _Row(message="The vendor refused the request with a code unknown here.", billed="maybe") if code else None
        )
    if 400 <= status < 500:
        return _REFUSED if code else _REFUSED_MUTELY
    return _UNREADABLE


def _error(row: _Row, asked: Asked, *, status: int = 0, vendor_code: str = "", request_id: str = "") -> UpstreamError:
    shown = {"host": asked.host, "model": asked.model or "that was asked for", "status": status}
    message = row.message.format_map(shown)
    if row.names_retirement:
        message = " ".join(filter(None, (message, _retirement(asked.model))))
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


def _retirement(model: str) -> str:
    """What the vendor announced of a model's end, empty when nothing."""
    family, retires = _lifecycle(model)
    if family is None or retires is None:
        return ""
    return f"The vendor announced its retirement for {retires:%Y-%m-%d}; its successor is {family.successor}."


def _lifecycle(model: str) -> tuple[Family | None, date | None]:
    if target := MODELS.get(model):
        return FAMILIES[target.family], target.retires
    family = next((each for each in FAMILIES.values() if each.wire_model == model), None)
    return family, family.retires if family else None
