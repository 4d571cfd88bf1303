"""The natural engine's speech: piece by piece through the model, coloured, levelled, with the pauses of its marks between."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from voice_design_mcp.sandbox.engine import fx
from voice_design_mcp.sandbox.engine.neural import model, phonemes
from voice_design_mcp.sandbox.engine.neural.clauses import PARAGRAPH, clauses
from voice_design_mcp.sandbox.engine.neural.design import blend_from
from voice_design_mcp.sandbox.engine.neural.styles import Manner, manner
from voice_design_mcp.sandbox.engine.reading import safe
from voice_design_mcp.sandbox.engine.shaping import LEVEL_DBFS, Block, limited, softened, speech_level_dbfs
from voice_design_mcp.sandbox.engine.spec import SAMPLE_RATE_HZ, EngineError, VoiceSpec
from voice_design_mcp.sandbox.engine.traits_to_voice import FormantVoice
from voice_design_mcp.speech.resample import resample

_LOWEST_PITCH_HZ, _HIGHEST_PITCH_HZ = 55.0, 480.0
_SLOWEST_MODEL, _FASTEST_MODEL = 0.62, 1.30
_PAUSES_S = {"": 0.02, ",": 0.16, "—": 0.22, ":": 0.24, ";": 0.26, "…": 0.42, PARAGRAPH: 0.60}
_SENTENCE_PAUSE_S = 0.38
_BLOCK_S = 0.06
_FRAME_S = 0.01
_SILENT_BELOW_LOUDEST_DB = 46
_KEPT_FRAMES = 3
_TRANSPOSED_RATE_HZ = 240_000
_NOTHING = "The natural voice finds nothing to say in the text in this language."


def stream(
    spec: VoiceSpec, text: str, language: str, rate: float, pitch: float, weights: Path | None
) -> Iterator[Block]:
    """Speak `text`, each piece of it computed when the one before has been taken; closing the iterator ends the work.

    Raises:
        EngineError: The text or the spec cannot be read, or the model is not there.
    """
    voice, blend = FormantVoice.from_parameters(spec.parameters), blend_from(spec.parameters)
    spoken = clauses(safe(text))
    pieces = phonemes.pieces(spoken, phonemes.sounds(spoken, language))
    if not pieces:
        raise EngineError(_NOTHING)
    kokoro = model.loaded(weights)
    pitch_hz = min(max(voice.pitch_hz * pitch, _LOWEST_PITCH_HZ), _HIGHEST_PITCH_HZ)
    how = manner(blend, language, pitch_hz)
    tempo = voice.speed * rate
    gain: np.float32 | None = None
    pause = 0.0
    for number, piece in enumerate(pieces):
        sound = _said(kokoro, piece, how, tempo)
        if not sound.any():
            continue
        seed = zlib.crc32(f"{spec.seed}/{number}".encode())
        sound = _coloured(sound, voice, seed)
        if gain is None:
            level_dbfs = speech_level_dbfs(sound, SAMPLE_RATE_HZ)
            gain = np.float32(10 ** ((LEVEL_DBFS + voice.gain_db - level_dbfs) / 20))
        silence = np.zeros(round(pause / tempo * SAMPLE_RATE_HZ), np.float32)
        yield from _blocks(np.concatenate([silence, softened(limited(sound * gain))]))
        pause = _PAUSES_S.get(piece.mark, _SENTENCE_PAUSE_S)
    if gain is None:
        raise EngineError(_NOTHING)


def _said(kokoro: model.Model, piece: phonemes.Piece, how: Manner, tempo: float) -> Block:
    """One piece at its pitch and tempo: as far as the model goes without losing sounds, the rest by stretching."""
    wanted = tempo / how.pace / how.transposed
    speed = min(max(wanted, _SLOWEST_MODEL), _FASTEST_MODEL)
    sound = _trimmed(kokoro.say(piece.tokens, how.style(len(piece.tokens)), speed))
    sound = resample(sound, round(_TRANSPOSED_RATE_HZ * how.transposed), _TRANSPOSED_RATE_HZ)
    return sound if speed == wanted else fx.at_tempo(sound, SAMPLE_RATE_HZ, wanted / speed)


def _trimmed(sound: Block) -> Block:
    """Without the silence that the model leaves on either side, which is not the same for any two texts."""
    length = round(_FRAME_S * model.MODEL_RATE_HZ)
    frames = sound[: len(sound) // length * length].reshape(-1, length)
    power = np.square(frames).mean(axis=1)
    loud = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (-_SILENT_BELOW_LOUDEST_DB / 10))
    if not len(loud):
        return sound
    return sound[max(0, int(loud[0]) - _KEPT_FRAMES) * length : (int(loud[-1]) + 1 + _KEPT_FRAMES) * length]


def _coloured(sound: Block, voice: FormantVoice, seed: int) -> Block:
    """What the words of the description ask for beyond pitch, pace and timbre."""
    tilt_db = 1.6 * voice.tilt + 0.06 * (voice.consonants_percent - 100)
    low_db = max(0.0, -0.9 * voice.tilt)
    sound = fx.equalised(
        sound,
        SAMPLE_RATE_HZ,
        ((20, low_db), (250, low_db), (900, 0), (3000, tilt_db), (6000, 1.2 * tilt_db), (12000, tilt_db)),
    )
    if voice.echo_percent > 0:
        sound = fx.resonant(sound, SAMPLE_RATE_HZ)
    if voice.breath > 0:
        sound = fx.breathy(sound, SAMPLE_RATE_HZ, 0.75 * voice.breath - 26.5, seed)
    if voice.roughness > 0:
        sound = fx.rough(sound, SAMPLE_RATE_HZ, voice.roughness / 16, seed)
    if voice.voicing_percent > 110:
        sound = fx.evened(sound, SAMPLE_RATE_HZ)
    return sound


def _blocks(sound: Block) -> Iterator[Block]:
    size = round(_BLOCK_S * SAMPLE_RATE_HZ)
    for start in range(0, len(sound), size):
        yield sound[start : start + size]
