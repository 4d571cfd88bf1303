"""The vendor's own catalogue: whether it has a model. Free, read-only, the same for every family."""

from __future__ import annotations

from typing import Final

from ..errors import AuthError, UnavailableError, UpstreamError
from .exchange import Asked
from .http import Http
from .reading import read
from .wire import Catalogued, Permitted

MODELS: Final = "/api/v1/models"
PERMISSIONS: Final = "/api/v1/models/permissions"


async def available(http: Http, model: str) -> bool | None:
    """The seam's `available`. Being in the catalogue does not mean that this account may call it."""
    try:
        answer = await http.get(MODELS, {"model": model, "page_no": 1, "page_size": 1})
        found = read(Catalogued, answer, Asked(http.host, model, purchase=False)).output
    except AuthError as error:
        if error.status == 401:
            raise
        return None
    except UnavailableError as error:
        if not error.status:
            raise
        return None
    except UpstreamError:
        return None
    if any(each.model == model for each in found.models):
        return True
    return False if found.total == 0 or not found.models else None


async def permitted(http: Http, model: str) -> bool | None:
    """Whether this account may call a model. Free; None where the answer does not tell: it is documented for Beijing alone."""
    wanted = {"model": model, "authorization_scope": "AUTHORIZED", "action": "INFERENCE", "page_no": 1, "page_size": 20}
    try:
        answer = await http.get(PERMISSIONS, wanted)
        found = read(Permitted, answer, Asked(http.host, model, purchase=False)).output
    except UpstreamError:
        return None
    return next((each.permissions.inference for each in found.permissions if each.model == model), None)
