"""GET /api/v1/models and /api/v1/models/permissions: what is served here, free to ask."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from voice_design_mcp.sandbox.answers import error_body, new_request_id
from voice_design_mcp.sandbox.contract import DESIGN_MODEL, TARGET_MODELS
from voice_design_mcp.sandbox.enrollment_contract import ENROLLMENT_MODEL, ENROLLMENT_TARGETS
from voice_design_mcp.sandbox.peer import Peer

PATH = "/api/v1/models"
PERMISSIONS_PATH = "/api/v1/models/permissions"

_NAMES = {
    DESIGN_MODEL: "Qwen-Voice-Design",
    **{model: model.replace("qwen3-tts-vd", "Qwen3-TTS-VD") for model in TARGET_MODELS},
    ENROLLMENT_MODEL: "Voice-Enrollment",
    **{
        model: model.replace("cosyvoice", "CosyVoice").replace("qwen-audio", "Qwen-Audio")
        for model in ENROLLMENT_TARGETS
    },
}
_MAX_PAGE_SIZE = 100


async def list_models(peer: Peer, request: Request) -> Response:
    """The catalogue, one page; `model` asks for one by its exact name. Unknown filters are ignored."""

    def item(model: str) -> dict[str, Any]:
        return {"model": model, "name": _NAMES[model], "capabilities": ["TTS"]}

    return await peer.script.perform("models", partial(_page, request.query_params, "models", item, 10))


async def list_permissions(peer: Peer, request: Request) -> Response:
    """What this account may do with each model: inference with all, nothing else with any."""

    def item(model: str) -> dict[str, Any]:
        allowed = {"inference": True, "fine_tune": False, "deploy": False}
        return {"model": model, "name": _NAMES[model], "permissions": allowed}

    return await peer.script.perform("models", partial(_page, request.query_params, "permissions", item, 20))


async def _page(asked: QueryParams, field: str, item: Any, default_size: int) -> Response:
    page_no, page_size = _number(asked, "page_no", 1), _number(asked, "page_size", default_size)
    if page_no < 1 or not 1 <= page_size <= _MAX_PAGE_SIZE:
        body = {"success": False, **error_body("InvalidParameter", f"page_no from 1, page_size 1 to {_MAX_PAGE_SIZE}.")}
        return JSONResponse(body, status_code=400)
    found = [model for model in _NAMES if asked.get("model") in (None, "", model)]
    start = (page_no - 1) * page_size
    output = {
        "total": len(found),
        "page_no": page_no,
        "page_size": page_size,
        field: [item(model) for model in found[start : start + page_size]],
    }
    return JSONResponse(
        {"success": True, "code": None, "message": None, "request_id": new_request_id(), "output": output}
    )


def _number(asked: QueryParams, name: str, default: int) -> int:
    value = asked.get(name, "")
    if not value:
        return default
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
