"""Audio in a bucket: the main job over S3, signed links that work and end, and a store that is away."""

from __future__ import annotations

import anyio
import httpx2
import pytest

from clients import DESIGN, connected
from conftest import MakeSettings
from services import BUCKET
from voice_design_mcp.config import Settings
from voice_design_mcp.errors import ConfigError, StorageError
from voice_design_mcp.storage.audio import AudioObjects


@pytest.fixture
def bucket(s3_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a prefix in a bucket, which this process's variables lead to."""
    for name, value in s3_variables.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/audio"


@pytest.mark.services
async def test_a_preview_lies_in_the_bucket_and_two_servers_read_it(make_settings: MakeSettings, bucket: str) -> None:
    settings = make_settings(audio_url=bucket, approval="auto")
    async with connected(settings) as call:
        made = await call("design_voice", **DESIGN)
    assert "path" not in made["preview"]
    assert "url" not in made["preview"]
    async with connected(settings) as call:
        [content] = (await call.client.read_resource(made["preview"]["uri"])).contents
    assert content.mime_type == "audio/wav"
    assert not (settings.data_dir / "sandbox" / "audio").exists()


@pytest.mark.services
async def test_a_signed_link_gives_the_audio_to_whoever_has_it_and_ends(
    make_settings: MakeSettings, bucket: str
) -> None:
    async with connected(make_settings(audio_url=bucket, audio_links_s="60", approval="auto")) as call:
        made = await call("design_voice", **DESIGN)
    async with httpx2.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(made["preview"]["url"])
        assert (answer.status_code, len(answer.content)) == (200, made["preview"]["size_bytes"])
    assert "X-Amz-Expires=60&" in made["preview"]["url"]


@pytest.mark.services
async def test_objects_are_whole_private_to_their_prefix_and_gone_when_deleted(bucket: str) -> None:
    audio, other = AudioObjects.in_bucket(bucket), AudioObjects.in_bucket(bucket + "/other")
    await audio.put("a.wav", bytes(5_000_000))
    assert await audio.get("a.wav") == bytes(5_000_000)
    assert await other.get("a.wav") is None
    for _ in range(2):
        await audio.delete("a.wav")
    assert await audio.get("a.wav") is None


@pytest.mark.services
async def test_a_bucket_that_is_not_there_is_told_as_the_store_being_away(bucket: str) -> None:
    audio = AudioObjects.in_bucket(bucket.replace(BUCKET, "missing"))
    with anyio.fail_after(60), pytest.raises(StorageError):
        await audio.put("a.wav", b"x")


@pytest.mark.parametrize("url", ["http://bucket", "s3://", "s3://UPPER/x", "s3://bucket/a b"])
def test_a_place_that_is_no_bucket_is_refused_at_start(url: str) -> None:
    with pytest.raises(ConfigError, match="VOICE_DESIGN_AUDIO_URL must be s3://bucket"):
        Settings.load({}, {"VOICE_DESIGN_AUDIO_URL": url})


@pytest.mark.parametrize("given", [{"VOICE_DESIGN_AUDIO_LINKS_S": "60"}, {"VOICE_DESIGN_AUDIO_LINKS_S": "604801"}])
def test_links_need_a_bucket_and_live_a_week_at_most(given: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="VOICE_DESIGN_AUDIO_LINKS_S must be at most 604800"):
        Settings.load({}, given)
