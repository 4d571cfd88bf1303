"""Has a served process watched as its settings say: by Prometheus, by OpenTelemetry. Imported only then: the extra `observe`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..watching import watch

if TYPE_CHECKING:
    from ..hosting import Hosting
    from ..studio import Studio
    from .metrics import Beside


@contextmanager
def observed(studio: Studio, hosting: Hosting, host: str) -> Generator[Beside | None]:
    """Watch this process; gives what is to be served beside it, if anything.

    Raises:
        ConfigError: What a setting needs is not installed.
    """
    with ExitStack() as watching:
        if hosting.traces:
            try:
                from .traces import traced
            except ModuleNotFoundError as error:
                raise _missing("VOICE_DESIGN_TRACES") from error
            watching.callback(watch(traced))
        if not hosting.metrics_port:
            yield None
            return
        try:
            from .metrics import Beside, Metrics
        except ModuleNotFoundError as error:
            raise _missing("VOICE_DESIGN_METRICS_PORT") from error
        metrics = Metrics(studio)
        watching.callback(metrics.end)
        beside = Beside(metrics.app(), host, hosting.metrics_port)
        yield beside


def _missing(variable: str) -> ConfigError:
    return ConfigError(f"{variable} needs the extra `observe`: pip install 'voice-design-mcp[observe]'.")
