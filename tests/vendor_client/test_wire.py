"""What the documents and the vendor's SDK put on the wire, replayed: we send the same, and understand what they are answered."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from vendor_client.asking import KEY, Ask, create, http
from vendor_client.peer import Peer, answer
from voice_design_mcp import __version__
from voice_design_mcp.dashscope.qwen import CUSTOMIZATION, SYNTHESIS, QwenFamily
from voice_design_mcp.dashscope.seam import DesignedVoice, SpokenAudio, VoiceFamily, VoicePage, VoiceRecord
from voice_design_mcp.errors import VoiceNotFoundError

WIRE = Path(__file__).parent.parent / "wire"
SAMPLES: dict[str, dict[str, Any]] = {
    sample["name"]: sample for sample in json.loads((WIRE / "doc_samples.json").read_text(encoding="utf-8"))["samples"]
}


def exchange(name: str) -> dict[str, Any]:
    return json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))["exchanges"][0]


async def ask(script: object, asked: Ask, **options: Any) -> tuple[Any, Peer]:
    async with Peer([answer(script)]) as peer, http(peer.origin, **options) as client:
        family: VoiceFamily = QwenFamily(client)
        result = await asked(family)
    return result, peer


def design(request: dict[str, Any]) -> Ask:
    fields, parameters = request["input"], request["parameters"]

    async def asked(family: VoiceFamily) -> DesignedVoice:
        return await family.create(
            target_model=fields["target_model"],
            voice_prompt=fields["voice_prompt"],
            preview_text=fields["preview_text"],
            preferred_name=fields.get("preferred_name", ""),
            language=fields.get("language", ""),
            sample_rate_hz=parameters["sample_rate"],
            response_format=parameters["response_format"],
        )

    return asked


@pytest.mark.parametrize("name", ["qwen_create_request", "qwen_create_request_no_language"])
async def test_a_creation_sends_what_the_documents_send(name: str) -> None:
    request = SAMPLES[name]["request"]
    _, peer = await ask(exchange("http_v2_vd_create")["response"]["body_json"], design(request))
    assert [(sent.method, sent.target, sent.json) for sent in peer.requests] == [("POST", CUSTOMIZATION, request)]


async def test_a_creation_sends_what_the_sdk_sends() -> None:
    recorded = exchange("http_v2_vd_create")
    _, peer = await ask(recorded["response"]["body_json"], design(recorded["request"]["body_json"]))
    assert peer.requests[0].json == recorded["request"]["body_json"]
    assert peer.requests[0].target == recorded["request"]["target"]


async def test_a_creation_is_understood() -> None:
    sample = SAMPLES["qwen_create_response"]["response"]
    sample = sample | {
        "output": sample["output"] | {"preview_audio": sample["output"]["preview_audio"] | {"data": "UklGRg=="}}
    }
    designed, _ = await ask(sample, create)
    assert designed == DesignedVoice(
        voice="qwen-tts-vd-announcer-voice-20251201102800-a1b2",
        target_model="qwen3-tts-vd-realtime-2026-01-15",
        preview=b"RIFF",
        preview_sample_rate_hz=24000,
        preview_format="wav",
        request_id="xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        billed_count=1,
    )


async def test_a_creation_with_an_unreadable_preview_still_gives_the_paid_voice() -> None:
    sample = SAMPLES["qwen_create_response"]["response"]
    assert sample["output"]["preview_audio"]["data"] == "{base64_encoded_audio}"
    designed, _ = await ask(sample, create)
    assert (designed.voice, designed.preview) == ("qwen-tts-vd-announcer-voice-20251201102800-a1b2", b"")


ODD: tuple[Any, ...] = (True, -1, 1.5, "many", None, {}, "9" * 40)
USAGES: list[tuple[Any, int | None]] = [
    ({"count": 2}, 2),
    ({"count": "3"}, 3),
    ({"count": 1.0}, 1),
    ({}, None),
    (None, None),
    ([], None),
    *(({"count": odd}, None) for odd in ODD),
]


@pytest.mark.parametrize(("usage", "count"), USAGES)
async def test_usage_is_a_count_or_nothing(usage: object, count: int | None) -> None:
    designed, _ = await ask(exchange("http_v2_vd_create")["response"]["body_json"] | {"usage": usage}, create)
    assert designed.billed_count == count
    assert designed.billed_count is not True


async def test_a_recorded_preview_comes_out_byte_for_byte() -> None:
    body = exchange("http_v2_vd_create")["response"]["body_json"]
    designed, _ = await ask(body, create)
    assert designed.preview == base64.b64decode(body["output"]["preview_audio"]["data"])
    assert designed.voice == "qwen-tts-vd-announcer-voice-20251224195614166-b94c"


async def test_a_list_sends_what_the_documents_send_and_is_understood() -> None:
    page, peer = await ask(SAMPLES["qwen_list_response"]["response"], lambda family: family.list_page(0, 10))
    assert peer.requests[0].json == SAMPLES["qwen_list_request"]["request"]
    assert isinstance(page, VoicePage)
    assert (page.page_index, page.page_size, page.total_count) == (0, 2, 26)
    listed = SAMPLES["qwen_list_response"]["response"]["output"]["voice_list"][0]
    assert page.voices == (
        VoiceRecord(
            voice=listed["voice"],
            target_model=listed["target_model"],
            language="zh",
            voice_prompt=listed["voice_prompt"],
            preview_text=listed["preview_text"],
            created="2025-12-10 17:04:54",
            modified="2025-12-10 17:04:54",
            status="OK",
        ),
    )


async def test_the_unified_documents_list_is_understood_too() -> None:
    page, _ = await ask(SAMPLES["qwen_list_response_unified_doc"]["response"], lambda family: family.list_page(0, 10))
    assert [voice.voice for voice in page.voices] == ["yourVoice"]
    assert page.total_count == 1


async def test_an_account_without_voices_is_an_empty_page() -> None:
    outputs: list[dict[str, Any]] = [{"voice_list": []}, {}, {"voice_list": None}]
    for output in outputs:
        page, _ = await ask({"output": output | {"total_count": 0}}, lambda family: family.list_page(3, 7))
        assert page == VoicePage(voices=(), page_index=3, page_size=7, total_count=0)


async def test_a_query_sends_what_the_documents_send_and_is_understood() -> None:
    record, peer = await ask(SAMPLES["qwen_query_response"]["response"], lambda family: family.query("<voice-name>"))
    assert peer.requests[0].json == SAMPLES["qwen_query_request"]["request"]
    assert (record.language, record.modified) == ("zh", "2025-12-10 17:47:48")


async def test_a_query_without_texts_is_understood() -> None:
    record, _ = await ask(
        SAMPLES["qwen_query_response_unified_doc"]["response"], lambda family: family.query("yourVoice")
    )
    assert record == VoiceRecord(
        voice="yourVoice",
        target_model="qwen3-tts-vd-realtime-2026-01-15",
        language="zh",
        created="2025-08-11 17:59:32",
        modified="2025-08-11 17:59:32",
    )


@pytest.mark.parametrize("name", ["http_v2_vd_get_not_found", "http_v2_vd_get_not_found_200"])
async def test_a_voice_that_is_not_there_is_told_from_a_refusal_inside_400_and_inside_200(name: str) -> None:
    recorded = exchange(name)
    status, body = recorded["response"]["status"], recorded["response"]["body_raw"]
    async with Peer([answer(body, status=status)] * 2) as peer, http(peer.origin) as client:
        with pytest.raises(VoiceNotFoundError, match=recorded["request"]["body_json"]["input"]["voice"]):
            await QwenFamily(client).query(recorded["request"]["body_json"]["input"]["voice"])
        assert await QwenFamily(client).delete("gone") is False
    assert peer.requests[0].json["input"] == recorded["request"]["body_json"]["input"]
    assert len(peer.requests) == 2


async def test_a_deletion_sends_what_the_documents_send() -> None:
    deleted, peer = await ask(SAMPLES["qwen_delete_response"]["response"], lambda family: family.delete("<voice-name>"))
    assert deleted is True
    assert peer.requests[0].json == SAMPLES["qwen_delete_request"]["request"]


async def test_speech_sends_what_the_documents_send() -> None:
    request = SAMPLES["qwen_nonrealtime_request"]["request"]
    spoken, peer = await ask(
        SAMPLES["qwen_nonrealtime_response"]["response"],
        lambda family: family.speak(
            model=request["model"], voice=request["input"]["voice"], text=request["input"]["text"], language=""
        ),
    )
    assert [(sent.target, sent.json) for sent in peer.requests] == [(SYNTHESIS, request)]
    assert spoken == SpokenAudio(
        url=SAMPLES["qwen_nonrealtime_response"]["response"]["output"]["audio"]["url"],
        characters=195,
        request_id="5c63c65c-cad8-4bf4-959d-xxxxxxxxxxxx",
        expires_at=1766113409,
    )


async def test_speech_names_its_language_as_the_sdk_does() -> None:
    recorded = exchange("http_v2_tts_qwen")
    fields = recorded["request"]["body_json"]["input"]
    _, peer = await ask(
        recorded["response"]["body_json"],
        lambda family: family.speak(
            model="qwen3-tts-vd-2026-01-26", voice=fields["voice"], text=fields["text"], language="zh"
        ),
    )
    assert peer.requests[0].body.decode() == recorded["request"]["body_raw"]


@pytest.mark.parametrize(("name", "found"), [("http_v2_models_get", True), ("http_v2_models_get_missing", False)])
async def test_the_free_catalogue_is_asked_as_the_sdk_asks_it(name: str, found: bool) -> None:  # noqa: FBT001
    recorded = exchange(name)
    said, peer = await ask(recorded["response"]["body_json"], lambda family: family.available("qwen-voice-design"))
    assert said is found
    assert [(sent.method, sent.target) for sent in peer.requests] == [("GET", recorded["request"]["target"])]


async def test_headers_carry_the_key_the_type_and_who_we_are_and_never_ask_for_async() -> None:
    _, peer = await ask(exchange("http_v2_vd_create")["response"]["body_json"], create, workspace_id="ws-1")
    headers = peer.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert (headers["accept"], headers["content-type"]) == ("application/json", "application/json")
    assert headers["user-agent"] == f"voice-design-mcp/{__version__}"
    assert headers["x-dashscope-workspace"] == "ws-1"
    assert "x-dashscope-async" not in headers
    assert "cookie" not in headers


async def test_without_a_workspace_or_a_key_neither_header_is_sent() -> None:
    _, peer = await ask(exchange("http_v2_vd_create")["response"]["body_json"], create, api_key="")
    assert not {"x-dashscope-workspace", "authorization"} & set(peer.requests[0].headers)


async def test_a_cookie_is_neither_kept_nor_sent() -> None:
    listed = SAMPLES["qwen_list_response"]["response"]
    async with Peer([answer(listed, headers={"set-cookie": "a=b"})] * 2) as peer, http(peer.origin) as client:
        await QwenFamily(client).list_page(0, 10)
        await QwenFamily(client).list_page(0, 10)
    assert ["cookie" in sent.headers for sent in peer.requests] == [False, False]


async def test_the_sandbox_is_recognised_by_its_header() -> None:
    listed = SAMPLES["qwen_list_response"]["response"]
    marked = answer(listed, headers={"x-voice-design-sandbox": "1"})
    async with Peer([marked, answer(listed)]) as peer, http(peer.origin) as client:
        seen = [client.connections.sandbox]
        for _ in range(2):
            await QwenFamily(client).list_page(0, 10)
            seen.append(client.connections.sandbox)
    assert seen == [None, True, False]
