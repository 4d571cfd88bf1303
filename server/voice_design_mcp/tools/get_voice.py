"""get_voice: everything known of one voice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.types import CallToolResult, ResourceLink

from . import gate
from .answers import answer
from .arguments import VoiceName
from .gate import Ctx
from .keeping import audio_facts, audio_line, audio_link, in_words
from .review import advice
from .spec import READS, ToolSpec
from .voice_lookup import usable, vendor_record
from .words import plain

if TYPE_CHECKING:
    from ..dashscope.seam import VoiceRecord


async def get_voice(ctx: Ctx, voice: VoiceName) -> CallToolResult:
    """Show one voice: model, language, whole description and preview text, and what was measured of its preview."""
    desk = await gate.desk_of(ctx)
    caller = gate.caller_of(ctx)
    row = await usable(desk, caller, voice)
    record = await vendor_record(desk, voice)
    audio = await desk.library(caller).preview(row) if row else None
    structured = {"status": "ok", **facts(record), "sandbox": desk.sandbox}
    lines = [_line(record), *([record.note] if record.note else [])]
    links: list[ResourceLink] = []
    if audio is not None:
        preview = await audio_facts(desk, audio, f"voice://{voice}/preview", local=gate.is_local(ctx))
        structured |= {"preview": preview, "measured": in_words(audio), "waveform": f"voice://{voice}/waveform"}
        links.append(audio_link(preview, f"Preview of {voice}"))
        lines += [
            f"Preview: {audio_line(preview)}",
            f"Waveform: {structured['waveform']} (SVG)",
            f"Measured: {in_words(audio)}",
        ]
    else:
        lines.append("Its preview is not kept here: the vendor gives it once, to whoever creates the voice.")
    return answer(lines, structured, links)


def facts(record: VoiceRecord) -> dict[str, Any]:
    """A voice as data; its texts are its creator's, made safe to show."""
    return {
        "voice": record.voice,
        "target_model": record.target_model,
        "language": record.language,
        "voice_prompt": plain(record.voice_prompt, 2048),
        "preview_text": plain(record.preview_text, 1024),
        "created": plain(record.created, 30),
        "modified": plain(record.modified, 30),
        "voice_status": plain(record.status, 20),
    }


def _line(record: VoiceRecord) -> str:
    texts = f"\nIts creator's description: {plain(record.voice_prompt, 2048)}" if record.voice_prompt else ""
    texts += f"\nIts creator's preview text: {plain(record.preview_text, 1024)}" if record.preview_text else ""
    made = f", created {plain(record.created, 30)} (the vendor names no time zone)" if record.created else ""
    state = f" {advice(record.status)}" if advice(record.status) else ""
    return f"{record.voice}: for {record.target_model}, language {record.language or 'unknown'}{made}.{state}{texts}"


TOOL = ToolSpec(
    function=get_voice,
    title="Get a voice",
    annotations=READS,
    scope="voices:read",
    output={
        "status": "string",
        "voice": "string",
        "target_model": "string",
        "language": "string",
        "voice_prompt": "string",
        "preview_text": "string",
        "created": "string",
        "voice_status": "string",
        "preview": "object",
        "measured": "string",
        "waveform": "string",
        "sandbox": "boolean",
        "error": "object",
    },
)
