"""Where a server's records and audio are, by its settings."""

from __future__ import annotations

from collections.abc import Callable

from ..changes import Changes
from ..config import Settings
from .audio import AudioObjects
from .database import Database


async def open_storage(
    settings: Settings, passed: Callable[[str], None], changes: Changes
) -> tuple[Database, AudioObjects]:
    """The records and the audio, each in the data folder unless it is set to be elsewhere. For the hooks see `Database`."""
    folder = settings.data_dir / "sandbox" if settings.sandbox else settings.data_dir
    if not (settings.database_url and settings.audio_url):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds the user's texts
    if settings.database_url:
        database = await Database.open_url(settings.database_url.reveal(), passed, changes)
    else:
        database = await Database.open_sqlite(folder / "voice-design.db", passed, changes)
    if settings.audio_url:
        return database, AudioObjects.in_bucket(settings.audio_url, settings.audio_links_s)
    return database, AudioObjects.in_folder(folder / "audio")
