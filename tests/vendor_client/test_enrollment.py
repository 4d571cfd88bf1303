"""The enrollment family: what the documents and the SDK put on the wire, and what its voices' names tell."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vendor_client.asking import Ask, http
from vendor_client.peer import Peer, answer
from vendor_client.speaking import exchange
from voice_design_mcp.catalog import ENROLLED_MODELS, ENROLLMENT
from voice_design_mcp.dashscope.enrollment import CUSTOMIZATION, EnrollmentFamily, model_of, wire_prefix
from voice_design_mcp.dashscope.qwen import QwenFamily
from voice_design_mcp.dashscope.seam import DesignedVoice, VoiceFamily, VoicePage, VoiceRecord
from voice_design_mcp.errors import InputError, ProtocolError, RateLimitedError, RetiredError, VoiceNotFoundError

SAMPLES: dict[str, dict[str, Any]] = {
    sample["name"]: sample
    for sample in json.loads((Path(__file__).parent.parent / "wire" / "doc_samples.json").read_text(encoding="utf-8"))[
        "samples"
    ]
}
VOICE = "cosyvoice-v3.5-plus-vd-announcer-41e6b9543b174ccfbe0ebae9eb4721c0"


async def ask(body: object, asked: Ask) -> tuple[Any, Peer]:
    async with Peer([answer(body)]) as peer, http(peer.origin) as client:
        family: VoiceFamily = EnrollmentFamily(client)
        result = await asked(family)
    return result, peer


async def create(family: VoiceFamily, **changed: Any) -> DesignedVoice:
    fields = SAMPLES["cosyvoice_create_request"]["request"]["input"]
    asked: dict[str, Any] = {
        "target_model": fields["target_model"],
        "voice_prompt": fields["voice_prompt"],
        "preview_text": fields["preview_text"],
        "preferred_name": fields["prefix"],
        "language": "",
        "sample_rate_hz": 24000,
        "response_format": "wav",
    }
    return await family.create(**asked | changed)


async def test_a_creation_sends_what_the_documents_send_and_is_understood() -> None:
    designed, peer = await ask(SAMPLES["cosyvoice_create_response"]["response"], create)
    assert [(sent.target, sent.json) for sent in peer.requests] == [
        (CUSTOMIZATION, SAMPLES["cosyvoice_create_request"]["request"])
    ]
    assert designed == DesignedVoice(
        voice="cosyvoice-v3.5-plus-vd-announcer-xxxxxx",
        target_model="cosyvoice-v3.5-plus",
        preview=b"",  # the sample's audio is a placeholder: the voice is not lost to it
        preview_sample_rate_hz=24000,
        preview_format="wav",
        request_id="xxxx-xxxx-xxxx",
        billed_count=1,
        status="DEPLOYING",
    )


async def test_a_language_goes_out_as_the_one_hint() -> None:
    _, peer = await ask(SAMPLES["cosyvoice_create_response"]["response"], lambda family: create(family, language="en"))
    assert peer.requests[0].json["input"]["language_hints"] == ["en"]


async def test_a_creation_without_a_model_in_its_answer_has_the_one_that_was_asked_for() -> None:
    designed, _ = await ask({"output": {"voice_id": VOICE, "status": "OK"}}, create)
    assert (designed.target_model, designed.status, designed.billed_count) == ("cosyvoice-v3.5-plus", "OK", None)


@pytest.mark.parametrize("name", ["", "under_score", "elevenchars", "声音", "a-b", "ab\n"])
async def test_a_name_that_does_not_fit_is_not_cut_in_silence(name: str) -> None:
    async with Peer() as peer, http(peer.origin) as client:
        with pytest.raises(InputError) as caught:
            await create(EnrollmentFamily(client), preferred_name=name)
    assert (caught.value.argument, peer.requests) == ("preferred_name", [])


async def test_a_list_has_no_total_and_takes_the_model_from_the_name() -> None:
    recorded = exchange("http_v1_ves_list")
    page, peer = await ask(recorded["response"]["body_json"], lambda family: family.list_page(0, 10))
    assert peer.requests[0].json == {name: recorded["request"]["body_json"][name] for name in ("model", "input")}
    assert page == VoicePage(
        voices=(
            VoiceRecord(
                voice=VOICE,
                target_model="cosyvoice-v3.5-plus",
                voice_prompt="v",
                preview_text="p",
                created="2024-12-11 13:38:02",
                modified="2024-12-11 13:38:02",
                status="OK",
            ),
        ),
        page_index=0,
        page_size=10,
        total_count=None,
    )


async def test_the_documents_list_is_understood_too() -> None:
    page, _ = await ask(SAMPLES["cosyvoice_list_response"]["response"], lambda family: family.list_page(0, 10))
    assert [(voice.target_model, voice.status) for voice in page.voices] == [("cosyvoice-v3.5-plus", "OK")]


@pytest.mark.parametrize("output", [{}, {"voice_list": None}, {"voice_list": [{"status": "OK"}]}])
async def test_a_list_that_cannot_be_read_is_never_taken_for_an_empty_one(output: object) -> None:
    with pytest.raises(ProtocolError):
        await ask({"output": output}, lambda family: family.list_page(0, 10))


@pytest.mark.parametrize("status", ["DEPLOYING", "UNDEPLOYED", "OK"])
async def test_a_review_shows_in_the_status(status: str) -> None:
    recorded = exchange("http_v1_ves_query")
    body = recorded["response"]["body_json"]
    record, peer = await ask(body | {"output": body["output"] | {"status": status}}, lambda family: family.query(VOICE))
    assert peer.requests[0].json["input"] == recorded["request"]["body_json"]["input"]
    assert (record.voice, record.status) == (VOICE, status)


async def test_a_query_that_tells_little_is_filled_from_the_name_that_was_asked_for() -> None:
    record, _ = await ask({"output": {"gmt_create": "2026-01-01 00:00:00"}}, lambda family: family.query(VOICE))
    assert record == VoiceRecord(voice=VOICE, target_model="cosyvoice-v3.5-plus", created="2026-01-01 00:00:00")


async def test_a_deletion_sends_what_the_sdk_sends() -> None:
    recorded = exchange("http_v1_ves_delete")
    deleted, peer = await ask(recorded["response"]["body_json"], lambda family: family.delete(VOICE))
    assert deleted is True
    assert peer.requests[0].json["input"] == recorded["request"]["body_json"]["input"]


async def test_a_voice_that_is_not_there_is_told_from_a_refusal() -> None:
    recorded = exchange("http_v1_ves_err_400")["response"]
    missing = answer(recorded["body_raw"], status=recorded["status"])
    async with Peer([missing, missing]) as peer, http(peer.origin) as client:
        with pytest.raises(VoiceNotFoundError, match=VOICE):
            await EnrollmentFamily(client).query(VOICE)
        assert await EnrollmentFamily(client).delete(VOICE) is False


async def test_a_throttled_read_is_tried_again() -> None:
    recorded = exchange("http_v1_ves_err_429")["response"]
    slow = answer(recorded["body_raw"], status=recorded["status"])
    async with Peer(then=slow) as peer, http(peer.origin) as client:
        with pytest.raises(RateLimitedError):
            await EnrollmentFamily(client).query(VOICE)
    assert len(peer.requests) == 3


@pytest.mark.parametrize("region", ["dashscope-intl.aliyuncs.com", "ws-1.ap-southeast-1.maas.aliyuncs.com"])
async def test_a_design_in_a_region_that_has_none_is_told_where_there_is_one(region: str) -> None:
    import httpx2

    def refuse(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(400, json={"code": "InvalidParameter", "message": "Model not exist."})

    async with http(f"https://{region}", transport=httpx2.MockTransport(refuse)) as client:
        with pytest.raises(RetiredError) as caught:
            await create(EnrollmentFamily(client))
    assert "offered in Beijing only, and this request went to Singapore" in str(caught.value)


@pytest.mark.parametrize(
    ("voice", "model"),
    [
        *((f"{model}-vd-abcd123456-{'0' * 32}", model) for model in ENROLLED_MODELS),
        ("cosyvoice-v3-plus-cloned-41e6b9543b174ccfbe0ebae9eb4721c0", "cosyvoice-v3-plus"),
        ("cosyvoice-v2-mine-41e6b954", "cosyvoice-v2"),
        ("cosyvoice-v4-max-vd-mine-41e6b954", "cosyvoice-v4-max"),
        ("longanyang", ""),
        ("", ""),
    ],
)
def test_a_voices_name_tells_its_model(voice: str, model: str) -> None:
    assert model_of(voice) == model


@pytest.mark.parametrize(
    ("name", "tag", "prefix"),
    [
        ("announcer", "abc234", "annoabc234"),
        ("a_b", "abc234", "ababc234"),
        ("___", "abc234", "abc234"),
        ("news_anchor_1", "", "newsanchor"),
        ("Narrator_01", "", "Narrator01"),
    ],
)
def test_a_prefix_is_what_fits_of_the_name_before_the_whole_tag(name: str, tag: str, prefix: str) -> None:
    assert wire_prefix(name, tag) == prefix


@given(name=st.from_regex(r"[A-Za-z0-9_]{1,16}", fullmatch=True), tag=st.from_regex(r"[a-z2-9]{6}", fullmatch=True))
def test_every_family_keeps_the_tag_whole_in_a_name_that_it_takes(name: str, tag: str) -> None:
    for family, pattern in ((EnrollmentFamily, ENROLLMENT.limits.name_pattern), (QwenFamily, r"[A-Za-z0-9_]{1,16}")):
        sent = family(http("http://127.0.0.1:1")).wire_name(name, tag)
        assert re.fullmatch(pattern, sent)
        assert sent.endswith(tag)
