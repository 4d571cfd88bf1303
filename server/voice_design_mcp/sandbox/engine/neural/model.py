"""Kokoro-82M in ONNX Runtime: tokens, a style and a speed to sound. Knows no text and no design."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_design_mcp.sandbox.engine.neural import weights
from voice_design_mcp.sandbox.engine.spec import EngineError

MODEL_RATE_HZ = 24_000
MOST_TOKENS = 510
"""Beyond this the model has no positions; without the silent token that it wants on either side."""

_THREADS = 2
_RUNS_AT_ONCE = 2
_ERRORS_ONLY = 3

_models: dict[Path | None, Model] = {}
_loading = Lock()


class Model:
    """The loaded model. Any thread may call it; more than two at once wait, for the memory that a run takes."""

    def __init__(self, onnx: bytes) -> None:
        onnxruntime: Any = import_module("onnxruntime")  # the types that it has are partly unknown
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = _THREADS
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self._slots = BoundedSemaphore(_RUNS_AT_ONCE)

    def say(self, tokens: Sequence[int], style: NDArray[np.float32], speed: float) -> NDArray[np.float32]:
        """Return mono sound at `MODEL_RATE_HZ`; the same call gives the same samples on one machine.

        Args:
            tokens: Of the model's vocabulary, at most `MOST_TOKENS`.
            style: 256 numbers: the first half timbre, the second prosody.
            speed: 1.0 is the style's own.
        """
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style.reshape(1, -1).astype(np.float32),
            "speed": np.array([speed], np.float32),
        }
        with self._slots:
            return np.asarray(self._session.run(None, inputs)[0], np.float32).ravel()


def loaded(path: Path | None) -> Model:
    """Return the model, loading it on the first call: about a second, and 0.4 GB until the process ends.

    Args:
        path: The user's own copy of the weights; None takes the installed packages'.

    Raises:
        EngineError: The weights are missing or wrong, or ONNX Runtime does not take them.
    """
    with _loading:
        if path not in _models:
            onnx = weights.read(path)
            try:
                _models[path] = Model(onnx)
            except Exception as problem:
                raise EngineError("The natural voice cannot speak: ONNX Runtime does not load its model.") from problem
        return _models[path]
