"""Replicas behind a load balancer: any of them serves any request, and one that ends loses nothing."""

from __future__ import annotations

import signal
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx2
import pytest

from clients import DESIGN, ERAS, Era, Person
from replicas.replica import Replica, client_at, load_balancer, replicas, start_replica
from sandbox.served import sandbox_process
from spending.books import books
from spending.buying import Shop
from voice_design_mcp.config import Settings

KEYS = "first-key-of-at-least-32-characters,second-key-of-at-least-32-characters"


@pytest.fixture
def shop(tmp_path: Path) -> Generator[Shop]:
    """A sandbox on a port, and what leads a server to it."""
    with sandbox_process(tmp_path / "vendor") as sandbox:
        buys_at = Shop(tmp_path / "data", sandbox.base_url, {"VOICE_DESIGN_APPROVAL": "ask"})
        yield buys_at
        buys_at.close()


@pytest.fixture
def shared(shop: Shop, database_url: str) -> dict[str, str]:
    """What replicas share, but for the keys."""
    return {**shop.environment, "VOICE_DESIGN_DATABASE_URL": database_url}


@pytest.mark.services
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("elicits", [True, False])
async def test_any_replica_goes_on_with_what_another_began(shared: dict[str, str], era: Era, *, elicits: bool) -> None:
    with replicas(3, {**shared, "VOICE_DESIGN_STATE_KEYS": KEYS}, "--stateless") as three:
        async with load_balancer(three) as url, client_at(url, era=era, person=Person() if elicits else None) as call:
            for take in range(1, 4):
                asked = elicits and era != "legacy"  # without a session the older era has no way back to ask by
                design = {**DESIGN, "take": take}
                made = await (call("design_voice", **design) if asked else call.approved("design_voice", **design))
                assert made["status"] == "created"
            assert (await call("list_voices"))["slots"]["qwen"]["used"] == 3


@pytest.mark.services
async def test_what_was_sealed_with_the_key_before_is_still_opened_and_another_s_is_not(
    shared: dict[str, str],
) -> None:
    from identity.village import modern_call

    first, second = KEYS.split(",")
    rings = [first, f"{second},{first}", "a-key-that-nobody-else-has-of-32-characters"]
    running = [start_replica({**shared, "VOICE_DESIGN_STATE_KEYS": ring}, "--stateless") for ring in rings]
    try:
        before, after, stranger = running
        asked = _result(await _post(before, *modern_call("design_voice", DESIGN, elicits=True)))
        said: dict[str, Any] = {name: {"action": "accept", "content": {}} for name in asked["inputRequests"]}
        again = modern_call(
            "design_voice", DESIGN, elicits=True, requestState=asked["requestState"], inputResponses=said
        )
        assert (await _post(stranger, *again)).status_code == 400
        assert _result(await _post(after, *again))["structuredContent"]["status"] == "created"
    finally:
        for replica in running:
            replica.kill()


@pytest.mark.parametrize("arguments", [(), ("--stateless",)], ids=["sessions", "stateless"])
@pytest.mark.parametrize("era", ERAS)
async def test_a_replica_that_is_told_to_end_finishes_the_purchase_under_way_and_takes_nothing_new(
    shop: Shop, era: Era, arguments: tuple[str, ...]
) -> None:
    shop.more["VOICE_DESIGN_APPROVAL"] = "auto"
    shop.spoil({"match": {"operation": "create"}, "when": "after", "action": "stall"})
    replica = start_replica(shop.environment, *arguments)
    told: list[dict[str, Any]] = []
    try:
        async with anyio.create_task_group() as calls:

            async def buy() -> None:
                async with client_at(replica.url, era=era) as call:
                    await (
                        call.client.list_tools()
                    )  # else it asks for the tool's schema after the answer, when nothing is taken any more
                    told.append(await call("design_voice", **DESIGN))

            calls.start_soon(buy)
            await anyio.to_thread.run_sync(shop.held, 1)
            replica.process.send_signal(signal.SIGTERM)
            await _until_refused(replica)
            await anyio.to_thread.run_sync(shop.release)
        assert replica.process.wait(timeout=60) in {0, -signal.SIGTERM}
    finally:
        replica.kill()
    assert [told[0]["status"], told[0]["voice"]] == ["created", *shop.voices()]
    assert books(Settings.load({}, shop.environment)).charged_voices == shop.voices()


async def test_a_replica_whose_client_has_gone_still_finishes_the_purchase_before_it_ends(shop: Shop) -> None:
    shop.more["VOICE_DESIGN_APPROVAL"] = "auto"
    shop.spoil({"match": {"operation": "create"}, "when": "after", "action": "stall"})
    replica = start_replica(shop.environment)
    try:
        with anyio.move_on_after(60) as gone:
            async with client_at(replica.url) as call, anyio.create_task_group() as calls:
                calls.start_soon(partial(call, "design_voice", **DESIGN))
                await anyio.to_thread.run_sync(shop.held, 1)
                gone.cancel()
        replica.process.send_signal(signal.SIGTERM)
        await _until_refused(replica)
        shop.release()
        assert replica.process.wait(timeout=60) in {0, -signal.SIGTERM}
    finally:
        replica.kill()
    assert books(Settings.load({}, shop.environment)).charged_voices == shop.voices() != []


@pytest.mark.services
async def test_a_replica_lives_without_its_database_and_is_ready_only_with_it(
    shared: dict[str, str],
) -> None:
    away = {**shared, "VOICE_DESIGN_DATABASE_URL": "postgresql://voice@127.0.0.1:9/none"}
    for environment, ready in ((shared, 200), (away, 503)):
        replica = start_replica(environment, "--allowed-hosts", "voices.example")
        try:
            async with httpx2.AsyncClient(base_url=replica.url, trust_env=False, timeout=60) as probe:
                headers = {"Host": "10.1.2.3:8000"}  # an orchestrator asks by address
                assert (await probe.get("/livez", headers=headers)).status_code == 200
                assert (await probe.get("/readyz", headers=headers)).status_code == ready
                assert (await probe.post("/mcp", headers=headers, json={})).status_code in {400, 421}
        finally:
            replica.kill()


async def _until_refused(replica: Replica) -> None:
    """Wait until a replica takes no new connection."""
    while True:
        try:
            await (await anyio.connect_tcp("127.0.0.1", replica.port)).aclose()
        except OSError:
            return
        await anyio.lowlevel.checkpoint()


async def _post(replica: Replica, body: dict[str, Any], headers: dict[str, str]) -> httpx2.Response:
    from identity.village import ACCEPT

    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        return await client.post(f"{replica.url}/mcp", json=body, headers={**ACCEPT, **headers})


def _result(answer: httpx2.Response) -> dict[str, Any]:
    import json

    if answer.headers["content-type"].startswith("application/json"):
        return answer.json()["result"]
    return json.loads([line[5:] for line in answer.text.splitlines() if line.startswith("data:")][-1])["result"]
