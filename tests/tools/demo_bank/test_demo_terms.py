"""What the demo bank publishes: logins, product terms, merchants."""

import psycopg
import pytest
from psycopg.rows import dict_row

from core.errors import ConfigurationError
from core.security.passwords import compare_password
from core.services import Services
from tools.accounts.numbers import iban
from tools.demo_bank import LOGINS, Login, terms
from tools.demo_bank.catalogue import load_catalogue
from tools.demo_bank.terms import load_terms


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login.role + " " + login.email)
async def test_every_login_works_with_its_password(login: Login) -> None:
    assert (await compare_password(login.password, login.password_hash)).matches


def test_logins_are_in_the_bank(bank: Services) -> None:
    with psycopg.connect(bank.owner_url) as connection:
        stored = connection.execute(
            "select email, full_name, password_hash, role from staff union all"
            " select email, full_name, password_hash, 'customer' from credentials"
            " join customers on customers.id = customer_id"
        ).fetchall()
    assert sorted(stored) == sorted((one.email, one.name, one.password_hash, one.role) for one in LOGINS)


def test_the_product_terms_are_those_of_the_files(bank: Services) -> None:
    with psycopg.connect(bank.owner_url, row_factory=dict_row) as connection:
        stored = connection.execute("select * from product_terms").fetchall()
    assert len(stored) == len(load_terms()) > 100
    for row in stored:
        term = load_terms()[row["code"]]
        found = {name: float(value) if name == "percent" else value for name, value in row.items() if value is not None}
        assert found == pytest.approx(term)


def test_a_term_that_stands_twice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        terms.check_term({"code": "a"}, {"a": {}}, "x.toml")


def test_a_term_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="colour"):
        terms.check_term({"code": "a", "colour": 1}, {}, "x.toml")


def test_there_are_about_three_hundred_merchants_with_terminals() -> None:
    merchants = load_catalogue().merchants
    assert 250 <= len(merchants) <= 350
    assert {merchant.category for merchant in merchants} == {
        "groceries", "eating_out", "transport", "shopping", "health", "entertainment", "cash", "bills",
        "subscriptions", "travel",
    }  # fmt: skip
    assert {terminal.kind for merchant in merchants for terminal in merchant.terminals} == {"in_store", "online", "atm"}


def test_ibans_pass_the_check_of_iso_13616() -> None:
    written = iban("09-18-27", "28333938")
    moved = written[4:] + written[:4]
    assert int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1
