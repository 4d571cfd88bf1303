"""The worker process ends with its listener, and a worker that fails is replaced once, then reported."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from voice_design_mcp.sandbox.engine import espeak, seam
from voice_design_mcp.sandbox.engine.data_folder import DATA_NAME, DataFolder

SPEC = seam.design("A calm woman", 0)
LONG_TEXT = "The weather today is bright and clear. Tomorrow it may rain a little. " * 40
UTTERANCE = espeak.Utterance("Hello.", "en-us", "language variant\nname plain\n", 150)

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc to find the worker")


def workers() -> set[int]:
    """The processes that this one has started and not yet buried, whichever thread started them."""
    listed = " ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children"))
    return {pid for pid in map(int, listed.split()) if b"worker.py" in Path(f"/proc/{pid}/cmdline").read_bytes()}


@on_linux
def test_closing_the_stream_ends_the_process() -> None:
    before = workers()
    blocks = seam.speak(SPEC, LONG_TEXT, "en")
    next(blocks)
    assert len(workers() - before) == 1
    blocks.close()
    assert workers() == before


@on_linux
def test_dropping_the_stream_ends_the_process() -> None:
    before = workers()
    blocks = seam.speak(SPEC, LONG_TEXT, "en")
    next(blocks)
    del blocks
    assert workers() == before


@on_linux
def test_a_worker_that_dies_is_replaced_and_nobody_hears_it() -> None:
    undisturbed = seam.speak_whole(SPEC, LONG_TEXT, "en")
    before = workers()
    blocks = seam.speak(SPEC, LONG_TEXT, "en")
    heard = [next(blocks) for _ in range(5)]
    (worker,) = workers() - before
    os.kill(worker, signal.SIGKILL)
    heard += blocks
    assert np.array_equal(np.concatenate(heard), undisturbed)
    assert workers() == before


@on_linux
def test_a_second_death_is_reported() -> None:
    before = workers()
    blocks = seam.speak(SPEC, LONG_TEXT, "en")
    next(blocks)
    (first,) = workers() - before
    os.kill(first, signal.SIGKILL)
    heard_s = 0.0
    while not (second := workers() - before - {first}):
        heard_s += len(next(blocks)) / seam.SAMPLE_RATE_HZ
    os.kill(second.pop(), signal.SIGKILL)
    with pytest.raises(seam.EngineError, match="offline voice failed"):
        list(blocks)
    assert heard_s < 60
    assert workers() == before


@on_linux
def test_a_worker_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = seam.speak_whole(SPEC, LONG_TEXT, "en")
    monkeypatch.setattr(espeak, "STALL_S", 2.0)
    before = workers()
    blocks = seam.speak(SPEC, LONG_TEXT, "en")
    heard = [next(blocks)]
    os.kill((workers() - before).pop(), signal.SIGSTOP)
    assert np.array_equal(np.concatenate([*heard, *blocks]), undisturbed)
    assert workers() == before


def test_missing_data_is_named(tmp_path: Path) -> None:
    broken = replace(espeak.installed(), data=DataFolder(tmp_path))
    with pytest.raises(seam.EngineError, match="its data cannot be read"):
        list(espeak.pcm(UTTERANCE, broken))


def test_a_trouble_of_the_system_is_told_without_its_paths(tmp_path: Path) -> None:
    broken = replace(espeak.installed(), data=DataFolder(tmp_path / "nowhere"))
    with pytest.raises(seam.EngineError, match="offline voice failed") as caught:
        list(espeak.pcm(UTTERANCE, broken))
    assert "nowhere" not in str(caught.value)


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    broken = replace(espeak.installed(), library=str(tmp_path / "nothing.so"))
    with pytest.raises(seam.EngineError, match="its library cannot be loaded"):
        list(espeak.pcm(UTTERANCE, broken))


def test_an_unknown_voice_is_named() -> None:
    with pytest.raises(seam.EngineError, match="does not have this voice"):
        list(espeak.pcm(replace(UTTERANCE, voice="tlh"), espeak.installed()))


def test_the_data_folder_is_made_again_when_something_cleans_it_away() -> None:
    installed = espeak.installed()
    source = (installed.data.home() / DATA_NAME / "phontab").resolve().parent
    own = replace(installed, data=DataFolder(source))
    first = b"".join(espeak.pcm(UTTERANCE, own))
    shutil.rmtree(own.data.home())
    assert b"".join(espeak.pcm(UTTERANCE, own)) == first
    assert first


def test_the_data_folder_works_where_links_are_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = espeak.installed()
    source = (installed.data.home() / DATA_NAME / "phontab").resolve().parent

    def refuse(*_: object, **__: object) -> None:
        raise OSError(1314, "A required privilege is not held by the client")

    linked = b"".join(espeak.pcm(UTTERANCE, replace(installed, data=DataFolder(source))))
    monkeypatch.setattr(Path, "symlink_to", refuse)
    copied = replace(installed, data=DataFolder(source))
    assert b"".join(espeak.pcm(UTTERANCE, copied)) == linked
    assert not (copied.data.home() / DATA_NAME / "phontab").is_symlink()


def test_what_a_killed_process_left_is_cleared_away_a_day_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (espeak.installed().data.home() / DATA_NAME / "phontab").resolve().parent
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, live = DataFolder(source).home(), DataFolder(source).home()
    yesterday = time.time() - 25 * 3600
    os.utime(left / DATA_NAME / "voices" / "!v", (yesterday, yesterday))
    own = DataFolder(source).home()
    assert set(tmp_path.iterdir()) == {live, own}


def test_no_voice_variant_outlives_its_speech() -> None:
    seam.speak_whole(SPEC, "Hello.", "en")
    assert list((espeak.installed().data.home() / DATA_NAME / "voices" / "!v").iterdir()) == []
