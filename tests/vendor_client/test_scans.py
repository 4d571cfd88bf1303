"""How an account is looked through, whatever the family: what is not found in a complete scan is not there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from vendor_client.asking import http
from voice_design_mcp.dashscope.enrollment import EnrollmentFamily
from voice_design_mcp.errors import UnavailableError
from voice_design_mcp.families import every_voice, voices_named


class Account:
    """Lists so many voices, at most `cap` a page, without a total; `before_page` is called before each."""

    def __init__(self, count: int, cap: int = 100, before_page: Callable[[int], None] = lambda _: None) -> None:
        self.voices = [f"cosyvoice-v3-plus-vd-n{index}-{index:032}" for index in range(count)]
        self.cap = cap
        self.before_page = before_page
        self.pages: list[int] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        asked: dict[str, Any] = json.loads(request.content)["input"]
        index, size = asked["page_index"], min(asked["page_size"], self.cap)
        self.before_page(len(self.pages))
        self.pages.append(index)
        shown = self.voices[index * size : (index + 1) * size]
        return httpx2.Response(
            200, json={"output": {"voice_list": [{"voice_id": each, "voice_prompt": "p"} for each in shown]}}
        )


async def scanned(account: Account) -> list[str]:
    async with http("http://vendor.test", transport=httpx2.MockTransport(account)) as client:
        return [record.voice for record in await every_voice(EnrollmentFamily(client), "enrollment")]


@pytest.mark.parametrize(
    ("count", "cap", "pages"),
    [
        (0, 100, [0]),
        (1, 100, [0, 1]),
        (100, 100, [0, 1]),
        (101, 100, [0, 1]),
        (200, 100, [0, 1, 2]),
        (35, 10, [0, 1, 2, 3]),
        (40, 10, [0, 1, 2, 3, 4]),
    ],
)
async def test_a_list_without_a_total_ends_with_an_empty_page_or_a_shorter_one(
    count: int, cap: int, pages: list[int]
) -> None:
    account = Account(count, cap)
    assert await scanned(account) == account.voices
    assert account.pages == pages


async def test_a_list_of_one_page_is_looked_through_once() -> None:
    account = Account(40)
    async with http("http://vendor.test", transport=httpx2.MockTransport(account)) as client:
        found = await voices_named(EnrollmentFamily(client), "enrollment", lambda voice: "-n7-" in voice)
    assert [record.voice for record in found] == [account.voices[7]]
    assert account.pages == [0, 1]


async def test_a_voice_that_slips_to_a_page_already_read_is_found_by_the_next_look() -> None:
    lost = "cosyvoice-v3-plus-vd-n150-" + f"{150:032}"
    account = Account(200)

    def shift(pages_read: int) -> None:
        if pages_read == 1:
            del account.voices[:60]  # what stood on the second page now stands on the first

    account.before_page = shift
    async with http("http://vendor.test", transport=httpx2.MockTransport(account)) as client:
        found = await voices_named(EnrollmentFamily(client), "enrollment", lambda voice: voice == lost)
    assert [record.voice for record in found] == [lost]


async def test_a_list_that_never_comes_to_rest_is_no_proof_of_absence() -> None:
    account = Account(150)

    def churn(pages_read: int) -> None:
        account.voices[-1] = f"cosyvoice-v3-plus-vd-x{pages_read}-{0:032}"

    account.before_page = churn
    async with http("http://vendor.test", transport=httpx2.MockTransport(account)) as client:
        with pytest.raises(UnavailableError, match="kept changing"):
            await voices_named(EnrollmentFamily(client), "enrollment", lambda _: False)
