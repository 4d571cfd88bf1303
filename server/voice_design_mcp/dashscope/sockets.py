"""One WebSocket, spoken to in single steps that each have their time.

httpx2's session is a task group, and what surrounds a task group must be entered and left by one task; speech is read by whoever
comes for the next piece. So a task of its own holds the session. Refuses to know what the messages mean.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio
import httpx2
from httpx2.websockets import (
    ASGIWebSocketTransport,
    AsyncWebSocketSession,
    HTTPXWSException,
    WebSocketDisconnect,
    WebSocketUpgradeError,
)
from wsproto.events import BytesMessage, TextMessage
from wsproto.utilities import LocalProtocolError

from . import deadlines
from .clients import open_client

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

MAX_MESSAGE_BYTES: Final = 8 * 1024 * 1024
"""httpx2's own default, 64 KiB, is less than two seconds of speech."""
BROKEN: Final = 1006
_REFUSAL_BYTES: Final = 64 * 1024
_REFUSAL: Final = "voice_design_refusal"
_log = logging.getLogger(__name__)

Dial = Callable[[], AbstractAsyncContextManager[AsyncWebSocketSession]]


@dataclass(frozen=True, slots=True)
class Closing:
    """The end: the other side's close code and reason, or 1006 where there was none (RFC 6455, 7.4.1)."""

    code: int
    reason: str = ""


class Socket:
    """An open WebSocket. Any task may use it, one at a time; close it."""

    def __init__(
        self, session: AsyncWebSocketSession, leave: anyio.Event, holder: asyncio.Task[None], close_s: float
    ) -> None:
        self._session = session
        self._leave = leave
        self._holder = holder
        self._close_s = close_s

    @classmethod
    async def open(cls, dial: Dial, *, within_s: float, close_s: float) -> Socket:
        """Open a WebSocket.

        Raises:
            TimeoutError: It took longer than `within_s`.
            WebSocketUpgradeError: It was refused; `refused` reads the answer.
            WebSocketDisconnect: An application in this process refused it.
            httpx2.HTTPError: The way there broke.
        """
        opened: asyncio.Future[AsyncWebSocketSession] = asyncio.get_running_loop().create_future()
        leave = anyio.Event()
        holder = asyncio.create_task(_hold(dial, opened, leave), name="websocket")
        try:
            session = await deadlines.within(deadlines.after(within_s), opened)
        except BaseException:
            await _let_go(leave, holder, close_s)
            raise
        return cls(session, leave, holder, close_s)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer that opened it."""
        response = self._session.response
        return response.headers if response is not None else {}

    async def send(self, text: str, deadline: float) -> None:
        """Send a text message. What has broken is told by the next `receive`, which may know why.

        Raises:
            TimeoutError: It was not taken before the deadline.
        """
        try:
            await deadlines.within(deadline, self._session.send_text(text))
        except (HTTPXWSException, LocalProtocolError, anyio.ClosedResourceError) as error:
            _log.debug("not sent: %s", type(error).__name__)

    async def receive(self, deadline: float) -> str | bytes | Closing:
        """The next message, or the end.

        Raises:
            TimeoutError: Nothing came before the deadline.
        """
        try:
            event = await deadlines.within(deadline, self._session.receive())
        except WebSocketDisconnect as end:
            return Closing(end.code, end.reason)
        except (HTTPXWSException, anyio.EndOfStream, anyio.ClosedResourceError):
            return Closing(BROKEN)
        if isinstance(event, TextMessage):
            return event.data
        return bytes(event.data) if isinstance(event, BytesMessage) else Closing(BROKEN)

    async def aclose(self) -> None:
        """Say goodbye and let go: within its time, whatever the other side does."""
        await _let_go(self._leave, self._holder, self._close_s)


async def _hold(dial: Dial, opened: asyncio.Future[AsyncWebSocketSession], leave: anyio.Event) -> None:
    """Keep a session from its opening to the word to leave."""
    try:
        async with dial() as session:
            if not opened.done():
                opened.set_result(session)
            await leave.wait()
    except Exception as error:  # noqa: BLE001  it goes to the task that waits; once nobody does, the session was over anyway
        ended = _innermost(error)
        _log.debug("websocket ended: %s", type(ended).__name__)
        if not opened.done():
            opened.set_exception(ended)


async def _let_go(leave: anyio.Event, holder: asyncio.Task[None], close_s: float) -> None:
    leave.set()
    with anyio.CancelScope(shield=True):
        await asyncio.wait({holder}, timeout=close_s)
        if not holder.done():
            # httpx2 shields its goodbye; on a line that takes nothing any more only the task's own cancellation ends it.
            holder.cancel()
            await asyncio.wait({holder}, timeout=close_s)


@asynccontextmanager
async def dialled(
    client: AbstractAsyncContextManager[httpx2.AsyncClient], url: str, headers: Mapping[str, str], connect_s: float
) -> AsyncGenerator[AsyncWebSocketSession]:
    """A session on a client, in the client's own context."""
    # No pings: a vendor busy speaking may be slow to answer one, and silence has a deadline of ours anyway.
    async with (
        client as using,
        using.websocket(
            url,
            headers=dict(headers),
            max_message_size_bytes=MAX_MESSAGE_BYTES,
            keepalive_ping_interval_seconds=None,
            timeout=httpx2.Timeout(connect_s),
        ) as session,
    ):
        yield session


def socket_client(*, outside: bool, tls: bool) -> httpx2.AsyncClient:
    """A client for WebSockets, which keeps what a refused handshake was answered."""
    client = open_client(outside=outside, tls=tls)
    client.event_hooks = {"response": [_keep_refusal]}
    return client


def on_transport(transport: httpx2.AsyncBaseTransport) -> AbstractAsyncContextManager[httpx2.AsyncClient]:
    """A client for one WebSocket over a transport. An application in this process gets one of its own: shared, it mixes up URLs."""
    if not isinstance(transport, httpx2.ASGITransport):
        return nullcontext(open_client(outside=False, tls=False, transport=transport))
    own = ASGIWebSocketTransport(transport.app, initial_receive_timeout=math.inf)  # the deadlines are ours
    return open_client(outside=False, tls=False, transport=own)


def refused(error: WebSocketUpgradeError) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body with which a handshake was refused."""
    response = error.response
    body = response.extensions.get(_REFUSAL)
    return response.status_code, response.headers, response.content if body is None else body


async def _keep_refusal(response: httpx2.Response) -> None:
    # httpx2 closes the answer before it raises, and with it the body that says why.
    if response.status_code == 101:
        return
    body = bytearray()
    async with aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) > _REFUSAL_BYTES:
                break
    response.extensions[_REFUSAL] = bytes(body)


def _innermost(error: Exception) -> Exception:
    if not isinstance(error, ExceptionGroup):
        return error
    inside: tuple[Exception, ...] = error.exceptions  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] of any kind
    return _innermost(inside[0])
