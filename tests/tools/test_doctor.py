"""`doctor`: a line for everything that must be right, the mend for what is not, and nothing spent."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.served import served_sandbox
from voice_design_mcp import cli

Doctor = Callable[..., tuple[int, dict[str, dict[str, str]]]]


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Runs the command; returns its exit code and the checks by name."""

    def run(*flags: str, **environment: str) -> tuple[int, dict[str, dict[str, str]]]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = cli.main(["doctor", "--json", "--data-dir", str(tmp_path / "data"), *flags])
        report: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert report["healthy"] == (code == 0)
        return code, {check["name"]: check for check in report["checks"]}

    return run


def test_offline_everything_is_well_and_every_model_has_its_line(doctor: Doctor) -> None:
    code, checks = doctor()
    assert code == 0
    assert {check["status"] for check in checks.values()} == {"ok"}
    assert "nothing is charged" in checks["mode"]["said"]
    assert {"data folder", "database", "clock", "qwen voices", "qwen-voice-design", "cosyvoice-v3.5-flash"} <= set(
        checks
    )


def test_where_callers_bring_their_keys_it_is_said_what_is_checked_without_them(doctor: Doctor) -> None:
    code, checks = doctor(VOICE_DESIGN_CALLER_KEYS="must")
    assert code == 0
    assert "every caller brings a key of its own" in checks["mode"]["said"]
    assert "with the offline sandbox" in checks["mode"]["said"]


def test_each_check_is_a_line_for_people(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["doctor", "--data-dir", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok    ") for line in lines)
    assert len(lines) == 21


def test_a_refused_key_fails_with_its_mend_and_costs_nothing(doctor: Doctor, tmp_path: Path) -> None:
    with served_sandbox(tmp_path / "vendor", api_key="sk-right") as url:
        code, checks = doctor("--base-url", url, DASHSCOPE_API_KEY="sk-wrong")
        bill = httpx2.get(f"{url}/sandbox/usage").json()
    assert code == 1
    assert checks["qwen voices"]["status"] == "failed"
    assert checks["qwen voices"]["said"].startswith("unauthorized: ")
    assert "key" in checks["qwen voices"]["mend"]
    assert "sk-wrong" not in json.dumps(checks)
    assert bill["voice_creations"] == 0


def test_a_model_that_is_gone_and_one_that_may_not_be_called_are_warned_of(doctor: Doctor, tmp_path: Path) -> None:
    gone = json.dumps({"request_id": "r", "output": {"total": 0, "page_no": 1, "page_size": 1, "models": []}})
    barred = {"permissions": [{"model": "qwen3-tts-vd-2026-01-26", "permissions": {"inference": False}}]}
    script = [
        {"match": {"operation": "models"}, "times": 1, "status": 200, "body": gone},  # qwen-voice-design's row
        {"match": {"operation": "models"}, "times": 2, "delay_s": 0},  # its rights, and the next model's row
        {"match": {"operation": "models"}, "times": 1, "status": 200, "body": json.dumps({"output": barred})},
    ]
    with served_sandbox(tmp_path / "vendor") as url:
        httpx2.post(f"{url}/sandbox/faults", json=script).raise_for_status()
        code, checks = doctor("--base-url", url, DASHSCOPE_API_KEY="sk-test")
    assert code == 0
    assert checks["qwen-voice-design"]["status"] == "warning"
    assert "voice-enrollment" in checks["qwen-voice-design"]["mend"]
    assert "may not call it" in checks["qwen3-tts-vd-2026-01-26"]["said"]


def test_a_host_that_does_not_answer_fails_with_its_mend(doctor: Doctor) -> None:
    code, checks = doctor("--base-url", "http://127.0.0.1:9", DASHSCOPE_API_KEY="sk-test")
    assert code == 1
    assert checks["qwen voices"]["status"] == "failed"
    assert checks["qwen voices"]["mend"]


def test_a_data_folder_that_cant_be_written_fails_with_its_mend(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    taken = tmp_path / "a file"
    taken.write_text("not a folder")
    assert cli.main(["doctor", "--data-dir", str(taken / "data")]) == 1
    assert "VOICE_DESIGN_DATA_DIR" in capsys.readouterr().out


def test_a_name_that_is_no_setting_is_refused_unless_kubernetes_set_it(doctor: Doctor) -> None:
    of_a_service = {
        "VOICE_DESIGN_MCP_SERVICE_HOST": "10.0.0.1",
        "VOICE_DESIGN_MCP_SERVICE_PORT_HTTP": "8000",
        "VOICE_DESIGN_MCP_PORT": "tcp://10.0.0.1:8000",
        "VOICE_DESIGN_MCP_PORT_8000_TCP_ADDR": "10.0.0.1",
    }
    assert doctor(**of_a_service, VOICE_DESIGN_LEFT_BLANK=" ")[0] == 0
    code, checks = doctor(
        VOICE_DESIGN_MAX_USD_DAY="1", VOICE_DESIGN_MAX_VOICES_PER_DAY="a few", VOICE_DESIGN_COLOUR="red"
    )
    assert code == 1
    assert checks["settings"]["said"].split("; ") == [
        "VOICE_DESIGN_COLOUR is no setting",
        "VOICE_DESIGN_MAX_USD_DAY is no setting (is VOICE_DESIGN_MAX_USD_PER_DAY meant?)",
        "VOICE_DESIGN_MAX_VOICES_PER_DAY must be a whole number of at least 0 (it is 'a few')",
    ]


@pytest.mark.parametrize("command", [["serve", "--http"], ["sandbox"]])
def test_a_port_that_is_none_or_is_taken_is_told_in_a_line(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main([*command, "--port", "65536"])
    assert "from 0 to 65535, not '65536'" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert cli.main([*command, "--port", str(taken.getsockname()[1])]) == 2
    [told] = capsys.readouterr().err.splitlines()
    assert "Choose another port" in told


def test_settings_that_are_wrong_are_the_one_line_with_all_of_them(doctor: Doctor) -> None:
    code, checks = doctor("--region", "mars", "--approval", "maybe")
    assert code == 1
    assert list(checks) == ["settings"]
    assert "VOICE_DESIGN_REGION" in checks["settings"]["said"]
    assert "VOICE_DESIGN_APPROVAL" in checks["settings"]["said"]


def test_both_servers_of_open_weights_are_looked_at(doctor: Doctor, tmp_path: Path) -> None:
    with served_sandbox(tmp_path / "own") as url:
        own = {f"VOICE_DESIGN_OPEN_{place.upper()}_URL": f"{url}/open/{place}" for place in ("design", "speech")}
        code, checks = doctor(**own)
        assert code == 0, checks
        assert {checks[name]["status"] for name in ("open voices", "Qwen3-TTS-VoiceDesign", "qwen3-tts-open")} == {"ok"}
        swapped = {**own, "VOICE_DESIGN_OPEN_DESIGN_URL": own["VOICE_DESIGN_OPEN_SPEECH_URL"]}
        code, checks = doctor(**swapped)
        wrong = {name: check["said"] for name, check in checks.items() if check["status"] == "failed"}
        assert (code, list(wrong)) == (1, ["Qwen3-TTS-VoiceDesign"])
        assert "no VoiceDesign checkpoint" in wrong["Qwen3-TTS-VoiceDesign"]
