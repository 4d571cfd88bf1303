"""An answer read into the shape that it must have, or refused."""

from __future__ import annotations

import logging
from typing import TypeVar

from pydantic import ValidationError

from .exchange import Answer, Asked
from .refusals import unreadable
from .wire import Shape

_Shape = TypeVar("_Shape", bound=Shape)
_log = logging.getLogger(__name__)


def read(shape: type[_Shape], answer: Answer, asked: Asked) -> _Shape:
    """Read an answer.

    Raises:
        ProtocolError: It lacks what it is useless without.
    """
    try:
        return shape.model_validate(answer.parsed)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        _log.info("answer of request %r lacks %s", answer.request_id, where)
        raise unreadable(asked, answer, f"{where or 'it'} is missing or odd") from None
