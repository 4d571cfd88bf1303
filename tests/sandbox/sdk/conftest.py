"""The official SDK, pointed at the served sandbox. It has to be there: these tests fail without it."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from sandbox.asking import Asker
from sandbox.sdk.pointing import Sdk


@pytest.fixture
def sdk(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> Generator[Sdk]:
    base = str(asker.http.base_url).rstrip("/")
    socket = base.replace("http://", "ws://")
    with ExitStack() as clients:
        pointed = Sdk(
            module=importlib.import_module("dashscope"),
            asker=asker,
            http_url=f"{base}/api/v1",
            realtime_url=f"{socket}/api-ws/v1/realtime",
            inference_url=f"{socket}/api-ws/v1/inference",
            clients=clients,
        )
        monkeypatch.setattr(pointed.module, "api_key", "sk-test")
        monkeypatch.setattr(pointed.module, "base_http_api_url", pointed.http_url)
        monkeypatch.setattr(pointed.module, "base_websocket_api_url", pointed.inference_url)
        yield pointed
    asker.release()
    gc.collect()  # the sockets that its first generation leaves open are this test's, and nobody else's to be warned of
