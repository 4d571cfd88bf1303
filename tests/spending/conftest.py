"""A vendor on loopback, a clock that a test moves, and settings that lead to both."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from clients import Caller, connected
from spending.time_and_clients import AT_ONCE, Clock, Connect, MakeSettings
from spending.vendor import Vendor
from voice_design_mcp.config import Settings


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Every test of money runs on both databases; so do the commands that it calls, which read the environment."""
    if request.param == "sqlite":
        return {}
    variable, url = "VOICE_DESIGN_DATABASE_URL", request.getfixturevalue("database_url")
    monkeypatch.setenv(variable, url)
    return {variable: url}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def vendor() -> AsyncGenerator[Vendor]:
    async with Vendor() as peer:
        yield peer


@pytest.fixture
def settings(make_settings: MakeSettings, vendor: Vendor) -> Settings:
    """The vendor, with a key, and approval by the policy alone."""
    return make_settings(api_key="sk-test", base_url=vendor.origin, approval="auto")


@pytest.fixture
def connect(settings: Settings, clock: Clock) -> Connect:
    """Opens a client on a new server over the same data folder, as a restart does."""

    def opened(own: Settings = settings, **options: Any) -> AbstractAsyncContextManager[Caller]:
        chosen: dict[str, Any] = {"clock": clock, "retries": AT_ONCE, **options}
        return connected(own, **chosen)

    return opened
