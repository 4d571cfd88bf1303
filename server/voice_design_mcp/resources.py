"""What an agent can read: voices, their previews as sound and as pictures, and speech. Each principal reads only its own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import anyio.to_thread
from mcp.types import Annotations, Resource, ResourceTemplate

from .at_work import worked
from .errors import VoiceDesignError
from .identity.principals import Principal, Scope
from .tools.get_voice import facts
from .tools.narration_words import TEXTS
from .tools.voice_lookup import record_of

if TYPE_CHECKING:
    from .desk import Desk
    from .storage.records import AudioRow

NEWEST: Final = 100
_PREVIEW: Final = re.compile(r"voice://(?P<voice>[^/?#]+)/preview")
_WAVEFORM: Final = re.compile(r"voice://(?P<voice>[^/?#]+)/waveform")
_VOICE: Final = re.compile(r"voice://(?P<voice>[^/?#]+)/?")
_AUDIO: Final = re.compile(r"audio://(?P<id>aud_[0-9a-f]{32})/?")
_NARRATED: Final = re.compile(r"audio://(?P<id>aud_[0-9a-f]{32})/(?P<what>subtitles\.srt|subtitles\.vtt|chapters\.vtt)")
_LINE: Final = re.compile(r"audio://(?P<id>aud_[0-9a-f]{32})/lines/(?P<line>[1-9][0-9]{0,4})")
_CAST: Final = re.compile(r"cast://(?P<name>[^/?#]+)/?")
_FOR_THE_USER: Final = Annotations(audience=["user"], priority=0.9)

TEMPLATES: Final = (
    ResourceTemplate(
        uri_template="voice://{voice}",
        name="voice",
        title="A designed voice",
        description="Model, language, description and preview text of a voice.",
        mime_type="application/json",
    ),
    ResourceTemplate(
        uri_template="voice://{voice}/preview",
        name="voice_preview",
        title="A voice's preview",
        description="The audio that came with the voice when it was designed, in the format asked for then.",
        annotations=_FOR_THE_USER,
    ),
    ResourceTemplate(
        uri_template="voice://{voice}/waveform",
        name="voice_waveform",
        title="A picture of a voice's preview",
        description="How loud the preview is over time, as a small SVG, for hosts that show pictures.",
        mime_type="image/svg+xml",
        annotations=_FOR_THE_USER,
    ),
    ResourceTemplate(
        uri_template="audio://{id}",
        name="audio",
        title="Speech",
        description="Speech that synthesize or narrate made.",
        annotations=_FOR_THE_USER,
    ),
    ResourceTemplate(
        uri_template="audio://{id}/subtitles.{format}",
        name="subtitles",
        title="A narration's subtitles",
        description="SubRip (srt) or WebVTT (vtt), with times measured in the audio.",
        annotations=_FOR_THE_USER,
    ),
    ResourceTemplate(
        uri_template="audio://{id}/chapters.vtt",
        name="chapters",
        title="A narration's chapters",
        description="The headings of what was read, as WebVTT chapters.",
        mime_type="text/vtt",
        annotations=_FOR_THE_USER,
    ),
    ResourceTemplate(
        uri_template="audio://{id}/lines/{line}",
        name="line",
        title="A line of a narration",
        description="One line's own file, where line_files asked for them; lines are counted from 1.",
        annotations=_FOR_THE_USER,
    ),
    ResourceTemplate(
        uri_template="cast://{name}",
        name="cast",
        title="A cast",
        description="Characters and the voices that play them, as TOML.",
        mime_type="application/toml",
    ),
)


def scope_of(uri: str) -> Scope:
    """The scope that reading a resource takes."""
    return "speech" if uri.startswith(("audio:", "cast:")) else "voices:read"


async def listed(desk: Desk, caller: Principal) -> list[Resource]:
    """The newest resources of a caller, 100 at most: those that its token lets it read."""
    records = desk.library(caller)
    dated: list[tuple[str, Resource]] = []
    for voice in await records.newest_voices(NEWEST):
        uri = f"voice://{voice.voice}"
        about = Resource(uri=uri, name=voice.voice, title=f"Voice {voice.voice}", mime_type="application/json")
        dated.append((voice.created_at, about))
        preview = await records.preview(voice)
        if preview is not None:
            dated.append((voice.created_at, _audio(preview, f"{uri}/preview", f"Preview of {voice.voice}")))
    dated.extend(
        (row.created_at, _audio(row, f"audio://{row.id}", f"Speech by {row.voice}"))
        for row in await records.newest_audio(NEWEST)
    )
    dated.sort(key=lambda pair: pair[0], reverse=True)
    return [resource for _, resource in dated if caller.may(scope_of(str(resource.uri)))][:NEWEST]


async def read(desk: Desk, caller: Principal, uri: str) -> tuple[str | bytes, str] | None:
    """A resource's content and MIME type, or None when this caller has no such resource."""
    if match := _PREVIEW.fullmatch(uri):
        return await _preview(desk, caller, match["voice"])
    if match := _WAVEFORM.fullmatch(uri):
        return await _waveform(desk, caller, match["voice"])
    if match := _VOICE.fullmatch(uri):
        return await _about(desk, caller, match["voice"])
    if match := _AUDIO.fullmatch(uri):
        row = await desk.library(caller).audio(match["id"])
        return await _bytes(desk, row)
    if match := _NARRATED.fullmatch(uri):
        return await _narrated(desk, caller, match["id"], match["what"])
    if match := _LINE.fullmatch(uri):
        return await _line(desk, caller, match["id"], int(match["line"]))
    if match := _CAST.fullmatch(uri):
        return await _cast(desk, caller, unquote(match["name"]))
    return None


async def _preview(desk: Desk, caller: Principal, voice: str) -> tuple[bytes, str] | None:
    content = await _bytes(desk, await _preview_row(desk, caller, voice))
    if content is not None:
        await desk.records(caller.id).mark(voice, "preview_read_at")
    return content


async def _preview_row(desk: Desk, caller: Principal, voice: str) -> AudioRow | None:
    library = desk.library(caller)
    row = await library.voice(voice) or await library.usable_voice(voice)
    return await library.preview(row) if row is not None else None


async def _waveform(desk: Desk, caller: Principal, voice: str) -> tuple[str, str] | None:
    """The picture of a preview; None where the preview is not kept or can't be read as audio."""
    row = await _preview_row(desk, caller, voice)
    content = await _bytes(desk, row)
    if row is None or content is None:
        return None
    drawn = await worked(_draw, content[0], row)
    return (drawn, "image/svg+xml") if drawn else None


def _draw(data: bytes, row: AudioRow) -> str:
    from .speech.formats import AudioError, decode
    from .speech.waveform import svg

    try:
        samples, rate_hz = decode(data, row.response_format, row.sample_rate_hz)
    except AudioError:
        return ""
    return svg(samples, rate_hz, f"Preview of {row.voice}")


async def _about(desk: Desk, caller: Principal, voice: str) -> tuple[str, str] | None:
    try:
        record = await record_of(desk, caller, voice)
    except VoiceDesignError as error:
        if error.code == "voice_not_found":
            return None
        raise
    return json.dumps(facts(record), ensure_ascii=False, indent=2), "application/json"


async def _bytes(desk: Desk, row: AudioRow | None) -> tuple[bytes, str] | None:
    data = await desk.audio.get(row.object_key) if row is not None else None
    return (data, row.mime_type) if row is not None and data is not None else None


async def _narrated(desk: Desk, caller: Principal, audio_id: str, what: str) -> tuple[str, str] | None:
    """A narration's subtitles or chapters, for whom its sound is."""
    if await desk.library(caller).audio(audio_id) is None:
        return None
    kind, mime_type = TEXTS[what]
    data = await desk.audio.get(f"{audio_id}.{kind}")
    return (data.decode(), mime_type) if data is not None else None


async def _line(desk: Desk, caller: Principal, audio_id: str, line: int) -> tuple[bytes, str] | None:
    """One line of a narration, for whom its sound is."""
    from .narration.finished import line_object

    row = await desk.library(caller).audio(audio_id)
    data = await desk.audio.get(line_object(row, line)) if row is not None else None
    return (data, row.mime_type) if row is not None and data is not None else None


async def _cast(desk: Desk, caller: Principal, name: str) -> tuple[str, str] | None:
    from .narration.cast import Casts

    text = await anyio.to_thread.run_sync(Casts(desk.settings.data_dir, caller.id).text, name)
    return (text, "application/toml") if text is not None else None


def _audio(row: AudioRow, uri: str, title: str) -> Resource:
    return Resource(
        uri=uri,
        name=uri.partition("://")[2],
        title=title,
        mime_type=row.mime_type,
        size=row.size_bytes,
        annotations=_FOR_THE_USER,
    )
