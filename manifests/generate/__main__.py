"""Writes from the code: every file of manifests/, the plugin marketplace, the tools' snapshots, parts of README.md.

python manifests/generate            writes what has changed
python manifests/generate --check    writes nothing; fails and names what is out of step
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

import bundles
import icon
import readme
import registry
import surface
from blocks import as_json, as_yaml
from clients import CLIENTS

ROOT: Final = Path(__file__).resolve().parents[2]
ICONS: Final = ("manifests/icon.png", "manifests/claude-plugin/.claude-plugin/icon.png")
OURS: Final = (
    *(
        f"manifests/{name}"
        for name in ("clients", "claude-plugin", "gemini-extension", "qwen-extension", "mcpb", "docker")
    ),
    "tests/tools/surface",
)
"""The folders that hold nothing but what is written here."""


def main() -> int:
    """Write the files, or check them.

    Returns:
        The exit code: 1 when --check found a file out of step.
    """
    parser = argparse.ArgumentParser(prog="python manifests/generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of step")
    check = parser.parse_args().check
    wanted = files()
    stale = [name for name, content in wanted.items() if not _is(ROOT / name, content)]
    left_over = [name for name in _present() if name not in wanted]
    for name in (*stale, *left_over):
        print(f"{name}: out of step" if check else name)
    if check:
        return bool(stale or left_over)
    for name in stale:
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_bytes(wanted[name])
    for name in left_over:
        (ROOT / name).unlink()
    return 0


def files() -> dict[str, bytes]:
    """Every generated file, by its path from the root."""
    texts = {
        "README.md": readme.written((ROOT / "README.md").read_text(encoding="utf-8")),
        ".claude-plugin/marketplace.json": as_json(bundles.claude_marketplace()),
        "manifests/server.json": as_json(registry.server()),
        "manifests/mcpb/manifest.json": as_json(bundles.mcpb_manifest()),
        "manifests/mcpb/main.py": bundles.BUNDLE_MAIN,
        "manifests/mcpb/pyproject.toml": bundles.BUNDLE_PROJECT,
        "manifests/claude-plugin/.claude-plugin/plugin.json": as_json(bundles.claude_plugin()),
        "manifests/claude-plugin/README.md": bundles.claude_plugin_readme(),
        "manifests/gemini-extension/gemini-extension.json": as_json(bundles.extension("GEMINI.md")),
        "manifests/gemini-extension/GEMINI.md": bundles.extension_context(),
        "manifests/qwen-extension/qwen-extension.json": as_json(bundles.extension("QWEN.md")),
        "manifests/qwen-extension/QWEN.md": bundles.extension_context(),
        "manifests/docker/server.yaml": as_yaml(bundles.docker_catalog()),
        **{f"manifests/clients/{client.file}": client.text for client in CLIENTS},
        **{f"tests/tools/surface/{name}.json": text for name, text in surface.snapshots().items()},
    }
    drawn = icon.png()
    return {name: text.encode() for name, text in texts.items()} | dict.fromkeys(ICONS, drawn)


def _present() -> list[str]:
    folders = [ROOT / folder for folder in OURS]
    return [path.relative_to(ROOT).as_posix() for folder in folders for path in folder.rglob("*") if path.is_file()]


def _is(path: Path, content: bytes) -> bool:
    if not path.is_file():
        return False
    held = path.read_bytes()
    if path.suffix == ".png":
        return icon.rows_of(held) == icon.rows_of(content)
    return held.replace(b"\r\n", b"\n") == content  # git on Windows may write the other line ends


if __name__ == "__main__":
    sys.exit(main())
