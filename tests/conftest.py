"""What every test stands on: a clean environment, a folder of its own, and the asyncio backend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from voice_design_mcp.config import SETTINGS, Settings

MakeSettings = Callable[..., Settings]

# No test fails by a clock, and a landing does not hang on which examples were drawn.
hypothesis.settings.register_profile(
    "here", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("here")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches them, so that nothing here can reach the vendor."""
    for row in SETTINGS:
        monkeypatch.delenv(row.variable, raising=False)


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Settings with a data folder of the test's own; keyword arguments are settings without their prefix, in lower case."""

    def make(**given: str) -> Settings:
        named = {f"VOICE_DESIGN_{name.upper()}": value for name, value in given.items() if name != "api_key"}
        if "api_key" in given:
            named["DASHSCOPE_API_KEY"] = given["api_key"]
        return Settings.load({}, {"VOICE_DESIGN_DATA_DIR": str(tmp_path / "data"), **named})

    return make


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    """The defaults: no key, so the in-process sandbox."""
    return make_settings()
