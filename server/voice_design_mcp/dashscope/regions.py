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


async def explained(error: AuthError, region: str, open_http: Callable[[str], Http]) -> AuthError:
    """A refused key told apart: of another region, of none, or not to be told.

    Args:
        error: The refusal.
        region: The region that is set.
        open_http: As `accepting`.
    """
    told = await accepting(open_http)
    elsewhere = [name for name, accepted in told.items() if accepted and name != region]
    if told[region] is False and elsewhere:
        return AuthError(
            f"The vendor refused the API key in {region}; {elsewhere[0]} accepts it. Keys work only in their own region.",
            hint=f"Set VOICE_DESIGN_REGION={elsewhere[0]}, or use a key of {region}.",
            code="wrong_region",
            status=error.status,
            request_id=error.request_id,
        )
    if not any(accepted is not False for accepted in told.values()):
        return AuthError(
            f"The vendor refused the API key in every region ({', '.join(told)}): it is wrong or revoked.",
            hint="Make a new key in Model Studio's console and set DASHSCOPE_API_KEY.",
            status=error.status,
            request_id=error.request_id,
        )
    return error


async def _accepts(http: Http) -> bool | None:
    async with http:
        try:
            told = await available(http, QWEN.wire_model)
        except AuthError:
            return False
        except UpstreamError:
            return None
    return None if told is None else True
