"""Assembles what `mcpb pack` packs: `bundle.py WHEEL FOLDER` lays the bundle of a built wheel out in a new folder."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Lay a bundle out."""
    wheel, folder = Path(sys.argv[1]), Path(sys.argv[2])
    wanted = (ROOT / "manifests" / "mcpb" / "pyproject.toml").read_text(encoding="utf-8")
    assert f'"{wheel.name}"' in wanted, f"manifests/mcpb/pyproject.toml asks for another wheel than {wheel.name}"
    shutil.copytree(ROOT / "manifests" / "mcpb", folder)
    for file in (wheel, ROOT / "manifests" / "icon.png", ROOT / "LICENSE", ROOT / "server" / "NOTICE"):
        shutil.copy2(file, folder)


if __name__ == "__main__":
    main()
