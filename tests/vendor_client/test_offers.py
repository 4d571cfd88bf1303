"""What the catalog says the vendor sells: complete, dated, and the same facts as the documents."""

from __future__ import annotations

from decimal import Decimal

import pytest

from voice_design_mcp.catalog import (
    ENROLLED_MODELS,
    ENROLLMENT,
    FAMILIES,
    MODELS,
    OPEN,
    OPEN_MODEL,
    PREFERRED_MODELS,
    QWEN,
    QWEN_MODELS,
    REGIONS,
    family_designing,
    origin,
    region_of,
)
from voice_design_mcp.catalog_rows import TargetModel
from voice_design_mcp.characters import text_length
from voice_design_mcp.families import MAKERS, family_named_by

ALL = {**QWEN_MODELS, **ENROLLED_MODELS}
LIVING = {
    "qwen-audio-3.1-tts-plus", "qwen-audio-3.1-tts-flash", "qwen-audio-3.0-tts-plus", "qwen-audio-3.0-tts-flash",
    "cosyvoice-v3.5-plus", "cosyvoice-v3.5-flash", "cosyvoice-v3-plus", "cosyvoice-v3-flash",
}  # fmt: skip


def test_the_enrollment_family_has_the_documents_limits() -> None:
    limits = ENROLLMENT.limits
    assert (limits.voice_prompt_max, limits.preview_text_min, limits.preview_text_max) == (500, 15, 200)
    assert (limits.name_pattern, limits.name_max) == (r"[A-Za-z0-9]{1,10}", 10)
    assert (limits.languages, limits.sample_rates_hz) == (("zh", "en"), (16000, 24000, 48000))
    assert set(limits.response_formats) == {"pcm", "wav", "mp3"}
    assert (ENROLLMENT.wire_model, ENROLLMENT.voice_quota, ENROLLMENT.regions) == (
        "voice-enrollment",
        1000,
        ("beijing",),
    )
    assert (ENROLLMENT.creation_price.amount, ENROLLMENT.creation_price.basis) == (Decimal(0), "listed")
    assert set(ENROLLED_MODELS) == LIVING


@pytest.mark.parametrize("model", ALL.values(), ids=lambda model: model.id)
def test_every_model_has_a_figure_with_a_basis_and_a_date_and_somebody_who_serves_it(model: TargetModel) -> None:
    assert model.price.amount > 0
    assert model.price.basis in {"listed", "derived", "ceiling"}
    assert model.price.source.as_of.year == 2026
    assert model.requests_per_minute > 0
    assert model.text_max > 0
    assert set(model.regions) <= set(REGIONS)
    family = family_designing(model.id)
    assert family is not None
    assert set(family.regions) & set(model.regions), "designed where it cannot be spoken"
    assert MAKERS[model.family] is MAKERS[family.name]


def test_every_model_can_be_the_default_and_the_living_come_right_after_the_first() -> None:
    assert sorted(PREFERRED_MODELS) == sorted(MODELS)
    assert PREFERRED_MODELS[0] == "qwen3-tts-vd-2026-01-26"
    assert set(PREFERRED_MODELS[1 : 1 + len(LIVING)]) == LIVING


def test_a_text_is_as_long_as_its_model_counts_it() -> None:
    assert text_length(ALL["cosyvoice-v3.5-plus"], "你好 ab") == 7
    assert text_length(ALL["qwen3-tts-vd-2026-01-26"], "你好 ab") == 5


@pytest.mark.parametrize("workspace_id", ["", "ws-1"])
@pytest.mark.parametrize("region", REGIONS)
def test_a_host_tells_its_region(region: str, workspace_id: str) -> None:
    assert region_of(origin(region, workspace_id).removeprefix("https://")) == region


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1", "dashscope.aliyuncs.com.evil.example", "cn-hongkong.dashscope.aliyuncs.com"]
)
def test_any_other_host_has_no_region_that_we_know(host: str) -> None:
    assert region_of(host) == ""


@pytest.mark.parametrize(
    ("voice", "family"),
    [
        ("qwen-tts-vd-announcer-voice-20251210145409-a1b2", "qwen"),
        ("cosyvoice-v3.5-plus-vd-abcd123456-41e6", "enrollment"),
        ("qwen-audio-3.1-tts-flash-vd-abcd123456-41e6", "enrollment"),
        ("cosyvoice-v2-mine-41e6", ""),
        ("anything", ""),
    ],
)
def test_a_voices_name_tells_its_family(voice: str, family: str) -> None:
    assert family_named_by(voice) == family


def test_what_the_tools_offer_is_in_the_catalog_and_served() -> None:
    assert list(FAMILIES.values()) == [QWEN, ENROLLMENT, OPEN]
    assert set(MODELS) == {*ALL, OPEN_MODEL}
    assert {model.family for model in MODELS.values()} == {*MAKERS, OPEN.name} == set(FAMILIES)
    assert {QWEN.wire_model, ENROLLMENT.wire_model} == {"qwen-voice-design", "voice-enrollment"}
    assert [family_designing(each.wire_model) for each in (QWEN, ENROLLMENT)] == [QWEN, ENROLLMENT]
    assert family_designing("cosyvoice-v2") is None
