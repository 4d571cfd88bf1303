"""Which account of the vendor is charged: what every record of money carries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .catalog import origin
from .config import Settings
from .setting import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The vendor account that is charged. `id` carries a keyed fingerprint of the key, never the key."""

    id: str
    label: str

    @classmethod
    def of(cls, settings: Settings, brought: Secret | None = None) -> Account:
        """The account that the settings lead to, or a key that the caller brought.

        A brought key has accounts of its own here, even where it is the server's: whoever has the key may see all of them.
        """
        if brought is not None:
            where = _where(settings)
            mark = f"brought {_mark(brought, 16)}"
            return cls(
                id=f"{where} {settings.region} {mark}", label=f"{_label(settings, where)}, with the caller's own key"
            )
        if settings.sandbox:
            return cls(id="sandbox", label="the offline sandbox")
        if settings.open_servers and not (settings.api_key or settings.base_url):
            url = settings.open_servers.speech_url
            return cls(id=f"open {url}", label=f"your own servers ({url})")
        where = _where(settings)
        return cls(id=f"{where} {settings.region} {_mark(settings.api_key, 8)}", label=_label(settings, where))


def _where(settings: Settings) -> str:
    return settings.base_url or origin(settings.region, settings.workspace_id)


def _label(settings: Settings, where: str) -> str:
    host = where.partition("://")[2]
    return host if settings.base_url else f"Model Studio {settings.region.title()} ({host})"


def _mark(key: Secret, digest_bytes: int) -> str:
    digest = hashlib.blake2b(key.reveal().encode(), key=b"voice-design-mcp account", digest_size=digest_bytes)
    return digest.hexdigest()
