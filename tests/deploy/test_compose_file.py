"""What docker-compose.yml promises, as far as its text shows it. Issue 9, "Ship, first version"."""

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from compose_file import ROOT, Unset, compose, environment, insisted, is_one_shot, named, put_in, services, texts
from pydantic import AliasChoices

from core.production import is_weak
from core.settings import Settings

SCHEMAS = ROOT / "deploy" / "schemas"
PORTS = {"8000", "3000", "3001", "9090", "16686", "5601"}
WITHOUT_VOLUME = {"jaeger-link", "langfuse-link", "langfuse-web", "langfuse-worker"}
"""They keep nothing: Langfuse has four stores of its own."""
NOT_PASSED_ON = {"TELLERGRAPH_HOST", "TELLERGRAPH_PORT", "TELLERGRAPH_DATA_DIR", "TELLERGRAPH_ACCESS_TOKEN"}
"""The image's own, and the one that `tellergraph mcp` alone reads."""
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_AUTH|KEY$|SALT|PASS$")

SERVICES = pytest.mark.parametrize("name", sorted(services()))


def lasting() -> list[str]:
    return [name for name, service in services().items() if not is_one_shot(service)]


def written(folder: Path) -> dict[str, str]:
    """What `deploy/make_env.py` writes."""
    subprocess.run([sys.executable, ROOT / "deploy" / "make_env.py"], cwd=folder, check=True, capture_output=True)  # noqa: S603
    lines = (folder / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def variable(field: str) -> str:
    alias = Settings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"TELLERGRAPH_{field.upper()}"


def test_the_file_is_what_the_compose_specification_allows():
    """Also with its variables put in, which Compose checks then."""
    schema = json.loads((SCHEMAS / "compose-spec.json").read_text())
    check = jsonschema.Draft202012Validator(schema)
    check.validate(compose())
    check.validate(put_in(compose(), dict.fromkeys(named(), "x")))
    with pytest.raises(jsonschema.ValidationError):
        check.validate(compose() | {"services": {"api": {"imag": "x"}}})


def test_the_profiles_have_the_services_that_they_are_named_for():
    found: dict[str, set[str]] = {}
    for name, service in services().items():
        for profile in service["profiles"]:
            found.setdefault(profile, set()).add(name)
    assert found["core"] == {"api", "worker", "migrate", "postgres", "redis"}
    assert found["llm"] == {"ollama"}
    assert found["tracing"] == {"jaeger-link", "langfuse-link"}
    assert found["observability"] >= {
        *("prometheus", "grafana", "jaeger", "node-exporter", "elasticsearch", "kibana", "langfuse-web"),
        *("langfuse-worker", "langfuse-clickhouse", "langfuse-minio", "langfuse-redis", "langfuse-postgres"),
    }
    assert set(found) == {"core", "llm", "observability", "tracing"}


@SERVICES
def test_every_image_has_an_exact_version(name: str):
    image = services()[name]["image"]
    tag = image.rpartition(":")[2]
    assert re.search(r"\d+\.\d+(\.\d+)?|\d{4}-\d\d-\d\d", tag), image
    assert "latest" not in tag


@pytest.mark.parametrize("name", lasting())
def test_what_lasts_has_a_health_check_and_a_volume(name: str):
    service = services()[name]
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert service["healthcheck"].get("disable") is None
    kept = [mount.partition(":")[0] for mount in service.get("volumes", [])]
    if name == "node-exporter":
        assert kept == ["/"]  # of the machine, to read
    else:
        assert (name in WITHOUT_VOLUME) != bool(set(kept) & set(compose()["volumes"]))


def test_every_volume_is_somebodys_and_every_file_is_there():
    mounts = [mount.split(":") for service in services().values() for mount in service.get("volumes", [])]
    sources = {source for source, *_ in mounts}
    assert {source for source in sources if not source.startswith((".", "/"))} == set(compose()["volumes"])
    ours = {(source, *rest) for source, *rest in mounts if source.startswith("./")}
    assert {source for source, *_ in ours if not (ROOT / source).exists()} == set()
    assert all(rest[-1] == "ro" for _, *rest in ours)


def test_only_the_usual_ports_are_open_and_to_this_machine_alone():
    published = [port for service in services().values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert {port.split(":")[1] for port in published} == PORTS
    assert len(published) == len(PORTS)


@SERVICES
def test_nobody_has_more_rights_or_means_than_needed(name: str):
    service = services()[name]
    assert not service.get("privileged")
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", [])) <= ({"CHOWN"} if name == "jaeger-volume" else set())
    assert "no-new-privileges:true" in service["security_opt"]
    assert {service.get(space) for space in ("pid", "ipc", "userns_mode", "uts")} == {None}
    assert service.get("network_mode") in {None, "none", "service:api"}
    assert not any("docker.sock" in mount for mount in service.get("volumes", []))
    limits = service["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}


@pytest.mark.parametrize("name", ["api", "worker", "migrate", "postgres", "redis", "prometheus", "grafana", "jaeger"])
def test_these_cannot_change_their_own_programs(name: str):
    assert services()[name]["read_only"] is True


def test_the_databases_cannot_be_reached_from_observability():
    databases = {network for name in ("postgres", "redis") for network in services()[name]["networks"]}
    assert databases == {"data"}
    members = {name for name, service in services().items() if "data" in service.get("networks", [])}
    assert members == {"postgres", "redis", "migrate", "api", "worker"}
    assert compose()["networks"]["data"]["internal"] is True
    assert not any(services()[name].get("ports") for name in ("postgres", "redis"))


def test_no_secret_has_a_default():
    """A container's secret is a variable that Compose insists on, or one of ours that is passed on where it is set."""
    for name, service in services().items():
        for variable_name, value in service.get("environment", {}).items():
            if SECRET.search(variable_name) and value is not None and not variable_name.startswith("GF_AUTH"):
                found = re.search(r"\$\{([A-Z_]+):\?[^}]+\}", str(value))
                is_name = variable_name.endswith("ACCESS_KEY_ID")
                assert found or is_name, f"{name}: {variable_name}"
    addresses = [text for text in texts(compose()) if "://" in text and "@" in text]
    assert len(addresses) > 3
    assert all(re.search(r":\$\{[A-Z_]+:\?[^}]+\}@", address) for address in addresses)


def test_nothing_starts_while_a_secret_is_missing(tmp_path: Path):
    given = written(tmp_path)
    assert insisted() <= set(given)
    assert len(insisted()) > 15
    put_in(compose(), given)
    for missing in insisted():
        with pytest.raises(Unset, match=missing):
            put_in(compose(), given | {missing: ""})


@pytest.mark.parametrize(("asked", "code"), [("--help", 0), ("--force", 2)])
def test_asking_how_secrets_are_made_makes_none(tmp_path: Path, asked: str, code: int) -> None:
    made = subprocess.run(  # noqa: S603
        [sys.executable, ROOT / "deploy" / "make_env.py", asked], cwd=tmp_path, check=False, capture_output=True
    )

    assert made.returncode == code
    assert not (tmp_path / ".env").exists()


def test_the_secrets_that_are_made_are_strong_and_nobody_elses(tmp_path: Path):
    given = written(tmp_path)
    secrets = {name: value for name, value in given.items() if name in insisted()}
    assert len(set(secrets.values())) == len(secrets)
    assert not [name for name, value in secrets.items() if is_weak(value)]
    assert re.fullmatch(r"[0-9a-f]{64}", secrets["LANGFUSE_ENCRYPTION_KEY"])
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    again = subprocess.run(  # noqa: S603
        [sys.executable, ROOT / "deploy" / "make_env.py"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert (again.returncode, "left as it is" in again.stderr) == (1, True)


def test_the_example_names_every_variable_of_the_file_and_no_other():
    lines = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert len(lines) == len(set(lines))
    settings = {variable(field) for field in Settings.model_fields}
    assert set(lines) - settings == (named() - settings) | {"COMPOSE_PROFILES"}
    assert named() <= set(lines)


def test_the_example_as_it_is_gives_the_defaults(monkeypatch: pytest.MonkeyPatch):
    """`cp .env.example .env` for `make run`: what only Compose reads is nothing to the settings."""
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)
    assert Settings(_env_file=ROOT / ".env.example") == Settings(_env_file=None)  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize("name", ["api", "worker"])
def test_every_setting_can_be_made_in_env(name: str):
    given = set(services()[name]["environment"])
    assert given == {variable(field) for field in Settings.model_fields} - NOT_PASSED_ON


def test_what_env_sets_reaches_the_container_and_what_it_does_not_set_is_not_there(tmp_path: Path):
    given = written(tmp_path)
    assert "TELLERGRAPH_LLM" not in environment("api", given)
    passed = environment("api", given | {"TELLERGRAPH_LLM": "offline", "TELLERGRAPH_TRUSTED_HOSTS": "bank.example"})
    assert passed["TELLERGRAPH_LLM"] == "offline"
    assert passed["TELLERGRAPH_TRUSTED_HOSTS"] == "api,worker,bank.example"
    assert given["POSTGRES_PASSWORD"] not in " ".join(passed.values())


def test_prometheus_looks_where_the_services_are():
    """Names and ports of deploy/prometheus/prometheus.yml, on a network that both are in."""
    read = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    targets = [target for job in read["scrape_configs"] for each in job["static_configs"] for target in each["targets"]]
    assert {target.split(":")[0] for target in targets} >= {"api", "worker", "node-exporter"}
    for target in targets:
        name, _, port = target.partition(":")
        assert set(services()[name]["networks"]) & set(services()["prometheus"]["networks"]), target
        expected = {"worker": services()["worker"]["environment"].get("TELLERGRAPH_WORKER_METRICS_PORT"), "api": "8000"}
        assert port == expected.get(name, port)
    mounted = {mount.split(":")[1] for mount in services()["grafana"]["volumes"]}
    providers = yaml.safe_load((ROOT / "deploy/grafana/provisioning/dashboards/tellergraph.yml").read_text())
    assert {each["options"]["path"] for each in providers["providers"]} <= mounted
