"""POST /api/v1/services/audio/tts/customization: one path for every family; the body's `model` chooses it."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from voice_design_mcp.sandbox import enrollment, qwen
from voice_design_mcp.sandbox.contract import DESIGN_MODEL
from voice_design_mcp.sandbox.enrollment_contract import ENROLLMENT_MODEL
from voice_design_mcp.sandbox.fields import read_body
from voice_design_mcp.sandbox.peer import Peer, read_bytes

PATH = "/api/v1/services/audio/tts/customization"

_FAMILIES = {DESIGN_MODEL: qwen.ACTIONS, ENROLLMENT_MODEL: enrollment.ACTIONS}


async def customize(peer: Peer, request: Request) -> Response:
    """Reads the model and the action, and runs it as the fault script wants."""
    body = read_body(await read_bytes(request))
    actions = _FAMILIES[body.model(tuple(_FAMILIES))]
    operation, act = actions[body.section("input", required=True).choice("action", tuple(actions))]
    return await peer.script.perform(operation, partial(act, peer, body))
