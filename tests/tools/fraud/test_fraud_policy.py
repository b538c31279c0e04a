"""A bank decides by limits of its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from tests.tools.conftest import Desk
from tools.fraud.decisions import SHIPPED, read_fraud_policy
from tools.fraud.rules import limits

SHIPPED_LIMITS = Path(limits.__file__).with_name("limits.toml").read_text(encoding="utf-8")


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    """Where more than a pound within a day is too much."""
    text = SHIPPED_LIMITS.replace('version = "', 'version = "ours ').replace(
        "amount_day = 1_000_000", "amount_day = 100"
    )
    assert text.count('"ours ') == text.count("amount_day = 100 ") == 1
    (tmp_path / "limits.toml").write_text(text, encoding="utf-8")
    return tmp_path


async def test_a_bank_asks_for_a_code_where_its_own_limits_say(desk: Desk, strict: Path):
    ours = replace(desk.bank, fraud=read_fraud_policy(strict))
    bought = {"payee": "Maria Lopez", "amount": "2"}

    by_shipped = await desk.ask(desk.alex, "pay_payee", **bought)
    by_ours = await replace(desk, bank=ours).ask(desk.alex, "pay_payee", **bought, reference="again")

    assert (by_shipped["step_up"], by_ours["step_up"]) == (False, True)
    stored = desk.owner("select rules_version from fraud_decisions order by id desc limit 1")
    version = f"rules ours {SHIPPED.limits.version}, policy {SHIPPED.decisions.version}"
    assert stored == [{"rules_version": version}]


def test_what_a_folder_does_not_say_is_as_shipped(strict: Path):
    policy = read_fraud_policy(strict)

    assert policy.decisions == SHIPPED.decisions
    assert policy.limits.velocity.amount_day == 100
    assert read_fraud_policy(None) == SHIPPED


def test_limits_that_are_wrong_are_refused_by_name(strict: Path, tmp_path: Path):
    file = strict / "limits.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("amount_day = 100", "amount_day = 0"))
    with pytest.raises(ConfigurationError, match="amount_day"):
        read_fraud_policy(strict)
    file.write_text("not = toml = at all")
    with pytest.raises(ConfigurationError, match="TELLERGRAPH_FRAUD_POLICY"):
        read_fraud_policy(strict)
    with pytest.raises(ConfigurationError, match=r"no limits\.toml"):
        read_fraud_policy(tmp_path / "elsewhere")
