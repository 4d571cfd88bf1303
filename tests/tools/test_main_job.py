"""The main job, end to end, through a real client of each kind."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
import soundfile
from mcp.types import BlobResourceContents, ResourceLink, TextResourceContents

from clients import DESIGN, ERAS, Caller, Era, Person, connected, text_of
from conftest import MakeSettings
from voice_design_mcp.config import Settings

ALL_CLIENTS = [(era, elicits) for era in ERAS for elicits in (True, False)]


async def design(call: Caller, *, elicits: bool, **more: object) -> dict[str, object]:
    arguments = {**DESIGN, **more}
    return await (call("design_voice", **arguments) if elicits else call.approved("design_voice", **arguments))


@pytest.mark.parametrize(("era", "elicits"), ALL_CLIENTS)
async def test_every_kind_of_client_designs_hears_lists_speaks_with_and_deletes_a_voice(
    settings: Settings, era: Era, *, elicits: bool
) -> None:
    async with connected(settings, era=era, person=Person() if elicits else None) as call:
        designed = await design(call, elicits=elicits)
        voice = designed["voice"]
        assert (designed["status"], designed["target_model"], designed["language"]) == (
            "created",
            "qwen3-tts-vd-2026-01-26",
            "en",
        )
        preview = (await call.client.read_resource(f"voice://{voice}/preview")).contents[0]
        assert isinstance(preview, BlobResourceContents)
        samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(preview.blob)), dtype="int16")
        assert (preview.mime_type, rate_hz, samples.ndim) == ("audio/wav", 24000, 1)
        assert [listed["voice"] for listed in (await call("list_voices"))["voices"]] == [voice]
        assert (await call("get_voice", voice=voice))["voice_prompt"] == DESIGN["voice_prompt"]
        spoken = await call("synthesize", text="The bridge was built in a single winter.", voice=voice)
        assert spoken["status"] == "ok"
        assert spoken["audio"]["duration_s"] > 1
        deletion = {"voice": voice}
        deleted = await (call("delete_voice", **deletion) if elicits else call.approved("delete_voice", **deletion))
        assert deleted["status"] == "deleted"
        assert (await call("list_voices"))["slots"] == {"qwen": {"used": 0, "of": 1000}, "enrollment": {"of": 1000}}


@pytest.mark.parametrize("era", ERAS)
async def test_the_question_begins_with_the_act_and_the_price_and_ends_with_the_description(
    settings: Settings, era: Era
) -> None:
    person = Person()
    async with connected(settings, era=era, person=person) as call:
        await call("design_voice", **DESIGN)
    [question] = person.asked
    assert question.splitlines()[0] == (
        "Design a voice in the offline sandbox? Nothing is charged (the vendor's price is USD 0.20)."
    )
    assert question.splitlines()[-1] == f'Description: "{DESIGN["voice_prompt"]}"'


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("content", [{}, None, {"anything": True}])
async def test_accepting_the_empty_form_is_a_yes_whatever_its_content(
    settings: Settings, era: Era, content: dict[str, object] | None
) -> None:
    async with connected(settings, era=era, person=Person(content=content)) as call:
        assert (await call("design_voice", **DESIGN))["status"] == "created"


@pytest.mark.parametrize("era", ERAS)
async def test_a_no_ends_it_and_nothing_is_made(settings: Settings, era: Era) -> None:
    async with connected(settings, era=era, person=Person("decline", None)) as call:
        assert (await call("design_voice", **DESIGN))["status"] == "declined"
        assert (await call("list_voices"))["slots"]["qwen"]["used"] == 0


@pytest.mark.parametrize("era", ERAS)
async def test_a_dismissed_question_leads_to_the_second_call(settings: Settings, era: Era) -> None:
    async with connected(settings, era=era, person=Person("cancel", None)) as call:
        first = await call("design_voice", **DESIGN)
        assert first["status"] == "confirmation_required"
        second = await call("design_voice", **DESIGN, approval=first["approval"]["id"])
        assert second["status"] == "created"


async def test_the_first_call_names_the_cost_what_is_left_and_the_checks(make_settings: MakeSettings) -> None:
    settings = make_settings(max_usd_per_day="1", max_voices_per_day="3")
    async with connected(settings) as call:
        first = await call("design_voice", voice_prompt="female voice", preview_text="Good evening, everyone.")
    assert first["cost"] == {"amount": "0.20", "currency": "USD"}
    assert first["left"]["usd_today"] == "1.00"
    assert (first["left"]["voices_today"], first["left"]["voice_slots"]) == (3, 1000)
    assert any("does not say: age, pitch, speed" in note for note in first["notes"])
    assert first["sandbox"] is True


async def test_text_and_structured_content_carry_the_same_ids_uris_and_paths(settings: Settings) -> None:
    async with connected(settings, person=Person()) as call:
        result = await call.raw("design_voice", **DESIGN)
        assert result.structured_content is not None
        facts = result.structured_content
        for shown in (facts["voice"], facts["preview"]["uri"], facts["preview"]["path"], facts["measured"]):
            assert shown in text_of(result)
        [link] = [block for block in result.content if isinstance(block, ResourceLink)]
        assert (link.uri, link.mime_type, link.size) == (
            facts["preview"]["uri"],
            facts["preview"]["mime_type"],
            facts["preview"]["size_bytes"],
        )


async def test_a_design_stays_under_2_5_kb_and_a_listed_voice_under_600_bytes_on_the_wire(settings: Settings) -> None:
    prompt = "一位沉稳的中年男性播音员，音色低沉浑厚，富有磁性，语速平稳，吐字清晰，适合新闻播报。" * 10
    arguments = {**DESIGN, "voice_prompt": prompt, "preferred_name": "sixteen_letters_"}
    async with connected(settings, person=Person()) as call:
        result = await call.raw("design_voice", **arguments)
        assert len(result.model_dump_json(by_alias=True, exclude_none=True).encode()) <= 2500
        empty = await call.raw("list_voices", page_index=5)
        listed = await call.raw("list_voices")
    one, none = (len(each.model_dump_json(by_alias=True, exclude_none=True).encode()) for each in (listed, empty))
    assert one - none <= 600


async def test_resources_are_listed_and_readable_after_a_restart(settings: Settings) -> None:
    async with connected(settings, person=Person()) as call:
        voice = (await call("design_voice", **DESIGN))["voice"]
        speech = (await call("synthesize", text="Nothing is lost.", voice=voice))["audio"]["uri"]
    async with connected(settings) as call:
        listed = {resource.uri: resource.mime_type for resource in (await call.client.list_resources()).resources}
        assert listed == {
            f"voice://{voice}": "application/json",
            f"voice://{voice}/preview": "audio/wav",
            speech: "audio/wav",
        }
        about = (await call.client.read_resource(f"voice://{voice}")).contents[0]
        assert isinstance(about, TextResourceContents)
        assert json.loads(about.text)["voice_prompt"] == DESIGN["voice_prompt"]
        for uri in (f"voice://{voice}/preview", speech):
            contents = (await call.client.read_resource(uri)).contents[0]
            assert isinstance(contents, BlobResourceContents)
            assert base64.b64decode(contents.blob)[:4] == b"RIFF"


async def test_an_unheard_preview_is_mentioned_once_and_not_after_it_was_read(settings: Settings) -> None:
    async with connected(settings, person=Person()) as call:
        unheard = (await call("design_voice", **DESIGN))["voice"]
        heard = (await call("design_voice", **DESIGN, take=2))["voice"]
        await call.client.read_resource(f"voice://{heard}/preview")
        said = [
            bool((await call("synthesize", text=f"Line {number}.", voice=voice))["notes"])
            for number, voice in enumerate((unheard, unheard, heard))
        ]
    assert said == [True, False, False]


async def test_the_output_folder_gets_a_readable_copy(make_settings: MakeSettings, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    async with connected(make_settings(output_dir=str(folder)), person=Person()) as call:
        facts = await call("design_voice", **DESIGN)
    [copy] = folder.iterdir()
    assert facts["preview"]["path"] == str(copy)
    assert copy.name.startswith(facts["voice"])
    assert copy.stat().st_size == facts["preview"]["size_bytes"]
