"""manifests/deploy/ says how the program is run by others: what it names exists, what it asks of the program the program does.

No image is built here, and no cluster is there: the parts are held to their schemas and to the code.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any, Final

import pytest

from hosts.programs import run
from voice_design_mcp import __version__
from voice_design_mcp.app import build_server
from voice_design_mcp.cli import main
from voice_design_mcp.config import SETTINGS, Settings
from voice_design_mcp.hosting import HOSTING
from voice_design_mcp.identity.static_tokens import minted
from voice_design_mcp.serving.health import Health
from voice_design_mcp.serving.run import PURCHASES_WITHIN_S

ROOT: Final = Path(__file__).resolve().parents[2]
DEPLOY: Final = ROOT / "manifests" / "deploy"
KNOWN: Final = {row.variable for row in (*SETTINGS, *HOSTING)}
ELSEWHERE: Final = {
    *("AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ALLOW_HTTP", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    *("POSTGRES_PASSWORD", "STORE_PASSWORD"),
}
"""What the store of audio reads, and what only the compose file does."""


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and their arguments, lines joined and comments left out."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = filter(None, re.sub(r"\\\n", " ", text).splitlines())
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def last_stage() -> list[tuple[str, str]]:
    """The instructions of the image itself."""
    given = instructions()
    begins = max(place for place, (name, _) in enumerate(given) if name == "FROM")
    return given[begins:]


def test_the_image_runs_as_nobody_in_particular_and_writes_to_its_data_folder_alone() -> None:
    image = last_stage()
    settings = dict(pair.split("=", 1) for name, rest in image if name == "ENV" for pair in shlex.split(rest))
    (user,) = [rest for name, rest in image if name == "USER"]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user), "a number, which runAsNonRoot can check"
    assert [rest for name, rest in image if name == "VOLUME"] == [settings["VOICE_DESIGN_DATA_DIR"]]
    assert settings["PYTHONDONTWRITEBYTECODE"] == "1"
    assert {name for name in settings if name.startswith("VOICE_DESIGN_")} <= KNOWN
    assert not [rest for name, rest in image if name == "RUN" and "pip" in rest], (
        "what installs stays in the other stage"
    )


def test_the_image_is_built_from_pinned_hashes_and_its_bytecode_is_compiled() -> None:
    built = instructions()[: -len(last_stage())]
    runs = " && ".join(rest for name, rest in built if name == "RUN")
    assert "--require-hashes -r constraints-remote.txt" in runs
    assert "--no-deps --no-build-isolation ." in runs
    assert runs.rindex("compileall") > runs.rindex("pip install")
    assert "unchecked-hash" in runs, "the times of files in an image are not those of their sources"
    froms = [rest.split()[0] for name, rest in instructions() if name == "FROM"]
    assert len(set(froms)) == 1, "the environment is moved between two images, so its Python must be the same"


def test_every_file_that_the_image_copies_is_there_and_reaches_the_build() -> None:
    let_in = {
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"
    }
    copied = {
        source.removeprefix("./")
        for name, rest in instructions()
        if name == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert copied == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_what_the_image_installs_is_pinned_as_what_is_tested() -> None:
    def pins(name: str) -> dict[str, str]:
        lines = (ROOT / ".ci" / name).read_text(encoding="utf-8").splitlines()
        return dict(line.split(" ")[0].split("==") for line in lines if re.match(r"[a-z].*==", line))

    tested, installed = pins("constraints.txt"), pins("constraints-remote.txt")
    assert {"psycopg", "prometheus-client", "opentelemetry-sdk"} <= set(installed)
    assert installed.items() <= tested.items()


def test_the_image_starts_a_command_that_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    image = dict(last_stage())
    assert json.loads(image["ENTRYPOINT"]) == ["voice-design-mcp"]
    understood(json.loads(image["CMD"]), capsys)
    assert image["EXPOSE"].split()[0] == json.loads(image["CMD"])[json.loads(image["CMD"]).index("--port") + 1]
    assert "/livez" in image["HEALTHCHECK"]


def test_the_example_of_variables_is_what_the_compose_file_asks_for() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text(encoding="utf-8")))
    given = re.findall(r"^([A-Z_]+)=", (DEPLOY / "example.env").read_text(encoding="utf-8"), re.MULTILINE)
    assert asked == set(given) <= KNOWN | ELSEWHERE


@pytest.mark.services
def test_the_compose_file_keeps_to_the_compose_specification(tmp_path: Path) -> None:
    given = ("--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")
    ran = run("check-jsonschema", *given, home=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.services
def test_the_cluster_s_manifests_keep_to_its_own_schemas_which_know_nothing_unexpected(tmp_path: Path) -> None:
    ran = run("kubernetes-validate", "--strict", DEPLOY / "kubernetes.yaml", home=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.services
def test_the_compose_file_s_server_has_settings_that_the_program_accepts_and_time_to_end() -> None:
    [compose] = yaml("compose.yaml")
    server = compose["services"]["server"]
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (DEPLOY / "example.env").read_text("utf-8"), re.MULTILINE))
    example |= {name: "x" * 40 for name, value in example.items() if not value}
    example |= {"DASHSCOPE_API_KEY": "", "VOICE_DESIGN_TOKENS": minted("alice")[1]}
    filled = {
        name: re.sub(r"\$\{([A-Z_]+)[^}]*\}", lambda found: example[found[1]], value)
        for name, value in server["environment"].items()
    }
    assert set(filled) <= KNOWN | ELSEWHERE
    settings = Settings.load({}, filled)
    assert settings.hosting.identifies
    assert settings.hosting.state_keys
    assert settings.database_url
    assert settings.audio_url
    assert server["read_only"] is True
    assert int(server["stop_grace_period"].removesuffix("s")) > PURCHASES_WITHIN_S
    assert (DEPLOY / server["build"]["context"]).resolve() == ROOT
    assert (ROOT / server["build"]["dockerfile"]).is_file()


@pytest.mark.services
def test_the_cluster_s_replicas_are_probed_and_ended_as_the_program_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    pod = one("Deployment")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    understood(container["args"], capsys)
    assert "--stateless" in container["args"]
    health: Any = Health(build_server(Settings.load({}, {})).studio)
    served: set[str] = {route.path for route in health.routes()}
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
        asked = container[probe]["httpGet"]
        assert (asked["path"], asked["port"]) == (path, "http")
        assert path in served
    assert str(ports["http"]) == container["args"][container["args"].index("--port") + 1]
    pod_s = one("Deployment")["spec"]["template"]["metadata"]["annotations"]
    measured = one("ConfigMap")["data"]["VOICE_DESIGN_METRICS_PORT"]
    assert (str(ports["metrics"]), pod_s["prometheus.io/port"]) == (measured, measured)
    assert {port["targetPort"] for port in one("Service")["spec"]["ports"]} == {"http"}, "metrics ask for no token"
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert pod["terminationGracePeriodSeconds"] > PURCHASES_WITHIN_S + pause + 5
    assert container["image"].endswith(f":{__version__}")


@pytest.mark.services
def test_the_cluster_s_replicas_may_do_nothing_that_they_need_not() -> None:
    pod = one("Deployment")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    users = [rest for name, rest in last_stage() if name == "USER"]
    assert users == [f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}  # noqa: S108 in the image


@pytest.mark.services
def test_the_cluster_s_parts_find_each_other() -> None:
    labels = one("Deployment")["spec"]["template"]["metadata"]["labels"]
    name = one("Deployment")["metadata"]["name"]
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert one(kind)["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert one("Service")["spec"]["selector"].items() <= labels.items()
    assert one("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == name
    assert one("HorizontalPodAutoscaler")["spec"]["minReplicas"] > one("PodDisruptionBudget")["spec"]["maxUnavailable"]
    [container] = one("Deployment")["spec"]["template"]["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    assert {port["targetPort"] for port in one("Service")["spec"]["ports"]} <= ports
    assert container["envFrom"][0]["configMapRef"]["name"] == one("ConfigMap")["metadata"]["name"]


@pytest.mark.services
def test_the_cluster_s_settings_and_the_secrets_to_make_are_ones_that_the_program_accepts() -> None:
    told = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    secrets = set(re.findall(r"--from-literal=([A-Z_]+)", told))
    given = one("ConfigMap")["data"]
    assert secrets | set(given) <= KNOWN | ELSEWHERE
    assert not secrets & set(given)
    filled = dict.fromkeys(secrets, "x" * 40)
    filled["VOICE_DESIGN_DATABASE_URL"] = "postgresql://voice:x@db.example/voice"
    assert Settings.load({}, {**given, **filled}).hosting.identifies


def yaml(file: str) -> list[dict[str, Any]]:
    """The documents of a YAML file."""
    from ruamel.yaml import YAML

    reader: Any = YAML(typ="safe")
    return list(reader.load_all((DEPLOY / file).read_text(encoding="utf-8")))


def one(kind: str) -> dict[str, Any]:
    """The one object of a kind."""
    [found] = [each for each in yaml("kubernetes.yaml") if each["kind"] == kind]
    return found


def understood(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The program takes these arguments."""
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    assert "usage: voice-design-mcp serve" in capsys.readouterr().out
