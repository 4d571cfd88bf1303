"""In which regions a key is accepted: what tells a key of another region from a key of none.

The refusal itself does not: a region answers 401 to both. Each region's free catalogue does. Refuses to know whose key it is.
"""

from __future__ import annotations

from collections.abc import Callable

from ..catalog import QWEN, REGIONS, origin
from ..errors import AuthError, UpstreamError
from .availability import available
from .http import Http


async def accepting(open_http: Callable[[str], Http]) -> dict[str, bool | None]:
    """Ask each region's shared host, free of charge.

    Args:
        open_http: Makes a client with the key for a base URL; it is closed here.

    Returns:
        For each region: True where the key is accepted, False where it is refused, None where the answer does not tell.
    """
    return {region: await _accepts(open_http(origin(region))) for region in REGIONS}


async def _accepts(http: Http) -> bool | None:
    async with http:
        try:
            told = await available(http, QWEN.wire_model)
        except AuthError:
            return False
        except UpstreamError:
            return None
    return None if told is None else True
