"""Prompts and completion, as a host's menu shows them."""

from __future__ import annotations

import re

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, PromptReference, ResourceTemplateReference, TextContent

from clients import DESIGN, ERAS, Caller, Era, connected
from voice_design_mcp.catalog import LANGUAGES, MODELS
from voice_design_mcp.config import Settings
from voice_design_mcp.narration.cast import Casts, Character
from voice_design_mcp.tools import TOOLS

NEEDS = {"design_character_voice": "character", "cast_a_story": "story", "narrate_document": "document"}


async def told(call: Caller, prompt: str, **arguments: str) -> str:
    """The text of a prompt."""
    messages = (await call.client.get_prompt(prompt, arguments)).messages
    assert [message.role for message in messages] == ["user"]
    content = messages[0].content
    assert isinstance(content, TextContent)
    return content.text


async def completed(call: Caller, ref: PromptReference | ResourceTemplateReference, name: str, begun: str) -> list[str]:
    return (await call.client.complete(ref, {"name": name, "value": begun})).completion.values


@pytest.mark.parametrize("era", ERAS)
async def test_a_menu_shows_three_prompts_each_with_one_thing_to_fill_in(settings: Settings, era: Era) -> None:
    async with connected(settings, era=era) as call:
        prompts = (await call.client.list_prompts()).prompts
    assert {prompt.name: [each.name for each in prompt.arguments or [] if each.required] for prompt in prompts} == {
        name: [argument] for name, argument in NEEDS.items()
    }
    for prompt in prompts:
        assert prompt.title
        assert prompt.description
        assert all(argument.description for argument in prompt.arguments or [])


@pytest.mark.parametrize("prompt", NEEDS)
async def test_a_prompt_is_a_way_through_tools_that_exist_and_asks_before_it_spends(
    settings: Settings, prompt: str
) -> None:
    async with connected(settings) as call:
        text = await told(call, prompt, **{NEEDS[prompt]: "An old lighthouse keeper\nwho tells ghost stories"})
    assert "An old lighthouse keeper\nwho tells ghost stories" in text
    tools = {spec.name for spec in TOOLS}
    arguments = {name for spec in TOOLS for name in spec.function.__annotations__}
    named = set(re.findall(r"`([a-z_]+)`", text))
    assert named & tools
    assert named <= tools | arguments
    assert re.search(r"(?i)\bI agree\b", text)
    steps = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    assert steps == list(range(1, len(steps) + 1))


async def test_what_is_filled_in_is_in_the_prompt_and_what_is_not_leaves_no_gap(settings: Settings) -> None:
    model = next(iter(MODELS))
    async with connected(settings) as call:
        full = await told(
            call, "design_character_voice", character="A king", use="a game", language="fr", target_model=model
        )
        assert "It is for: a game" in full
        assert "in French" in full
        assert f"target_model {model}" in full
        bare = await told(call, "design_character_voice", character="A king")
        assert "It is for" not in bare
        assert "target_model" not in bare
        assert "Use the voice teller." in await told(call, "narrate_document", document="x", voice="teller")
        assert "Use the cast play." in await told(call, "narrate_document", document="x", cast="play")


async def test_a_prompt_that_is_not_there_or_lacks_what_it_needs_is_the_caller_s_error_and_says_what(
    settings: Settings,
) -> None:
    async with connected(settings) as call:
        for prompt, arguments, said in (
            ("cast_a_story", {}, "story is required"),
            ("cast_a_story", {"story": "x", "moral": "y"}, "no argument 'moral'"),
            ("cast_a_novel", {}, "no prompt 'cast_a_novel'"),
            ("cast_a_story", {"story": "x\0"}, "a NUL"),
        ):
            with pytest.raises(MCPError, match=said) as refused:
                await call.client.get_prompt(prompt, arguments)
            assert refused.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize("era", ERAS)
async def test_languages_are_completed_by_code_and_by_name_and_models_by_any_part(settings: Settings, era: Era) -> None:
    ref = PromptReference(type="ref/prompt", name="design_character_voice")
    async with connected(settings, era=era) as call:
        assert await completed(call, ref, "language", "") == list(LANGUAGES)
        assert await completed(call, ref, "language", "fr") == ["fr"]
        assert await completed(call, ref, "language", "Ger") == ["de"]
        assert await completed(call, ref, "target_model", "") == list(MODELS)
        assert await completed(call, ref, "target_model", "realtime-2025") == ["qwen3-tts-vd-realtime-2025-12-16"]
        assert await completed(call, ref, "character", "a k") == []


@pytest.mark.parametrize("era", ERAS)
async def test_voices_and_speech_are_completed_from_the_user_s_own_records(settings: Settings, era: Era) -> None:
    async with connected(settings, era=era) as call:
        narrator = (await call.approved("design_voice", **DESIGN))["voice"]
        teller = (await call.approved("design_voice", **{**DESIGN, "preferred_name": "teller"}))["voice"]
        spoken = await call("synthesize", text="Good evening.", voice=teller)
        for uri in ("voice://{voice}", "voice://{voice}/preview", "voice://{voice}/waveform"):
            ref = ResourceTemplateReference(type="ref/resource", uri=uri)
            assert await completed(call, ref, "voice", "tell") == [teller]
        prompt = PromptReference(type="ref/prompt", name="narrate_document")
        assert set(await completed(call, prompt, "voice", "qwen-")) == {narrator, teller}
        ref = ResourceTemplateReference(type="ref/resource", uri="audio://{id}")
        assert await completed(call, ref, "id", "aud_") == [spoken["audio"]["uri"].removeprefix("audio://")]
        await call.approved("delete_voice", voice=teller)
        assert await completed(call, prompt, "voice", "teller") == []


@pytest.mark.parametrize("era", ERAS)
async def test_casts_are_completed_by_name(settings: Settings, era: Era) -> None:
    cast = {"Alice": Character(voice="qwen-tts-vd-alice-voice-1")}
    for name in ("play", "playground", "story"):
        Casts(settings.data_dir, "local").write(name, cast)
    async with connected(settings, era=era) as call:
        prompt = PromptReference(type="ref/prompt", name="narrate_document")
        assert await completed(call, prompt, "cast", "play") == ["play", "playground"]
        template = ResourceTemplateReference(type="ref/resource", uri="cast://{name}")
        assert await completed(call, template, "name", "st") == ["story"]
