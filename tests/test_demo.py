"""The demo, a newcomer's first command: a real client and a real server, from the description to two files that speak."""

from __future__ import annotations

import subprocess
import sys
import wave
from pathlib import Path


def test_the_demo_designs_lists_speaks_and_deletes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "voice_design_mcp", "demo", "--out", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "spoken by the sandbox's plain voice; measured: " in ended.stdout
    steps = [line.partition(":")[0] for line in ended.stdout.splitlines()]
    wanted = ["design_voice", "list_voices", "synthesize", "delete_voice"]
    assert [step for step in dict.fromkeys(steps) if step in wanted] == wanted
    for name in ("preview.wav", "speech.wav"):
        with wave.open(str(tmp_path / name)) as heard:
            assert heard.getnframes() > heard.getframerate(), name
