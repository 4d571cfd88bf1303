"""What a request is on the wire: one piece, over connections that are kept while the other side keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from voice_design_mcp.dashscope.clients import open_client
from voice_design_mcp.dashscope.in_one_piece import Transport

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BODY = b'{"model": "qwen-voice-design"}'
LONG = b"x" * 200_000
NAME = "bucket.oss-cn-beijing.aliyuncs.com"
"""Whose certificate the listener shows."""


@dataclass
class Listener:
    """Answers everything, and remembers the pieces that came, by connection."""

    origin: str = ""
    came: list[list[bytes]] = field(default_factory=list[list[bytes]])
    hangs_up: bool = False
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pieces: list[bytes] = []
        self.came.append(pieces)
        while piece := await reader.read(1_000_000):
            pieces.append(piece)
            if not b"".join(pieces).endswith((BODY, LONG, b"\r\n\r\n")):
                continue
            writer.write(ANSWER)
            if self.hangs_up:
                break
        writer.close()
        await writer.wait_closed()
        self.hung_up.set()


@asynccontextmanager
async def listening(tls: Any = None) -> AsyncGenerator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(listener.accept, "127.0.0.1", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        listener.origin = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        yield listener


@pytest.mark.parametrize("safe", [False, True], ids=["plain", "tls"])
async def test_head_and_body_come_together_again_and_again_over_one_connection(storage_tls: Any, *, safe: bool) -> None:
    async with listening(storage_tls.server if safe else None) as listener:
        async with httpx2.AsyncClient(transport=Transport(storage_tls.client)) as client:
            for _ in range(3):
                answered = await client.post(listener.origin, content=BODY, extensions={"sni_hostname": NAME})
                assert answered.json() == {}
        [pieces] = listener.came
    assert [(piece.count(b"POST / HTTP/1.1"), piece.endswith(BODY)) for piece in pieces] == [(1, True)] * 3


async def test_requests_without_a_body_and_with_a_long_one_come_whole() -> None:
    async with listening() as listener, open_client(outside=False, tls=False) as client:
        await client.post(listener.origin)
        await client.get(listener.origin)
        await client.post(listener.origin, content=LONG)
    [pieces] = listener.came
    heads = [line for line in b"".join(pieces).split(b"\r\n") if line.endswith(b"HTTP/1.1")]
    assert heads == [b"POST / HTTP/1.1", b"GET / HTTP/1.1", b"POST / HTTP/1.1"]
    assert b"".join(pieces).endswith(b"\r\n\r\n" + LONG)


async def test_a_kept_connection_on_which_the_other_side_hung_up_is_not_used_again() -> None:
    async with listening() as listener, open_client(outside=False, tls=False) as client:
        listener.hangs_up = True
        await client.post(listener.origin, content=BODY)
        await listener.hung_up.wait()
        assert (await client.post(listener.origin, content=BODY)).status_code == 200
    assert [len(pieces) for pieces in listener.came] == [1, 1]


async def test_a_connection_that_can_not_be_had_is_told_as_such() -> None:
    async with listening() as listener:
        origin = listener.origin
    async with open_client(outside=False, tls=False) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.post(origin, content=BODY)
