"""What tests of narrations have in common: voices on a sandbox, and what can be heard in the file that comes out."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import soundfile
from mcp.types import TextResourceContents
from numpy.typing import NDArray

from clients import DESIGN, Caller
from sandbox.asking import Asker

HEARD_FROM = 0.003
"""The level, full scale being 1, from which a sample is heard: well over what rounding leaves in a pause."""
_CUE = re.compile(r"(\d+):(\d+):(\d+)[,.](\d+) --> (\d+):(\d+):(\d+)[,.](\d+)\n(.*)")


async def voices(call: Caller, count: int) -> list[str]:
    """So many voices of one description, made for the test."""
    return [(await call("design_voice", **DESIGN, take=take))["voice"] for take in range(1, count + 1)]


async def narrated(call: Caller, **arguments: Any) -> dict[str, Any]:
    """The result of a narration, approved by a second call where it is asked about."""
    first = await call("narrate", **arguments)
    if first["status"] != "confirmation_required":
        return first
    return await call("narrate", **arguments, approval=first["approval"]["id"])


async def cues_of(call: Caller, uri: str) -> list[tuple[float, float, str]]:
    """The cues of subtitles: start, end and first line of each."""
    contents = (await call.client.read_resource(uri)).contents[0]
    assert isinstance(contents, TextResourceContents)
    return [
        (_seconds(*found[:4]), _seconds(*found[4:8]), found[8])
        for found in (match.groups() for match in _CUE.finditer(contents.text))
    ]


def sound_of(result: dict[str, Any]) -> tuple[NDArray[np.float32], int]:
    """The samples of a narration's file, and their rate."""
    with soundfile.SoundFile(io.BytesIO(file_of(result))) as file:
        return np.asarray(file.read(dtype="float32"), np.float32), file.samplerate


def file_of(result: dict[str, Any]) -> bytes:
    """The bytes of a narration's file."""
    return Path(result["audio"]["path"]).read_bytes()


def starts_of(samples: NDArray[np.float32], rate_hz: int, *, silence_s: float) -> list[float]:
    """Where sound begins after at least so much silence, in seconds, by the energy in the file and nothing else."""
    heard = np.flatnonzero(np.abs(samples) > HEARD_FROM)
    begins = np.concatenate(([True], np.diff(heard) > silence_s * rate_hz))
    return [float(at) / rate_hz for at in heard[begins]]


def usage(base_url: str) -> dict[str, int]:
    """What a served sandbox would have billed."""
    asker = Asker(base_url, "any-key")
    with asker.http:
        return asker.usage()


def spoil(base_url: str, *faults: dict[str, Any]) -> None:
    """Script a served sandbox's faults."""
    with httpx2.Client(base_url=base_url, trust_env=False) as http:
        http.post("/sandbox/faults", json=faults).raise_for_status()


def release(base_url: str) -> None:
    """Let go what a served sandbox holds, and forget the rest of the script."""
    with httpx2.Client(base_url=base_url, trust_env=False) as http:
        http.delete("/sandbox/faults").raise_for_status()
        http.post("/sandbox/faults/release").raise_for_status()


def _seconds(hours: str, minutes: str, seconds: str, ms: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(ms) / 1000
