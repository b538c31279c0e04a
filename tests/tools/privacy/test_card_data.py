"""No card number is kept (PCI DSS 4.0.1, requirement 3): neither is there a place for one, nor does one lie anywhere.
docs/privacy.md says what that does to a bank's scope."""

import re

import psycopg
from psycopg import sql
from stdnum import luhn

from core.services import Services
from tests.conftest import Clone

COLUMNS = """select table_schema || '.' || table_name || '.' || column_name from information_schema.columns
              where table_schema in ('public', 'compliance', 'checkpoints')"""
LOOKS_LIKE_CARD_DATA = re.compile(
    r"\.(pan|.*card_?(number|no|num)|primary_account.*|cvv2?|cvc2?|cid|cav2|card_?(security|verification).*|track_?[12].*"
    r"|magstripe|pin|pin_?block|.*_pin)$"
)
DIGITS = re.compile(rb"(?<![\d-])(?:\d[ -]?){12,18}\d(?![\d-])")
ISSUERS = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|5)")
"""What numbers of Visa, Mastercard, American Express and Discover begin with."""


def card_numbers(text: bytes) -> list[str]:
    found = (re.sub(r"[ -]", "", match[0].decode()) for match in DIGITS.finditer(text))
    return [
        number for number in found if len(number) in (15, 16, 19) and ISSUERS.match(number) and luhn.is_valid(number)
    ]


def test_the_search_finds_a_card_number():
    assert card_numbers(b"my card 4111 1111 1111 1111, please") == ["4111111111111111"]
    assert card_numbers(b"my card 4111 1111 1111 1112, please") == []


def test_there_is_no_column_for_a_card_number_or_its_secrets(services: Services):
    with psycopg.connect(services.owner_url) as owner:
        columns = [name for (name,) in owner.execute(COLUMNS)]
    assert len(columns) > 500
    assert [name for name in columns if LOOKS_LIKE_CARD_DATA.search(name)] == []
    assert LOOKS_LIKE_CARD_DATA.search("public.cards.card_number")


def test_no_card_number_lies_in_the_demo_bank(clone: Clone, template_database: str):
    """Every text of every table; of numbers, ids and times only what stands alone would be one."""
    with clone(template_database) as services, psycopg.connect(services.admin_url) as admin:
        texts = admin.execute(
            """select table_schema, table_name, column_name from information_schema.columns
                where table_schema in ('public', 'compliance', 'checkpoints')
                  and data_type in ('text', 'jsonb', 'character')"""
        ).fetchall()
        assert len(texts) > 150
        found: dict[str, list[str]] = {}
        for schema, table, column in texts:
            query = sql.SQL("select coalesce(string_agg({}::text, E'\\n'), '') from {}")
            (whole,) = admin.execute(query.format(sql.Identifier(column), sql.Identifier(schema, table))).fetchall()[0]
            if numbers := card_numbers(whole.encode()):
                found[f"{table}.{column}"] = numbers
    assert found == {}
