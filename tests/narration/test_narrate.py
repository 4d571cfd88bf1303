"""A script becomes one file with subtitles, through a real client, with the served sandbox speaking."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import AsyncGenerator, Generator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import soundfile
from mcp.types import BlobResourceContents, TextResourceContents

from clients import ERAS, Caller, Era, Person, connected, text_of
from conftest import MakeSettings
from narration.telling import HEARD_FROM, cues_of, file_of, narrated, sound_of, starts_of, usage, voices
from sandbox.served import served_sandbox
from voice_design_mcp.config import Settings

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


@pytest.fixture
def vendor_url(tmp_path: Path) -> Generator[str]:
    with served_sandbox(tmp_path / "vendor") as url:
        yield url


@pytest.fixture
def settings(make_settings: MakeSettings, vendor_url: str) -> Settings:
    return make_settings(api_key="sk-test", base_url=vendor_url)


@pytest.fixture
async def call(settings: Settings) -> AsyncGenerator[Caller]:
    async with connected(settings, person=Person()) as caller:
        yield caller


def script_of(lines: int, speakers: int) -> list[dict[str, Any]]:
    """Lines that differ, each by the next speaker; the words at their ends tell where they were joined."""
    said = (f"{WORDS[number % 12].title()}, {WORDS[number // 12 % 12]}" for number in range(lines))
    more = ("" if number < 144 else f", {WORDS[number // 144]}" for number in range(lines))
    return [
        {"speaker": f"S{number % speakers}", "text": f"{first}{rest}."}
        for number, (first, rest) in enumerate(zip(said, more, strict=True))
    ]


async def check_a_long_script(call: Caller, vendor_url: str, lines: int) -> None:
    """Order, presence, subtitle starts and one changed line, by what is in the file and on the bill."""
    names = await voices(call, 6)
    script = script_of(lines, 6)
    asked = {"script": script, "cast": {f"S{number}": name for number, name in enumerate(names)}}
    told = await narrated(call, **asked)
    assert (told["status"], told["lines"], told["cached_lines"], told["synthesized_lines"]) == ("ok", lines, 0, lines)
    for kind, named in (("srt", "{}: {}"), ("vtt", "<v {}>{}</v>")):
        cues = await cues_of(call, told["subtitles"][kind])
        assert [text for _, _, text in cues] == [named.format(line["speaker"], line["text"]) for line in script]
        assert all(cue[1] <= after[0] for cue, after in pairwise(cues))
        starts = starts_of(*sound_of(told), silence_s=0.4)
        assert len(starts) == lines
        assert max(abs(cue[0] - start) for cue, start in zip(cues, starts, strict=True)) <= 0.05
    billed = usage(vendor_url)["characters"]
    script[lines // 2]["text"] = "Never."
    again = await narrated(call, **asked)
    assert (again["cached_lines"], again["synthesized_lines"]) == (lines - 1, 1)
    assert usage(vendor_url)["characters"] == billed + len("Never.")


async def test_a_script_of_six_speakers_comes_out_in_order_with_subtitles_and_pays_only_for_a_changed_line(
    call: Caller, vendor_url: str
) -> None:
    await check_a_long_script(call, vendor_url, 48)


@pytest.mark.long
async def test_three_hundred_lines_do_too(call: Caller, vendor_url: str) -> None:
    assert len({line["text"] for line in script_of(300, 6)}) == 300
    await check_a_long_script(call, vendor_url, 300)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("elicits", [True, False])
async def test_every_kind_of_client_is_asked_once_for_the_whole(
    settings: Settings, vendor_url: str, era: Era, *, elicits: bool
) -> None:
    person = Person()
    async with connected(settings, era="2026-07-28", person=Person()) as other:
        [voice] = await voices(other, 1)
    asked = {"script": "One.\n\nTwo.\n\nThree.", "cast": {"narrator": voice}}
    async with connected(settings, era=era, person=person if elicits else None) as call:
        before = usage(vendor_url)["characters"]
        if elicits:
            told = await call("narrate", **asked)
            [question] = person.asked
            assert "3 lines by 1 speaker" in question
            assert "14 billed characters" in question
        else:
            first = await call("narrate", **asked)
            assert (first["status"], first["lines"], first["cached_lines"]) == ("confirmation_required", 3, 0)
            assert first["cost"] == {"amount": "0.00112", "currency": "CNY"}
            assert usage(vendor_url)["characters"] == before
            told = await call("narrate", **asked, approval=first["approval"]["id"])
        assert told["status"] == "ok"
        assert usage(vendor_url)["characters"] == before + 14
        again = await call("narrate", **asked)
        assert (again["status"], again["cached_lines"], again["cost"]["amount"]) == ("reused", 3, "0.00")
        assert again["audio"]["uri"] == told["audio"]["uri"]
        assert len(person.asked) == int(elicits)


async def test_a_dry_run_tells_everything_and_sends_nothing(call: Caller, vendor_url: str) -> None:
    [alice, bob] = await voices(call, 2)
    before = usage(vendor_url)
    script = "Alice (softly): Hello.\n\nBob: 你好，很高兴认识你。\n\nZed: Who?\n\n```\ncode\n```"
    told = await call("narrate", script=script, cast={"Alice": alice, "Bob": bob}, dry_run=True)
    assert usage(vendor_url) == before
    assert (told["status"], told["lines"], told["lines_to_synthesize"]) == ("planned", 3, 2)
    assert told["speakers"] == {"Alice": 1, "Bob": 1, "Zed": 1}
    assert told["estimated_duration_s"] > 1
    assert [(each["line"], each["fatal"]) for each in told["problems"]] == [(0, True), (1, False), (2, False)]
    assert ["Zed" in told["problems"][0]["problem"], "direction" in told["problems"][1]["problem"]] == [True, True]
    assert "'zh'" in told["problems"][2]["problem"]
    assert "code blocks left out: 1" in told["notes"]
    refused = await call.error("narrate", script=script, cast={"Alice": alice, "Bob": bob})
    assert (refused["code"], refused["argument"]) == ("invalid_argument", "cast")
    assert "Zed" in refused["message"]


async def test_a_dry_run_names_who_has_no_reader_and_asks_only_for_those_who_speak(call: Caller) -> None:
    [alice] = await voices(call, 1)
    cast = {"Alice": alice, "Bob": "qwen-tts-vd-gone-voice-1", "Zed": "qwen-tts-vd-gone-voice-2"}
    script = "# The lamp\n\nAlice: Hello.\n\nBob: Hi."
    told = await call("narrate", script=script, cast=cast, dry_run=True)
    assert (told["lines"], told["cached_lines"], told["lines_to_synthesize"]) == (3, 0, 1)
    bob, heading = [each["problem"] for each in told["problems"]]
    assert "'Bob' has no reader: There is no voice 'qwen-tts-vd-gone-voice-1'" in bob
    assert "narrator" in heading
    refused = await call.error("narrate", script=script, cast=cast)
    assert (refused["code"], refused["argument"]) == ("voice_not_found", "cast")
    assert (await narrated(call, script="Alice: Hello.", cast=cast))["status"] == "ok"


async def test_a_cast_is_kept_as_toml_read_as_a_resource_and_looked_for_in_a_file_only_where_told(
    call: Caller, settings: Settings, tmp_path: Path
) -> None:
    [voice] = await voices(call, 1)
    toml = f'[narrator]\nvoice = "{voice}"\nnotes = "Calm."\n\n["Old Man"]\nvoice = "{voice}"\nlanguage = "en"\n'
    kept = settings.data_dir / "casts" / "the play.toml"
    kept.parent.mkdir(parents=True)
    kept.write_text(toml)
    told = await call("narrate", script="Old man: Well.\n\nHe sat down.", cast="the play", dry_run=True)
    assert told["speakers"] == {"Old Man": 1, "narrator": 1}
    contents = (await call.client.read_resource("cast://the%20play")).contents[0]
    assert isinstance(contents, TextResourceContents)
    assert (contents.text, contents.mime_type) == (toml, "application/toml")
    elsewhere = tmp_path / "cast.toml"
    elsewhere.write_text(toml.replace("Old Man", "Captain"))
    told = await call("narrate", script="Captain: Well.", cast=str(elsewhere), dry_run=True)
    assert told["speakers"] == {"Captain": 1}
    unknown = await call.error("narrate", script="Hello.", cast="no such play")
    assert "the play" in unknown["hint"]
    kept.write_text("[narrator]\nvoice = 5\n")
    assert "has no voice" in (await call.error("narrate", script="Hello.", cast="the play"))["message"]


async def test_a_voice_that_a_cast_uses_is_deleted_only_by_an_approval_that_names_the_cast(settings: Settings) -> None:
    async with connected(settings) as call:
        voice = (await call.approved("design_voice", voice_prompt="A calm man.", preview_text="Hello."))["voice"]
        unused = await call("delete_voice", voice=voice)
        kept = settings.data_dir / "casts" / "play.toml"
        kept.parent.mkdir(parents=True)
        kept.write_text(f'Alice = "{voice}"\n')
        stale = await call.error("delete_voice", voice=voice, approval=unused["approval"]["id"])
        assert (stale["code"], "casts differs" in stale["message"]) == ("approval_invalid", True)
        asked = await call.raw("delete_voice", voice=voice)
        assert "It plays Alice in play" in text_of(asked)
        assert asked.structured_content is not None
        assert asked.structured_content["casts"] == ["Alice in play"]
        approval = asked.structured_content["approval"]["id"]
        assert (await call("delete_voice", voice=voice, approval=approval))["status"] == "deleted"


async def test_one_voice_reads_prose_and_the_output_folder_gets_the_file_and_its_subtitles(
    make_settings: MakeSettings, vendor_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    async with connected(
        make_settings(api_key="sk-test", base_url=vendor_url, output_dir=str(folder)), person=Person()
    ) as call:
        [voice] = await voices(call, 1)
        prose = "# One\n\nTwo and three.\n\nFour."
        told = await call("narrate", script=prose, cast=voice, name="chapter 1", response_format="mp3")
    written = Path(told["audio"]["path"])
    assert (written.parent, written.name.startswith("chapter_1-"), written.suffix) == (folder, True, ".mp3")
    assert {written.with_suffix(suffix).name for suffix in (".mp3", ".srt", ".vtt")} < {
        path.name for path in folder.iterdir()
    }
    assert told["audio"]["mime_type"] == "audio/mpeg"
    assert file_of(told)[:3] in {b"ID3", b"\xff\xfb\x30"} or file_of(told)[0] == 0xFF
    assert file_of({"audio": {"path": told["subtitle_files"]["vtt"]}}).startswith(b"WEBVTT")


@pytest.mark.parametrize("to_folder", [True, False])
@pytest.mark.parametrize("response_format", ["wav", "mp3", "opus"])
async def test_the_file_has_a_title_its_headings_are_chapters_and_each_line_is_a_file_if_asked(
    make_settings: MakeSettings, vendor_url: str, tmp_path: Path, response_format: str, *, to_folder: bool
) -> None:
    folder = {"output_dir": str(tmp_path / "out")} if to_folder else {}
    settings = make_settings(api_key="sk-test", base_url=vendor_url, **folder)
    async with connected(settings, person=Person()) as call:
        [voice] = await voices(call, 1)
        text = "# The *灯台*\n\nIt was lit.\n\n## Morning\n\nTwo words. And more."
        asked = {"script": text, "cast": {"narrator": voice}, "response_format": response_format}
        told = await call("narrate", **asked, line_files=True)
        with soundfile.SoundFile(told["audio"]["path"]) as file:
            assert file.title == "The 灯台"
        cues = await cues_of(call, told["subtitles"]["vtt"])
        samples, rate_hz = sound_of(told)
        starts = starts_of(samples, rate_hz, silence_s=0.7)
        assert max(abs(cue[0] - start) for cue, start in zip(cues, starts, strict=True)) <= 0.05
        chapters = await cues_of(call, told["chapters"]["vtt"])
        assert [title for _, _, title in chapters] == ["The 灯台", "Morning"]
        assert [chapters[0][0], chapters[0][1]] == [cues[0][0], chapters[1][0]] == [cues[0][0], cues[2][0]]
        assert chapters[1][1] == pytest.approx(told["audio"]["duration_s"], abs=0.01)
        assert (told["line_files"]["count"], told["line_files"]["uri"]) == (4, f"{told['audio']['uri']}/lines/{{line}}")
        for line, (start, end, _) in enumerate(cues, 1):
            data = file_of({"audio": {"path": told["line_files"]["path"].format(line=line)}})
            contents = (await call.client.read_resource(f"{told['audio']['uri']}/lines/{line}")).contents[0]
            assert isinstance(contents, BlobResourceContents)
            assert (base64.b64decode(contents.blob), contents.mime_type) == (data, told["audio"]["mime_type"])
            alone, _ = soundfile.read(io.BytesIO(data))
            assert len(alone) / rate_hz == pytest.approx(end - start, abs=0.16)
            whole = samples[round(start * rate_hz) : round(end * rate_hz)]
            assert abs(level_db(alone) - level_db(whole)) < 1.5
        assert to_folder == (tmp_path / "out" in Path(told["line_files"]["path"]).parents)
        without = await call("narrate", **asked)
        assert (without["synthesized_lines"], "line_files" in without) == (0, False)


def level_db(samples: Any) -> float:
    """The level of what is heard in some sound."""
    heard = samples[abs(samples) > HEARD_FROM]
    return 10 * math.log10(float((heard.astype("float64") ** 2).mean()))


async def test_the_same_words_twice_are_bought_once_and_heard_twice(call: Caller, vendor_url: str) -> None:
    [voice] = await voices(call, 1)
    before = usage(vendor_url)["characters"]
    told = await narrated(call, script=[{"text": "Again."}, {"text": "Again."}], cast=voice)
    assert usage(vendor_url)["characters"] == before + len("Again.")
    assert len(starts_of(*sound_of(told), silence_s=0.3)) == 2


async def test_a_long_line_is_cut_at_sentences_and_each_is_in_the_subtitles(call: Caller) -> None:
    [voice] = await voices(call, 1)
    line = " ".join(f"This is sentence number {number} of the paragraph." for number in range(20))
    told = await narrated(call, script=line, cast=voice)
    assert told["lines"] == 1
    cues = await cues_of(call, told["subtitles"]["srt"])
    assert len(cues) > 3
    assert told["audio"]["duration_s"] >= cues[-1][1]


async def test_a_narration_that_a_cap_forbids_is_refused_before_anybody_is_asked(
    make_settings: MakeSettings, vendor_url: str
) -> None:
    person = Person()
    capped = make_settings(api_key="sk-test", base_url=vendor_url, max_characters_per_day="10")
    async with connected(capped, person=person) as call:
        [voice] = await voices(call, 1)
        asked = len(person.asked)
        before = usage(vendor_url)["characters"]
        arguments = {"script": "One.\n\nTwo.\n\nThree.", "cast": voice}
        planned = await call("narrate", **arguments, dry_run=True)
        assert "cap" in planned["problems"][-1]["problem"]
        assert (await call.error("narrate", **arguments))["code"] == "cap_exceeded"
    assert len(person.asked) == asked
    assert usage(vendor_url)["characters"] == before


async def test_an_approval_opens_nothing_but_the_script_it_was_given_for(settings: Settings, vendor_url: str) -> None:
    async with connected(settings) as call:
        voice = (await call.approved("design_voice", voice_prompt="A calm man.", preview_text="Hello."))["voice"]
        first = await call("narrate", script="One.\n\nTwo.", cast=voice)
        before = usage(vendor_url)["characters"]
        other = await call.error("narrate", script="One.\n\nThree.", cast=voice, approval=first["approval"]["id"])
        assert (other["code"], usage(vendor_url)["characters"]) == ("approval_invalid", before)
        assert (await call("narrate", script="One.\n\nTwo.", cast=voice, approval=first["approval"]["id"]))[
            "status"
        ] == "ok"


async def test_the_longest_unused_pieces_leave_the_cache_when_it_is_full(
    make_settings: MakeSettings, vendor_url: str
) -> None:
    async with connected(make_settings(api_key="sk-test", base_url=vendor_url, cache_mb="1"), person=Person()) as call:
        [voice] = await voices(call, 1)
        scripts = ["\n\n".join(line["text"] for line in script_of(14, 1)[half : half + 7]) for half in (0, 7)]
        for script in scripts:
            assert (await call("narrate", script=script, cast=voice))["synthesized_lines"] == 7
        left = [(await call("narrate", script=each, cast=voice, dry_run=True))["cached_lines"] for each in scripts]
        again = await call("narrate", script=f"{scripts[0]}\n\nNever.", cast=voice)
    assert left[0] < left[1] == 7
    assert (again["status"], again["synthesized_lines"]) == ("ok", 8 - left[0])
