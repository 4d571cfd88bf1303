"""What the benchmarks stand on: a bare `MCPServer` with our tools' signatures that makes our tools' requests and nothing else.

Run as a program it is that server: `python tests/bench/floor.py SPEC.json` over stdio, with `--http` over streamable HTTP,
where it prints its URL. It imports nothing of ours. A spec holds what `tools/list` of our server says, where the sandbox is,
and what each tool of ours has answered, which it gives back once the sandbox has answered. With `commits` it also commits as
often as ours, as many rows of as many bytes, by sqlite3: from a thread where ours wait for the disk, else on the spot, as ours do.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import anyio.to_thread
import httpx2
from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolResult
from pydantic import Field, WithJsonSchema

UNHURRIED = "1000000"
"""A pace whose turns are committed like any, and never waited for."""
CUSTOMIZATION = "/api/v1/services/audio/tts/customization"
GENERATION = "/api/v1/services/aigc/multimodal-generation/generation"
TYPES = {"string": str, "integer": int, "number": float, "boolean": bool, "object": dict, "array": list}


def requests_of(tool: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The bodies that a tool of ours sends for a Qwen voice, in their order."""

    def asked(action: str, **more: Any) -> dict[str, Any]:
        return {"model": "qwen-voice-design", "input": {"action": action, **more}}

    if tool == "list_voices":
        return [asked("list", page_size=given.get("page_size", 10), page_index=given.get("page_index", 0))]
    if tool == "get_voice":
        return [asked("query", voice=given["voice"])]
    if tool == "delete_voice":
        return [asked("delete" if given.get("approval") else "query", voice=given["voice"])]
    if tool == "design_voice":
        named = ("voice_prompt", "preview_text", "preferred_name", "target_model", "language")
        shape = {"sample_rate": 24000, "response_format": "wav"}
        return [asked("create", **{name: given[name] for name in named if given.get(name)}) | {"parameters": shape}]
    if tool == "synthesize":
        spoken = {"text": given["text"], "voice": given["voice"]}
        return [{"model": "qwen3-tts-vd-2026-01-26", "input": spoken}]
    return []


class Floor:
    """The bare tools.

    Args:
        spec: As above.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._answers: Mapping[str, Any] = spec.get("answers", {})
        self._commits: Mapping[str, list[dict[str, Any]]] = spec.get("commits", {})
        self._client = httpx2.AsyncClient(
            base_url=spec.get("sandbox", "http://127.0.0.1"),
            headers={"Authorization": "Bearer sk-bench"},
            timeout=60,
            limits=httpx2.Limits(keepalive_expiry=2),  # it tries nothing again, and the sandbox closes after five
        )
        self._databases = {
            waits: _database(Path(spec["database"]), waits=waits) for waits in (True, False) if self._commits
        }
        self.server = MCPServer("floor", log_level="WARNING")
        for tool in spec["tools"]:
            self.server.add_tool(self._function(tool), description=tool.get("description"), structured_output=False)

    def _function(self, tool: Mapping[str, Any]) -> Callable[..., Awaitable[CallToolResult]]:
        async def called(**given: Any) -> CallToolResult:
            return await self._call(str(tool["name"]), given)

        schema = tool["inputSchema"]
        given = {
            name: _parameter(name, row, required=name in schema.get("required", ()))
            for name, row in schema["properties"].items()
        }
        ordered = sorted(given.values(), key=lambda one: one.default is not inspect.Parameter.empty)
        called.__name__ = str(tool["name"])
        called.__annotations__ = {one.name: one.annotation for one in ordered} | {"return": CallToolResult}
        called.__signature__ = inspect.Signature(ordered, return_annotation=CallToolResult)  # pyright: ignore[reportFunctionMemberAccess]
        return called

    async def _call(self, tool: str, given: Mapping[str, Any]) -> CallToolResult:
        said: dict[str, Any] = {}
        for body in requests_of(tool, given):
            answer = await self._client.post(GENERATION if tool == "synthesize" else CUSTOMIZATION, json=body)
            answer.raise_for_status()
            said = answer.json()
        if tool == "synthesize":
            (await self._client.get(said["output"]["audio"]["url"])).raise_for_status()
        step = f"{tool} approved" if given.get("approval") else tool
        for commit in self._commits.get(step, ()):
            if commit["waits"]:
                await anyio.to_thread.run_sync(self._commit, commit)
            else:
                self._commit(commit)
        told = self._answers[step]
        if tool == "design_voice":
            told = told | {"structuredContent": told["structuredContent"] | {"voice": said["output"]["voice"]}}
        return CallToolResult.model_validate(told)

    def _commit(self, commit: Mapping[str, Any]) -> None:
        db = self._databases[commit["waits"]]
        db.execute("BEGIN IMMEDIATE")
        for size in commit["rows"]:
            db.execute("INSERT INTO committed (line) VALUES (?)", ("x" * size,))
        db.execute("COMMIT")


def _parameter(name: str, row: Mapping[str, Any], *, required: bool) -> inspect.Parameter:
    kind = row.get("type", "string")
    one: Any = (
        Literal[tuple(row["enum"])]
        if "enum" in row and kind == "string"
        else Any
        if isinstance(kind, list)
        else TYPES[kind]
    )
    told = {key: value for key, value in row.items() if key != "default"}
    default = inspect.Parameter.empty if required else row.get("default", "")
    limits = {"max_length": row.get("maxLength"), "le": row.get("maximum"), "ge": row.get("minimum")}
    if "enum" not in row:
        one = Annotated[one, Field(**{key: value for key, value in limits.items() if value is not None})]
    annotation: Any = Annotated[one, WithJsonSchema(told)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _database(path: Path, *, waits: bool) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(f"PRAGMA synchronous={'FULL' if waits else 'NORMAL'}")
    db.execute("CREATE TABLE IF NOT EXISTS committed (id INTEGER PRIMARY KEY, line TEXT NOT NULL)")
    return db


def _serve_http(server: MCPServer[Any]) -> None:
    """As our server serves: the same application of the SDK's, by uvicorn with the same options."""
    import socket

    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        app = server.streamable_http_app()
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listener])


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", type=Path)
    parser.add_argument("--http", action="store_true")
    options = parser.parse_args()
    server = Floor(json.loads(options.spec.read_text(encoding="utf-8"))).server
    if options.http:
        _serve_http(server)
    else:
        server.run("stdio")


def command(spec: Path, *more: str) -> list[str]:
    """How a floor is started."""
    return [sys.executable, str(Path(__file__).resolve()), str(spec), *more]


def our_environment(base_url: str, data: Path, **more: str) -> dict[str, str]:
    """What our server is told: a served sandbox, nobody to ask, a folder of its own."""
    return {
        "PATH": os.defpath,
        "VOICE_DESIGN_BASE_URL": base_url,
        "DASHSCOPE_API_KEY": "sk-bench",
        "VOICE_DESIGN_DATA_DIR": str(data),
        "VOICE_DESIGN_APPROVAL": "auto",
        "VOICE_DESIGN_REQUESTS_PER_MINUTE": UNHURRIED,
        **more,
    }


if __name__ == "__main__":
    main()
