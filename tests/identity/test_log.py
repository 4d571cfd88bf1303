"""The log of a served process tells no secret, whoever wrote it into what is logged."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from clients import Caller
from conftest import MakeSettings
from replicas.replica import start_replica
from spending.vendor import Fault, Vendor
from vendor_client.peer import answer
from voice_design_mcp.serving.json_log import JsonLines
from voice_design_mcp.serving.redaction import HIDDEN, Redaction

STATE_KEY = "no-look-of-a-key-but-it-is-one-of-32-characters"
CALLERS = "plain.words.of.a.caller"
SAID = {
    "the server's key": ("{}", "sk-test-of-the-server"),
    "another key": ("the key {} is none", "sk-0123456789abcdef0123456789abcdef"),
    "a key for sealed state": ("({})", STATE_KEY),
    "the caller's own key": ("'{}'", CALLERS),
    "a token of the server's own": ("token={}", "vd_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFy"),
    "a bearer token": ("Authorization: Bearer {}", "c2VjcmV0LXRva2Vu"),
    "a JWT": ("of {}.", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"),
    "a password in a URL": ("postgresql://voice:{}@db.example/voice", "pa55%2Fword"),
    "a signature": ("https://store.example/a.wav?X-Amz-Signature={}&b=1", "AbCd1234EfGh"),
}
"""What stands around a secret, and the secret."""


@pytest.mark.parametrize("form", ["json", "plain"])
async def test_what_a_refusal_says_is_logged_without_secrets(tmp_path: Path, form: str) -> None:
    def refusing(words: str) -> Fault:
        return lambda _vendor, _request: answer({"code": "InvalidParameter", "message": words}, status=400)

    async with Vendor() as vendor:
        vendor.spoil("list", *(refusing(f"Wrong: {around.format(secret)}") for around, secret in SAID.values()))
        environment = {
            "VOICE_DESIGN_DATA_DIR": str(tmp_path),
            "VOICE_DESIGN_BASE_URL": vendor.origin,
            "DASHSCOPE_API_KEY": SAID["the server's key"][1],
            "VOICE_DESIGN_STATE_KEYS": STATE_KEY,
            "VOICE_DESIGN_CALLER_KEYS": "may",
            "VOICE_DESIGN_LOG_JSON": "1" if form == "json" else "",
        }
        replica = start_replica(environment, "--verbose")
        try:
            async with (
                httpx2.AsyncClient(headers={"X-DashScope-API-Key": CALLERS}, timeout=60, trust_env=False) as http,
                Client(streamable_http_client(f"{replica.url}/mcp", http_client=http)) as client,
            ):
                for _ in SAID:
                    assert (await Caller(client).error("list_voices", family="qwen"))["code"] == "rejected"
        finally:
            replica.kill()
    lines = [line for line in replica.log if "refused: HTTP 400" in line]
    assert [line.startswith("{") for line in lines] == [form == "json"] * len(SAID)
    assert all("Wrong: " in line and (HIDDEN in line or "[key]" in line) for line in lines)
    assert {name for name, (_, secret) in SAID.items() if secret in "".join(replica.log)} == set()


def test_an_exception_is_logged_without_secrets(make_settings: MakeSettings) -> None:
    settings = make_settings(database_url="postgresql://voice:pa55%2Fword@db.example/voice")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(Redaction(settings)))
    told = ConnectionError("no way to db.example as voice with pa55/word")
    handler.handle(logging.LogRecord("here", logging.ERROR, __file__, 1, "storage", (), (type(told), told, None)))
    exception = json.loads(stream.getvalue())["exception"]
    assert "no way to db.example as voice with" in exception
    assert HIDDEN in exception
    assert "pa55" not in stream.getvalue()
