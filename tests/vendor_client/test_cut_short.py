"""A stream of speech that breaks off at any frame, in any way: an error that says what had come, no hang, never a whole."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vendor_client.asking import http
from vendor_client.speaking import COSYVOICE, REALTIME, VOICE, heard, sound_of, stream
from vendor_client.talker import Conversation, Cut, Line, Talker, inference, realtime
from voice_design_mcp.dashscope.http import Timeouts
from voice_design_mcp.dashscope.inference import InferenceDialogue
from voice_design_mcp.dashscope.realtime import RealtimeDialogue
from voice_design_mcp.errors import (
    ConnectionLostError,
    DeadlineError,
    UnavailableError,
    UpstreamError,
    VoiceDesignError,
)

IMPATIENT = Timeouts(silence_s=1.0, greet_s=1.0, close_s=0.3)
"""For a peer that falls silent. Long enough for thirty conversations at once on a busy machine."""
SENTENCES = ([b"one ", b"two "], [b"three "], [b"four ", b"five"])
TALKS: dict[str, tuple[Conversation, int, int]] = {
    REALTIME: (realtime(*SENTENCES, characters=7), 2 + 3 * 8 + 5 + 1, 2),
    COSYVOICE: (inference(*SENTENCES, characters=7), 1 + 3 * 2 + 5 * 2 + 1, 1),
}
"""By model: the conversation, how many frames the server says in it, and how many of them come before it has the text."""
ENDINGS: dict[str, type[UpstreamError]] = {
    "close-1000": ConnectionLostError,
    "close-1001": ConnectionLostError,
    "close-1011 oops": UnavailableError,
    "drop": ConnectionLostError,
    "nonsense": ConnectionLostError,
    "reset": ConnectionLostError,
    "hold": DeadlineError,
}


async def broken_off(model: str, cut: Cut) -> tuple[bytes, VoiceDesignError | None, Line]:
    talking = TALKS[model][0]
    timeouts = IMPATIENT if cut.ending == "hold" else Timeouts()
    async with Talker(talking, cut=cut) as talker, http(talker.origin, timeouts=timeouts) as client:
        pieces, error = await heard(stream(client, model))
        assert not any(piece.finished for piece in pieces)
        return sound_of(pieces), error, talker.lines[0]


@pytest.mark.parametrize("model", TALKS)
async def test_a_conversation_that_is_not_cut_is_whole(model: str) -> None:
    talking, frames, _ = TALKS[model]
    async with Talker(talking) as talker, http(talker.origin) as client:
        pieces, error = await heard(stream(client, model))
    assert (error, talker.lines[0].sent) == (None, frames)
    assert [piece.finished for piece in pieces] == [False] * 5 + [True]
    assert sound_of(pieces) == b"one two three four five"


@pytest.mark.parametrize("model", TALKS)
@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_cut_at_any_frame_is_an_error_that_says_what_had_come(model: str, ending: str) -> None:
    _, frames, before_text = TALKS[model]
    outcomes = await asyncio.gather(*(broken_off(model, Cut(index, ending)) for index in range(frames)))
    for index, (sound, error, line) in enumerate(outcomes):
        assert type(error) is ENDINGS[ending], index
        assert isinstance(error, UpstreamError)
        assert error.received_bytes == len(sound) <= line.sound_sent
        if ending != "reset":  # which may overtake what was sent before it
            assert len(sound) == line.sound_sent
        if index < before_text:
            assert (error.billed, error.characters) == ("no", None)
        elif error.characters:
            assert (error.billed, error.characters % 7) == ("yes", 0)
        else:
            assert error.billed == "maybe"
        assert (f"{len(sound)} bytes of sound had come" in error.message) == bool(sound)
    counted = [error.characters or 0 for _, error, _ in outcomes if isinstance(error, UpstreamError)]
    assert ending == "reset" or (counted == sorted(counted) and counted[-1] == 21)


def endless(model: str) -> Conversation:
    """Speaks without end, never silent for long enough to be given up for that."""

    async def converse(line: Line) -> None:
        if model == REALTIME:
            await line.say(type="session.created")
            await line.hear()
            await line.say(type="session.updated")
        else:
            await line.hear()
            await line.say(header={"event": "task-started"})
        while True:
            await (line.say(type="response.audio.delta", delta="YWI=") if model == REALTIME else line.sound(b"ab"))
            await asyncio.sleep(0)

    return converse


@pytest.mark.parametrize("model", TALKS)
async def test_the_whole_of_a_stream_has_a_deadline_of_its_own(model: str) -> None:
    limits = Timeouts(purchase_total_s=0.5)
    async with Talker(endless(model)) as talker, http(talker.origin, timeouts=limits) as client:
        pieces, error = await heard(stream(client, model))
    assert isinstance(error, DeadlineError)
    assert error.received_bytes == len(sound_of(pieces)) > 0
    assert (error.billed, error.characters) == ("maybe", None)


@pytest.mark.parametrize("model", TALKS)
async def test_whoever_stops_listening_leaves_no_connection_behind(model: str) -> None:
    async with Talker(TALKS[model][0]) as talker, http(talker.origin) as client:
        async with aclosing(stream(client, model)) as pieces:
            assert (await anext(pieces)).audio == b"one "
        await asyncio.wait_for(gone(talker), 10)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "websocket"]


@pytest.mark.parametrize("model", TALKS)
async def test_a_task_that_is_cancelled_while_it_listens_leaves_no_connection_behind(model: str) -> None:
    started = asyncio.Event()

    async def listen(pieces: Any) -> None:
        async with aclosing(pieces):
            async for _ in pieces:
                started.set()

    async with Talker(TALKS[model][0], cut=Cut(8, "hold")) as talker, http(talker.origin) as client:
        listening = asyncio.create_task(listen(stream(client, model)))
        await started.wait()
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
        await asyncio.wait_for(gone(talker), 10)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "websocket"]


@pytest.mark.parametrize("model", TALKS)
async def test_pieces_may_be_fetched_by_one_task_after_another(model: str) -> None:
    async with Talker(TALKS[model][0]) as talker, http(talker.origin) as client:
        pieces = stream(client, model)
        sound = b""
        while not (piece := await asyncio.create_task(anext(pieces))).finished:  # pyright: ignore[reportArgumentType] it is a coroutine
            sound += piece.audio
        await asyncio.create_task(pieces.aclose())  # pyright: ignore[reportArgumentType] it is a coroutine
    assert sound == b"one two three four five"


async def test_a_line_that_takes_nothing_any_more_is_let_go_in_its_time() -> None:
    async def deaf(line: Line) -> None:
        run = await line.hear()
        await line.say(header={"task_id": run["header"]["task_id"], "event": "task-started"}, payload={})
        await asyncio.Event().wait()

    limits = Timeouts(purchase_total_s=0.5, close_s=0.3)
    async with Talker(deaf) as talker, http(talker.origin, timeouts=limits) as client:
        _, error = await heard(stream(client, COSYVOICE, ["x" * 1_000_000] * 20))
    assert isinstance(error, DeadlineError)
    assert error.billed == "maybe"
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "websocket"]


async def gone(talker: Talker) -> None:
    """Until the client has left every line."""
    while not all(line.reader.at_eof() for line in talker.lines):
        for line in talker.lines:
            await line.reader.read(65536)


async def test_an_end_before_the_whole_text_is_out_is_no_end() -> None:
    created, updated, finished = (f'{{"type": "session.{each}"}}' for each in ("created", "updated", "finished"))
    for before in ([], [created], [created, updated]):
        dialogue = RealtimeDialogue(model=REALTIME, session={}, parts=["a", "b"], new_id=lambda: "-")
        turns = [dialogue.hear(frame) for frame in (*before, finished)]
        assert (turns[-1].finished, bool(turns[-1].odd)) == (False, True)
    task = InferenceDialogue(model=COSYVOICE, parameters={}, parts=["a"], task_id="-")
    turn = task.hear('{"header": {"event": "task-finished"}}')
    assert (turn.finished, bool(turn.odd)) == (False, True)


async def test_a_start_that_is_said_twice_does_not_say_the_text_twice() -> None:
    session = RealtimeDialogue(model=REALTIME, session={}, parts=["a"], new_id=lambda: "-")
    task = InferenceDialogue(model=COSYVOICE, parameters={}, parts=["a"], task_id="-")
    for dialogue, start in (
        (session, '{"type": "session.updated"}'),
        (task, '{"header": {"event": "task-started"}}'),
    ):
        assert [len(dialogue.hear(start).send) for _ in range(3)] == [2, 0, 0]


def test_sound_without_a_text_is_odd() -> None:
    task = InferenceDialogue(model=COSYVOICE, parameters={}, parts=["a"], task_id="-")
    turn = task.hear(b"sound")
    assert (turn.audio, bool(turn.odd)) == (b"", True)


WORDS = st.sampled_from(
    ["type", "session.created", "session.updated", "session.finished", "response.audio.delta", "response.done", "error",
     "delta", "response", "usage", "characters", "status", "failed", "code", "message", "header", "event", "task-started",
     "task-finished", "task-failed", "result-generated", "payload", "output", "attributes", "request_uuid", "UklGRg=="]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(), inner, max_size=5),
    max_leaves=15,
)


@given(frames=st.lists(JSON.map(json.dumps) | st.text() | st.binary(), max_size=8))
@settings(deadline=None, max_examples=300)
def test_whatever_frames_come_a_dialogue_answers_with_a_turn(frames: list[str | bytes]) -> None:
    for dialogue in (
        RealtimeDialogue(model=REALTIME, session={"voice": VOICE}, parts=["a", "b"], new_id=lambda: "-"),
        InferenceDialogue(model=COSYVOICE, parameters={}, parts=["a", "b"], task_id="-"),
    ):
        for frame in frames:
            turn = dialogue.hear(frame)
            assert not (turn.finished and not dialogue.text_sent)
            assert not (turn.audio and turn.odd)
            assert dialogue.characters is None or dialogue.characters >= 0
