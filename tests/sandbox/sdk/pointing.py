"""The official SDK and where it was pointed."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from sandbox.asking import Asker


@dataclass(frozen=True)
class Sdk:
    """The module `dashscope`, and where it was pointed."""

    module: Any
    asker: Asker
    http_url: str
    realtime_url: str
    inference_url: str

    def part(self, name: str) -> Any:
        """One of its modules."""
        return importlib.import_module(f"dashscope.{name}")

    def client(self, **options: Any) -> Any:
        """A client of its second generation."""
        return self.module.Client(**{"base_url": self.http_url, "api_key": "sk-test", "timeout": 30} | options)
