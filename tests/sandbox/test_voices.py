"""The life of a voice, and of the account that holds it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from sandbox.asking import ANNOUNCER, SPEECH_MODEL, Asker, Clock, refusal
from sandbox.served import served_sandbox

DAY_S = 86_400


def test_a_designed_voice_is_listed_and_found_with_what_it_was_designed_from(asker: Asker) -> None:
    created = asker.create(language=None).json()
    voice = created["output"]["voice"]
    assert created["usage"] == {"count": 1}
    item = {
        "gmt_create": "2026-11-22 12:00:00",
        "gmt_modified": "2026-11-22 12:00:00",
        "language": "zh",
        "preview_text": "Hello.",
        "target_model": SPEECH_MODEL,
        "voice": voice,
        "voice_prompt": ANNOUNCER,
    }
    assert asker.list() == {"page_index": 0, "page_size": 10, "total_count": 1, "voice_list": [item]}
    assert asker.customize({"action": "query", "voice": voice}).json()["output"] == item


def test_names_carry_the_preferred_name_the_millisecond_in_beijing_and_four_hex_digits(
    asker: Asker, clock: Clock
) -> None:
    clock.now_s += 0.5
    assert re.fullmatch(r"qwen-tts-vd-announcer-voice-20261122120000500-[0-9a-f]{4}", asker.voice())
    assert re.fullmatch(r"qwen-tts-vd-custom-voice-\d{17}-[0-9a-f]{4}", asker.voice(preferred_name=None))


def test_a_voice_that_is_not_there_is_not_found_by_either_action(asker: Asker) -> None:
    voice = asker.voice()
    for action in ("query", "delete"):
        answer = asker.customize({"action": action, "voice": "nobody"})
        assert refusal(answer) == (400, "VoiceNotFound", "Voice not found: nobody")
    assert asker.customize({"action": "delete", "voice": voice}).json()["output"] == {"voice": voice}
    for action in ("query", "delete"):
        assert refusal(asker.customize({"action": action, "voice": voice}))[1] == "VoiceNotFound"


def test_pages_are_the_newest_first_and_together_the_whole_list(asker: Asker) -> None:
    made = [asker.voice() for _ in range(5)]
    pages = [asker.list(page_index=index, page_size=2) for index in range(4)]
    assert [len(page["voice_list"]) for page in pages] == [2, 2, 1, 0]
    assert {(page["page_size"], page["total_count"]) for page in pages} == {(2, 5)}
    assert [item["voice"] for page in pages for item in page["voice_list"]] == made[::-1]
    assert asker.list(page_size=5000)["page_size"] == 1000


def test_the_first_ten_creations_are_free_and_deleting_restores_none(asker: Asker) -> None:
    made = [asker.voice() for _ in range(11)]
    assert asker.usage() == {"voice_creations": 11, "free_quota_used": 10, "characters": 0}
    for voice in made:
        asker.customize({"action": "delete", "voice": voice})
    assert asker.usage() == {"voice_creations": 11, "free_quota_used": 10, "characters": 0}


def test_what_a_description_leaves_open_is_named_in_a_header_and_not_in_the_body(asker: Asker) -> None:
    vague, full = asker.create(voice_prompt="A voice."), asker.create(voice_prompt=FULL)
    assert set(vague.headers["x-voice-design-sandbox-unparsed"].split(",")) >= {"gender", "age", "pitch", "speed"}
    assert "x-voice-design-sandbox-unparsed" not in full.headers
    assert set(vague.json()) == {"output", "usage", "request_id"}


FULL = "A middle-aged male with a low pitch, slow pace, calm emotion and a deep, magnetic timbre, for documentaries."


def test_two_designs_of_one_description_differ(asker: Asker) -> None:
    first, second = (asker.create().json()["output"]["preview_audio"]["data"] for _ in range(2))
    assert first != second


def test_one_voice_always_speaks_alike(asker: Asker) -> None:
    voice = asker.voice()
    spoken = [
        asker.http.get(asker.synthesize(voice).json()["output"]["audio"]["url"], headers={"Authorization": ""}).content
        for _ in range(2)
    ]
    assert spoken[0] == spoken[1]


def test_a_voice_unused_for_a_year_is_gone_and_one_that_spoke_is_not(asker: Asker, clock: Clock) -> None:
    idle, used = asker.voice(), asker.voice()
    clock.now_s += 300 * DAY_S
    assert asker.synthesize(used).status_code == 200
    clock.now_s += 65 * DAY_S
    assert asker.list()["total_count"] == 2
    clock.now_s += 1
    assert [item["voice"] for item in asker.list()["voice_list"]] == [used]
    assert refusal(asker.customize({"action": "query", "voice": idle}))[1] == "VoiceNotFound"


def test_the_thousand_and_first_voice_is_refused_until_one_is_deleted(tmp_path: Path) -> None:
    with served_sandbox(tmp_path, now=Clock()) as base_url, (asker := Asker(base_url)).http:
        fill_up(tmp_path, asker.voice(), 998)
        last = asker.voice()
        assert asker.list()["total_count"] == 1000
        assert refusal(asker.create()) == (
            400,
            "Throttling.AllocationQuota",
            "Maximum voice storage limit exceeded, please delete existing voices.",
        )
        assert asker.usage()["voice_creations"] == 2
        asker.customize({"action": "delete", "voice": last})
        assert asker.create().status_code == 200


def fill_up(state_dir: Path, voice: str, copies: int) -> None:
    """Copies a voice under other names, straight in the file: a thousand creations would take a minute."""
    columns = "family, target_model, language, voice_prompt, preview_text, spec, created_at, used_at"
    with closing(sqlite3.connect(state_dir / "sandbox.sqlite3")) as db, db:
        db.executemany(
            f"INSERT INTO voices (voice, {columns}) SELECT ?, {columns} FROM voices WHERE voice = ?",  # noqa: S608  constants
            [(f"{voice}-{number}", voice) for number in range(copies)],
        )


def test_a_restart_keeps_voices_bills_and_audio(tmp_path: Path) -> None:
    with served_sandbox(tmp_path) as base_url, (first := Asker(base_url)).http:
        voice = first.voice()
        spoken = first.synthesize(voice).json()["output"]["audio"]["url"]
        before = first.usage()
    with served_sandbox(tmp_path) as base_url, (second := Asker(base_url)).http:
        assert second.list()["voice_list"][0]["voice"] == voice
        assert second.usage() == before
        assert second.http.get(spoken.replace(first_origin(spoken), base_url)).status_code == 200
        assert second.synthesize(voice).status_code == 200


def first_origin(url: str) -> str:
    return url.partition("/sandbox/")[0]


def test_reset_forgets_voices_bills_audio_and_faults(asker: Asker) -> None:
    url = asker.synthesize(asker.voice()).json()["output"]["audio"]["url"]
    asker.script({"status": 503})
    assert asker.http.post("/sandbox/reset").json() == {"voice_creations": 0, "free_quota_used": 0, "characters": 0}
    assert asker.list()["total_count"] == 0
    assert asker.http.get(url).status_code == 403
