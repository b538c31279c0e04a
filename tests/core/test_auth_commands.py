"""``tellergraph auth``: the keys that sign tokens, as an operator sees them."""

import json
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from core.security.auth_cli import auth_app
from core.services import Services
from core.settings import Settings


def run(settings: Settings, services: Services, *command: str) -> tuple[int, dict[str, Any]]:
    variables = {
        "TELLERGRAPH_DATA_DIR": str(settings.data_dir),
        "TELLERGRAPH_DATABASE_URL": services.admin_url,
        "TELLERGRAPH_REDIS_URL": services.redis_url,
    }
    ran = CliRunner().invoke(auth_app, [*command, "--json"], env=variables)
    return ran.exit_code, json.loads(ran.stdout)


def statuses(settings: Settings, services: Services) -> dict[str, str]:
    code, listed = run(settings, services, "keys")
    assert code == 0
    assert all("sealed_private" not in key for key in listed["keys"])
    return {key["kid"]: key["status"] for key in listed["keys"]}


def test_keys_are_rotated_listed_and_withdrawn(settings: Settings, empty: Services) -> None:
    before = {status: kid for kid, status in statuses(settings, empty).items()}
    with psycopg.connect(empty.owner_url) as owner:
        owner.execute("update signing_keys set made_at = made_at - interval '1 minute'")
    code, rotated = run(settings, empty, "rotate-keys")
    assert (code, rotated["current"], rotated["retired"]) == (0, before["next"], before["current"])
    code, refused = run(settings, empty, "rotate-keys")
    assert (code, refused["error"]["code"]) == (1, "key_too_young")
    code, withdrawn = run(settings, empty, "withdraw-key", rotated["current"])
    assert (code, withdrawn["replaced"]["current"]) == (0, rotated["next"])
    found = statuses(settings, empty)
    assert found == {
        before["current"]: "retired",
        rotated["current"]: "withdrawn",
        rotated["next"]: "current",
        withdrawn["replaced"]["next"]: "next",
    }
    with psycopg.connect(empty.owner_url) as owner:
        noted = owner.execute("select action from audit_log where actor = 'operator' order by id").fetchall()
    assert noted[-2:] == [("signing_key.rotated",), ("signing_key.withdrawn",)]


def test_a_key_whose_id_begins_with_a_dash_is_withdrawn(settings: Settings, empty: Services) -> None:
    following = "-j" + "A" * 41
    with psycopg.connect(empty.owner_url) as owner:
        owner.execute("update signing_keys set kid = %s where status = 'next'", [following])
    code, withdrawn = run(settings, empty, "withdraw-key", following)
    assert (code, withdrawn["withdrawn"], withdrawn["replaced"]["retired"]) == (0, following, following)
    assert statuses(settings, empty)[following] == "withdrawn"


@pytest.mark.parametrize("kid", ["nobody's", "A" * 43, "-" + "A" * 42, "--" + "A" * 41, "-h" + "-" * 41])
def test_a_key_that_is_not_there_is_told(settings: Settings, empty: Services, kid: str) -> None:
    code, refused = run(settings, empty, "withdraw-key", kid)
    assert (code, refused["error"]["code"]) == (1, "not_found")
