"""Every answer in which something speaks says which engine did, and why it is not the one that a voice was designed for."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from sandbox.asking import Asker
from sandbox.served import served_sandbox
from voice_design_mcp.sandbox.engine import seam

ENGINE, NOTE = "x-voice-design-sandbox-engine", "x-voice-design-sandbox-note"
TEXT = "Good evening."


@pytest.fixture
def without_the_natural_engine(tmp_path: Path) -> Generator[Asker]:
    """A sandbox that may choose, and was given a model that is not there."""
    options = {"engine": "auto", "kokoro_model": tmp_path / "nowhere.onnx"}
    with served_sandbox(tmp_path / "state", **options) as base_url:
        asker = Asker(base_url)
        with asker.http:
            yield asker


def said(answer: httpx2.Response) -> tuple[str | None, str | None]:
    assert answer.status_code == 200, answer.text
    return answer.headers.get(ENGINE), answer.headers.get(NOTE)


def become_natural(state_dir: Path) -> None:
    """The stored voices were designed with the natural engine, by a program that still had it."""
    spec = seam.design("A calm woman", 0, seam.NEURAL).to_json()
    with closing(sqlite3.connect(state_dir / "sandbox.sqlite3")) as db, db:
        assert db.execute("UPDATE voices SET spec = ?", (spec,)).rowcount == 1


def test_each_answer_with_a_voice_in_it_names_the_engine_that_spoke(asker: Asker) -> None:
    created = asker.create()
    assert said(created) == (seam.FORMANT, None)
    voice = created.json()["output"]["voice"]
    assert said(asker.synthesize(voice, TEXT)) == (seam.FORMANT, None)
    assert said(asker.synthesize(voice, TEXT, sse=True)) == (seam.FORMANT, None)


def test_an_answer_in_which_nothing_spoke_names_no_engine(asker: Asker) -> None:
    assert said(asker.customize({"action": "list"})) == (None, None)


def test_a_sandbox_that_was_given_a_model_it_cannot_use_says_so(without_the_natural_engine: Asker) -> None:
    engine, note = said(without_the_natural_engine.create())
    assert engine == seam.FORMANT
    assert note is not None
    assert "natural engine is not taken" in note
    assert "nowhere" not in note


@pytest.mark.parametrize("sse", [False, True], ids=["whole", "streamed"])
def test_a_voice_whose_engine_is_gone_is_spoken_all_the_same_and_the_answer_says_by_whom(
    without_the_natural_engine: Asker, tmp_path: Path, *, sse: bool
) -> None:
    voice = without_the_natural_engine.voice()
    become_natural(tmp_path / "state")
    engine, note = said(without_the_natural_engine.synthesize(voice, TEXT, sse=sse))
    assert engine == seam.FORMANT
    assert note is not None
    assert "designed for the natural engine" in note


def test_a_sandbox_that_must_speak_naturally_and_cannot_refuses_before_billing(tmp_path: Path) -> None:
    options = {"engine": "neural", "kokoro_model": tmp_path / "nowhere.onnx"}
    with served_sandbox(tmp_path / "state", **options) as base_url:
        asker = Asker(base_url)
        with asker.http:
            answer = asker.create()
            assert answer.status_code == 400
            assert "natural voice cannot speak" in answer.json()["message"]
            assert asker.usage()["voice_creations"] == 0


@pytest.mark.extras
def test_where_it_is_installed_the_natural_engine_designs_and_speaks(tmp_path: Path) -> None:
    with served_sandbox(tmp_path, engine="auto") as base_url:
        asker = Asker(base_url)
        with asker.http:
            created = asker.create()
            assert said(created) == (seam.NEURAL, None)
            assert said(asker.synthesize(created.json()["output"]["voice"], "Yes.", sse=True)) == (seam.NEURAL, None)
