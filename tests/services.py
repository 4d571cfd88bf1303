"""Real servers for the tests marked `services`: PostgreSQL and an S3 server, each started on a free port of loopback and stopped.

And the kernel's own word of what a program does. Where one is not installed the tests fail, and say what to install.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

UNPRIVILEGED = "postgres"
"""Whom Debian's package makes; PostgreSQL refuses to run as root."""
BUCKET = "voices"


@contextmanager
def postgresql() -> Generator[str]:
    """A PostgreSQL cluster in a folder of its own; gives its URL, to which the name of a database is to be added."""
    folder = Path(tempfile.mkdtemp(prefix="voice-design-postgresql-"))
    server = _Cluster(folder, _programs())
    try:
        server.start()
        yield server.url
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def make_database(server: str, name: str) -> str:
    """Make an empty database and give its URL."""
    with connection(f"{server}/postgres") as db:
        db.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{server}/{name}"


def connection(url: str) -> psycopg.Connection[Any]:
    """A connection to a database, each of whose statements is a transaction of its own."""
    import psycopg  # only the extra remote brings it

    return psycopg.connect(url, autocommit=True)


class _Cluster:
    def __init__(self, folder: Path, programs: Path) -> None:
        self._data = folder / "data"
        self._programs = programs
        self._user: dict[str, Any] = {}
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
            self._user = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
        self._port = _free_port()
        self.url = f"postgresql://voice@127.0.0.1:{self._port}"

    def start(self) -> None:
        """Make the cluster and start it; it answers when this returns."""
        made = ("--username=voice", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        self._run("initdb", "--pgdata", str(self._data), *made)
        # Nothing here outlives a crash of the machine, so nothing waits for its disk.
        options = f"-p {self._port} -h 127.0.0.1 -k {self._data} -c fsync=off -c max_connections=200"
        log = str(self._data / "log")
        self._run("pg_ctl", "--pgdata", str(self._data), "--log", log, "--options", options, "--wait", "start")

    def stop(self) -> None:
        """Stop it at once."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "--pgdata", str(self._data), "--mode", "immediate", "--wait", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        ran = subprocess.run(
            [str(self._programs / program), *arguments],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE
            if program == "initdb"
            else subprocess.DEVNULL,  # a pipe would wait for the server's own end
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
            **self._user,
        )
        if ran.returncode:
            raise RuntimeError(f"{program} ended with {ran.returncode}: {ran.stdout}")


def _programs() -> Path:
    """Where PostgreSQL's programs are, the newest first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise RuntimeError("These tests need PostgreSQL: apt-get install postgresql")
    return found[-1].parent if found else Path(str(on_path)).parent


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def s3_server() -> Generator[dict[str, str]]:
    """An S3 server with one empty bucket; gives the AWS variables that lead to it."""
    program = shutil.which("moto_server")
    if program is None:
        raise RuntimeError(
            "These tests need an S3 server on the PATH: pip install 'moto[server,s3]' in an environment of its own"
        )
    server = subprocess.Popen(
        [program, "--host", "127.0.0.1", "--port", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    reading: threading.Thread | None = None
    try:
        endpoint = _announced(server)
        assert server.stderr is not None
        # It logs every request: a pipe that nobody reads would stop it after some hundreds.
        reading = threading.Thread(target=_read_to_the_end, args=(server.stderr,), daemon=True)
        reading.start()
        with socket.create_connection(
            endpoint, timeout=30
        ) as client:  # buckets are made by the one request that needs no signature
            host = f"{endpoint[0]}:{endpoint[1]}"
            client.sendall(
                f"PUT /{BUCKET} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
            assert client.recv(100).startswith(b"HTTP/1.1 200"), "no bucket"
        yield {
            "AWS_ENDPOINT_URL": f"http://{host}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
    finally:
        server.kill()
        server.wait(timeout=30)
        if reading is not None:
            reading.join(timeout=30)
        assert server.stderr is not None
        server.stderr.close()


def _read_to_the_end(stream: IO[str]) -> None:
    for _ in stream:
        pass


def _announced(server: subprocess.Popen[str]) -> tuple[str, int]:
    assert server.stderr is not None
    for line in server.stderr:
        if match := re.search(r"Running on http://([\d.]+):(\d+)", line):
            return match[1], int(match[2])
    raise RuntimeError("the S3 server did not start")


def traced(log: Path, calls: str) -> list[str]:
    """What is put before a command so that strace writes its system calls down, and its children's. Our child is the command.

    Args:
        log: Where to, a line a call.
        calls: Which, as strace names them.
    """
    if shutil.which("strace") is None:
        raise RuntimeError("These tests need strace: apt-get install strace")
    options = ("-D", "-f", "--seccomp-bpf", "-qq", "-s", "4096", "-e", "signal=none", "-e", f"trace={calls}")
    return ["strace", *options, "-o", str(log)]
