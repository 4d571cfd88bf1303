"""/v1/audio/voices: a clip becomes a voice of the Base server, is listed and forgotten."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from anyio import to_thread
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from voice_design_mcp.sandbox.openspeech.answers import answered, bad_request
from voice_design_mcp.sandbox.openspeech.cloning import CLIP_BYTES_MAX, cloned
from voice_design_mcp.sandbox.openspeech.speakers import UPLOADED_MAX, CapError, Speakers, Uploaded
from voice_design_mcp.sandbox.peer import Peer

_MIME_TYPES: Final = (
    *("audio/mpeg", "audio/wav", "audio/x-wav", "audio/ogg", "audio/aac", "audio/flac", "audio/webm", "audio/mp4"),
    "application/octet-stream",
)


async def list_voices(peer: Peer, request: Request) -> Response:  # noqa: ARG001  every surface has one signature
    """GET: every name in lower case, and what was told with each upload. All of it at once: the server has no pages."""
    return await peer.script.perform("open_list", partial(answered, partial(_listed, peer.speakers)))


async def upload(peer: Peer, request: Request) -> Response:
    """POST: a multipart form. A name that is there already is overwritten."""
    async with request.form(max_part_size=CLIP_BYTES_MAX + 1) as form:
        told = {name: _field(form, name) for name in ("name", "consent", "ref_text", "speaker_description")}
        sample = form.get("audio_sample")
        if not isinstance(sample, UploadFile):
            raise bad_request("Either 'audio_sample' or 'speaker_embedding' must be provided")
        mime_type, clip = sample.content_type or "application/octet-stream", await sample.read()
    work = partial(_uploaded, peer, peer.speakers, told, mime_type, clip)
    return await peer.script.perform("open_upload", partial(answered, work))


async def delete(peer: Peer, request: Request) -> Response:
    """DELETE of a voice by name, in any case."""
    work = partial(_deleted, peer.speakers, str(request.path_params["name"]))
    return await peer.script.perform("open_delete", partial(answered, work))


async def _listed(speakers: Speakers) -> Response:
    voices = await to_thread.run_sync(speakers.uploaded)
    return JSONResponse(
        {"voices": [voice.key for voice in voices], "uploaded_voices": [_told(each) for each in voices]}
    )


async def _uploaded(peer: Peer, speakers: Speakers, told: dict[str, str], mime_type: str, clip: bytes) -> Response:
    name = _name(told["name"])
    if not told["consent"]:
        raise bad_request("Field required: consent")
    if mime_type not in _MIME_TYPES:
        raise bad_request(f"Unsupported MIME type: {mime_type}. Allowed: {set(_MIME_TYPES)}")
    spec = await cloned(speakers, peer.speaker, clip)
    voice = Uploaded(
        key=name.lower(),
        name=name,
        consent=told["consent"],
        created_at=int(peer.now()),
        mime_type=mime_type,
        file_size=len(clip),
        ref_text=told["ref_text"].strip(),
        speaker_description=told["speaker_description"].strip(),
        spec=spec,
    )
    try:
        stored = await to_thread.run_sync(speakers.upload, voice)
    except CapError:
        raise bad_request(
            f"Uploaded voice limit reached ({UPLOADED_MAX}). Delete an existing voice before registering a new one, or raise the "
            "cap via SPEAKER_MAX_UPLOADED."
        ) from None
    await to_thread.run_sync(speakers.count, "uploads")
    return JSONResponse({"success": True, "voice": _told(stored)})


async def _deleted(speakers: Speakers, name: str) -> Response:
    if not await to_thread.run_sync(speakers.delete, name.lower()):
        return JSONResponse({"success": False, "error": f"Voice '{name}' not found"}, status_code=404)
    return JSONResponse({"success": True, "message": f"Voice '{name}' deleted successfully"})


def _field(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _name(name: str) -> str:
    trimmed = name.strip()
    if not trimmed or trimmed in {".", ".."} or any(character in trimmed for character in "/\\\0"):
        raise bad_request(f"Invalid voice name {name[:100]!r}: must be non-empty, no path separators or NUL")
    return trimmed


def _told(voice: Uploaded) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": voice.name,
        "consent": voice.consent,
        "created_at": voice.created_at,
        "file_size": voice.file_size,
        "mime_type": voice.mime_type,
        "embedding_source": "audio",
    }
    optional = {"ref_text": voice.ref_text, "speaker_description": voice.speaker_description}
    return facts | {name: value for name, value in optional.items() if value}
