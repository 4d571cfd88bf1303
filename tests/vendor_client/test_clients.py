"""What the environment may and may not do to the way to the vendor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from vendor_client.asking import RESULTS, create, http, list_page
from vendor_client.peer import Peer, answer
from voice_design_mcp.dashscope import clients
from voice_design_mcp.dashscope.clients import open_client
from voice_design_mcp.dashscope.qwen import QwenFamily
from voice_design_mcp.errors import ConfigError, UnavailableError


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def test_loopback_is_spoken_to_directly_whatever_proxy_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with Peer([answer(RESULTS["list"])]) as peer, http(peer.origin) as client:
        assert await list_page(QwenFamily(client))
    assert len(peer.requests) == 1


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
async def test_the_vendor_is_spoken_to_through_the_environments_proxy(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async with Peer(then=answer("", status=407)) as proxy:
        monkeypatch.setenv(name, proxy.origin)
        async with http("https://dashscope-intl.aliyuncs.com") as client:
            with pytest.raises(UnavailableError) as caught:
                await list_page(QwenFamily(client))
    assert {(request.method, request.target) for request in proxy.requests} == {
        ("CONNECT", "dashscope-intl.aliyuncs.com:443")
    }
    assert (caught.value.status, caught.value.billed) == (0, "no")


async def test_a_proxy_that_cannot_be_used_is_a_mistake_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1:1")
    async with http("https://dashscope-intl.aliyuncs.com") as client:
        with pytest.raises(ConfigError, match="proxy"):
            await list_page(QwenFamily(client))


async def test_certificates_that_are_not_there_are_a_mistake_in_the_environment_and_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    clients._machine_certificates.cache_clear()  # pyright: ignore[reportPrivateUsage] as a new process would find it
    async with http("https://dashscope-intl.aliyuncs.com") as client:
        with pytest.raises(ConfigError, match="certificates"):
            await create(QwenFamily(client))


async def test_a_client_keeps_no_cookie() -> None:
    async with (
        Peer(then=answer({}, headers={"set-cookie": "a=b; Path=/"})) as peer,
        open_client(outside=False) as client,
    ):
        for _ in range(2):
            await client.get(peer.origin)
    assert ["cookie" in request.headers for request in peer.requests] == [False, False]


async def test_a_client_for_plain_http_trusts_no_certificate(storage_tls: Any) -> None:
    async with Peer(tls=storage_tls.server) as peer, open_client(outside=False, tls=False) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get(peer.origin)
    assert peer.requests == []
