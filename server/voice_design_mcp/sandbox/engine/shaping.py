"""Raw PCM to the blocks that are heard: one level for every voice, the seam's sample rate, no clipping, soft ends.

Works as the sound streams by; knows no engine. What an engine of whole clauses needs of it stands alone, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from voice_design_mcp.sandbox.engine.spec import SAMPLE_RATE_HZ, EngineError
from voice_design_mcp.speech.resample import Resampler

LEVEL_DBFS = -20.0
"""RMS of what is not silence, in every voice whose gain is 0."""

Block = NDArray[np.float32]

_BLOCK_S = 0.06
_FRAME_S = 0.02
_HEARD_FIRST_S = 3.0
_AUDIBLE = 10 ** (-50 / 20)
_SPEECH_BELOW_LOUDEST_DB = 30
_KNEE, _CEILING = 0.70, 0.89
_FADE_S = 0.008


def shaped(pcm: Iterable[bytes], rate_hz: int, gain_db: float) -> Iterator[Block]:
    """Turn 16-bit mono PCM at `rate_hz` into float32 blocks at `SAMPLE_RATE_HZ`.

    Args:
        pcm: Native byte order, cut anywhere; the blocks do not depend on where.
        rate_hz: Of the PCM.
        gain_db: Against the common level.

    Raises:
        EngineError: There is no sound in it.
    """
    return _faded(map(limited, _resampled(_levelled(_blocks(pcm, rate_hz), rate_hz, gain_db), rate_hz)))


def _blocks(pcm: Iterable[bytes], rate_hz: int) -> Iterator[Block]:
    size = 2 * round(_BLOCK_S * rate_hz)
    kept = bytearray()
    for chunk in pcm:
        kept += chunk
        while len(kept) >= size:
            yield _floats(kept[:size])
            del kept[:size]
    if len(kept) > 1:
        yield _floats(kept[: len(kept) // 2 * 2])


def _floats(pcm: bytearray) -> Block:
    return np.frombuffer(bytes(pcm), np.int16).astype(np.float32) / np.float32(32768)


def _levelled(blocks: Iterator[Block], rate_hz: int, gain_db: float) -> Iterator[Block]:
    """Bring the blocks to the common level, judged by the first seconds of sound and then held."""
    head: list[Block] = []
    heard_s = 0.0
    for block in blocks:
        head.append(block)
        heard_s += _BLOCK_S * (float(np.sqrt(np.square(block).mean())) > _AUDIBLE)
        if heard_s >= _HEARD_FIRST_S:
            break
    if not heard_s:
        raise EngineError("The offline voice finds nothing in the text that it can say in this language.")
    gain = np.float32(10 ** ((LEVEL_DBFS + gain_db - speech_level_dbfs(np.concatenate(head), rate_hz)) / 20))
    for block in head:
        yield block * gain
    for block in blocks:
        yield block * gain


def speech_level_dbfs(samples: Block, rate_hz: int) -> float:
    """Return the RMS level of what is not silence in `samples`, which must have some sound."""
    length = round(_FRAME_S * rate_hz)
    whole = len(samples) // length * length
    power = np.square(samples[:whole] if whole else samples).reshape(-1, length if whole else len(samples)).mean(axis=1)
    speech = power[power >= power.max() * 10 ** (-_SPEECH_BELOW_LOUDEST_DB / 10)]
    return 10 * float(np.log10(speech.mean()))


def _resampled(blocks: Iterator[Block], rate_hz: int) -> Iterator[Block]:
    resampler = Resampler(rate_hz, SAMPLE_RATE_HZ)
    for block in blocks:
        yield resampler.feed(block)
    yield resampler.feed(np.zeros(0, np.float32), last=True)


def limited(block: Block) -> Block:
    """Bend what is above the knee, smoothly, so that nothing reaches full scale."""
    size = np.abs(block)
    room = _CEILING - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size > _KNEE, np.copysign(bent, block), block).astype(np.float32)


def softened(samples: Block) -> Block:
    """Fade the first and the last milliseconds of a whole sound."""
    return np.concatenate(list(_faded(iter([samples.copy()]))))


def _faded(blocks: Iterator[Block]) -> Iterator[Block]:
    """Fade the first and the last milliseconds, so that neither end clicks."""
    ramp = np.sin(np.linspace(0, np.pi / 2, round(_FADE_S * SAMPLE_RATE_HZ), dtype=np.float32)) ** 2
    held: Block | None = None
    for block in blocks:
        if held is None:
            held = block
            if len(held) >= len(ramp):
                held[: len(ramp)] *= ramp
        elif len(block) < len(ramp):
            held = np.concatenate([held, block])
        else:
            yield held
            held = block
    if held is not None:
        length = min(len(ramp), len(held))
        held[len(held) - length :] *= ramp[::-1][len(ramp) - length :]
        yield held
