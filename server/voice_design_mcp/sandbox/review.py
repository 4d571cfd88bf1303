"""Reviews on demand: how the vendor's review of the next designed voices of the enrollment family goes.

Without a script a voice is OK at once, so that the documents' own samples run. A script is a JSON list; each entry is
for the next `times` voices that are created, in the order of the list.

    times     how many voices, default 1
    queries   how many times `query_voice` finds the voice DEPLOYING before it has its outcome, default 0;
              null: until it is released. `list_voice` shows the status and counts as no query
    outcome   OK (default) or UNDEPLOYED, what the vendor calls a voice that it rejects

A voice that is DEPLOYING speaks without a sound and without an error, as the vendor's does; one that is UNDEPLOYED is
refused. What a voice's review will come to is stored with it: a restart changes nothing.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from voice_design_mcp.sandbox.state import UNTIL_RELEASED


class Review(BaseModel):
    """One entry of the script; the module's table says what each field does."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    times: int = Field(default=1, ge=1, le=1_000_000)
    queries: int | None = Field(default=0, ge=0, le=1_000_000)
    outcome: Literal["OK", "UNDEPLOYED"] = "OK"

    @property
    def queries_left(self) -> int:
        """As the account's state counts them."""
        return UNTIL_RELEASED if self.queries is None else self.queries


_SCRIPT = TypeAdapter(list[Review])


class ReviewScript:
    """The reviews still to come, of one served or mounted sandbox."""

    def __init__(self) -> None:
        self._left: list[Review] = []

    def add(self, raw: bytes) -> None:
        """Appends a script; a `pydantic.ValidationError` says what is wrong with it."""
        self._left += _SCRIPT.validate_json(raw)

    def report(self) -> list[dict[str, Any]]:
        """What is left of the script, as it would be posted, defaults left out."""
        return _SCRIPT.dump_python(self._left, mode="json", exclude_defaults=True)

    def clear(self) -> None:
        """Forgets what is left; voices that are in review stay there."""
        self._left.clear()

    def next(self) -> Review:
        """The review of the voice that is created now."""
        if not self._left:
            return Review()
        review = self._left.pop(0)
        if review.times > 1:
            self._left.insert(0, review.model_copy(update={"times": review.times - 1}))
        return review
