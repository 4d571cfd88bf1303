"""A result from the sandbox says which of its voices spoke, and the settings say which one shall."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients import DESIGN, connected, text_of
from conftest import MakeSettings


async def test_the_plain_voice_says_so(make_settings: MakeSettings) -> None:
    async with connected(make_settings(approval="auto")) as call:
        designed = await call.raw("design_voice", **DESIGN)
        assert designed.structured_content is not None
        voice = designed.structured_content["voice"]
        spoken = await call("synthesize", text="Good evening.", voice=voice)
        again = await call("design_voice", **DESIGN)
    assert designed.structured_content["sandbox_voice"] == spoken["sandbox_voice"] == "plain"
    assert "The sandbox's plain voice spoke." in text_of(designed)
    assert (again["status"], "sandbox_voice" in again) == ("reused", False)


async def test_a_model_of_the_user_s_own_that_is_not_there_stops_the_natural_voice(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    given = {"sandbox_engine": "neural", "kokoro_model": str(tmp_path / "nowhere.onnx"), "approval": "auto"}
    async with connected(make_settings(**given)) as call:
        assert (await call.error("design_voice", **DESIGN))["code"] == "not_spoken"


@pytest.mark.extras
async def test_the_natural_voice_speaks_where_it_is_installed(make_settings: MakeSettings) -> None:
    async with connected(make_settings(sandbox_engine="auto", approval="auto")) as call:
        designed = await call("design_voice", **DESIGN)
        spoken = await call("synthesize", text="Good evening.", voice=designed["voice"])
    assert designed["sandbox_voice"] == spoken["sandbox_voice"] == "natural"
