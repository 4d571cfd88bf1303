"""The official SDK and where it was pointed."""

from __future__ import annotations

import importlib
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from sandbox.asking import Asker


@dataclass(frozen=True)
class Sdk:
    """The module `dashscope`, where it was pointed, and the clients made of it, which are closed at the end of the test."""

    module: Any
    asker: Asker
    http_url: str
    realtime_url: str
    inference_url: str
    clients: ExitStack

    def part(self, name: str) -> Any:
        """One of its modules."""
        return importlib.import_module(f"dashscope.{name}")

    def client(self, **options: Any) -> Any:
        """A client of its second generation."""
        client = self.module.Client(**{"base_url": self.http_url, "api_key": "sk-test", "timeout": 30} | options)
        self.clients.callback(client.close)
        return client
