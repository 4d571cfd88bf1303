"""Makes all that a release publishes: `release.py FOLDER`, run from anywhere by a Python with the extra `dev` and hatchling.

The sdist and the wheel; the wheel installed in a fresh environment, measured and smoked there; the bundle for Claude Desktop, the
archives that Gemini CLI and Qwen Code install, and server.json with the bundle's address and hash. Publishing is a person's act.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Final

CI: Final = Path(__file__).resolve().parent
ROOT: Final = CI.parent
SIZE_BAR_MB: Final = 215
EXTENSIONS: Final = ("gemini-extension", "qwen-extension")

sys.path.insert(0, str(ROOT / "manifests" / "generate"))
import product  # noqa: E402  it lies with the other scripts, not in a package
import registry  # noqa: E402


def main() -> None:
    """Make a release, or stop at the first thing that is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the files go; made anew")
    parser.add_argument(
        "--environment", type=Path, help="where the wheel is installed; kept. Default: a temporary folder"
    )
    given = parser.parse_args()
    folder: Path = given.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    _in_step()
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True)
    wheel = folder / product.WHEEL
    with tempfile.TemporaryDirectory(prefix="voice-design-release-") as work:
        command = _installed(wheel, given.environment or Path(work) / "installed")
        subprocess.run([sys.executable, str(CI / "smoke.py"), str(command)], cwd=work, check=True)
        bundle = _bundled(wheel, Path(work) / "bundle", folder)
    for name in EXTENSIONS:
        shutil.make_archive(str(folder / f"voice-design-{name}"), "gztar", ROOT / "manifests" / name)
    _registered(bundle, folder / "server.json")
    for path in sorted(folder.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def _in_step() -> None:
    """The changelog begins with this version, and every manifest is what the code says."""
    changelog = (ROOT / "server" / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## (\S+)", changelog, re.MULTILINE)[0]
    assert newest == product.VERSION, f"server/CHANGELOG.md begins with {newest}, the version is {product.VERSION}"
    subprocess.run([sys.executable, str(ROOT / "manifests" / "generate"), "--check"], check=True)


def _installed(wheel: Path, environment: Path) -> Path:
    """Install the wheel alone, with the pinned versions of what it names.

    Returns:
        The command's path. The versions are in the environment's `versions.txt`.
    """
    venv.create(environment, with_pip=True)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    pinned = (CI / "constraints.txt").read_text(encoding="utf-8")
    versions = environment / "versions.txt"
    versions.write_text("\n".join(re.findall(r"^([A-Za-z0-9._-]+==[^\\\n]*[^\\\s])", pinned, re.MULTILINE)) + "\n")
    subprocess.run(
        [programs / "python", "-m", "pip", "install", "--quiet", "-c", str(versions), str(wheel)], check=True
    )
    size_mb = _size_mb(programs / "python")
    print(f"installed and compiled: {size_mb:.0f} MB (bar {SIZE_BAR_MB})" + (" OVER" if size_mb > SIZE_BAR_MB else ""))
    return programs / "voice-design-mcp"


def _size_mb(python: Path) -> float:
    """What an environment holds beside its installer, as the disk counts it."""
    where = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    packages = Path(where.stdout.strip())
    installers = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
    kept = (
        path
        for path in packages.rglob("*")
        if path.is_file() and not path.relative_to(packages).parts[0].startswith(installers)
    )
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in kept) / 2**20


def _bundled(wheel: Path, bundle: Path, folder: Path) -> Path:
    """The bundle that Claude Desktop opens: a zip by another name."""
    subprocess.run([sys.executable, str(CI / "bundle.py"), str(wheel), str(bundle)], check=True)
    packed = Path(shutil.make_archive(str(bundle), "zip", bundle))
    return Path(shutil.move(packed, folder / f"{product.PACKAGE}-{product.VERSION}.mcpb"))


def _registered(bundle: Path, file: Path) -> None:
    """The registry's record, with the bundle that only a release has."""
    record = registry.server()
    address = f"{product.REPOSITORY}/releases/download/v{product.VERSION}/{bundle.name}"
    record["packages"].append(registry.bundle_package(address, hashlib.sha256(bundle.read_bytes()).hexdigest()))
    file.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    schema = ROOT / "manifests" / "schemas" / "server.2025-12-11.schema.json"
    subprocess.run([sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema), str(file)], check=True)


if __name__ == "__main__":
    main()
