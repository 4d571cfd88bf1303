"""Audio kept and shown: measured, stored, recorded and copied to the user's output folder before its result is given."""

from __future__ import annotations

import json
import logging
import secrets
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from mcp.types import ResourceLink

from ..at_work import both, worked
from ..storage.audio import digest_of

if TYPE_CHECKING:
    from ..desk import Desk
    from ..storage.records import AudioRow

log = logging.getLogger(__name__)

_TRAITS = (
    *("duration_s", "median_pitch_hz", "pitch_range_semitones", "characters_per_s", "brightness_hz", "loudness_lufs"),
    *("clipped_fraction", "silence_fraction"),
)
_SANDBOX_VOICES = {"neural": "natural", "formant": "plain"}


async def keep_audio(
    desk: Desk,
    principal: str,
    source: bytes | Path,
    *,
    kind: str,
    voice: str,
    text: str,
    response_format: str,
    sample_rate_hz: int,
    name: str = "",
) -> AudioRow:
    """Store a piece of audio for a principal and return its record.

    Args:
        desk: The open desk.
        principal: Whose audio it is.
        source: The bytes as they came, or a file of them, which is left there.
        kind: preview or speech.
        voice: The voice that speaks.
        text: What it says.
        response_format: wav, mp3, opus or pcm.
        sample_rate_hz: Its rate, where the format does not carry one.
        name: What the user wants the file to be called; "" for a name of ours.
    """
    from ..speech.formats import EXTENSIONS, mime_type

    audio_id = f"aud_{secrets.token_hex(16)}"
    key = f"{audio_id}{_dotted(EXTENSIONS[response_format])}"
    looked_at = partial(_looked_at, source, response_format, sample_rate_hz, text)
    if isinstance(source, bytes):
        (measured, digest, size), _ = await both(worked(looked_at), desk.audio.put(key, source))
    else:  # which may be long: one after the other they need memory for one
        measured, digest, size = await worked(looked_at)
        await desk.audio.put(key, source)
    row = await desk.records(principal).add_audio(
        id=audio_id,
        kind=kind,
        voice=voice,
        text=text[:200],
        name=name,
        mime_type=mime_type(response_format, int(measured.get("sample_rate_hz", sample_rate_hz))),
        response_format=response_format,
        sha256=digest,
        object_key=key,
        measured=json.dumps(measured),
        sample_rate_hz=int(measured.get("sample_rate_hz", sample_rate_hz)),
        size_bytes=size,
        duration_s=float(measured.get("duration_s", 0.0)),
    )
    if desk.settings.output_dir is not None:
        await _copy_out(desk.settings.output_dir / row.file_name, source)
    return row


async def named(desk: Desk, principal: str, row: AudioRow, name: str) -> AudioRow:
    """A piece of audio that is there already, as the user wants it to be called now."""
    if not name or name == row.name:
        return row
    row = await desk.records(principal).rename(row, name)
    data = await desk.audio.get(row.object_key)
    if desk.settings.output_dir is not None and data is not None:
        await _copy_out(desk.settings.output_dir / row.file_name, data)
    return row


def in_words(row: AudioRow) -> str:
    """What was measured of a stored piece of audio, in words: the model is deaf."""
    return str(json.loads(row.measured).get("in_words", ""))


def traits_of(row: AudioRow) -> dict[str, Any]:
    """What was measured of a stored piece of audio that tells one voice from another, in figures."""
    measured: dict[str, Any] = json.loads(row.measured)
    return {name: measured[name] for name in _TRAITS if measured.get(name) is not None}


def path_of(desk: Desk, row: AudioRow) -> Path | None:
    """Where a person finds the file: in the output folder if it was written there, else in the data folder, if it is there."""
    if desk.settings.output_dir is not None:
        copy = desk.settings.output_dir / row.file_name
        if copy.is_file():
            return copy
    return desk.audio.path(row.object_key)


async def audio_facts(desk: Desk, row: AudioRow, uri: str, *, local: bool) -> dict[str, Any]:
    """A piece of audio as data. `path` only where the caller is on this machine, `url` only where signed links are given."""
    path = path_of(desk, row) if local else None
    url = await desk.audio.link(row.object_key)
    return {
        "uri": uri,
        "mime_type": row.mime_type,
        "duration_s": round(row.duration_s, 3),
        "sample_rate_hz": row.sample_rate_hz,
        "size_bytes": row.size_bytes,
        **({"path": str(path)} if path else {}),
        **({"url": url} if url else {}),
    }


def sandbox_voice(desk: Desk) -> str:
    """Which voice of a sandbox spoke last, natural or plain; "" where none did, and for the vendor."""
    return _SANDBOX_VOICES.get(desk.http.connections.sandbox_engine, "") if desk.sandbox else ""


def audio_line(facts: Mapping[str, Any]) -> str:
    """A piece of audio in words."""
    path = f"\nFile: {facts['path']}" if "path" in facts else ""
    path += f"\nLink: {facts['url']}" if "url" in facts else ""
    size_kb = facts["size_bytes"] / 1000
    return (
        f"{facts['uri']} ({facts['mime_type']}, {facts['duration_s']:.1f} s, {facts['sample_rate_hz']} Hz, {size_kb:.0f} kB)"
        f"{path}"
    )


def audio_link(facts: Mapping[str, Any], name: str) -> ResourceLink:
    """A link to a piece of audio."""
    return ResourceLink(
        type="resource_link", uri=facts["uri"], name=name, mime_type=facts["mime_type"], size=facts["size_bytes"]
    )


def _looked_at(
    source: bytes | Path, response_format: str, sample_rate_hz: int, text: str
) -> tuple[dict[str, Any], str, int]:
    return _measure(source, response_format, sample_rate_hz, text), *digest_of(source)


def _measure(source: bytes | Path, response_format: str, sample_rate_hz: int, text: str) -> dict[str, Any]:
    from ..speech.formats import AudioError
    from ..speech.measure import Meter, in_words
    from ..speech.reader import opened

    try:
        with opened(source, response_format, sample_rate_hz) as sound:
            meter = Meter(sound.rate_hz, sound.length)
            for block in sound.blocks():
                meter.feed(block)
    except AudioError as error:
        log.warning("audio not readable: %s", error)
        return {"in_words": "It could not be read as audio; listen before you use it."}
    measured = meter.measured(text)
    return {**measured.as_dict(), "in_words": in_words(measured)}


def _dotted(extension: str) -> str:
    return extension if extension.startswith(".") else f".{extension}"


async def _copy_out(path: Path, source: bytes | Path) -> None:
    """Write a readable copy. The stored object is the one that counts, so a full or missing folder loses nothing."""
    try:
        await anyio.Path(path.parent).mkdir(parents=True, exist_ok=True)
        if isinstance(source, Path):
            await anyio.to_thread.run_sync(shutil.copyfile, source, path)
        else:
            await anyio.Path(path).write_bytes(source)
    except OSError as error:
        log.warning("could not write to the output folder: %s", error)
