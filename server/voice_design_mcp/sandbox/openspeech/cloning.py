"""A clip to the voice that the sandbox speaks with in its stead. Knows no HTTP."""

from __future__ import annotations

from typing import Final

from anyio import to_thread

from voice_design_mcp.sandbox.openspeech.answers import bad_request
from voice_design_mcp.sandbox.openspeech.speakers import Speakers, fingerprint
from voice_design_mcp.sandbox.speaking import Speaker

CLIP_BYTES_MAX: Final = 10 * 1024 * 1024
CLIP_S: Final = (1.0, 30.0)
_WOMANS_FROM_HZ: Final = 165.0
_SEED_DIGITS: Final = 12


async def cloned(speakers: Speakers, speaker: Speaker, clip: bytes) -> str:
    """The voice of a clip: the very one that spoke it, if a sandbox's voice did, else one of about its pitch.

    Raises:
        RefusalError: It is too large, can't be read, or is not of 1 to 30 s.
    """
    if len(clip) > CLIP_BYTES_MAX:
        raise bad_request(f"File size exceeds maximum limit of 10MB. Got {len(clip)} bytes.")
    sound, pitch_hz = await to_thread.run_sync(_heard, clip)
    known = await to_thread.run_sync(speakers.spec_of, sound)
    if known:
        return known
    who = "A woman" if (pitch_hz or 0.0) > _WOMANS_FROM_HZ else "A man"
    return await speaker.design(f"{who} with a plain voice.", int(sound[:_SEED_DIGITS], 16))


def sound_of(clip: bytes) -> str:
    """What a clip is known by."""
    return _heard(clip)[0]


def _heard(clip: bytes) -> tuple[str, float | None]:
    from voice_design_mcp.speech.formats import AudioError, decode, sniff
    from voice_design_mcp.speech.measure import measure

    try:
        samples, rate_hz = decode(clip, sniff(clip) or "wav", 0)
    except AudioError as problem:
        raise bad_request(f"Could not decode audio file: {problem}") from problem
    duration_s, (least_s, most_s) = len(samples) / rate_hz, CLIP_S
    if duration_s < least_s:
        raise bad_request(
            f"Reference audio too short ({duration_s:.1f}s). At least {least_s:.0f}s of clear speech is required."
        )
    if duration_s > most_s:
        raise bad_request(
            f"Reference audio too long ({duration_s:.1f}s). Maximum {most_s:.0f}s supported — use a shorter clip."
        )
    return fingerprint(samples), measure(samples, rate_hz).median_pitch_hz
