"""What the official SDK and the documents send, byte for byte, and the shape of what they get."""

from __future__ import annotations

import json
import socket
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from sandbox.asking import SPEECH_MODEL, Asker, refusal
from sandbox.shapes import shape

WIRE = Path(__file__).parent.parent / "wire"
RECORDED_VOICE = "qwen-tts-vd-announcer-voice-20251224195614166-b94c"
RECORDED_VOICE_ID = "cosyvoice-v3.5-plus-vd-announcer-41e6b9543b174ccfbe0ebae9eb4721c0"
PRINTED_BY_THE_SDK = {"status_code", "code", "message", "output.text", "output.choices"} | {
    "usage.input_tokens",
    "usage.output_tokens",
}

SCRIPTED = ("_err", "_missing", "_not_found_200")
CLONING = ("_create_clone", "_update")

Exchange = dict[str, Any]


def exchanges(*marks: str) -> list[Any]:
    """The recorded exchanges whose file's name bears one of the marks, or none of any kind."""
    found: list[Any] = []
    for path in sorted(WIRE.glob("http_*.json")):
        recorded = json.loads(path.read_text(encoding="utf-8"))["exchanges"]
        if any(mark in path.stem for mark in marks or (*SCRIPTED, *CLONING)) == bool(marks):
            found += [pytest.param(one, id=f"{path.stem}-{index}") for index, one in enumerate(recorded)]
    return found


def test_there_are_recordings() -> None:
    assert len(exchanges()) >= 33
    assert len(exchanges(*SCRIPTED)) >= 33
    assert len(exchanges(*CLONING)) == 4


def send_bytes(base_url: str, exchange: Exchange, voice: str = RECORDED_VOICE, voice_id: str = "") -> httpx2.Response:
    """Sends a recorded request as it stands; the port and the voices' names, of equal length, are filled in."""
    address = urlsplit(base_url)
    request = exchange["request"]
    body = request["body_raw"].replace(RECORDED_VOICE, voice)
    body = body.replace(RECORDED_VOICE_ID, voice_id or RECORDED_VOICE_ID).encode()
    headers = "".join(f"{name}: {value}\r\n" for name, value in request["headers"])
    head = f"{request['request_line']}\r\n{headers}\r\n".replace("PORT", str(address.port)).encode()
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head + body)
        answer = HTTPResponse(connection)
        answer.begin()
        return httpx2.Response(answer.status, headers=answer.getheaders(), content=answer.read())


def documented(sample: Any) -> dict[str, str]:
    """A sample's shape, without what the SDK adds when it prints a synthesis."""
    whole = shape(sample)
    printed = PRINTED_BY_THE_SDK if "output.audio" in whole else set[str]()
    return {path: kind for path, kind in whole.items() if path not in printed}


def events(body: str) -> list[tuple[list[str], Any]]:
    """Each server-sent event: its lines but the data, and its data."""
    found: list[tuple[list[str], Any]] = []
    for event in body.strip().split("\n\n"):
        lines = event.split("\n")
        assert lines[-1].startswith("data:")
        found.append((lines[:-1], json.loads(lines[-1].removeprefix("data:"))))
    return found


@pytest.mark.parametrize("exchange", exchanges())
def test_a_recorded_request_gets_an_answer_of_the_documented_shape(asker: Asker, exchange: Exchange) -> None:
    voice, voice_id = asker.voice(), asker.enrolled()
    assert (len(voice), len(voice_id)) == (len(RECORDED_VOICE), len(RECORDED_VOICE_ID))
    not_found = exchange["response"]["status"] == 400
    answer = send_bytes(str(asker.http.base_url), exchange, RECORDED_VOICE if not_found else voice, voice_id)
    assert answer.headers["x-voice-design-sandbox"] == "1"
    assert answer.status_code == exchange["response"]["status"], answer.text
    sample = exchange["response"]
    if sample["body_json"] is not None:
        whole = documented(sample["body_json"])
        if answer.json().get("output", {}).get("voice_list") == []:
            whole = {path: kind for path, kind in whole.items() if "[]" not in path}
        assert shape(answer.json()) == whole
        return
    assert answer.headers["content-type"] == "text/event-stream;charset=UTF-8"
    theirs, ours = events(sample["body_raw"]), events(answer.text)
    assert len(ours) > 1
    shapes = {data["output"].get("type", ""): documented(data) for _, data in theirs}
    for number, (lines, data) in enumerate(ours, start=1):
        assert lines == [f"id:{number}", "event:result", ":HTTP_STATUS/200"]
        assert shape(data) == shapes[data["output"].get("type", "")]
    assert [data["output"]["finish_reason"] for _, data in ours] == ["null"] * (len(ours) - 1) + ["stop"]
    assert [bool(data["output"]["audio"]["url"]) for _, data in ours] == [False] * (len(ours) - 1) + [True]
    assert {data["output"].get("type") for _, data in ours} == {data["output"].get("type") for _, data in theirs}
    if not theirs[0][1]["output"].get("type"):
        assert [bool(data["output"]["audio"]["data"]) for _, data in ours] == [True] * (len(ours) - 1) + [False]


@pytest.mark.parametrize("exchange", exchanges(*CLONING))
def test_a_recorded_request_to_clone_is_refused_in_words(asker: Asker, exchange: Exchange) -> None:
    answer = send_bytes(str(asker.http.base_url), exchange, voice_id=asker.enrolled())
    status, code, message = refusal(answer)
    assert (status, code) == (400, "InvalidParameter")
    assert "clone" in message


@pytest.mark.parametrize("exchange", exchanges(*SCRIPTED))
def test_every_recorded_failure_can_be_scripted_to_the_byte(asker: Asker, exchange: Exchange) -> None:
    recorded = exchange["response"]
    framing = {"content-length", "transfer-encoding"}
    headers = {name: value for name, value in recorded["headers"] if name.lower() not in framing}
    asker.script({"status": recorded["status"], "headers": headers, "body": recorded["body_raw"]})
    answer = send_bytes(str(asker.http.base_url), exchange)
    assert answer.status_code == recorded["status"]
    assert answer.text == recorded["body_raw"]
    assert {name: answer.headers[name] for name in headers} == headers
    assert asker.usage() == {"voice_creations": 0, "free_quota_used": 0, "characters": 0}


def document_sample(name: str) -> dict[str, Any]:
    samples = json.loads((WIRE / "doc_samples.json").read_text(encoding="utf-8"))["samples"]
    return next(sample for sample in samples if sample["name"] == name)


@pytest.mark.parametrize(
    ("request_name", "response_name"),
    [
        ("qwen_create_request", "qwen_create_response"),
        ("qwen_create_request_no_language", "qwen_create_response"),
        ("qwen_list_request", "qwen_list_response"),
        ("qwen_query_request", "qwen_query_response"),
        ("qwen_query_request", "qwen_query_not_found"),
        ("qwen_delete_request", "qwen_delete_response"),
        ("qwen_nonrealtime_request", "qwen_nonrealtime_response"),
        ("cosyvoice_create_request", "cosyvoice_create_response"),
        ("cosyvoice_list_request", "cosyvoice_list_response"),
        ("cosyvoice_query_request", "cosyvoice_query_response"),
        ("cosyvoice_delete_request", "cosyvoice_delete_response"),
    ],
)
def test_a_document_s_own_request_gets_the_document_s_own_answer(
    asker: Asker, request_name: str, response_name: str
) -> None:
    voice = "no-such-voice" if "not_found" in response_name else asker.voice()
    asked, expected = document_sample(request_name), document_sample(response_name)
    body = json.dumps(asked["request"]).replace("<voice-name>", voice).replace("YOUR_VOICE_ID", voice)
    body = body.replace("yourVoiceId", asker.enrolled(prefix="myvoice"))
    answer = asker.http.post(asked.get("path", "/api/v1/services/audio/tts/customization"), content=body)
    assert answer.status_code == expected["status"], answer.text
    assert shape(answer.json()) == documented(expected["response"])


def test_the_permission_catalogue_has_the_documented_shape(asker: Asker) -> None:
    sample = document_sample("models_permissions_response")
    path = sample["path"].removeprefix("GET ").replace("qwen-plus", SPEECH_MODEL)
    answer = asker.http.get(path)
    assert answer.status_code == 200
    assert shape(answer.json()) == shape(sample["response"])
    assert answer.json()["output"]["permissions"][0]["permissions"]["inference"] is True
