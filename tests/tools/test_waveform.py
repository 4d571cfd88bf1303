"""A preview as a picture, for hosts without apps."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import TextResourceContents

from clients import DESIGN, ERAS, Caller, Era, connected
from conftest import MakeSettings
from voice_design_mcp.config import Settings

SVG = "{http://www.w3.org/2000/svg}"


async def drawn(call: Caller, voice: object) -> ET.Element:
    """The picture of a voice's preview."""
    picture = (await call.client.read_resource(f"voice://{voice}/waveform")).contents[0]
    assert isinstance(picture, TextResourceContents)
    assert picture.mime_type == "image/svg+xml"
    assert len(picture.text.encode()) <= 4096
    return ET.fromstring(picture.text)  # noqa: S314  our own


def stroke_heights(picture: ET.Element) -> list[float]:
    """How high each bar is, of 160 over the length of the sound."""
    path = picture.find(f"{SVG}path")
    assert path is not None
    return [float(stroke.partition("v")[2]) for stroke in path.attrib["d"].split("M")[1:]]


@pytest.mark.parametrize("era", ERAS)
async def test_a_preview_is_drawn_and_names_its_voice_and_its_length(settings: Settings, era: Era) -> None:
    async with connected(settings, era=era) as call:
        made = await call.approved("design_voice", **DESIGN)
        about = await call("get_voice", voice=made["voice"])
        assert about["waveform"] == f"voice://{made['voice']}/waveform"
        picture = await drawn(call, made["voice"])
    preview = made["preview"]
    assert isinstance(preview, Mapping)
    assert picture.attrib["aria-label"] == f"Preview of {made['voice']}, {preview['duration_s']:.1f} s"
    heights = stroke_heights(picture)
    assert len(heights) == 160
    assert max(heights) > 30  # somebody speaks
    assert min(heights) < 15  # and pauses


@pytest.mark.parametrize("response_format", ["mp3", "opus", "pcm"])
async def test_every_preview_format_can_be_drawn(settings: Settings, response_format: str) -> None:
    async with connected(settings) as call:
        made = await call.approved("design_voice", **DESIGN, response_format=response_format, sample_rate=16000)
        assert max(stroke_heights(await drawn(call, made["voice"]))) > 30


async def test_a_voice_without_a_preview_here_has_no_picture(make_settings: MakeSettings) -> None:
    async with connected(make_settings()) as call:
        with pytest.raises(MCPError, match="no such resource"):
            await call.client.read_resource("voice://qwen-tts-vd-nobody-voice-20260101000000000-abcd/waveform")
