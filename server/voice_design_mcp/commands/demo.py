"""The demo: a real MCP client starts the real server over stdio and does the main job in the offline sandbox, step by step."""

from __future__ import annotations

import base64
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.context import ClientRequestContext
from mcp.types import BlobResourceContents, ElicitRequestParams, ElicitResult, TextContent

from ..config import Settings
from ..errors import VoiceDesignError

VOICE_PROMPT: Final = (
    "A warm storyteller in her late forties: low, mellow and unhurried, gentle without being sleepy, with clear articulation, "
    "for audiobooks."
)
PREVIEW_TEXT: Final = "Come in, sit down by the fire. I was just about to begin the story."
SPOKEN: Final = "Long before the city had a name, there was a lighthouse on this hill, and somebody to keep it lit."


def run(out: Path, settings: Settings) -> int:
    """Run the demo and write `preview.wav` and `speech.wav` to a folder.

    Args:
        out: The folder.
        settings: Say which engine speaks.

    Returns:
        The exit code, 0.

    Raises:
        VoiceDesignError: A step failed.
    """
    try:
        anyio.run(_demo, out, settings)
    except BaseExceptionGroup as group:  # the client's task group wraps what a step raised
        failed, _ = group.split(VoiceDesignError)
        if failed is None:
            raise
        raise _first(failed) from None
    return 0


def _first(group: BaseExceptionGroup[VoiceDesignError]) -> VoiceDesignError:
    """The first failure of a group, however deep."""
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


async def _demo(out: Path, settings: Settings) -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="voice-design-demo-") as folder:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "voice_design_mcp", "serve", "--sandbox", "1", "--data-dir", folder, *_engine(settings)],
        )
        _say("Starting the MCP server over stdio, with the offline sandbox instead of the vendor.")
        async with Client(server, elicitation_callback=_approve) as client:
            voice = await _design(client, out)
            await _speak(client, voice, out)
            await _delete(client, voice)
    _say(
        f"Done in {time.monotonic() - began:.1f} s. Nothing was charged. Listen: {out / 'preview.wav'} and {out / 'speech.wav'}"
    )


def _engine(settings: Settings) -> list[str]:
    model = ["--kokoro-model", str(settings.kokoro_model)] if settings.kokoro_model else []
    return ["--sandbox-engine", settings.sandbox_engine, *model]


async def _design(client: Client, out: Path) -> str:
    _say(f"design_voice: {VOICE_PROMPT!r}")
    result = await _call(
        client,
        "design_voice",
        voice_prompt=VOICE_PROMPT,
        preview_text=PREVIEW_TEXT,
        preferred_name="teller",
        language="en",
    )
    voice = str(result["voice"])
    _say(f"  the voice is {voice}; with a key it would have cost at most USD 0.20")
    _say(f"  spoken by the sandbox's {result['sandbox_voice']} voice; measured: {result['measured']}")
    await _save(client, result["preview"]["uri"], out / "preview.wav")
    listed = await _call(client, "list_voices")
    for family, slots in listed["slots"].items():
        if "used" in slots:  # not every family's list says how many there are
            _say(f"list_voices: {slots['used']} of {slots['of']} {family} voice slots used")
    return voice


async def _speak(client: Client, voice: str, out: Path) -> None:
    _say(f"synthesize: {SPOKEN!r}")
    result = await _call(client, "synthesize", text=SPOKEN, voice=voice)
    _say(f"  measured: {result['measured']}")
    await _save(client, result["audio"]["uri"], out / "speech.wav")


async def _delete(client: Client, voice: str) -> None:
    _say(f"delete_voice: {voice}")
    result = await _call(client, "delete_voice", voice=voice)
    _say(f"  {result['status']}; its slot is free again")


async def _call(client: Client, tool: str, **arguments: str) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    if result.is_error or result.structured_content is None:
        text = " ".join(block.text for block in result.content if isinstance(block, TextContent))
        raise VoiceDesignError(f"{tool} failed: {text}")
    return result.structured_content


async def _save(client: Client, uri: str, path: Path) -> None:
    contents = (await client.read_resource(uri)).contents[0]
    if not isinstance(contents, BlobResourceContents):
        raise VoiceDesignError(f"{uri} is not audio")
    data = base64.b64decode(contents.blob)
    await anyio.Path(path.parent).mkdir(parents=True, exist_ok=True)
    await anyio.Path(path).write_bytes(data)
    _say(f"  read {uri} ({contents.mime_type}) into {path} ({len(data) / 1000:.0f} kB)")


async def _approve(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001 the SDK names it
    _say("  the server asks:")
    for line in params.message.splitlines():
        _say(f"    | {line}")
    _say("  answered: accept")
    return ElicitResult(action="accept", content={})


def _say(line: str) -> None:
    print(line, flush=True)
