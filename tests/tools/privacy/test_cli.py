"""``tellergraph privacy`` and ``tellergraph db rotate-keys``, as an operator types them."""

import asyncio
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE
from typing import Any

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

import core.cli
from core.db.database import Database
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.masters import LocalMasters, derived_masters
from core.services import Services
from tests.conftest import Clone
from tools.cli import db_app
from tools.privacy.cli import privacy_app

BY = ("--by", "dpo")
WHY = ("--reason", "asked in writing")

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def own(clone: Clone, bank_template: str) -> Iterator[Services]:
    with clone(bank_template) as cloned:
        yield cloned


@pytest.fixture
def run(own: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    @contextmanager
    def here(settings: object) -> Iterator[Services]:
        yield own

    monkeypatch.setattr(core.cli, "running_services", here)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(privacy_app, [str(each) for each in arguments])


def printed(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_copy_is_written_once_for_its_reader_alone(run: Run, tmp_path: Path):
    out = tmp_path / "alex.zip"
    done = printed(run("export", "Alex@demo.example", "--out", out, *BY, "--json"))
    assert done["bytes"] == out.stat().st_size
    assert S_IMODE(out.stat().st_mode) == 0o600
    assert "customers.json" in zipfile.ZipFile(out).namelist()
    again = run("export", "alex@demo.example", "--out", out, *BY)
    assert (again.exit_code, "File exists" in again.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["alex.zip"]


def test_nobody_by_that_address(run: Run, tmp_path: Path):
    missing = run("export", "nobody@demo.example", "--out", tmp_path / "x.zip", *BY, "--json")
    assert missing.exit_code == 1
    assert json.loads(missing.stdout)["error"]["code"] == "not_found"


def test_from_a_hold_to_a_certificate(run: Run, own: Services):
    held = printed(run("hold", "blair@demo.example", *BY, *WHY, "--json"))
    assert [each["id"] for each in printed(run("holds", "--json"))["holds"]] == [held["hold_id"]]
    refused = run("erase", "blair@demo.example", *BY, *WHY, "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["error"]["code"]) == (1, "legal_hold")
    assert printed(run("release", "blair@demo.example", *BY, *WHY, "--json"))["released"] == 1
    assert run("holds").stdout == "No legal hold stands.\n"
    open_still = run("erase", "blair@demo.example", *BY, *WHY)
    assert (open_still.exit_code, "close the accounts" in open_still.stderr) == (1, True)
    customer = held["customer_id"]
    with psycopg.connect(own.owner_url) as owner:
        owner.execute("update accounts set status = 'closed' where customer_id = %s", [customer])

    certificate = printed(run("erase", "blair@demo.example", *BY, *WHY, "--json"))
    assert (certificate["customer_id"], certificate["asked_by"]) == (customer, "operator:dpo")
    assert "Kept:" in run("erase", customer, *BY, *WHY).stdout
    kept = printed(run("retained", customer, *BY, *WHY, "--json"))
    assert kept["records"]["customers"][0]["full_name"].startswith("Blair")
    with psycopg.connect(own.owner_url) as owner:
        query = "select actor from audit_log where action = 'privacy.retained_opened'"
        assert owner.execute(query).fetchall() == [("operator:dpo",)]


def test_rules_are_listed_changed_and_tried(run: Run):
    assert "records: before" in run("rules").stdout
    assert printed(run("keep", "conversations", "6 months", *BY, "--json"))["kept_for"] == "6 months"
    assert run("keep", "conversations", "a while", *BY).exit_code == 1
    assert printed(run("retention", "--dry-run", "--json")) == {
        "dry_run": True,
        "conversations": 0,
        "visitor_conversations": 0,
        "security_tries": 0,
        "delivered_events": 0,
        "records": 0,
    }


async def make_key(services: Services) -> None:
    database = Database(services.app_url, pool_size=2)
    await database.open()
    with psycopg.connect(services.owner_url) as owner:
        (alex,) = owner.execute("select customer_id from credentials where email = 'alex@demo.example'").fetchall()[0]
    masters = LocalMasters(derived_masters([services.secret_key]))
    await DataKeys(database, masters).find_for_writing(alex, datetime(2026, 5, 4, tzinfo=UTC))
    await database.close()


def test_keys_are_wrapped_again_and_the_check_says_when_old_ones_may_go(
    run: Run, own: Services, monkeypatch: pytest.MonkeyPatch
):
    def rotate(*options: str) -> Result:
        return CliRunner().invoke(db_app, ["rotate-keys", *options])

    asyncio.run(make_key(own))
    before = rotate("--check", "--json")
    assert before.exit_code == 0
    monkeypatch.setenv("TELLERGRAPH_MASTER_KEYS", "2026=" + "QUJD" * 10 + "QUI=")
    wrapped = json.loads(before.stdout)["in_use"]
    assert sum(wrapped.values()) > 0
    assert rotate("--check").exit_code == 1
    done = json.loads(rotate("--json").stdout)
    assert (done["current"], done["done"], done["rewrapped"]) == ("local:2026", True, sum(wrapped.values()))
    assert "may be taken away" in rotate("--check").stdout


def test_progress_is_told_apart_from_the_result(run: Run, own: Services):
    done = CliRunner().invoke(db_app, ["rotate-keys", "--json"])
    report = json.loads(done.stdout)
    assert report["sealed"] == {
        name: {"resealed": 0, "left": 0, "unreadable": []}
        for name in ("attachments", "kyc_applications", "turn_records")
    }
    assert (report["proposals_waiting"], done.stdout.count("\n")) == (0, 1)
