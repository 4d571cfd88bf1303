"""Everything this program raises on purpose, once.

A class exists because someone branches on it.

    VoiceDesignError
    ├─ InputError                the caller can mend it
    │  └─ VoiceNotFoundError
    ├─ ScopeError                the caller's token does not allow it
    ├─ ApprovalError             no approval, or not for this
    ├─ SpendError                nothing was sent
    │  ├─ CapExceededError
    │  └─ PriceUnknownError
    ├─ UpstreamError             the vendor, or the way to it
    │  ├─ AuthError              401: key, region, workspace
    │  ├─ RetiredError           the model is gone or not for this account
    │  ├─ RejectedError          the vendor refused the request
    │  ├─ VoiceQuotaError        all voice slots are taken
    │  ├─ RateLimitedError       429, with the wait where stated
    │  ├─ UnavailableError       5xx, or the request never left
    │  ├─ ConnectionLostError    broke after the request left
    │  ├─ DeadlineError          our clock ran out after the request left
    │  └─ ProtocolError          the answer made no sense
    ├─ StorageError              the database, or the store of audio
    └─ ConfigError               start-up; exit code 2

`billed` says whether the vendor may have charged: "no", "maybe" or "yes". The spending guard reads it and nothing else.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Billed = Literal["no", "maybe", "yes"]


class VoiceDesignError(Exception):
    """An anticipated failure; its text was written here and may be shown to anyone.

    Args:
        message: One sentence: what is wrong, with the limit where there is one.
        hint: What to do about it.
        code: A stable name for programs; each class has a default.
        retryable: Whether the same call may succeed later, unchanged.
    """

    code: str = "error"
    retryable: bool = False
    billed: Billed = "no"

    def __init__(self, message: str, *, hint: str = "", code: str = "", retryable: bool | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code:
            self.code = code
        if retryable is not None:
            self.retryable = retryable


class InputError(VoiceDesignError):
    """An argument breaks a limit; `argument` names it."""

    code = "invalid_argument"

    def __init__(self, argument: str, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message, hint=hint, code=code)
        self.argument = argument


class VoiceNotFoundError(InputError):
    """No such voice for this caller."""

    code = "voice_not_found"

    def __init__(self, voice: str) -> None:
        super().__init__(
            "voice", f"There is no voice {voice!r}.", hint="list_voices shows the voices that can be used."
        )


class ScopeError(VoiceDesignError):
    """The caller's token does not allow what was asked; nothing was looked at."""

    code = "insufficient_scope"


class ApprovalError(VoiceDesignError):
    """The approval does not open this purchase; nothing was sent."""

    code = "approval_invalid"


class SpendError(VoiceDesignError):
    """The spending guard refused; nothing was sent."""

    code = "spending_refused"


class CapExceededError(SpendError):
    """A cap would be passed."""

    code = "cap_exceeded"


class PriceUnknownError(SpendError):
    """There is no price for this, so it is not bought."""

    code = "price_unknown"


class UpstreamError(VoiceDesignError):
    """The vendor, or the way to it, failed.

    Args:
        status: The HTTP status, 0 where there was none.
        vendor_code: The vendor's own code, kept as it came.
        request_id: The vendor's request id, for its support.
        billed: Overrides the class's default.

    Where speech broke off while it was streamed, `received_bytes` says how much audio had come and `characters` how many the vendor
    had counted by then, None where it had said nothing.
    """

    code = "upstream_error"
    received_bytes: int = 0
    characters: int | None = None

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str = "",
        retryable: bool | None = None,
        status: int = 0,
        vendor_code: str = "",
        request_id: str = "",
        billed: Billed | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code, retryable=retryable)
        self.status = status
        self.vendor_code = vendor_code
        self.request_id = request_id
        if billed is not None:
            self.billed = billed


class AuthError(UpstreamError):
    """The key, its region or the workspace was refused."""

    code = "unauthorized"


class RetiredError(UpstreamError):
    """The model is not served to this account, or no longer served at all."""

    code = "model_unavailable"


class RejectedError(UpstreamError):
    """The vendor refused the request for what it says."""

    code = "rejected"


class VoiceQuotaError(UpstreamError):
    """Every voice slot of the account is taken."""

    code = "voice_quota_full"


class RateLimitedError(UpstreamError):
    """Too many requests. `retry_after_s` is 0 where the vendor stated no wait."""

    code = "rate_limited"
    retryable = True
    retry_after_s: float = 0.0


class UnavailableError(UpstreamError):
    """The vendor answered 5xx (billed "maybe"), or could not be reached at all (billed "no")."""

    code = "unavailable"
    retryable = True


class ConnectionLostError(UpstreamError):
    """The connection broke after the request had left."""

    code = "connection_lost"
    billed: Billed = "maybe"
    retryable = True


class DeadlineError(UpstreamError):
    """No answer in time, after the request had left."""

    code = "deadline"
    billed: Billed = "maybe"
    retryable = True


class ProtocolError(UpstreamError):
    """The answer could not be understood."""

    code = "protocol_error"
    billed: Billed = "maybe"


class StorageError(VoiceDesignError):
    """The database or the store of audio could not be reached, or refused."""

    code = "storage_unavailable"
    retryable = True


class ConfigError(VoiceDesignError):
    """A setting is wrong; the program does not start."""

    code = "config"
    exit_code: ClassVar[int] = 2
