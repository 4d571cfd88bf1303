"""The server over real HTTP: streamable HTTP at /mcp and SSE at /sse from one process, on loopback only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.sse import sse_client

from clients import DESIGN, ERAS, Caller, Era, Person, served
from voice_design_mcp.config import Settings


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("elicits", [True, False])
async def test_streamable_http_serves_the_main_job_and_names_no_file_paths(
    settings: Settings, era: Era, *, elicits: bool
) -> None:
    with served(settings) as url:
        async with Client(f"{url}/mcp", mode=era, elicitation_callback=Person() if elicits else None) as client:
            call = Caller(client)
            made = await (call("design_voice", **DESIGN) if elicits else call.approved("design_voice", **DESIGN))
            assert made["status"] == "created"
            assert "path" not in made["preview"]
            contents = (await client.read_resource(made["preview"]["uri"])).contents
            assert contents[0].mime_type == "audio/wav"


async def test_sse_serves_the_main_job(settings: Settings) -> None:
    with served(settings) as url:
        async with Client(sse_client(f"{url}/sse"), mode="legacy", elicitation_callback=Person()) as client:
            made = await Caller(client)("design_voice", **DESIGN)
            assert made["status"] == "created"
            assert "path" not in made["preview"]


async def test_a_foreign_host_or_origin_is_refused_on_both_paths_without_a_word_in_the_log(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with served(settings) as url:
        async with httpx2.AsyncClient(base_url=url) as client:
            for path, method in (("/mcp", "POST"), ("/sse", "GET")):
                for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
                    answer = await client.request(method, path, headers=headers, json={} if method == "POST" else None)
                    assert answer.status_code in {403, 421}, (path, headers)
    assert "Traceback" not in caplog.text


def test_binding_beyond_loopback_is_refused_at_start(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "voice_design_mcp",
        "serve",
        "--http",
        "--host",
        "192.0.2.1",
        "--data-dir",
        str(tmp_path),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8", timeout=60)
    assert ended.returncode == 2
    assert "not loopback" in ended.stderr
