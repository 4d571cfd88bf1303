"""The protocol's own conformance suite, for the newest revision of each era: on this server, and on the suite's fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from hosts.programs import run, served

pytestmark = pytest.mark.services
HERE = Path(__file__).parent
REVISIONS = ("2025-11-25", "2026-07-28")


@pytest.mark.parametrize("revision", REVISIONS)
def test_this_server_fails_only_what_does_not_apply_to_it(revision: str, tmp_path: Path) -> None:
    with served("voice_design_mcp", "serve", "--http", "--port", "0", "--data-dir", str(tmp_path / "data")) as url:
        assert_conforms(url, revision, HERE / f"baseline-{revision}.yaml", tmp_path)


@pytest.mark.parametrize("revision", REVISIONS)
def test_this_server_with_the_suite_s_own_fixtures_passes_all_of_it(revision: str, tmp_path: Path) -> None:
    with served("conformance", str(tmp_path / "data")) as url:
        assert_conforms(url, revision, HERE / "baseline-fixtures.yaml", tmp_path)


def assert_conforms(url: str, revision: str, baseline: Path, folder: Path) -> None:
    """Runs what a revision requires; prints the suite's summary, which says what it ran."""
    ran = run(
        *("conformance", "server", "--url", f"{url}/mcp", "--requirements", revision),
        *("--expected-failures", baseline, "--output-dir", folder / "out"),
        home=folder,
    )
    summary = ran.stdout[ran.stdout.rfind("Total:") :]
    assert ran.returncode == 0, summary + ran.stderr
    print(f"{revision}: {summary}")
