"""/metrics for Prometheus, on a port of its own: what was done, how it ended and how long it took; what is spent and held."""

from __future__ import annotations

import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select

from ..errors import VoiceDesignError
from ..storage.schema import audio, holds
from ..watching import Act, watch

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from ..studio import Studio

_SECONDS: Final = (0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """Watches this process, and looks into the ledger when it is asked.

    Args:
        studio: Whose ledger. Figures of money are the account's, the same on every replica: take one, not their sum.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._registry = CollectorRegistry()
        labels = ("kind", "name", "outcome")
        self._acts = Counter("voice_design_acts", "What was done, by how it ended.", labels, registry=self._registry)
        self._seconds = Histogram(
            "voice_design_act_seconds", "How long it took.", labels[:2], registry=self._registry, buckets=_SECONDS
        )
        self._spent = Gauge(
            "voice_design_spent_usd_today", "Spent or held today, against the caps.", registry=self._registry
        )
        self._holds = Gauge("voice_design_holds", "Purchases by how they stand.", ("state",), registry=self._registry)
        self._kept = Gauge("voice_design_audio_bytes", "Audio that is kept.", registry=self._registry)
        self.end = watch(self._watched)

    def app(self) -> Starlette:
        """The application that answers /metrics and nothing else."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        return Starlette(routes=[Route("/metrics", self._told)])

    async def _told(self, _request: Request) -> Response:
        from starlette.responses import Response

        try:
            await self._look()
        except VoiceDesignError as error:
            return Response(error.code, 503)
        return Response(generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _look(self) -> None:
        from ..spending.caps import EVERYONE
        from ..spending.report import report

        desk = await self._studio.open()
        facts = await report(desk.database, desk.account.id, EVERYONE, desk.ledger.today, desk.caps, most=0)

        def counted(db: Connection) -> tuple[dict[str, int], int]:
            states = (
                select(holds.c.state, func.count()).where(holds.c.account == desk.account.id).group_by(holds.c.state)
            )
            size = select(func.coalesce(func.sum(audio.c.size_bytes), 0)).where(audio.c.account == desk.account.id)
            return {str(state): int(count) for state, count in db.execute(states)}, int(db.scalar(size) or 0)

        states, size_bytes = await desk.database.read(counted)
        self._spent.set(float(facts["today"]["usd"]))
        self._kept.set(size_bytes)
        self._holds.clear()
        for state, count in states.items():
            self._holds.labels(state).set(count)

    @contextmanager
    def _watched(self, act: Act) -> Generator[None]:
        began_s = time.perf_counter()
        try:
            yield
        finally:
            self._acts.labels(act.kind, act.name, act.outcome).inc()
            self._seconds.labels(act.kind, act.name).observe(time.perf_counter() - began_s)


class Beside(uvicorn.Server):
    """Serves an application of this process's own beside the server that hears the signals, which tells it to end.

    Args:
        app: The application.
        host: The address.
        port: The port; 0 takes a free one.
    """

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1))
        self.sockets = [socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)]

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Hear none."""
        yield
