"""One served sandbox for all of these tests; each begins with a clean slate and the clock back at its start."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from sandbox.asking import Asker, Clock
from sandbox.served import served_sandbox


@pytest.fixture(scope="session")
def shared_clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def shared_asker(tmp_path_factory: pytest.TempPathFactory, shared_clock: Clock) -> Generator[Asker]:
    with served_sandbox(tmp_path_factory.mktemp("sandbox"), now=shared_clock) as base_url:
        asker = Asker(base_url)
        with asker.http:
            yield asker


@pytest.fixture
def clock(shared_clock: Clock) -> Clock:
    shared_clock.now_s = Clock().now_s
    return shared_clock


@pytest.fixture
def asker(shared_asker: Asker, clock: Clock) -> Asker:  # noqa: ARG001  the clock is set back first
    shared_asker.release()
    assert shared_asker.http.post("/sandbox/reset").status_code == 200
    return shared_asker
