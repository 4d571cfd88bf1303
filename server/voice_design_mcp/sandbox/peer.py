"""What every surface of one sandbox shares, and how a request's body is taken in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from voice_design_mcp.sandbox.answers import INVALID_BODY, invalid
from voice_design_mcp.sandbox.audio import AudioShelf
from voice_design_mcp.sandbox.fields import MAX_BODY_BYTES
from voice_design_mcp.sandbox.openspeech.speakers import Speakers
from voice_design_mcp.sandbox.review import ReviewScript
from voice_design_mcp.sandbox.script import FaultScript
from voice_design_mcp.sandbox.speaking import Speaker
from voice_design_mcp.sandbox.state import State


@dataclass(frozen=True, slots=True)
class Peer:
    """One sandbox: its account, its faults and reviews to come, its voice, its audio and its clock (unix seconds).

    `speakers` is what the servers of the open weights keep. A task of an inference connection waits `idle_limit_s` for its next
    text.
    """

    state: State
    script: FaultScript
    reviews: ReviewScript
    speaker: Speaker
    audio: AudioShelf
    speakers: Speakers
    now: Callable[[], float]
    idle_limit_s: float


async def read_bytes(request: Request) -> bytes:
    """The body, refused as soon as it passes 1 MB."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise invalid(INVALID_BODY)
    except ClientDisconnect:
        raise invalid(INVALID_BODY) from None
    return bytes(body)
