"""What an installed copy must do, asked of it from outside: `smoke.py COMMAND` with the path of `voice-design-mcp`.

Over stdio it shakes hands and lists its tools; its demo speaks. Only the standard library, since it runs beside the copy.
"""

from __future__ import annotations

import array
import json
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path
from typing import Any

HELLO: dict[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "smoke", "version": "1"},
}
TOOLS = {"design_voice", "list_voices", "get_voice", "delete_voice", "synthesize"}
PANEL = "ui://voice-design/audition.html"
DEMO_BAR_S = 15


def main() -> None:
    """Smoke the command given."""
    command = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="voice-design-smoke-") as folder:
        _converse(command, Path(folder) / "data")
        _demo(command, Path(folder) / "demo")


def _converse(command: str, data_dir: Path) -> None:
    asked = [
        {"id": 1, "method": "initialize", "params": HELLO},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list", "params": {}},
        {"id": 3, "method": "resources/read", "params": {"uri": PANEL}},
    ]
    lines = "".join(json.dumps({"jsonrpc": "2.0"} | message) + "\n" for message in asked)
    with subprocess.Popen(
        [command, "serve", "--data-dir", str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(lines)
        server.stdin.flush()
        about, listed, panel = (json.loads(server.stdout.readline())["result"] for _ in range(3))
        server.stdin.close()
        assert server.stdout.read() == ""
        assert server.wait() == 0
    tools = listed["tools"]
    assert {tool["name"] for tool in tools} >= TOOLS, tools
    assert panel["contents"][0]["text"].startswith("<!doctype html>")
    size = len(json.dumps(tools, separators=(",", ":"), ensure_ascii=False).encode())
    print(f"{about['serverInfo']['name']} {about['serverInfo']['version']}: {len(tools)} tools in {size} bytes")


def _demo(command: str, out: Path) -> None:
    began = time.monotonic()
    subprocess.run([command, "demo", "--out", str(out)], check=True, stdin=subprocess.DEVNULL)
    took_s = time.monotonic() - began
    print(f"demo: {took_s:.1f} s (bar {DEMO_BAR_S})" + (" OVER THE BAR" if took_s > DEMO_BAR_S else ""))
    for name in ("preview.wav", "speech.wav"):
        print(f"{name}: {_speech(out / name)}")


def _speech(path: Path) -> str:
    with wave.open(str(path), "rb") as file:
        shape = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        samples = array.array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    assert shape == (24000, 1, 2), shape
    seconds = len(samples) / shape[0]
    peak = max(map(abs, samples))
    loud = sum(1 for sample in samples if abs(sample) > 500) / len(samples)
    assert seconds > 1, seconds
    assert 3000 < peak < 32767, peak
    assert loud > 0.2, loud
    return (
        f"{seconds:.1f} s, 24 kHz mono 16 bit, peak {peak / 32768:.2f} of full scale, {loud:.0%} of it above the floor"
    )


if __name__ == "__main__":
    main()
