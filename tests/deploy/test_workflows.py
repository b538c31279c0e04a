"""What runs on GitHub, as far as its text shows it. Issue 9, "Ship, first version"."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EACH = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    # YAML 1.1 takes the key `on` for a truth value.
    return {"on" if key is True else key: value for key, value in yaml.safe_load(path.read_text()).items()}


def steps() -> list[dict[str, Any]]:
    return [step for path in WORKFLOWS for job in read(path)["jobs"].values() for step in job["steps"]]


@EACH
def test_a_workflow_is_what_github_allows(path: Path):
    schema = json.loads((ROOT / "deploy" / "schemas" / "github-workflow.json").read_text())
    jsonschema.Draft7Validator(schema).validate(read(path))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate(read(path) | {"jobs": {"one": {"runs": "x"}}})


def test_updates_are_asked_for_as_github_allows():
    schema = json.loads((ROOT / "deploy" / "schemas" / "dependabot.json").read_text())
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())
    jsonschema.Draft7Validator(schema).validate(updates)
    assert {each["package-ecosystem"] for each in updates["updates"]} == {"github-actions", "docker", "docker-compose"}


@EACH
def test_each_job_has_its_own_rights_an_end_and_no_credentials_left_lying(path: Path):
    workflow = read(path)
    assert workflow["permissions"] == {}
    assert "pull_request_target" not in workflow["on"]
    for name, job in workflow["jobs"].items():
        writes = {right for right, level in job["permissions"].items() if level == "write"}
        assert writes <= {"security-events"}, name
        assert 0 < job["timeout-minutes"] <= 60, name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


def test_actions_have_a_version_and_text_of_others_reaches_no_shell():
    used = [step["uses"] for step in steps() if "uses" in step]
    assert len(used) > 5
    assert [each for each in used if not re.fullmatch(r"[\w-]+/[\w/-]+@(v\d+|[0-9a-f]{40})", each)] == []
    assert [step["run"] for step in steps() if "${{" in step.get("run", "")] == []


def test_what_the_issue_asks_for_is_run_with_the_commands_that_people_run():
    """Tests, lint, types, security scans, image build, bill of materials."""
    runs = "\n".join(step.get("run", "") for step in steps())
    used = {step["uses"].split("@")[0] for step in steps() if "uses" in step}
    assert "\n.ci/run" in "\n" + runs
    assert used >= {
        *("github/codeql-action/analyze", "docker/build-push-action", "anchore/scan-action", "anchore/sbom-action"),
    }
    targets = set(re.findall(r"^\.PHONY: (\S+)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    made = {target for line in re.findall(r"^make (.+)$", runs, re.MULTILINE) for target in line.split()}
    assert made >= {"audit", "sbom", "secrets"}
    assert made <= targets
    checks = set(re.findall(r"^\s*check ([a-z]\S+)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE))
    assert checks >= {"test", "lint", "browser-test"}
    assert checks <= targets
