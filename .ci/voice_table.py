"""Builds the voices of Kokoro-82M that the sandbox's natural engine blends, from the package that upstream publishes.

    npm pack kokoro-js@1.2.1
    python .ci/voice_table.py kokoro-js-1.2.1.tgz

Needs numpy. Run by hand when the voices change, never at install. Each voice is a table of 510 styles, one for each
length of text, of 256 numbers. All lie within a few hundredths of their mean plus four directions, which is a tenth of the size.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SOURCE_SHA512 = "oq0HZJWis3t8lERkMJh84WLU86dpYD0EuBPtqYnLlQzyFP1OkyBRDcweAqCfhNOpltyN9j/azp1H6uuC47gShw=="
LENGTHS, NUMBERS, RANK = 510, 256, 4
TABLE = Path(__file__).parent.parent / "server/voice_design_mcp/sandbox/engine/neural/voices.npz"


def read_voices(archive: Path) -> dict[str, NDArray[np.float32]]:
    """The voices of the npm package by name, once its hash is the one that the registry states."""
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode("ascii")
    if digest != SOURCE_SHA512:
        raise SystemExit(f"{archive} is not kokoro-js 1.2.1")
    voices: dict[str, NDArray[np.float32]] = {}
    with tarfile.open(archive) as package:
        for member in package.getmembers():
            file = package.extractfile(member) if member.name.startswith("package/voices/") else None
            if file is not None:
                voices[Path(member.name).stem] = np.frombuffer(file.read(), "<f4").reshape(LENGTHS, NUMBERS)
    return dict(sorted(voices.items()))


def factored(styles: NDArray[np.float32]) -> tuple[NDArray[np.float16], NDArray[np.float16], NDArray[np.float16]]:
    """Mean (256), amounts (510 × 4) and directions (4 × 256) of one voice, so that mean + amounts @ directions is near it."""
    mean = styles.mean(axis=0, dtype=np.float64)
    left, size, right = np.linalg.svd(styles - mean, full_matrices=False)
    root = np.sqrt(size[:RANK])  # shared out, so that neither factor leaves what half precision can hold
    return (
        mean.astype(np.float16),
        (left[:, :RANK] * root).astype(np.float16),
        (root[:, None] * right[:RANK]).astype(np.float16),
    )


def main() -> None:
    """Writes the table and says how near it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="kokoro-js-1.2.1.tgz")
    voices = read_voices(parser.parse_args().archive)
    parts = [factored(styles) for styles in voices.values()]
    mean, amounts, directions = (np.stack(part) for part in zip(*parts, strict=True))
    np.savez(TABLE, names=np.array(list(voices)), mean=mean, amounts=amounts, directions=directions)
    rebuilt = mean[:, None].astype(np.float32) + amounts.astype(np.float32) @ directions.astype(np.float32)
    furthest = float(np.abs(rebuilt - np.stack(list(voices.values()))).max())
    print(f"{len(voices)} voices, {TABLE.stat().st_size} bytes, furthest number off by {furthest:.3f}")


if __name__ == "__main__":
    main()
