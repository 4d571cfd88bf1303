"""What goes over the wire as plain values: JSON out, JSON in, and the origin that a URL names.

Refuses to know what is said and to whom.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2
from pydantic_core import from_json

from ..errors import ConfigError, InputError
from ..setting import is_loopback


def encoded(body: Mapping[str, Any]) -> bytes:
    """A JSON object as the vendor's SDK writes it: compact, its text raw.

    Raises:
        InputError: A text of its `input` is no text (half a surrogate pair).
    """
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError as error:
        fields: Mapping[str, Any] = body.get("input", {})
        broken = (name for name, value in fields.items() if isinstance(value, str) and not _is_text(value))
        raise _no_text(next(broken, "input")) from error


def whole_text(argument: str, value: str) -> str:
    """The text itself.

    Raises:
        InputError: It is no text (half a surrogate pair).
    """
    if not _is_text(value):
        raise _no_text(argument)
    return value


def decoded(body: bytes | str) -> dict[str, Any] | None:
    """The JSON object that a body is, None where it is none."""
    try:
        value = from_json(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType] JSON enters here


def origin_of(base_url: str) -> tuple[str, str]:
    """The origin as it is written into requests, and its host.

    Raises:
        ConfigError: The URL is not scheme, host and port.
    """
    url = _url(base_url)
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.raw_path != b"/" or url.fragment:
        raise ConfigError("The vendor's base URL must be scheme, host and port, nothing more.")
    return str(url).rstrip("/"), url.raw_host.decode("ascii").lower()


def socket_origin_of(ws_url: str, base_url: str) -> tuple[str, str]:
    """The origin of the WebSockets, written as http or https: so written, the environment's proxies count for them too.

    Args:
        ws_url: wss, or on loopback ws; empty for the same place as `base_url`.
        base_url: Scheme, host and port.

    Raises:
        ConfigError: The URL is not scheme, host and port, or would carry the key in plain text.
    """
    if not ws_url:
        return origin_of(base_url)
    scheme, _, place = ws_url.partition("://")
    origin, host = origin_of({"ws": "http", "wss": "https"}.get(scheme, "") + "://" + place)
    if scheme == "ws" and not is_loopback(host):
        raise ConfigError("The vendor's WebSocket URL may be plain ws only on loopback.")
    return origin, host


def _url(text: str) -> httpx2.URL:
    try:
        return httpx2.URL(text)
    except httpx2.InvalidURL as error:
        raise ConfigError("The vendor's base URL is not a URL.") from error


def _no_text(argument: str) -> InputError:
    return InputError(argument, "It holds half of a surrogate pair, which is no character.")


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)
