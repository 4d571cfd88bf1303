"""Kill -9 at any boundary of a comparison: the same call goes on under the same approval, and no voice is paid twice unasked."""

from __future__ import annotations

import random
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from clients import DESIGN
from narration.test_killed import LATER_S, assumed, sent
from sandbox.served import served_sandbox
from spending.books import books
from spending.buying import Buyers, Shop, buyers

LINE = "The lamp is lit."
WHOLE = 3 * len(LINE)


@pytest.fixture(scope="module")
def buying() -> Generator[Buyers]:
    with buyers() as started:
        yield started


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with served_sandbox(tmp_path_factory.mktemp("sandbox")) as url:
        yield url


def compared(buying: Buyers, shop: Shop) -> tuple[str, dict[str, Any]]:
    """A comparison of three new voices, to be made."""
    designs = [("design_voice", {**DESIGN, "preview_text": "Hello.", "take": take}) for take in (1, 2, 3)]
    made = buying.run_one(shop.job(*designs)).told
    return "compare_voices", {"voices": [each["voice"] for each in made], "text": LINE}


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 16))])
def test_a_comparison_killed_anywhere_pays_at_most_again_for_what_was_in_flight(
    buying: Buyers, sandbox_url: str, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 a test that can be repeated
    shop = Shop(tmp_path / "data", sandbox_url)
    compare = compared(buying, shop)
    before = shop.bill()["characters"]
    assert buying.run_one(shop.job(compare, nth=chance.randint(1, 20))).killed
    in_flight = sent(shop)
    told: dict[str, Any] = buying.run_one(shop.job(compare, later_s=LATER_S)).told[0]
    lost: list[dict[str, Any]] = told.get("missing", [])
    assert len(lost) <= in_flight
    if lost:
        assert told["status"] == "incomplete"
        told = buying.run_one(shop.job(compare, later_s=LATER_S)).told[0]
    assert told["status"] == "ok"
    assert [clip["voice"] for clip in told["clips"]] == compare[1]["voices"]
    assert all(Path(clip["audio"]["path"]).is_file() for clip in told["clips"])
    ledger = books(shop.settings)
    assert ledger.charged_characters == WHOLE
    assert len(assumed(ledger)) == len(lost)
    twice = shop.bill()["characters"] - before - WHOLE
    assert 0 <= twice <= len(lost) * len(LINE)
    shop.close()
