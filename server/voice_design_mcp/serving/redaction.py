"""What a served process's log never tells: the settings' secrets, a request's vendor key, and whatever else looks like one."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from ..caller import keys_sent
from ..config import Settings
from ..setting import Secret

HIDDEN: Final = "[hidden]"
_SHORTEST: Final = 4
"""What is shorter is no secret, and hiding it would spoil every other word."""
_LOOKS: Final = tuple(
    (re.compile(pattern), rf"\g<1>{HIDDEN}")
    for pattern in (
        r"(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}",
        r"(\b)sk-[A-Za-z0-9_-]{6,}",
        r"(\b)vd_[A-Za-z0-9_-]{16,}",
        r"(\b)eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,2}",
        r"([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)",
        r"(?i)([?&](?:[a-z0-9_-]*(?:signature|token|credential|password|secret)|(?:api[_-]?)?key)=)[^\s&\"'<>]+",
    )
)
"""Bearer and basic credentials, keys of the vendor's kind, tokens of our own, JWTs, passwords and signatures in URLs."""


class Redaction:
    """Takes secrets out of text.

    Args:
        settings: Whose secrets are hidden wherever they stand, whatever they look like.
    """

    def __init__(self, settings: Settings) -> None:
        self._secrets = sorted({*_written(settings)}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without them."""
        for secret in (*self._secrets, *filter(_is_long, keys_sent.get())):
            text = text.replace(secret, HIDDEN)
        for look, instead in _LOOKS:
            text = look.sub(instead, text)
        return text


class PlainLines(logging.Formatter):
    """The log as text, an event as another formatter has it, without secrets.

    Args:
        inner: The formatter.
        redact: Takes the secrets out.
    """

    def __init__(self, inner: logging.Formatter, redact: Redaction) -> None:
        super().__init__()
        self._inner = inner
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The event."""
        return self._redact(self._inner.format(record))


def _written(settings: Settings) -> Iterator[str]:
    """Every secret of the settings, and the password in one that is a URL, as it may stand in a log."""
    for secret in filter(_is_long, _secrets(settings)):
        yield secret
        password = urlsplit(secret).password if "://" in secret else None
        yield from filter(_is_long, {password or "", unquote(password or "")})


def _secrets(held: Any) -> Iterator[str]:
    if isinstance(held, Secret):
        yield held.reveal()
    elif isinstance(held, tuple):
        for each in held:  # pyright: ignore[reportUnknownVariableType] of any kind
            yield from _secrets(each)
    elif is_dataclass(held):
        for field in fields(held):
            yield from _secrets(getattr(held, field.name))


def _is_long(secret: str) -> bool:
    return len(secret) >= _SHORTEST
