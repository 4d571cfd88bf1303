"""A finished narration: its sound, subtitles, chapters and single lines, in the store and in the user's output folder."""

from __future__ import annotations

import json
import logging
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio.to_thread

from ..at_work import worked
from ..storage.audio import digest_of

if TYPE_CHECKING:
    from ..desk import Desk
    from ..speech.join import Span
    from ..storage.records import AudioRow
    from .plan import Plan

KIND: Final = "narration"
SUBTITLES: Final = ("srt", "vtt")
CHAPTERS: Final = "chapters.vtt"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a run has made, in a folder of its own: the sound, when each piece is heard in it, and the lines' own files."""

    sound: Path
    spans: Sequence[Span]
    duration_s: float
    lines: Sequence[Path]


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored: the sound's id, and what comes with it."""

    audio_id: str
    has_chapters: bool
    line_files: int


async def store(desk: Desk, principal: str, plan: Plan, made: Made) -> Stored:
    """Put everything into the store, then the record that makes it known, then the copies.

    Raises:
        StorageError: The store or the database refused; nothing is known of what was put there.
    """
    from ..speech.formats import EXTENSIONS, mime_type
    from .rendering import chapters, shape_of, subtitles

    shape = shape_of(plan)
    audio_id = f"aud_{secrets.token_hex(16)}"
    key = audio_id + EXTENSIONS[shape.response_format]
    texts = subtitles(plan, made.spans)
    if chaptered := chapters(plan, made.spans, made.duration_s):
        texts[CHAPTERS] = chaptered
    digest, size = await worked(digest_of, made.sound)
    await desk.audio.put(key, made.sound)
    for kind, text in texts.items():
        await desk.audio.put(f"{audio_id}.{kind}", text.encode())
    for file in made.lines:
        await desk.audio.put(f"{audio_id}.{file.name}", file)
    row = await desk.records(principal).add_audio(
        id=audio_id,
        kind=KIND,
        voice=", ".join(dict.fromkeys(piece.reader.voice for piece in plan.pieces)),
        text=plan.lines[0].text[:200],
        name=plan.given["name"] or KIND,
        mime_type=mime_type(shape.response_format, shape.sample_rate_hz),
        response_format=shape.response_format,
        sha256=digest,
        object_key=key,
        measured=json.dumps({"in_words": _in_words(made, levelled=shape.target_lufs is not None)}),
        sample_rate_hz=shape.sample_rate_hz,
        size_bytes=size,
        duration_s=made.duration_s,
    )
    if desk.settings.output_dir is not None:
        copies = copies_of(desk.settings.output_dir, row)
        try:
            await anyio.to_thread.run_sync(_copy_out, copies, made, texts)
        except OSError as error:  # the stored objects are the ones that count
            log.warning("could not write to the output folder: %s", error)
    return Stored(audio_id, bool(chaptered), len(made.lines))


def copies_of(output_dir: Path, row: AudioRow) -> dict[str, Path]:
    """Where the output folder has a narration's files, if it has them; of `lines`, a pattern for all."""
    sound = output_dir / row.file_name
    texts = {kind: sound.with_suffix(f".{kind}") for kind in (*SUBTITLES, CHAPTERS)}
    return {"audio": sound, **texts, "lines": sound.with_suffix("") / f"{{line:05}}{sound.suffix}"}


def objects_of(row: AudioRow) -> dict[str, str]:
    """The objects that a narration's files are in the store, where there are such; of `lines`, a pattern for all."""
    texts = {kind: f"{row.id}.{kind}" for kind in (*SUBTITLES, CHAPTERS)}
    return {"audio": row.object_key, **texts, "lines": f"{row.id}.{{line:05}}{Path(row.object_key).suffix}"}


def line_object(row: AudioRow, line: int) -> str:
    """The object that a line's own file is, where there is one; lines are counted from 1."""
    return objects_of(row)["lines"].format(line=line)


def _copy_out(copies: Mapping[str, Path], made: Made, texts: Mapping[str, str]) -> None:
    copies["audio"].parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made.sound, copies["audio"])
    for kind, text in texts.items():
        copies[kind].write_text(text, encoding="utf-8")
    for file in made.lines:
        copies["lines"].parent.mkdir(exist_ok=True)
        shutil.copyfile(file, copies["lines"].parent / file.name)


def _in_words(made: Made, *, levelled: bool) -> str:
    spoken_s = sum(span.end_s - span.start_s for span in made.spans)
    level = ", at one loudness" if levelled else ""
    return f"{made.duration_s:.1f} s, of which {spoken_s:.1f} s are speech{level}; no two pieces overlap"
