"""Kill -9 at any line of a narration: the same call goes on, the file is the same, and no line is bought twice unasked."""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clients import DESIGN
from sandbox.served import served_sandbox
from spending.books import Books, books, has_begun
from spending.buying import Buyers, Ended, Shop, buyers

WORDS = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Finn", "Gina", "Hugo")
LINES: list[str] = [f"{word}." for word in WORDS]
SCRIPT = "\n\n".join(LINES)
BILLED = len("".join(LINES))
LATER_S = 361
"""By then what was sent and not answered counts as lost."""


@dataclass(frozen=True)
class Told:
    """An uninterrupted narration, and how many boundaries it passes."""

    arguments: dict[str, Any]
    wav: bytes
    boundaries: int


@pytest.fixture(scope="module")
def buying() -> Generator[Buyers]:
    with buyers() as started:
        yield started


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with served_sandbox(tmp_path_factory.mktemp("sandbox")) as url:
        yield url


@pytest.fixture(scope="module")
def whole(buying: Buyers, sandbox_url: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    shop = Shop(tmp_path_factory.mktemp("whole"), sandbox_url)
    voice = buying.run_one(shop.job(("design_voice", {**DESIGN, "preview_text": "Hello."}))).told[0]["voice"]
    arguments = {"script": SCRIPT, "cast": voice}
    ran = buying.run_one(shop.job(("narrate", arguments)))
    assert ran.told[0]["synthesized_lines"] == len(LINES)
    shop.close()
    return Told(arguments, wav_of(ran), len(ran.passed))


@pytest.fixture
def shop(tmp_path: Path, sandbox_url: str) -> Generator[Shop]:
    buys_at = Shop(tmp_path / "data", sandbox_url)
    yield buys_at
    buys_at.close()


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(6, 20))])
def test_a_narration_killed_at_a_random_line_comes_out_the_same_and_pays_at_most_for_what_was_in_flight(
    buying: Buyers, shop: Shop, whole: Told, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 a test that can be repeated
    before = shop.bill()["characters"]
    narrate = ("narrate", whole.arguments)
    assert buying.run_one(shop.job(narrate, nth=chance.randint(1, whole.boundaries - 1))).killed
    in_flight = sent(shop)
    billed = shop.bill()["characters"] - before
    told: dict[str, Any] = buying.run_one(shop.job(narrate, later_s=LATER_S)).told[0]
    lost: list[dict[str, Any]] = told.get("missing") or []
    if lost:
        assert told["status"] == "incomplete"
        assert all(each["billed"] for each in lost)
        told = buying.run_one(shop.job(narrate, later_s=LATER_S)).told[0]
    assert told["status"] == "ok"
    assert Path(told["audio"]["path"]).read_bytes() == whole.wav
    ledger = books(shop.settings)
    twice = shop.bill()["characters"] - before - BILLED
    lost_lines: list[int] = [each["line"] for each in lost]
    assert 0 <= twice <= sum(len(LINES[line - 1]) for line in lost_lines)
    assert len(lost) <= in_flight
    assert billed <= BILLED
    assert assumed(ledger) == sorted(each["hold"] for each in lost)
    assert ledger.charged_characters == BILLED
    assert ledger.charged_characters + ledger.assumed_characters >= shop.bill()["characters"] - before


def test_what_was_in_flight_is_waited_for_until_its_answer_counts_as_lost(
    buying: Buyers, shop: Shop, whole: Told
) -> None:
    narrate = ("narrate", whole.arguments)
    assert buying.run_one(shop.job(narrate, kill_at="answer received")).killed
    told = buying.run_one(shop.job(narrate, later_s=10, join_for_s=1)).told[0]
    assert told["status"] == "pending"
    assert 0 < told["retry_after_s"] <= 351
    assert len(told["missing"]) == sent(shop)
    in_flight = sent(shop)
    told = buying.run_one(shop.job(narrate, later_s=LATER_S)).told[0]
    assert (told["status"], len(told["missing"])) == ("incomplete", in_flight)


def wav_of(ran: Ended) -> bytes:
    """The file of a narration that ended."""
    return Path(ran.told[0]["audio"]["path"]).read_bytes()


def sent(shop: Shop) -> int:
    """How many requests had left and had no answer when the process died."""
    return books(shop.settings).states.count("sent") if has_begun(shop.settings) else 0


def assumed(ledger: Books) -> list[str]:
    """The holds that the ledger counts as charged because no answer came."""
    return sorted(hold["id"] for hold in ledger.holds if "assumed_billed" in ledger.events(hold["id"]))
