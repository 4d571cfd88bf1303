"""What every engine agrees on: the spec of a voice, the languages, the sample rate and the one error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SAMPLE_RATE_HZ = 24_000
"""The rate of every block that an engine gives."""

LANGUAGES = ("zh", "en", "de", "it", "pt", "es", "ja", "ko", "fr", "ru")
"""The codes of the languages that every engine speaks."""

Parameter = float | list[float] | dict[str, float]


class EngineError(Exception):
    """The engine cannot say this; the text says why and may be shown to anyone."""


@dataclass(frozen=True, slots=True)
class VoiceSpec:
    """A designed voice, as numbers.

    Attributes:
        engine: The engine it was designed for.
        engine_version: What that engine was at the time.
        seed: Which take of the description this is.
        description_sha256: Of the description, in hexadecimal.
        parameters: What the engine needs to speak with it, and nothing that it does not.
    """

    engine: str
    engine_version: str
    seed: int
    description_sha256: str
    parameters: Mapping[str, Parameter]

    def to_json(self) -> str:
        """Return the spec as one line of JSON, the same for equal specs."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> VoiceSpec:
        """Read what `to_json` wrote.

        Raises:
            EngineError: It is not a spec.
        """
        try:
            stored: dict[str, Any] = json.loads(text)
            return cls(
                engine=str(stored["engine"]),
                engine_version=str(stored["engine_version"]),
                seed=int(stored["seed"]),
                description_sha256=str(stored["description_sha256"]),
                parameters=dict(stored["parameters"]),
            )
        except (KeyError, TypeError, ValueError) as problem:
            raise EngineError("The stored voice is damaged: its spec cannot be read.") from problem
