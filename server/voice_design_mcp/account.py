"""Which account of the vendor is charged: what every record of money carries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .catalog import origin
from .config import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The vendor account that is charged. `id` carries a keyed fingerprint of the key, never the key."""

    id: str
    label: str

    @classmethod
    def of(cls, settings: Settings) -> Account:
        """The account that the settings lead to."""
        if settings.sandbox:
            return cls(id="sandbox", label="the offline sandbox")
        if settings.open_servers and not (settings.api_key or settings.base_url):
            url = settings.open_servers.speech_url
            return cls(id=f"open {url}", label=f"your own servers ({url})")
        where = settings.base_url or origin(settings.region, settings.workspace_id)
        mark = hashlib.blake2b(settings.api_key.reveal().encode(), key=b"voice-design-mcp account", digest_size=8)
        host = where.partition("://")[2]
        label = host if settings.base_url else f"Model Studio {settings.region.title()} ({host})"
        return cls(id=f"{where} {settings.region} {mark.hexdigest()}", label=label)
