"""A served process is watched: by Prometheus on a port of its own, by OpenTelemetry, by a log of JSON. None tells a secret."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import httpx2
import pytest

from clients import DESIGN, connected
from conftest import MakeSettings
from replicas.replica import client_at, start_replica
from sandbox.served import sandbox_process
from spending.buying import Shop
from voice_design_mcp.serving.traces import traced
from voice_design_mcp.watching import watch

pytestmark = pytest.mark.services


@pytest.fixture
def shop(tmp_path: Path) -> Generator[Shop]:
    with sandbox_process(tmp_path / "vendor") as sandbox:
        buys_at = Shop(tmp_path / "data", sandbox.base_url)
        yield buys_at
        buys_at.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def figures(text: str) -> dict[str, float]:
    return {match[1]: float(match[2]) for match in re.finditer(r"^(voice_design_\S+) ([0-9.e+]+)$", text, re.MULTILINE)}


async def test_metrics_count_calls_requests_and_purchases_and_tell_the_ledger_s_figures(shop: Shop) -> None:
    port = free_port()
    replica = start_replica({**shop.environment, "VOICE_DESIGN_METRICS_PORT": str(port)})
    try:
        async with client_at(replica.url) as call:
            voice = (await call("design_voice", **DESIGN))["voice"]
            await call("synthesize", voice=voice, text="Good evening.")
            await call.error("get_voice", voice="nobody")
        told = httpx2.get(f"http://127.0.0.1:{port}/metrics")
        assert told.headers["content-type"].startswith("text/plain")
        now = figures(told.text)
        assert now['voice_design_acts_total{kind="tool",name="design_voice",outcome="created"}'] == 1
        assert now['voice_design_acts_total{kind="tool",name="get_voice",outcome="voice_not_found"}'] == 1
        assert now['voice_design_acts_total{kind="vendor",name="create",outcome="ok"}'] == 1
        assert now['voice_design_acts_total{kind="purchase",name="speech",outcome="ok"}'] == 1
        assert now['voice_design_act_seconds_count{kind="tool",name="synthesize"}'] == 1
        assert now["voice_design_spent_usd_today"] == pytest.approx(0.2, abs=0.01)
        assert now['voice_design_holds{state="charged"}'] == 2
        assert now["voice_design_audio_bytes"] > 10_000
        assert voice not in told.text
        assert httpx2.get(f"{replica.url}/metrics").status_code == 404
    finally:
        replica.kill()


async def test_the_json_log_is_an_object_a_line_with_a_trace_id_and_no_key(shop: Shop) -> None:
    shop.spoil({"match": {"operation": "create"}, "status": 500, "times": 9})
    replica = start_replica({**shop.environment, "VOICE_DESIGN_LOG_JSON": "1", "VOICE_DESIGN_APPROVAL": "auto"})
    try:
        async with client_at(replica.url) as call:
            await call.raw("design_voice", **DESIGN)
    finally:
        replica.kill()
    lines = [json.loads(line) for line in replica.log if line.startswith("{")]
    about_it = [line for line in lines if line.get("act") == "purchase voice"]
    assert about_it, replica.log
    assert all(re.fullmatch(r"[0-9a-f]{32}", line["trace_id"]) for line in about_it)
    assert {"time", "level", "logger", "message"} <= about_it[0].keys()
    assert "sk-test" not in "".join(replica.log)


async def test_spans_of_a_call_lie_in_each_other_and_name_no_text(make_settings: MakeSettings) -> None:
    # Only the extra observe brings them.
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    end = watch(traced)
    try:
        async with connected(make_settings(approval="auto")) as call:
            await call("design_voice", **DESIGN)
            await call.error("get_voice", voice="nobody")
    finally:
        end()
        provider.shutdown()
    spans = {span.name: span for span in exporter.get_finished_spans()}
    tool, purchase, sent = spans["tool design_voice"], spans["purchase voice"], spans["vendor create"]
    assert sent.parent is not None
    assert purchase.parent is not None
    assert purchase.context is not None
    assert tool.context is not None
    assert sent.parent.span_id == purchase.context.span_id
    assert purchase.parent.span_id == tool.context.span_id
    assert tool.parent is not None, "it lies in the SDK's own"
    assert (tool.attributes or {})["voice_design.outcome"] == "created"
    assert spans["tool get_voice"].status.status_code == trace.StatusCode.ERROR
    told = json.dumps([span.to_json() for span in exporter.get_finished_spans()])
    assert DESIGN["voice_prompt"] not in told


def test_what_a_setting_needs_is_said_where_it_is_missing(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "hidden" / "prometheus_client").mkdir(parents=True)
    (tmp_path / "hidden" / "prometheus_client" / "__init__.py").write_text(
        "raise ModuleNotFoundError", encoding="ascii"
    )
    environment = {**shop.environment, "VOICE_DESIGN_METRICS_PORT": "1", "PYTHONPATH": str(tmp_path / "hidden")}
    command = [sys.executable, "-m", "voice_design_mcp", "serve", "--http", "--port", "0"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert "needs the extra `observe`" in ended.stderr
