"""Whether the process lives, and whether it can be given work: what a load balancer and an orchestrator ask, without a token."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..errors import VoiceDesignError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from ..studio import Studio

log = logging.getLogger(__name__)


class Health:
    """Answers /livez and /readyz.

    Args:
        studio: What must be open, and whose database must answer, for the process to be ready.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.draining = False
        """Set when the process was told to end: it finishes what it has and takes nothing new."""

    def routes(self) -> list[BaseRoute]:
        """The two routes. No Host is asked of them: whoever probes does so by address."""
        from starlette.routing import Route

        return [Route("/livez", self._lives), Route("/readyz", self._is_ready)]

    async def _lives(self, _request: Request) -> Response:
        return _said(200, "alive")

    async def _is_ready(self, _request: Request) -> Response:
        if self.draining:
            return _said(503, "draining")
        try:
            desk = await self._studio.open()
            await desk.database.read(lambda db: db.exec_driver_sql("SELECT 1").scalar())
        except VoiceDesignError as error:
            log.warning("not ready: %s", error.code)
            return _said(503, error.code)
        return _said(200, "ready")


def _said(status: int, word: str) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({"status": word}, status, headers={"Cache-Control": "no-store"})
