"""The vendor's codes and words for what went wrong, each with what it means to us: data.

The codes are those of the vendor's error page (Model Studio, "Error messages") and of its WebSocket event pages. Only text written
here goes into a message; `{host}`, `{model}` and `{http}` (the status, where there is one) are filled in. Refuses to know HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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

VOICE_NOT_FOUND: Final = "voice_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One meaning. `billed` is what it says of a purchase's bill where nothing more is known."""

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
    "key's own account. voice-design-mcp doctor tells them apart."
)
KEY = Row(error=AuthError, message="The vendor did not accept the API key.", hint=_CREDENTIALS)
WORKSPACE = Row(
    error=AuthError,
    message="The vendor did not accept the workspace, or the key has no right to it.",
    hint="Check VOICE_DESIGN_WORKSPACE_ID and that its account issued the key; without it the region's shared host is used.",
)
MODEL = Row(
    error=RetiredError,
    message="The model {model} is not available to this account.",
    hint="The account may have to be given the model in the vendor's console.",
    names_retirement=True,
)
_NO_VOICE = Row(message="The vendor has no such voice.", code=VOICE_NOT_FOUND)
_CONTENT = "Reword the description or the text; nothing was made."
THROTTLED = Row(
    error=RateLimitedError,
    message="The vendor is receiving too many requests from this account.",
    hint="Limits are counted over all keys of the account and free up within a minute.",
)
SLOTS = Row(
    error=VoiceQuotaError,
    message="Every voice slot of the account is taken.",
    hint="Delete voices that are no longer needed. A deleted voice gives its slot back, not its free creation.",
)
ALLOCATION = Row(
    error=RateLimitedError,
    message="What the account may use of {model} is used up for now.",
    hint="It frees up within a minute, or is raised in the vendor's console.",
)
VENDOR_FAILED = Row(error=UnavailableError, message="The vendor failed while answering{http}.", billed="maybe")
UNREADABLE = Row(
    error=ProtocolError,
    message="What answered{http} was not the vendor's API.",
    hint="A proxy or a wrong VOICE_DESIGN_BASE_URL may stand between here and {host}.",
    billed="maybe",
)
INVALID = Row(
    message="The vendor refused the request as invalid.",
    hint="Check the arguments against their limits. A text needs words, and a voice the model that it was designed for.",
)
_MISMATCH = Row(
    message="{model} cannot speak with this voice.",
    hint="A voice speaks only with the model that it was designed for, and only once its review is over.",
    code="voice_model_mismatch",
)
_NOT_SPOKEN = Row(
    message="The vendor could not speak this text with this voice.",
    hint="The voice may belong to another model, or the text hold nothing to say. It has been seen to pass when tried again.",
    code="not_spoken",
)
_TEXT = Row(message="The vendor refused the text.", hint="Send plain words; no markup.", code="text_refused")
LATE_TEXT = Row(
    error=DeadlineError, message="The vendor closed the session because no text came in time.", billed="maybe"
)
REFUSED = Row(message="The vendor refused the request{http}.")
REFUSED_MUTELY = Row(
    message="The vendor refused the request{http} and gave no reason.",
    hint="A workspace's own host often gives none. The model may not be served to this account, or an argument breaks a limit.",
    names_retirement=True,
)
UNKNOWN_CODE = Row(message="The vendor refused the request with a code unknown here.", billed="maybe")
GAVE_UP = Row(error=DeadlineError, message="The vendor gave up waiting for the request.", billed="maybe")
UNREACHED = Row(
    error=UnavailableError,
    message="{host} could not be reached; nothing was sent.",
    hint="Check the network, the proxy settings and this machine's certificates and clock.",
)
LATE = Row(error=DeadlineError, message="{host} did not answer in time.", billed="maybe")
BROKEN = Row(
    error=ConnectionLostError,
    message="The connection to {host} broke before the whole answer had come.",
    billed="maybe",
)
SILENT = Row(
    error=ProtocolError,
    message="The vendor said that it had spoken, and sent no sound.",
    hint="A voice that is still being reviewed speaks nothing: wait until get_voice says OK.",
    code="no_audio",
    billed="maybe",
)

BY_CODE: Final[Mapping[str, Row]] = {
    "InvalidParameter": INVALID,
    "invalid_value": INVALID,
    "invalid_request_error": INVALID,
    "CLIENT_ERROR": INVALID,
    "VoiceNotFound": _NO_VOICE,
    "BadRequest.VoiceNotFound": _NO_VOICE,
    "BadRequest.ResourceNotExist": _NO_VOICE,
    "Arrearage": Row(
        message="The vendor refuses this account until its balance is settled.",
        hint="Pay what is open in the vendor's billing console; nothing was made.",
        code="account_in_arrears",
    ),
    "DataInspectionFailed": Row(
        message="The vendor's content check refused the request.", hint=_CONTENT, code="content_refused"
    ),
    "IPInfringementSuspect": Row(
        message="The vendor suspects that the request infringes someone's rights.",
        hint=_CONTENT,
        code="content_refused",
    ),
    "ClientDisconnect": Row(
        error=ConnectionLostError, message="The vendor saw the connection break before it had answered.", billed="maybe"
    ),
    "Throttling.AllocationQuota": SLOTS,
    "Throttling": THROTTLED,
    "InvalidApiKey": KEY,
    "Workspace.AccessDenied": WORKSPACE,
    "WorkSpaceNotFound": WORKSPACE,
    "AllocationQuota.FreeTierOnly": Row(
        message="The free quota is used up, and the account is set to use nothing else.",
        hint="Turn off 'stop when the free quota is used up' for {model} in the vendor's console to pay for more.",
        code="free_quota_used_up",
    ),
    "AccessDenied": MODEL,
    "Model.AccessDenied": MODEL,
    "Endpoint.AccessDenied": MODEL,
    "ModelNotFound": MODEL,
    "Model.NotExist": MODEL,
    "InternalError": VENDOR_FAILED,
    "RequestTimeOut": VENDOR_FAILED,
    "ModelUnavailable": VENDOR_FAILED,
    "ServiceUnavailable": VENDOR_FAILED,
}
"""A code of several parts that is not here means what its first part does."""

BY_WORDS: Final[Mapping[str, Row]] = {
    "model not exist": MODEL,
    "model not found": MODEL,
    "not authorized": WORKSPACE,
    "requested voice": _MISMATCH,
    "voice is invalid": _MISMATCH,
    "error code: 418": _MISMATCH,
    "error code: 431": _MISMATCH,
    "engine error [411]": _NOT_SPOKEN,
    "speak operation failed": _NOT_SPOKEN,
    "speak request failed": _NOT_SPOKEN,
    "ensure input text is valid": _TEXT,
    "ssml text is not supported": _TEXT,
    "request timeout after": LATE_TEXT,
}
"""What the message says in lower case, for codes that say less than their message."""

CLOSED: Final[Mapping[int, Row]] = {
    1007: INVALID,
    1008: INVALID,
    1009: INVALID,
    1011: VENDOR_FAILED,
    1012: VENDOR_FAILED,
    1013: VENDOR_FAILED,
}
"""Codes with which a server closes a WebSocket (RFC 6455, 7.4.1), where its reason says nothing more. Any other is a break."""
