"""Spans of OpenTelemetry for what is watched, inside those that the SDK makes of the protocol's requests.

Where they go is set as for any program: by `opentelemetry-instrument`, or an SDK that the process sets up.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from opentelemetry.trace import SpanKind, StatusCode, format_trace_id, get_tracer

from .. import __version__
from ..watching import Act

_KINDS: Final = {"tool": SpanKind.INTERNAL, "vendor": SpanKind.CLIENT, "purchase": SpanKind.INTERNAL}
_GOOD: Final = frozenset(
    {
        "ok",
        "created",
        "reused",
        "deleted",
        "kept",
        "confirmation_required",
        "input_required",
        "in_progress",
        "pending",
        "dry_run",
    }
)


@contextmanager
def traced(act: Act) -> Generator[None]:
    """The watcher. No text and no voice's name is in a span: only what was done, and how it ended."""
    tracer = get_tracer("voice-design-mcp", __version__)
    with tracer.start_as_current_span(f"{act.kind} {act.name}", kind=_KINDS[act.kind], record_exception=False) as span:
        context = span.get_span_context()
        if context.is_valid:
            act.trace_id = format_trace_id(context.trace_id)
        try:
            yield
        finally:
            span.set_attribute("voice_design.outcome", act.outcome)
            span.set_status(StatusCode.OK if act.outcome in _GOOD else StatusCode.ERROR)
