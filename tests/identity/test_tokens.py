"""Who is let in over HTTP: tokens of an OAuth issuer and of the server's own, and nobody else."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import httpx2
import pytest

from clients import DESIGN, ERAS, Era, Person, served
from identity.conftest import Enter
from identity.issuer import HERE, Issuer, served_issuer, signed_with_the_public_key, unsigned
from spending.time_and_clients import MakeSettings
from voice_design_mcp.cli import main
from voice_design_mcp.config import Settings
from voice_design_mcp.errors import ConfigError

PING: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
JSON = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def asked(url: str, headers: dict[str, str] | None = None, *, path: str = "/mcp", body: Any = PING) -> httpx2.Response:
    """What the server answers to one request."""
    with httpx2.Client(trust_env=False, timeout=60) as client:
        return client.post(f"{url}{path}", json=body, headers={**JSON, **(headers or {})})


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("key", ["rsa-1", "ec-1"])
async def test_an_issuer_s_token_does_the_main_job(issuer: Issuer, enter: Enter, key: str, era: Era) -> None:
    async with enter(issuer.token(key=key), era, Person()) as call:
        made = await call("design_voice", **DESIGN)
        assert made["status"] == "created"
        spoken = await call("synthesize", voice=made["voice"], text="Hello.")
        assert (await call.client.read_resource(spoken["audio"]["uri"])).contents


@pytest.mark.parametrize("era", ERAS)
async def test_a_token_of_its_own_does_the_main_job(
    enter: Enter, own_tokens: dict[str, tuple[str, str]], era: Era
) -> None:
    async with enter(own_tokens["bob"][0], era, Person()) as call:
        assert (await call("design_voice", **DESIGN))["status"] == "created"


def test_without_a_token_the_answer_says_where_to_get_one_and_nothing_else(url: str, issuer: Issuer) -> None:
    answer = asked(url)
    assert answer.status_code == 401
    where = answer.headers["www-authenticate"].partition('resource_metadata="')[2].removesuffix('"')
    assert where == "https://voices.example/.well-known/oauth-protected-resource/mcp"
    with httpx2.Client(trust_env=False) as client:
        metadata = client.get(f"{url}/.well-known/oauth-protected-resource/mcp").json()
    assert metadata["resource"] == HERE
    assert [server.rstrip("/") for server in metadata["authorization_servers"]] == [issuer.url]
    assert metadata["scopes_supported"] == ["voices:read", "voices:design", "voices:delete", "speech"]


def test_an_issuer_is_asked_for_its_keys_once_and_not_by_every_invented_key(make_settings: MakeSettings) -> None:
    with served_issuer() as fresh, served(make_settings(public_url=HERE, oauth_issuer=fresh.url)) as url:
        assert asked(url, {"Authorization": f"Bearer {fresh.token()}"}).status_code != 401
        for number in range(5):
            fresh.keys[f"rsa-new-{number}"] = fresh.keys["rsa-1"]
            token = fresh.token(key=f"rsa-new-{number}")
            del fresh.keys[f"rsa-new-{number}"]
            assert asked(url, {"Authorization": f"Bearer {token}"}).status_code == 401
        assert fresh.asked.count("/keys") == 1
        fresh.down = True
        assert asked(url, {"Authorization": f"Bearer {fresh.token()}"}).status_code != 401


def test_an_issuer_that_is_away_from_the_start_lets_nobody_in(make_settings: MakeSettings) -> None:
    with served_issuer() as away, served(make_settings(public_url=HERE, oauth_issuer=away.url)) as url:
        away.down = True
        assert asked(url, {"Authorization": f"Bearer {away.token()}"}).status_code == 401


def test_metadata_that_names_another_issuer_is_not_believed(make_settings: MakeSettings) -> None:
    with served_issuer() as real, served_issuer() as other:
        real.answer = other.answer  # type: ignore[method-assign]
        with served(make_settings(public_url=HERE, oauth_issuer=real.url)) as url:
            assert asked(url, {"Authorization": f"Bearer {real.token()}"}).status_code == 401


def test_beyond_loopback_an_identity_or_an_open_eye_is_needed() -> None:
    serve = [sys.executable, "-m", "voice_design_mcp", "serve", "--http", "--host", "0.0.0.0", "--port", "0"]  # noqa: S104 refused
    ended = subprocess.run(serve, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, "--insecure" in ended.stderr) == (2, True)
    ended = subprocess.run([*serve, "--insecure"], capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, "VOICE_DESIGN_PUBLIC_URL" in ended.stderr) == (2, True)


def test_the_command_that_makes_a_token_prints_a_row_that_lets_it_in(
    capsys: pytest.CaptureFixture[str], make_settings: MakeSettings
) -> None:
    assert main(["token", "carol", "--scope", "voices:read"]) == 0
    _, token, _, row = capsys.readouterr().out.splitlines()
    assert token not in row
    with served(make_settings(tokens=row)) as url:
        assert asked(url, {"Authorization": f"Bearer {token}"}).status_code != 401
        refused = asked(url, {"Authorization": f"Bearer {token}x"})
    assert refused.status_code == 401
    assert "resource_metadata" not in refused.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"VOICE_DESIGN_TOKENS": "alice=secret"}, "VOICE_DESIGN_TOKENS must be rows"),
        ({"VOICE_DESIGN_TOKENS": f"a=sha256:{'0' * 64}/voices:everything"}, "VOICE_DESIGN_TOKENS must be rows"),
        ({"VOICE_DESIGN_TOKENS": f"a=sha256:{'0' * 64} a=sha256:{'1' * 64}"}, "each name once"),
        ({"VOICE_DESIGN_OAUTH_ISSUER": "https://id.example"}, "needs VOICE_DESIGN_PUBLIC_URL"),
        ({"VOICE_DESIGN_PUBLIC_URL": "http://voices.example/mcp"}, "plain http only on loopback"),
        ({"VOICE_DESIGN_ALLOWED_HOSTS": "a b/c"}, "must be hosts"),
        ({"VOICE_DESIGN_ALLOWED_ORIGINS": "console.example"}, "must be origins"),
        ({"VOICE_DESIGN_STATE_KEYS": "short"}, "at least 32 characters"),
    ],
)
def test_a_wrong_setting_is_named_at_start(given: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Settings.load({}, given)


def broken_tokens(issuer: Issuer) -> dict[str, str]:
    """Bearer tokens that must not open the door, by what is wrong with each."""
    now = int(time.time())
    good = issuer.token()
    header, claims, signature = good.split(".")
    return {
        "one letter": "a",
        "not a token": "abc",
        "three dots": "a.b.c",
        "expired": issuer.token(exp=now - 60),
        "never expires": issuer.token(exp=None),
        "not yet valid": issuer.token(nbf=now + 600),
        "for another server": issuer.token(aud="https://other.example/mcp"),
        "for the origin alone": issuer.token(aud="https://voices.example"),
        "for nobody": issuer.token(aud=None),
        "by another issuer": issuer.token(iss="https://evil.example"),
        "of no issuer": issuer.token(iss=None),
        "of nobody": issuer.token(sub=None),
        "unsigned": unsigned(good),
        "signed with the public key": signed_with_the_public_key(issuer),
        "cut": f"{header}.{claims}.{signature[:-8]}",
        "another's claims": f"{header}.{issuer.token('mallory').split('.')[1]}.{signature}",
        "very long": "a" * 20_000,
    }


WRONG = (
    *("one letter", "not a token", "three dots", "expired", "never expires", "not yet valid", "for another server"),
    *("for the origin alone", "for nobody", "by another issuer", "of no issuer", "of nobody", "unsigned"),
    *("signed with the public key", "cut", "another's claims", "very long"),
)


def test_every_broken_token_gets_the_same_401(url: str, issuer: Issuer) -> None:
    broken = broken_tokens(issuer)
    assert set(broken) == set(WRONG)
    answers = {name: asked(url, {"Authorization": f"Bearer {token}"}) for name, token in broken.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(WRONG, 401)
    assert len({(answer.content, answer.headers["www-authenticate"]) for answer in answers.values()}) == 1
