"""The second family: its voices, its limits, its quota, and the review that a voice goes through."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.asking import ANNOUNCER, AUDIO_MODEL, COSY_MODEL, CUSTOMIZATION, Asker, Clock, refusal
from sandbox.served import served_sandbox

NOT_THERE = (400, "BadRequest.ResourceNotExist", "The Required resource does not exist.")
TARGETS = [
    *("qwen-audio-3.1-tts-plus", "qwen-audio-3.1-tts-flash", "qwen-audio-3.0-tts-plus", "qwen-audio-3.0-tts-flash"),
    *("cosyvoice-v3.5-plus", "cosyvoice-v3.5-flash", "cosyvoice-v3-plus", "cosyvoice-v3-flash"),
]


def test_a_designed_voice_is_listed_and_found_with_what_it_was_designed_from(asker: Asker) -> None:
    created = asker.enroll().json()
    voice_id = created["output"]["voice_id"]
    assert (created["output"]["target_model"], created["usage"]) == (COSY_MODEL, {"count": 1})
    item = {
        "voice_id": voice_id,
        "gmt_create": "2026-11-22 12:00:00",
        "gmt_modified": "2026-11-22 12:00:00",
        "status": "OK",
        "voice_prompt": ANNOUNCER,
        "preview_text": "Good evening, everyone.",
    }
    assert asker.enrolled_list() == [item]
    found = asker.enrollment({"action": "query_voice", "voice_id": voice_id}).json()
    assert (found["output"], found["usage"]) == (item | {"target_model": COSY_MODEL}, {})


@pytest.mark.parametrize("target_model", TARGETS)
def test_each_of_the_eight_models_gets_voices_named_after_it(asker: Asker, target_model: str) -> None:
    voice_id = asker.enrolled(target_model=target_model, prefix="Abc123")
    assert re.fullmatch(rf"{re.escape(target_model)}-vd-Abc123-[0-9a-f]{{32}}", voice_id)


def test_creation_is_free_and_counts_against_no_quota_but_its_own(asker: Asker) -> None:
    asker.enrolled()
    assert asker.usage() == {"voice_creations": 0, "free_quota_used": 0, "characters": 0}
    assert asker.list()["total_count"] == 0
    asker.voice()
    assert len(asker.enrolled_list()) == 1


def test_the_families_do_not_know_each_other_s_voices(asker: Asker) -> None:
    assert refusal(asker.enrollment({"action": "query_voice", "voice_id": asker.voice()})) == NOT_THERE
    assert refusal(asker.customize({"action": "query", "voice": asker.enrolled()}))[1] == "VoiceNotFound"


def test_a_deleted_voice_is_gone_and_a_missing_one_is_told_so_by_every_action(asker: Asker) -> None:
    voice_id = asker.enrolled()
    answer = asker.enrollment({"action": "delete_voice", "voice_id": voice_id}).json()
    assert (answer["output"], answer["usage"]) == ({}, {"count": 1})
    for action in ("query_voice", "delete_voice", "update_voice"):
        asked = {"action": action, "voice_id": voice_id, "url": "https://example.test/a.wav"}
        assert refusal(asker.enrollment(asked)) == NOT_THERE


def test_a_designed_voice_cannot_be_updated(asker: Asker) -> None:
    asked = {"action": "update_voice", "voice_id": asker.enrolled(), "url": "https://example.test/a.wav"}
    status, code, message = refusal(asker.enrollment(asked))
    assert (status, code, "designed" in message) == (400, "InvalidParameter", True)


def test_a_list_is_filtered_by_the_given_prefix_and_never_by_the_model_s_name(asker: Asker) -> None:
    news, newsroom, other = (asker.enrolled(prefix=prefix) for prefix in ("news", "newsroom", "other"))
    assert [item["voice_id"] for item in asker.enrolled_list(prefix="news")] == [newsroom, news]
    assert asker.enrolled_list(prefix="cosyvoice") == []
    assert [item["voice_id"] for item in asker.enrolled_list(prefix="")] == [other, newsroom, news]
    assert [item["voice_id"] for item in asker.enrolled_list(page_size=2, page_index=1)] == [news]
    assert asker.enrolled_list(page_index=10**30) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"voice_prompt": "a" * 500},
        {"preview_text": "a" * 15},
        {"preview_text": "a" + " " * 199},
        {"preview_text": "各位听众朋友，大家好，欢迎收听今天的节目。", "voice_prompt": "沉稳的中年男性播音员"},
        {"prefix": "a"},
        {"prefix": "0123456789"},
        {"language_hints": ["en"]},
        {"language_hints": ["zh", "xx"]},
        {"language_hints": []},
        {"url": None},
        {"url": "", "audio": ""},
        {"surprise": {"a": [1]}},
    ],
)
def test_a_create_within_the_limits_is_served(asker: Asker, changes: dict[str, Any]) -> None:
    assert asker.enroll(**changes).status_code == 200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"voice_prompt": "a" * 501}, "voice_prompt"),
        ({"voice_prompt": ""}, "voice_prompt"),
        ({"voice_prompt": "Спокойный мужской голос"}, "voice_prompt"),
        ({"voice_prompt": None}, "provide url, or provide both voice_prompt and preview_text"),
        ({"voice_prompt": 5}, "voice_prompt"),
        ({"preview_text": "a" * 201}, "preview_text"),
        ({"preview_text": "a" * 14}, "preview_text should not be shorter than 15 characters"),
        ({"preview_text": None}, "provide url, or provide both voice_prompt and preview_text"),
        ({"preview_text": "Добрый вечер, дорогие слушатели"}, "preview_text"),
        ({"prefix": None}, "prefix"),
        ({"prefix": ""}, "prefix"),
        ({"prefix": "12345678901"}, "prefix"),
        ({"prefix": "with_line"}, "prefix"),
        ({"prefix": "a\n"}, "prefix"),
        ({"prefix": "é"}, "prefix"),
        ({"language_hints": ["de"]}, "language_hints"),
        ({"language_hints": "en"}, "language_hints"),
        ({"language_hints": [1]}, "language_hints"),
        ({"target_model": "qwen3-tts-vd-2026-01-26"}, "target_model"),
        ({"target_model": None}, "target_model"),
        ({"url": "https://example.test/a.wav"}, "url"),
        ({"url": 7}, "url"),
    ],
)
def test_a_create_beyond_a_limit_is_refused_and_stores_nothing(
    asker: Asker, changes: dict[str, Any], message: str
) -> None:
    status, code, told = refusal(asker.enroll(**changes))
    assert (status, code) == (400, "InvalidParameter")
    assert message in told
    assert asker.enrolled_list() == []


@pytest.mark.parametrize("rate_hz", [16000, 24000, 48000])
@pytest.mark.parametrize("response_format", ["pcm", "wav", "mp3"])
def test_a_preview_comes_in_the_asked_format_and_rate(asker: Asker, response_format: str, rate_hz: int) -> None:
    parameters = {"sample_rate": rate_hz, "response_format": response_format}
    audio = asker.enroll(parameters=parameters).json()["output"]["preview_audio"]
    assert {name: audio[name] for name in parameters} == parameters
    assert len(audio["data"]) > 1000


@pytest.mark.parametrize(
    "parameters", [{"sample_rate": 8000}, {"sample_rate": 22050}, {"sample_rate": "24000"}, {"response_format": "opus"}]
)
def test_this_family_has_no_opus_and_no_8_khz(asker: Asker, parameters: dict[str, Any]) -> None:
    status, code, message = refusal(asker.enroll(parameters=parameters))
    assert (status, code) == (400, "InvalidParameter")
    assert next(iter(parameters)) in message


@pytest.mark.parametrize("changes", [{"voice_prompt": "A calm man [sandbox:inappropriate]."}])
def test_a_marked_text_is_refused_by_moderation(asker: Asker, changes: dict[str, Any]) -> None:
    assert refusal(asker.enroll(**changes))[1] == "DataInspectionFailed"


@pytest.mark.parametrize(
    "asked",
    [
        *({}, {"action": "create"}, {"action": "query_voice"}, {"action": "delete_voice", "voice_id": 1}),
        *({"action": "update_voice", "voice_id": "a"}, {"action": "list_voice", "page_size": 0}),
        *({"action": "list_voice", "page_index": -1}, {"action": "list_voice", "prefix": 1}),
    ],
)
def test_an_action_that_is_none_is_refused(asker: Asker, asked: dict[str, Any]) -> None:
    body = json.dumps({"model": "voice-enrollment", "input": asked})
    assert refusal(asker.http.post(CUSTOMIZATION, content=body))[:2] == (400, "InvalidParameter")


def test_a_voice_is_in_review_for_as_many_queries_as_were_scripted(asker: Asker, clock: Clock) -> None:
    asker.review({"queries": 2})
    voice_id, next_one = asker.enrolled(), asker.enrolled()
    assert [item["status"] for item in asker.enrolled_list()] == ["OK", "DEPLOYING"]
    clock.now_s += 60
    assert [asker.status(voice_id) for _ in range(4)] == ["DEPLOYING", "DEPLOYING", "OK", "OK"]
    assert asker.status(next_one) == "OK"
    item = next(item for item in asker.enrolled_list() if item["voice_id"] == voice_id)
    assert (item["gmt_create"], item["gmt_modified"]) == ("2026-11-22 12:00:00", "2026-11-22 12:01:00")


def test_a_voice_is_in_review_until_it_is_released_and_may_be_rejected(asker: Asker) -> None:
    asker.review({"queries": None, "times": 2}, {"queries": None, "outcome": "UNDEPLOYED"}, {"outcome": "UNDEPLOYED"})
    voices = [asker.enrolled() for _ in range(4)]
    for _ in range(3):
        assert [asker.status(voice_id) for voice_id in voices] == ["DEPLOYING"] * 3 + ["UNDEPLOYED"]
    assert asker.http.get("/sandbox/review").json() == {"reviews": [], "deploying": 3}
    assert asker.http.post("/sandbox/review/release").json() == {"released": 3}
    assert [asker.status(voice_id) for voice_id in voices] == ["OK", "OK", "UNDEPLOYED", "UNDEPLOYED"]


def test_what_is_left_of_the_reviews_is_shown_and_can_be_cleared(asker: Asker) -> None:
    asker.review({"queries": 3, "times": 5}, {"outcome": "UNDEPLOYED"})
    asker.enrolled()
    left = asker.http.get("/sandbox/review").json()["reviews"]
    assert left == [{"queries": 3, "times": 4}, {"outcome": "UNDEPLOYED"}]
    assert asker.http.delete("/sandbox/review").json() == {"reviews": [], "deploying": 1}
    assert asker.status(asker.enrolled()) == "OK"


def test_a_create_that_is_refused_takes_no_review(asker: Asker) -> None:
    asker.review({"outcome": "UNDEPLOYED"})
    assert asker.enroll(prefix="").status_code == 400
    assert asker.status(asker.enrolled()) == "UNDEPLOYED"


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("{", "Invalid JSON"),
        ('[{"outcome": "MAYBE"}]', "reviews[0].outcome"),
        ('[{}, {"queries": -1}]', "reviews[1].queries"),
        ('[{"queries": "1"}]', "reviews[0].queries"),
        ('[{"times": 0}]', "reviews[0].times"),
        ('[{"colour": 1}]', "reviews[0].colour"),
    ],
)
def test_a_review_script_that_is_none_is_refused_in_words(asker: Asker, script: str, problem: str) -> None:
    answer = asker.http.post("/sandbox/review", content=script)
    assert answer.status_code == 400
    assert problem in " ".join(answer.json()["problems"])
    assert asker.http.get("/sandbox/review").json()["reviews"] == []


@pytest.mark.parametrize("path", ["/sandbox/review", "/sandbox/review/release"])
def test_another_site_s_page_cannot_steer_the_reviews(asker: Asker, path: str) -> None:
    answer = asker.http.post(path, content='[{"queries": 1}]', headers={"Origin": "http://elsewhere.test"})
    assert answer.status_code == 403


def test_the_thousand_and_first_voice_is_refused_although_the_other_family_has_room(tmp_path: Path) -> None:
    with served_sandbox(tmp_path, now=Clock()) as base_url, (asker := Asker(base_url)).http:
        fill_up(tmp_path, asker.enrolled(), 998)
        asker.enrolled()
        assert refusal(asker.enroll()) == (400, "Throttling.AllocationQuota", "Your current quota is 1000")
        assert asker.create().status_code == 200


def fill_up(state_dir: Path, voice: str, copies: int) -> None:
    """Copies a voice under other names, straight in the file."""
    columns = "family, target_model, language, voice_prompt, preview_text, spec, created_at, used_at, modified_at"
    with closing(sqlite3.connect(state_dir / "sandbox.sqlite3")) as db, db:
        db.executemany(
            f"INSERT INTO voices (voice, {columns}) SELECT ?, {columns} FROM voices WHERE voice = ?",  # noqa: S608  constants
            [(f"{voice}-{number}", voice) for number in range(copies)],
        )


def test_a_restart_keeps_reviews_as_they_stand(tmp_path: Path) -> None:
    with served_sandbox(tmp_path) as base_url, (first := Asker(base_url)).http:
        first.review({"queries": 2, "outcome": "UNDEPLOYED"})
        voice_id = first.enrolled(target_model=AUDIO_MODEL)
        assert first.status(voice_id) == "DEPLOYING"
    with served_sandbox(tmp_path) as base_url, (second := Asker(base_url)).http:
        assert [second.status(voice_id) for _ in range(2)] == ["DEPLOYING", "UNDEPLOYED"]


def test_a_folder_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "sandbox.sqlite3")) as db, db:
        db.executescript(FIRST_VERSION)
    with served_sandbox(tmp_path, now=Clock()) as base_url, (asker := Asker(base_url)).http:
        assert [item["voice"] for item in asker.list()["voice_list"]] == ["old"]
        assert asker.list()["voice_list"][0]["gmt_modified"] == "2026-11-22 12:00:00"
        assert asker.enrolled_list() == []


FIRST_VERSION = """
CREATE TABLE account (id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL, designs INTEGER NOT NULL DEFAULT 0,
    voice_creations INTEGER NOT NULL DEFAULT 0, free_quota_used INTEGER NOT NULL DEFAULT 0,
    characters INTEGER NOT NULL DEFAULT 0);
CREATE TABLE voices (serial INTEGER PRIMARY KEY AUTOINCREMENT, family TEXT NOT NULL, voice TEXT NOT NULL UNIQUE,
    target_model TEXT NOT NULL, language TEXT NOT NULL, voice_prompt TEXT NOT NULL, preview_text TEXT NOT NULL,
    spec TEXT NOT NULL, created_at REAL NOT NULL, used_at REAL NOT NULL);
INSERT INTO account (id, secret) VALUES (1, randomblob(32));
INSERT INTO voices VALUES (1, 'qwen', 'old', 'qwen3-tts-vd-2026-01-26', 'en', 'p', 't', '{}', 1795320000, 1795320000);
PRAGMA user_version = 1;
"""
