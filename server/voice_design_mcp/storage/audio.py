"""Audio as objects: bytes in by key, bytes out by key. In a folder, or in a bucket of S3 that replicas share."""

from __future__ import annotations

import hashlib
import io
import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import anyio
import anyio.to_thread
import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from ..errors import StorageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

log = logging.getLogger(__name__)

_READ_BYTES: Final = 1 << 20
_PARTS_AT_ONCE: Final = 2
"""How many parts of a file are in memory while it is stored."""
_SYNCED_AT_ONCE: Final = 1
"""How many threads wait for the disk: each more would keep memory of its own."""
_PART_BYTES: Final = 1 << 20
_S3_PART_BYTES: Final = 5 << 20
"""The least that S3 takes."""


class AudioObjects:
    """A place for audio. Keys are ours (an id and an extension), never text from outside.

    Args:
        store: Where the objects are.
        folder: The same place on this machine, None where it is elsewhere.
        links_s: For how long a signed link is good; 0 where none is given.
    """

    def __init__(self, store: ObjectStore, folder: Path | None, links_s: int = 0) -> None:
        self._store = store
        self._folder = folder
        self._links_s = links_s
        self._part_bytes = _S3_PART_BYTES if folder is None else _PART_BYTES
        self._syncing = anyio.CapacityLimiter(_SYNCED_AT_ONCE)

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Audio in a folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        return cls(LocalStore(folder), folder)

    @classmethod
    def in_bucket(cls, url: str, links_s: int = 0) -> Self:
        """Audio in a bucket.

        Args:
            url: s3://bucket or s3://bucket/prefix. Region, endpoint and credentials come from the AWS variables of the
                environment, or from the machine's role.
            links_s: For how long a signed link is good; 0 to give none.
        """
        return cls(S3Store.from_url(url), None, links_s)

    async def put(self, key: str, source: bytes | Path) -> None:
        """Store an object whole, for good: a reader sees all of it or none. A file is not read into memory at once.

        Raises:
            StorageError: It could not be stored.
        """
        try:
            await obstore.put_async(
                self._store, key, source, chunk_size=self._part_bytes, max_concurrency=_PARTS_AT_ONCE
            )
            if self._folder is not None:  # the store leaves that to the system, which may take half a minute
                await anyio.to_thread.run_sync(_onto_the_disk, self._folder / key, limiter=self._syncing)
        except (BaseError, OSError) as error:
            raise _failed(error) from error

    async def get(self, key: str) -> bytes | None:
        """An object's bytes, or None when it is not there.

        Raises:
            StorageError: It could not be read.
        """
        try:
            answer = await obstore.get_async(self._store, key)
            return bytes(await answer.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise _failed(error) from error

    async def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error.

        Raises:
            StorageError: It could not be deleted.
        """
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _failed(error) from error

    async def link(self, key: str) -> str:
        """A signed link by which anyone who has it reads this object for a while; "" where none are given."""
        if not self._links_s or not isinstance(self._store, S3Store):
            return ""
        return await obstore.sign_async(self._store, "GET", key, timedelta(seconds=self._links_s))

    def path(self, key: str) -> Path | None:
        """Where an object lies on this machine, None where it is elsewhere."""
        return self._folder / key if self._folder is not None else None


def _onto_the_disk(path: Path) -> None:
    """Wait until a file and its name would outlive a loss of power. Windows keeps names by itself."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
    if os.name != "nt":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def digest_of(source: bytes | Path) -> tuple[str, int]:
    """SHA-256 in hexadecimal and size of what is to be stored."""
    found, size = hashlib.sha256(), 0
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        while block := stream.read(_READ_BYTES):
            found.update(block)
            size += len(block)
    return found.hexdigest(), size


def _failed(error: Exception) -> StorageError:
    log.warning("the store of audio failed: %s", str(error).partition("\n")[0])
    return StorageError("The store of audio could not be reached, or refused.", hint="Try again in a moment.")
