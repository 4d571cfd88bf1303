"""What each model may be asked for when it speaks: every limit and one beyond it, in the same words whatever the model."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from vendor_client.asking import http
from vendor_client.peer import Peer
from vendor_client.speaking import stream
from voice_design_mcp.catalog import ENROLLED_MODELS, QWEN_MODELS
from voice_design_mcp.catalog_rows import TargetModel
from voice_design_mcp.dashscope.admission import admit
from voice_design_mcp.dashscope.enrollment import EnrollmentFamily
from voice_design_mcp.dashscope.qwen import QwenFamily
from voice_design_mcp.dashscope.seam import SpeechOptions
from voice_design_mcp.errors import InputError

MODELS = {**QWEN_MODELS, **ENROLLED_MODELS}
EVERY: dict[str, tuple[str, Any]] = {
    "response_format": ("response_format", "mp3"),
    "sample_rate": ("sample_rate_hz", 16000),
    "speech_rate": ("speech_rate", 1.5),
    "pitch_rate": ("pitch_rate", 1.5),
    "volume": ("volume", 60),
    "instructions": ("instructions", "softly"),
}
"""By the tool's name: the option, and a value that is in order wherever there is the option."""


def has(model: TargetModel, argument: str) -> bool:
    limits = model.speech
    return bool(
        {
            "response_format": limits.response_formats,
            "sample_rate": limits.sample_rates_hz,
            "speech_rate": limits.speech_rate,
            "pitch_rate": limits.pitch_rate,
            "volume": limits.volume,
            "instructions": limits.instructions_max,
        }[argument]
    )


def refused(model: str, **given: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        admit(MODELS[model], given.pop("language", ""), SpeechOptions(**given))
    return caught.value


def test_every_option_is_looked_at() -> None:
    assert {name for name, _ in EVERY.values()} == {field.name for field in fields(SpeechOptions)}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("argument", EVERY)
def test_a_model_takes_the_options_that_it_has_and_refuses_the_others_by_name(model: str, argument: str) -> None:
    name, value = EVERY[argument]
    if has(MODELS[model], argument):
        admit(MODELS[model], "", SpeechOptions(**{name: value}))
    else:
        error = refused(model, **{name: value})
        assert (error.argument, str(error)) == (argument, f"{model} has no {argument}.")


@pytest.mark.parametrize("model", [model.id for model in MODELS.values() if model.speech.volume])
def test_a_limit_is_the_last_that_is_taken(model: str) -> None:
    limits = MODELS[model].speech
    for name, bounds, step in (
        ("speech_rate", limits.speech_rate, 0.01),
        ("pitch_rate", limits.pitch_rate, 0.01),
        ("volume", limits.volume, 1),
    ):
        assert bounds is not None
        for value, beyond in ((bounds[0], bounds[0] - step), (bounds[1], bounds[1] + step)):
            given: dict[str, Any] = {name: value}
            admit(MODELS[model], "", SpeechOptions(**given))
            error = refused(model, **{name: beyond})
            assert error.argument == name
            assert f"{model} takes {bounds[0]:g} to {bounds[1]:g}" in str(error)


@pytest.mark.parametrize("model", [model.id for model in MODELS.values() if model.speech.instructions_max])
def test_instructions_are_counted_as_the_vendor_counts(model: str) -> None:
    for fitting in ("x" * 100, "字" * 50, "x"):
        admit(MODELS[model], "", SpeechOptions(instructions=fitting))
    for beyond, length in (("x" * 101, 101), ("字" * 51, 102), ("", 0)):
        error = refused(model, instructions=beyond)
        assert error.argument == "instructions"
        assert f"count {length} characters; {model} takes 1 to 100" in str(error)


@pytest.mark.parametrize("model", MODELS)
def test_a_language_or_a_form_that_is_not_had_is_answered_with_those_that_are(model: str) -> None:
    limits = MODELS[model].speech
    assert ", ".join(limits.languages) in refused(model, language="xx").hint
    if limits.response_formats:
        assert ", ".join(limits.response_formats) in refused(model, response_format="flac").hint
        assert "48000" in refused(model, sample_rate_hz=44000).hint


@pytest.mark.parametrize("model", MODELS)
async def test_what_a_model_has_not_is_refused_before_anything_is_sent(model: str) -> None:
    given = SpeechOptions(response_format="flac")
    async with Peer() as peer, http(peer.origin) as client:
        with pytest.raises(InputError):
            await anext(stream(client, model, options=given))
        family = (QwenFamily if model.startswith("qwen3-") else EnrollmentFamily)(client)
        with pytest.raises(InputError):
            await family.speak(model=model, voice="v", text="Hello.", language="", options=given)
        with pytest.raises(InputError):
            await anext(stream(client, model, "half of a pair: \ud83d"))
    assert peer.accepted == 0
