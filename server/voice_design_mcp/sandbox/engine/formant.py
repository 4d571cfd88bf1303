"""The base engine: formant synthesis by eSpeak NG, with a voice variant of its own for each designed voice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from voice_design_mcp.sandbox.engine import espeak
from voice_design_mcp.sandbox.engine.reading import readable
from voice_design_mcp.sandbox.engine.shaping import Block, shaped
from voice_design_mcp.sandbox.engine.spec import VoiceSpec
from voice_design_mcp.sandbox.engine.traits_to_voice import FormantVoice
from voice_design_mcp.sandbox.engine.variant import ACCENTS, variant_text, words_per_minute


def stream(spec: VoiceSpec, text: str, language: str, rate: float, pitch: float) -> Iterator[Block]:
    """Speak `text`; closing the iterator ends the worker.

    Raises:
        EngineError: The text or the spec cannot be read, or eSpeak NG failed.
    """
    voice = FormantVoice.from_parameters(spec.parameters)
    accent = ACCENTS[language]
    utterance = espeak.Utterance(
        text=readable(text, language),
        voice=accent.voice,
        variant=variant_text(voice, accent, pitch),
        words_per_minute=words_per_minute(voice, accent, rate),
    )
    with closing(espeak.pcm(utterance, espeak.installed())) as pcm:
        yield from shaped(pcm, espeak.PCM_RATE_HZ, voice.gain_db)
