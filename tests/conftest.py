"""What every test stands on: a clean environment, a folder of its own, and the asyncio backend."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator
from pathlib import Path

import hypothesis
import pytest

from clients import AT_SPEED
from services import make_database, postgresql, s3_server
from voice_design_mcp.config import SETTINGS, Settings
from voice_design_mcp.hosting import HOSTING

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
    for row in (*SETTINGS, *HOSTING):
        monkeypatch.delenv(row.variable, raising=False)
    for variable, value in AT_SPEED.items():
        monkeypatch.setenv(variable, value)


@pytest.fixture(scope="session")
def postgresql_server() -> Generator[str]:
    """A PostgreSQL server; the name of a database is to be added to its URL."""
    with postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def s3_variables() -> Generator[dict[str, str]]:
    """The AWS variables that lead to an S3 server, whose one bucket is `services.BUCKET`."""
    with s3_server() as variables:
        yield variables


@pytest.fixture
def database_url(postgresql_server: str) -> str:
    """A database of the test's own on a PostgreSQL server."""
    return make_database(postgresql_server, f"test_{secrets.token_hex(6)}")


@pytest.fixture
def storage() -> dict[str, str]:
    """The variables of where the test's records are kept: none, for the data folder. Overridden where PostgreSQL has its turn."""
    return {}


@pytest.fixture
def make_settings(tmp_path: Path, storage: dict[str, str]) -> MakeSettings:
    """Settings with a data folder of the test's own; keyword arguments are settings without their prefix, in lower case."""

    def make(**given: str) -> Settings:
        named = {f"VOICE_DESIGN_{name.upper()}": value for name, value in given.items() if name != "api_key"}
        if "api_key" in given:
            named["DASHSCOPE_API_KEY"] = given["api_key"]
        own = {"VOICE_DESIGN_DATA_DIR": str(tmp_path / "data"), **AT_SPEED}
        return Settings.load({}, {**own, **storage, **named})

    return make


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    """The defaults: no key, so the in-process sandbox."""
    return make_settings()
