"""Runs the worker: one process for one text, watched, killed when nobody listens, tried once more when it fails.

Knows processes and pipes; nothing of voices, and of eSpeak NG only where it is installed.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import Empty, Queue

from voice_design_mcp.sandbox.engine.data_folder import DataFolder
from voice_design_mcp.sandbox.engine.spec import EngineError

PCM_RATE_HZ = 22_050
"""The rate of eSpeak NG's sound: 16-bit, one channel, native byte order."""

STALL_S = 20.0
"""A worker that gives nothing for so long is taken for dead."""

_WORKER = Path(__file__).with_name("worker.py")
_CHUNK_BYTES = 8192
_CHUNKS_AHEAD = 16
_TRIES = 2
_REASONS = {
    3: "its library cannot be loaded",
    4: "its data cannot be read",
    5: "it does not have this voice",
    6: "it gave up on the text",
}


@dataclass(frozen=True, slots=True)
class Utterance:
    """One text and all that eSpeak NG must know to say it: its voice, our variant of it, the rate."""

    text: str
    voice: str
    variant: str
    words_per_minute: int


@dataclass(frozen=True, slots=True)
class Installation:
    """Where eSpeak NG is: the shared library and the data for the workers."""

    library: str
    data: DataFolder


class WorkerFailedError(Exception):
    """This worker did not finish; another may."""


@cache
def installed() -> Installation:
    """Return the eSpeak NG that was installed with this project.

    Raises:
        EngineError: There is none for this platform.
    """
    try:
        import espeakng_loader

        return Installation(str(espeakng_loader.get_library_path()), DataFolder(Path(espeakng_loader.get_data_path())))
    except (ImportError, RuntimeError) as problem:
        raise EngineError("The offline voice is not installed: the package espeakng-loader is missing.") from problem


def pcm(utterance: Utterance, installation: Installation) -> Generator[bytes, None, None]:
    """Speak, giving the sound as it comes. Closing the generator ends the process.

    A worker is deterministic, so when one dies a second one takes over at the byte where it stopped.

    Raises:
        EngineError: Both failed.
    """
    given = 0
    for tries_left in reversed(range(_TRIES)):
        try:
            with closing(_attempt(utterance, installation)) as chunks:
                skip = given
                for chunk in chunks:
                    if fresh := chunk[skip:]:
                        yield fresh
                        given += len(fresh)
                    skip = max(0, skip - len(chunk))
            return
        except (WorkerFailedError, OSError) as problem:
            if not tries_left:
                # An OSError's own text names files of this machine.
                reason = problem.strerror if isinstance(problem, OSError) else problem
                raise EngineError(f"The offline voice failed: {reason}.") from problem


def _attempt(utterance: Utterance, installation: Installation) -> Generator[bytes, None, None]:
    data = installation.data
    with data.variant(utterance.variant) as variant:
        # The data is named relative to the working directory: eSpeak NG cuts long paths and, on Windows, spoils
        # those that are not ASCII.
        command = [sys.executable, "-I", "-S", str(_WORKER), installation.library, "."]
        command += [f"{utterance.voice}+{variant}", str(utterance.words_per_minute), str(PCM_RATE_HZ)]
        with closing(_Worker(command, data.home(), utterance.text.encode())) as worker:
            yield from worker.chunks()


class _Worker:
    """A running process whose output a thread reads, so that waiting for it can time out on every system."""

    def __init__(self, command: list[str], folder: Path, text: bytes) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own worker, no shell
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._queue: Queue[bytes] = Queue(_CHUNKS_AHEAD)
        self._ended = False
        self._pump = threading.Thread(target=self._run, args=(text,), name="espeak-reader", daemon=True)
        self._pump.start()

    def chunks(self) -> Generator[bytes, None, None]:
        while chunk := self._next():
            yield chunk
        code = self._process.wait()
        if code != 0:
            raise WorkerFailedError(_REASONS.get(code, f"its process ended with {code}"))

    def close(self) -> None:
        self._process.kill()
        while not self._ended:
            self._ended = not self._queue.get()
        self._pump.join()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _next(self) -> bytes:
        try:
            chunk = self._queue.get(timeout=STALL_S)
        except Empty:
            raise WorkerFailedError(f"it gave no sound for {STALL_S:.0f} s") from None
        self._ended = not chunk
        return chunk

    def _run(self, text: bytes) -> None:
        """Feed the text, then queue what comes back; an empty chunk is the end."""
        stdin, stdout = self._process.stdin, self._process.stdout
        try:
            if stdin and stdout:
                with stdin:
                    stdin.write(text)
                while chunk := stdout.read(_CHUNK_BYTES):
                    self._queue.put(chunk)
        except OSError:
            pass  # the process is gone, and its exit code says why
        finally:
            self._queue.put(b"")
