"""Audio as objects: bytes in by key, bytes out by key. A local folder; the seam is obstore's, so that a bucket fits too."""

from __future__ import annotations

from pathlib import Path

import obstore
from obstore.store import LocalStore


class AudioObjects:
    """A folder of audio. Keys are ours (an id and an extension), never text from outside."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._store = LocalStore(folder)

    async def put(self, key: str, data: bytes) -> None:
        """Store an object whole: a reader sees all of it or none."""
        await obstore.put_async(self._store, key, data)

    async def get(self, key: str) -> bytes | None:
        """An object's bytes, or None when it is not there."""
        try:
            answer = await obstore.get_async(self._store, key)
        except FileNotFoundError:
            return None
        return bytes(await answer.bytes_async())

    async def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    def path(self, key: str) -> Path:
        """Where an object lies on this machine."""
        return self._folder / key
