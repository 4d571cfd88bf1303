"""Faults on demand: what one entry of a fault script says. Runs nothing.

A script is a JSON list; each entry spoils the next `times` answers that it matches, in the order of the list.

    match.operation  create | list | query | delete | update | synthesize | models | audio | realtime | inference;
                     of the servers of the open weights open_design | open_speech | open_upload | open_list |
                     open_delete | open_models; or * (default)
    times            how many answers, default 1
    when             before (default): in place of the operation, which neither runs nor bills
                     after: the operation runs and bills, then its answer is spoiled
    delay_s          wait so long first, or until released (0 to 600, default 0)
    status, code,    the answer instead of the true one; a status alone gets the vendor's code and message for it.
    message, body    `body` is sent as it is. With none of them, `answer` is a mere delay of the true answer
    headers          added to the answer
    action           what happens to the answer:
      answer         it is given (default)
      reset          the connection is reset (TCP RST) before a byte of it                        served only
      truncate       half of its body goes out under the true length, then the connection ends    served only
      stall          before: nothing happens until released. after: half of its body, then nothing until released
                     (or for delay_s, default 300)
      garbage        its body is replaced with bytes that are neither JSON nor UTF-8
      wrong_length   half of its body goes out under a length that says so: HTTP is content, the content is cut
      drip           it goes out in eight pieces, delay_s apart
      close          a WebSocket is closed with `close_code` (default 1011) and `reason`; no other answer is met
    frame            of an event stream: how many events go out whole before the action (default 1; 0 for reset and
                     close); garbage and wrong_length then spoil one event, drip is a wait between events

Under `before` and with nothing scripted, `answer`, `stall` and `drip` let the operation take place, once the wait is
over; the other actions spoil the vendor's 500. "served only" needs the real socket of `server.serve`; mounted in
process such a script is refused. Whatever waits is held until it is released: an operation stalled before it began then
runs and bills, even if its caller has long gone, as a late request does.

A WebSocket is met twice. `realtime` and `inference` are its connections: under `before`, or with an answer scripted,
the fault takes the place of the handshake (an HTTP answer, a cut, a wait); under `after` it strikes when `frame` frames
have gone out on the connection, whatever they are. `synthesize` is also each response of a realtime connection, and
each task of an inference connection from its first sentence on: under `before` it takes the place of the speech (a
delay, a cut, or an error with the scripted code and message); under `after` the first text is billed, then `frame`
frames go out, counted from there. Text is billed when the engine has begun to speak it, before its first frame goes
out. There `truncate` ends the connection without a closing frame, `body` is one text frame, garbage and wrong_length
spoil one frame, `drip` waits before each frame, and `headers` are for the handshake only.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from voice_design_mcp.sandbox.answers import INVALID_BODY, RefusalError, error_body
from voice_design_mcp.sandbox.openspeech.answers import error_body as open_error
from voice_design_mcp.sandbox.spoiling import Damage

Operation = Literal[
    "create", "list", "query", "delete", "update", "synthesize", "models", "audio", "realtime", "inference",
    "open_design", "open_speech", "open_upload", "open_list", "open_delete", "open_models",
]  # fmt: skip
Action = Literal["answer", "reset", "truncate", "stall", "garbage", "wrong_length", "drip", "close"]

STALL_LIMIT_S = 300.0
BODILESS = (204, 205, 304)
SERVED_ONLY = ("reset", "truncate")
WEBSOCKET_OPERATIONS = ("realtime", "inference", "synthesize", "*")

_KNOWN_ANSWERS = {
    400: ("InvalidParameter", INVALID_BODY),
    401: ("InvalidApiKey", "Invalid API-key provided."),
    403: ("AccessDenied", "Access denied."),
    404: ("ModelNotFound", "Model can not be found."),
    429: ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    500: ("InternalError", "An internal error has occured, please try again later or contact service support."),
    503: ("ModelUnavailable", "Model is unavailable, please try again later."),
}
_FRAMING_HEADERS = {"content-length", "transfer-encoding", "connection"}
_HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
_HeaderValue = Annotated[str, Field(pattern=r"^[\x20-\x7e]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Match(_Strict):
    """Which answers a fault spoils."""

    operation: Operation | Literal["*"] = "*"


class Fault(_Strict):
    """One entry of the script; the module's table says what each field does."""

    match: Match = Match()
    times: int = Field(default=1, ge=1, le=1_000_000)
    when: Literal["before", "after"] = "before"
    delay_s: float = Field(default=0, ge=0, le=600)
    status: int | None = Field(default=None, ge=200, le=599)
    code: str | None = None
    message: str | None = None
    body: str | None = None
    headers: dict[_HeaderName, _HeaderValue] = {}
    action: Action = "answer"
    frame: int | None = Field(default=None, ge=0, le=1_000_000)
    close_code: int = Field(default=1011, ge=1000, le=4999)
    reason: str = Field(default="", max_length=60)

    @property
    def scripted(self) -> bool:
        """Whether it says an answer of its own."""
        return (self.status, self.code, self.message, self.body) != (None, None, None, None)

    @property
    def lets_it_happen(self) -> bool:
        """Whether, under `before`, the true operation takes place once the waiting is over."""
        return not self.scripted and self.action in {"answer", "stall", "drip"}

    @property
    def hold_s(self) -> float:
        """How long the answer waits as a whole."""
        if self.action == "stall":
            return 0 if self.when == "after" else self.delay_s or STALL_LIMIT_S
        return 0 if self.action == "drip" else self.delay_s

    @property
    def damage(self) -> Damage | None:
        """What happens to the answer's bytes."""
        if self.action == "answer" or (self.action == "stall" and self.when == "before"):
            return None
        frame = self.frame if self.frame is not None else int(self.action not in {"reset", "close"})
        hold_s = (self.delay_s or STALL_LIMIT_S) if self.action == "stall" else self.delay_s
        return Damage(self.action, hold_s, frame, self.close_code, self.reason)

    def refusal(self) -> RefusalError:
        """What is scripted as the vendor's error, its 500 where nothing is."""
        status = self.status or (200 if self.scripted else 500)
        code, message = _KNOWN_ANSWERS.get(status, ("", ""))
        return RefusalError(
            status, code if self.code is None else self.code, message if self.message is None else self.message
        )

    def answer(self, operation: str = "") -> Response:
        """The scripted answer, the 500 of whoever does the operation where nothing is scripted."""
        told = self.refusal()
        body = self.body
        if body is None:
            is_open = operation.startswith("open_")
            error = open_error(told.status, told.message) if is_open else error_body(told.code, told.message)
            body = json.dumps(error, ensure_ascii=False)
        return Response(body.encode("utf-8", "replace"), status_code=told.status, media_type="application/json")


_SCRIPT = TypeAdapter(list[Fault])


def read_script(raw: bytes, *, served: bool) -> list[Fault]:
    """Reads a script.

    Raises:
        ValueError: It is not one (a `pydantic.ValidationError` says where), or needs a socket and there is none.
    """
    faults = _SCRIPT.validate_json(raw)
    for fault in faults:
        if fault.action in SERVED_ONLY and not served:
            raise ValueError(f"action {fault.action} needs the served sandbox: mounted in process, nothing can be cut")
        if fault.action == "close" and fault.match.operation not in WEBSOCKET_OPERATIONS:
            raise ValueError(f"action close is for WebSockets: match one of {', '.join(WEBSOCKET_OPERATIONS)}")
        if fault.status in BODILESS:
            raise ValueError(f"status {fault.status} has no body, and every answer here has one")
        framing = _FRAMING_HEADERS & {name.lower() for name in fault.headers}
        if framing:
            raise ValueError(f"headers: {', '.join(sorted(framing))} would change the framing; an action does that")
    return faults


def show_script(faults: list[Fault]) -> list[dict[str, Any]]:
    """The script as it would be posted, defaults left out."""
    return _SCRIPT.dump_python(faults, mode="json", exclude_defaults=True)
