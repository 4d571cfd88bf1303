"""Faults on demand: what each does to the answer, and what it leaves billed."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from starlette.responses import Response

from sandbox.asking import GENERATION, SPEECH_MODEL, Asker, refusal
from sandbox.served import served_sandbox
from voice_design_mcp.sandbox.app import sandbox_app
from voice_design_mcp.sandbox.script import FaultScript


def create_outcome(asker: Asker) -> str:
    """What a client sees of a create: the status of an answer it can read, or what broke."""
    try:
        answer = asker.create()
        answer.json()
    except httpx2.TransportError as error:
        return type(error).__name__
    except ValueError:
        return "unreadable"
    return str(answer.status_code)


@pytest.mark.parametrize(
    ("fault", "outcome", "billed"),
    [
        ({"status": 503}, "503", 0),
        ({"status": 500, "when": "after"}, "500", 1),
        ({"status": 429, "code": "Throttling", "headers": {"Retry-After": "1"}}, "429", 0),
        ({"code": "InvalidParameter", "message": "inside a 200"}, "200", 0),
        ({"body": "oops"}, "unreadable", 0),
        ({"status": 400, "body": ""}, "unreadable", 0),
        ({"action": "reset"}, "ReadError", 0),
        ({"action": "reset", "when": "after"}, "ReadError", 1),
        ({"action": "truncate"}, "RemoteProtocolError", 0),
        ({"action": "truncate", "when": "after"}, "RemoteProtocolError", 1),
        ({"action": "garbage"}, "unreadable", 0),
        ({"action": "garbage", "when": "after"}, "unreadable", 1),
        ({"action": "wrong_length"}, "unreadable", 0),
        ({"action": "wrong_length", "when": "after"}, "unreadable", 1),
        ({"action": "wrong_length", "when": "after", "status": 502, "body": "{}x"}, "unreadable", 1),
        ({"action": "drip"}, "200", 1),
        ({"action": "answer", "delay_s": 0.001}, "200", 1),
    ],
)
def test_a_fault_spoils_one_create_and_bills_only_what_took_place(
    asker: Asker, fault: dict[str, Any], outcome: str, billed: int
) -> None:
    asker.script({"match": {"operation": "create"}} | fault)
    assert create_outcome(asker) == outcome
    assert asker.usage()["voice_creations"] == asker.list()["total_count"] == billed
    assert create_outcome(asker) == "200"


def test_each_fault_meets_the_operation_it_names_and_no_other(asker: Asker) -> None:
    ask: dict[str, Callable[[], httpx2.Response]] = {
        "create": asker.create,
        "list": lambda: asker.customize({"action": "list"}),
        "query": lambda: asker.customize({"action": "query", "voice": "nobody"}),
        "synthesize": lambda: asker.synthesize("nobody"),
        "models": lambda: asker.http.get("/api/v1/models"),
        "audio": lambda: asker.http.get("/sandbox/audio/nothing"),
        "delete": lambda: asker.customize({"action": "delete", "voice": "nobody"}),
    }
    own_status = {operation: 510 + index for index, operation in enumerate(ask)}
    asker.script(*({"match": {"operation": name}, "status": status} for name, status in own_status.items()))
    assert {name: ask[name]().status_code for name in reversed(ask)} == own_status
    assert asker.http.get("/sandbox/faults").json() == {"faults": [], "held": 0}
    assert asker.usage()["voice_creations"] == 0


def test_faults_come_in_order_as_often_as_they_say_and_show_what_is_left(asker: Asker) -> None:
    asker.script({"times": 2, "status": 503}, {"match": {"operation": "list"}, "status": 429})
    asker.script({"status": 403})
    seen = [asker.customize({"action": "list"}).status_code for _ in range(2)]
    left = asker.http.get("/sandbox/faults").json()["faults"]
    assert left == [{"match": {"operation": "list"}, "status": 429}, {"status": 403}]
    seen += [asker.customize({"action": "list"}).status_code for _ in range(3)]
    assert seen == [503, 503, 429, 403, 200]
    asker.script({"status": 503})
    assert asker.http.delete("/sandbox/faults").json()["faults"] == []
    assert asker.customize({"action": "list"}).status_code == 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_a_status_alone_comes_with_the_vendor_s_code_and_message(asker: Asker, status: int) -> None:
    asker.script({"status": status})
    found, code, message = refusal(asker.customize({"action": "list"}))
    assert found == status
    assert code
    assert message


def test_a_refused_request_is_not_billed_even_where_a_fault_waits_for_its_answer(asker: Asker) -> None:
    asker.script({"action": "garbage", "when": "after"})
    assert asker.create(preview_text="").content.startswith(b"\xff\xfe")
    assert asker.usage()["voice_creations"] == 0


def test_a_held_answer_goes_on_when_it_is_released(asker: Asker) -> None:
    asker.script({"action": "stall"}, {"action": "stall", "when": "after"}, {"delay_s": 600})
    with ThreadPoolExecutor(1) as other:
        for billed_while_held in (0, 2, 2):
            answer = other.submit(asker.create)
            asker.until_held(1)
            assert asker.usage()["voice_creations"] == billed_while_held
            assert not answer.done()
            assert asker.release() == 1
            assert answer.result().status_code == 200


def test_a_stalled_answer_gives_half_of_its_body_first(asker: Asker) -> None:
    voice = asker.voice()
    asker.script({"action": "stall", "when": "after"})
    with asker.http.stream(
        "POST", GENERATION, json={"model": SPEECH_MODEL, "input": {"text": "Hello.", "voice": voice}}
    ) as answer:
        pieces = answer.iter_raw()
        first = next(pieces)
        asker.until_held(1)
        asker.release()
        rest = b"".join(pieces)
    assert 0 < len(first) < int(answer.headers["content-length"]) == len(first + rest)


def test_a_request_stalled_before_it_began_takes_place_late_even_if_its_caller_has_gone(asker: Asker) -> None:
    asker.script({"action": "stall"})
    with pytest.raises(httpx2.ReadTimeout):
        impatient(asker)
    asker.until_held(1)
    assert asker.usage()["voice_creations"] == 0
    assert asker.release() == 1
    assert any(asker.usage()["voice_creations"] for _ in range(10_000))
    assert asker.list()["total_count"] == 1


def impatient(asker: Asker) -> httpx2.Response:
    """A create whose caller gives up on the first wait for an answer."""
    hasty = Asker(str(asker.http.base_url))
    hasty.http.timeout = httpx2.Timeout(30, read=0.05)
    with hasty.http:
        return hasty.create()


@pytest.mark.parametrize(
    ("fault", "whole_events"),
    [
        ({"action": "truncate", "frame": 2}, 2),
        ({"action": "truncate", "frame": 0}, 0),
        ({"action": "truncate"}, 1),
        ({"action": "reset", "frame": 1}, 1),
        ({"action": "garbage", "frame": 2}, 2),
        ({"action": "wrong_length", "frame": 3}, 3),
    ],
)
def test_an_event_stream_is_spoiled_after_the_frame_that_the_fault_names(
    asker: Asker, fault: dict[str, Any], whole_events: int
) -> None:
    voice = asker.voice()
    asker.script({"when": "after"} | fault)
    received, broken = read_stream(asker, voice)
    assert received.startswith("id:1\n") if whole_events else received == ""
    numbers = whole_event_numbers(received)
    assert numbers[:whole_events] == list(range(1, whole_events + 1))
    assert whole_events + 1 not in numbers
    assert broken == (fault["action"] in ("truncate", "reset"))
    assert asker.usage()["characters"] == len("Good evening.")


def whole_event_numbers(received: str) -> list[int]:
    numbers: list[int] = []
    for event in received.split("\n\n"):
        lines = event.split("\n")
        try:
            json.loads(lines[-1].removeprefix("data:"))
        except ValueError:
            continue
        numbers.append(int(lines[0].removeprefix("id:")))
    return numbers


def read_stream(asker: Asker, voice: str) -> tuple[str, bool]:
    received = bytearray()
    body = {"model": SPEECH_MODEL, "input": {"text": "Good evening.", "voice": voice}}
    try:
        with asker.http.stream("POST", GENERATION, json=body, headers={"X-DashScope-SSE": "enable"}) as answer:
            for piece in answer.iter_raw():
                received += piece
    except httpx2.TransportError:
        return received.decode("utf-8", "replace"), True
    return received.decode("utf-8", "replace"), False


def test_a_stream_stalled_at_a_frame_goes_on_to_its_end(asker: Asker) -> None:
    voice = asker.voice()
    asker.script({"when": "after", "action": "stall", "frame": 2})
    with ThreadPoolExecutor(1) as other:
        reading = other.submit(read_stream, asker, voice)
        asker.until_held(1)
        assert not reading.done()
        asker.release()
        received, broken = reading.result()
    assert not broken
    assert '"finish_reason": "stop"' in received


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("{", "Invalid JSON"),
        ("{}", "faults"),
        ('[{"action": "explode"}]', "faults[0].action"),
        ('[{}, {"times": 0}]', "faults[1].times"),
        ('[{"times": true}]', "faults[0].times"),
        ('[{"match": {"operation": "crate"}}]', "faults[0].match.operation"),
        ('[{"status": 199}]', "faults[0].status"),
        ('[{"status": 600}]', "faults[0].status"),
        ('[{"status": 204}]', "body"),
        ('[{"delay_s": 601}]', "faults[0].delay_s"),
        ('[{"delay_s": NaN}]', "faults"),
        ('[{"colour": 1}]', "faults[0].colour"),
        ('[{"headers": {"a b": "c"}}]', "headers"),
        ('[{"headers": {"a": "b\\r\\nc: d"}}]', "headers"),
        ('[{"headers": {"Content-Length": "1"}}]', "content-length"),
    ],
)
def test_a_script_that_is_none_is_refused_in_words_and_changes_nothing(asker: Asker, script: str, problem: str) -> None:
    answer = asker.http.post("/sandbox/faults", content=script)
    assert answer.status_code == 400
    assert problem in " ".join(answer.json()["problems"])
    assert asker.http.get("/sandbox/faults").json()["faults"] == []


@pytest.mark.parametrize("path", ["/sandbox/reset", "/sandbox/faults", "/sandbox/faults/release"])
def test_another_site_s_page_cannot_steer_the_sandbox(asker: Asker, path: str) -> None:
    voice = asker.voice()
    answer = asker.http.post(path, content='[{"status": 503}]', headers={"Origin": "http://elsewhere.test"})
    assert answer.status_code == 403
    assert asker.list()["voice_list"][0]["voice"] == voice


async def test_mounted_in_process_what_needs_a_socket_is_refused_and_the_rest_works(tmp_path: Path) -> None:
    transport = httpx2.ASGITransport(sandbox_app(tmp_path))
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://sandbox.test", headers={"Authorization": "Bearer k"}
    ) as client:
        for action in ("reset", "truncate"):
            answer = await client.post("/sandbox/faults", json=[{"action": action}])
            assert (answer.status_code, "served" in answer.text) == (400, True)
        await client.post("/sandbox/faults", json=[{"action": "garbage"}, {"status": 503}])
        assert (await client.get("/api/v1/models")).content.startswith(b"\xff\xfe")
        assert (await client.get("/api/v1/models")).status_code == 503
        assert (await client.get("/api/v1/models")).status_code == 200


async def test_an_operation_that_began_ends_although_its_caller_was_cancelled() -> None:
    began, may_end, ended = anyio.Event(), anyio.Event(), anyio.Event()

    async def work() -> Response:
        began.set()
        await may_end.wait()
        ended.set()
        return Response()

    async with anyio.create_task_group() as callers:
        callers.start_soon(FaultScript().perform, "create", work)
        await began.wait()
        callers.cancel_scope.cancel()
        may_end.set()
    assert ended.is_set()


def test_the_server_stops_at_once_with_answers_held_and_their_operations_never_take_place(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as other:
        with served_sandbox(tmp_path) as base_url:
            asker = Asker(base_url)
            asker.script({"action": "stall"})
            outcome = other.submit(create_outcome, asker)
            asker.until_held(1)
        assert outcome.result() in ("ReadError", "RemoteProtocolError")
        asker.http.close()
    with served_sandbox(tmp_path) as base_url, (again := Asker(base_url)).http:
        assert again.usage()["voice_creations"] == 0
