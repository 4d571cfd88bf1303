"""The four actions of `qwen-voice-design`: create, list, query, delete. Knows the family's names, not its transport."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from anyio import to_thread
from starlette.responses import Response

from voice_design_mcp.sandbox.answers import RefusalError, in_beijing, success, timestamp
from voice_design_mcp.sandbox.contract import read_create, read_page, read_voice
from voice_design_mcp.sandbox.designing import design
from voice_design_mcp.sandbox.faults import Operation
from voice_design_mcp.sandbox.fields import Fields
from voice_design_mcp.sandbox.peer import Peer
from voice_design_mcp.sandbox.state import MAX_VOICES, QuotaError, Voice

FAMILY = "qwen"


async def create(peer: Peer, body: Fields) -> Response:
    """Designs a voice, renders its preview, then bills and stores it in one transaction, then answers."""
    wanted = read_create(body)
    if await to_thread.run_sync(peer.state.count, FAMILY, peer.now()) >= MAX_VOICES:
        raise _quota_full()
    designed = await design(peer, wanted.design)
    now = peer.now()
    unnamed = Voice(
        family=FAMILY,
        voice="",
        target_model=wanted.target_model,
        language=wanted.design.language,
        voice_prompt=wanted.design.voice_prompt,
        preview_text=wanted.design.preview_text,
        spec=designed.spec,
        created_at=now,
        modified_at=now,
    )
    try:
        voice = await to_thread.run_sync(peer.state.add_voice, unnamed, _name_format(wanted.preferred_name, now))
    except QuotaError:
        raise _quota_full() from None
    output = {
        "preview_audio": designed.preview_audio,
        "target_model": voice.target_model,
        "voice": voice.voice,
    }
    return success(output, {"count": 1}, headers=designed.headers)


async def list_voices(peer: Peer, body: Fields) -> Response:
    """One page, the newest voice first (the vendor's order is not documented); `page_size` as really used."""
    page = read_page(body)
    total, voices = await to_thread.run_sync(
        lambda: peer.state.voices(FAMILY, offset=page.index * page.size, limit=page.size, now=peer.now())
    )
    output = {
        "page_index": page.index,
        "page_size": page.size,
        "total_count": total,
        "voice_list": [_item(voice) for voice in voices],
    }
    return success(output, {})


async def query(peer: Peer, body: Fields) -> Response:
    """One voice, or the vendor's VoiceNotFound."""
    name = read_voice(body)
    voice = await to_thread.run_sync(lambda: peer.state.voice(FAMILY, name, now=peer.now()))
    if voice is None:
        raise _not_found(name)
    return success(_item(voice), {})


async def delete(peer: Peer, body: Fields) -> Response:
    """Deletes a voice and frees its slot; one that is not there is VoiceNotFound, as the OpenAPI text has it."""
    name = read_voice(body)
    if not await to_thread.run_sync(lambda: peer.state.delete_voice(FAMILY, name, now=peer.now())):
        raise _not_found(name)
    return success({"voice": name}, {})


ACTIONS: dict[str, tuple[Operation, Callable[[Peer, Fields], Awaitable[Response]]]] = {
    "create": ("create", create),
    "list": ("list", list_voices),
    "query": ("query", query),
    "delete": ("delete", delete),
}


def _name_format(preferred_name: str, now: float) -> str:
    moment = in_beijing(now)
    stamp = f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"
    return f"qwen-tts-vd-{preferred_name}-voice-{stamp}-{{suffix}}"


def _item(voice: Voice) -> dict[str, Any]:
    return {
        "gmt_create": timestamp(voice.created_at),
        "gmt_modified": timestamp(voice.modified_at),
        "language": voice.language,
        "preview_text": voice.preview_text,
        "target_model": voice.target_model,
        "voice": voice.voice,
        "voice_prompt": voice.voice_prompt,
    }


def _not_found(name: str) -> RefusalError:
    return RefusalError(400, "VoiceNotFound", f"Voice not found: {name}")


def _quota_full() -> RefusalError:
    return RefusalError(
        400, "Throttling.AllocationQuota", "Maximum voice storage limit exceeded, please delete existing voices."
    )
