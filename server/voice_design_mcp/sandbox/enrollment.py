"""The actions of `voice-enrollment`: create_voice, list_voice, query_voice, delete_voice, update_voice.

Creation is free here and has a quota of its own. A voice is OK at once unless the review script says otherwise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from anyio import to_thread
from starlette.responses import Response

from voice_design_mcp.sandbox.answers import RefusalError, invalid, success, timestamp
from voice_design_mcp.sandbox.designing import design
from voice_design_mcp.sandbox.enrollment_contract import read_create, read_page, read_update, read_voice_id
from voice_design_mcp.sandbox.faults import Operation
from voice_design_mcp.sandbox.fields import Fields
from voice_design_mcp.sandbox.peer import Peer
from voice_design_mcp.sandbox.state import MAX_VOICES, QuotaError, Voice

FAMILY = "enrollment"

_ID_DIGITS = 32


async def create(peer: Peer, body: Fields) -> Response:
    """Designs a voice and stores it, to be reviewed as the next entry of the review script says; bills nothing."""
    wanted = read_create(body)
    if await to_thread.run_sync(peer.state.count, FAMILY, peer.now()) >= MAX_VOICES:
        raise _quota_full()
    designed = await design(peer, wanted.design)
    now = peer.now()
    review = peer.reviews.next()
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
        prefix=wanted.prefix,
        verdict=review.outcome,
        queries_left=review.queries_left,
    )
    name_format = f"{wanted.target_model}-vd-{wanted.prefix}-{{suffix}}"
    try:
        voice = await to_thread.run_sync(
            lambda: peer.state.add_voice(unnamed, name_format, digits=_ID_DIGITS, billed=False)
        )
    except QuotaError:
        raise _quota_full() from None
    output = {
        "preview_audio": designed.preview_audio,
        "target_model": voice.target_model,
        "voice_id": voice.voice,
    }
    return success(output, {"count": 1}, headers=designed.headers)


async def list_voices(peer: Peer, body: Fields) -> Response:
    """One page, the newest voice first; no total, no page fields, no target model. It does not further a review."""
    asked = read_page(body)
    page = asked.page
    _, voices = await to_thread.run_sync(
        lambda: peer.state.voices(
            FAMILY, offset=page.index * page.size, limit=page.size, now=peer.now(), prefix=asked.prefix
        )
    )
    return success({"voice_list": [_item(voice) for voice in voices]}, {"count": 1})


async def query(peer: Peer, body: Fields) -> Response:
    """One voice; where a number of queries was scripted for its review, this is one of them."""
    name = read_voice_id(body)
    voice = await to_thread.run_sync(lambda: peer.state.voice_in_review(FAMILY, name, now=peer.now()))
    if voice is None:
        raise _not_found()
    return success({**_item(voice), "target_model": voice.target_model}, {})


async def delete(peer: Peer, body: Fields) -> Response:
    """Deletes a voice and frees its slot."""
    name = read_voice_id(body)
    if not await to_thread.run_sync(lambda: peer.state.delete_voice(FAMILY, name, now=peer.now())):
        raise _not_found()
    return success({}, {"count": 1})


async def update(peer: Peer, body: Fields) -> Response:
    """Refuses: only a cloned voice is updated, from another recording, and every voice here was designed."""
    name = read_update(body)
    if await to_thread.run_sync(lambda: peer.state.voice(FAMILY, name, now=peer.now())) is None:
        raise _not_found()
    raise invalid("A designed voice can not be updated; only a cloned voice can.")


async def speaking_voice(peer: Peer, model: str, name: str) -> Voice:
    """The voice with which a model is asked to speak; it may still be in review, and then has no sound.

    Raises:
        RefusalError: The model has no such voice, or it did not pass its review.
    """
    voice = await to_thread.run_sync(lambda: peer.state.voice(FAMILY, name, now=peer.now()))
    if voice is None or voice.target_model != model:
        raise invalid("[tts:]Engine return error code: 418")
    if voice.status == "UNDEPLOYED":
        raise invalid("Request voice is invalid!")
    return voice


ACTIONS: dict[str, tuple[Operation, Callable[[Peer, Fields], Awaitable[Response]]]] = {
    "create_voice": ("create", create),
    "list_voice": ("list", list_voices),
    "query_voice": ("query", query),
    "delete_voice": ("delete", delete),
    "update_voice": ("update", update),
}


def _item(voice: Voice) -> dict[str, Any]:
    return {
        "voice_id": voice.voice,
        "gmt_create": timestamp(voice.created_at),
        "gmt_modified": timestamp(voice.modified_at),
        "status": voice.status,
        "voice_prompt": voice.voice_prompt,
        "preview_text": voice.preview_text,
    }


def _not_found() -> RefusalError:
    return RefusalError(400, "BadRequest.ResourceNotExist", "The Required resource does not exist.")


def _quota_full() -> RefusalError:
    return RefusalError(400, "Throttling.AllocationQuota", f"Your current quota is {MAX_VOICES}")
