"""What the environment may and may not do to the way to the vendor."""

from __future__ import annotations

import pytest

from dashscope.asking import RESULTS, http, list_page
from dashscope.peer import Peer, answer
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


async def test_the_vendor_is_spoken_to_through_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Peer(then=answer("", status=407)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
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
