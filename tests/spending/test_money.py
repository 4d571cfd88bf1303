"""Money is exact, prices are known or refused, and what counts against a cap is never rounded in the buyer's favour."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_design_mcp.catalog import FAMILIES, MODELS, OPEN_MODEL, QWEN
from voice_design_mcp.characters import billed_characters
from voice_design_mcp.config import SETTINGS, Settings
from voice_design_mcp.errors import ConfigError, PriceUnknownError
from voice_design_mcp.spending.money import Money, usd
from voice_design_mcp.spending.prices import Prices

RATE = Decimal("0.15")
AMOUNTS = st.decimals(min_value=0, max_value=10_000, places=9)


def test_money_is_decimal_and_is_never_added_across_currencies() -> None:
    inexact: Any = 0.1
    with pytest.raises(TypeError):
        Money(inexact, "USD")
    with pytest.raises(ValueError, match="CNY and USD are not added"):
        _ = Money(Decimal(1), "CNY") + Money(Decimal(1), "USD")
    with pytest.raises(KeyError):
        Money(Decimal(1), "EUR").usd_micros(RATE)


@given(st.lists(AMOUNTS, min_size=1, max_size=20))
def test_sums_are_exact_and_texts_lose_nothing(amounts: list[Decimal]) -> None:
    total = Money(Decimal(0), "CNY")
    for amount in amounts:
        total += Money(amount, "CNY")
    assert total.amount == sum(amounts)
    assert Decimal(total.text) == total.amount


@given(AMOUNTS, st.sampled_from(["USD", "CNY"]))
def test_what_an_amount_counts_against_a_cap_is_a_ceiling_less_than_a_millionth_above_it(
    amount: Decimal, currency: str
) -> None:
    exact = amount * (RATE if currency == "CNY" else 1)
    counted = usd(Money(amount, currency).usd_micros(RATE)).amount
    assert exact <= counted < exact + Decimal("0.000001")


def test_the_rate_is_the_settings_one_with_its_date() -> None:
    [row] = [row for row in SETTINGS if row.variable == "VOICE_DESIGN_USD_PER_CNY"]
    assert (row.default, row.help[-11:]) == ("0.15", "2026-11-22.")


def test_an_unknown_price_is_refused_and_names_the_setting_that_would_tell_it() -> None:
    with pytest.raises(PriceUnknownError) as refusal:
        Prices({}, RATE).speech("qwen9-tts", 100)
    assert "VOICE_DESIGN_PRICES=qwen9-tts=" in refusal.value.hint
    assert Prices({"qwen9-tts": (Decimal(2), "CNY")}, RATE).speech("qwen9-tts", 100) == Money(Decimal("0.02"), "CNY")


def test_the_users_own_price_goes_before_the_list() -> None:
    own = Settings.load({}, {"VOICE_DESIGN_PRICES": "qwen-voice-design=0.3USD, qwen3-tts-vd-2026-01-26=1.6CNY"}).prices
    prices = Prices(own, RATE)
    assert str(prices.creation("qwen")) == "USD 0.30"
    assert str(prices.speech("qwen3-tts-vd-2026-01-26", 5)) == "CNY 0.0008"


@pytest.mark.parametrize("given", ["qwen-voice-design=0.2", "x=-1USD", "x=1EUR", "x=NaNUSD", "0.2USD"])
def test_a_price_that_is_none_stops_the_start(given: str) -> None:
    with pytest.raises(ConfigError, match="VOICE_DESIGN_PRICES"):
        Settings.load({}, {"VOICE_DESIGN_PRICES": given})


def test_every_family_and_model_has_a_figure_so_that_the_defaults_never_block_the_job() -> None:
    prices = Prices({}, RATE)
    assert all(prices.creation(name).amount >= 0 for name in FAMILIES)
    assert [model for model in MODELS if not prices.speech(model, 10_000).amount] == [OPEN_MODEL], (
        "your own servers are free"
    )
    figures = [family.creation_price for family in FAMILIES.values()] + [model.price for model in MODELS.values()]
    assert {figure.basis for figure in figures} <= {"listed", "derived", "ceiling"}


def test_where_sources_conflict_the_higher_is_held() -> None:
    """The English pages say USD 0.20 a voice, the Chinese one CNY 0.2."""
    held = Prices({}, RATE).creation(QWEN.name).usd_micros(RATE)
    assert held == max(Money(Decimal("0.2"), currency).usd_micros(RATE) for currency in ("USD", "CNY"))


@pytest.mark.parametrize(
    ("text", "billed"),
    [
        *(("", 0), ("Hello, you.", 11), ("你好", 4), ("你好, you", 9), ("𠀀", 2), ("こんにちは", 5), ("안녕", 2)),
        *(("Привет", 6), ("Ａ。", 2), ("สวัสดี", 12), ("مرحبا", 10), ("😀", 2)),  # scripts that no page mentions: 2 each
    ],
)
def test_characters_are_counted_as_the_vendor_counts_and_unsure_scripts_as_two(text: str, billed: int) -> None:
    assert billed_characters(text) == billed
