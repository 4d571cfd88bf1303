"""A description to a voice and its preview, the same for every family. Knows no family's names, limits or prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anyio import to_thread

from voice_design_mcp.describe.traits import missing, parse
from voice_design_mcp.sandbox.answers import preview_audio
from voice_design_mcp.sandbox.peer import Peer
from voice_design_mcp.sandbox.speaking import spoken_language

UNPARSED_HEADER = "x-voice-design-sandbox-unparsed"


@dataclass(frozen=True, slots=True)
class Design:
    """What every family's create says. `language` is the vendor's default zh where none was declared."""

    voice_prompt: str
    preview_text: str
    language: str
    language_declared: bool
    sample_rate_hz: int
    response_format: str


@dataclass(frozen=True, slots=True)
class Designed:
    """A voice that is not stored yet: the engine's JSON, the answer's `preview_audio`, and its headers.

    A header names the dimensions that the description leaves open: the vendor's model invents them silently.
    """

    spec: str
    preview_audio: dict[str, Any]
    headers: dict[str, str]


async def design(peer: Peer, asked: Design) -> Designed:
    """Designs a voice that no account had before, and speaks its preview."""
    seed = await to_thread.run_sync(peer.state.next_seed)
    spec = await peer.speaker.design(asked.voice_prompt, seed)
    language = spoken_language(asked.preview_text, asked.language, declared=asked.language_declared)
    sound = await peer.speaker.speak(spec, asked.preview_text, language, asked.response_format, asked.sample_rate_hz)
    unparsed = ",".join(missing(parse(asked.voice_prompt)))
    preview = preview_audio(sound, asked.response_format, asked.sample_rate_hz)
    return Designed(spec, preview, {UNPARSED_HEADER: unparsed} if unparsed else {})
