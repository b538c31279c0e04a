"""An account's numbers go to their owner and to nobody else: no model sees them, no memory keeps them."""

import psycopg
import pytest
from psycopg.rows import dict_row

from agent.events import Token
from core.services import Services
from tests.agent.conftest import Talk


@pytest.fixture
def numbers(full_bank: Services) -> dict[str, str]:
    """Of alex's main account."""
    with psycopg.connect(full_bank.owner_url, row_factory=dict_row) as connection:
        rows = connection.execute(
            """select iban, sort_code, account_number from accounts
                where name = 'Everyday' and customer_id = (select customer_id from credentials
                                                            where email = 'alex@demo.example')"""
        ).fetchall()
    return rows[0]


async def test_the_owner_reads_the_numbers_that_the_model_never_saw(start, numbers: dict[str, str]):
    talk: Talk = start("alex")

    events = await talk.say(
        "what's the balance and the number of my Everyday account",
        ("get_account", '{"account": "Everyday"}'),
        "It is [IBAN_1], sort code [SORT_CODE_1], number [ACCOUNT_NUMBER_1].",
    )

    told = "".join(event.text for event in events if isinstance(event, Token))
    assert told == (f"It is {numbers['iban']}, sort code {numbers['sort_code']}, number {numbers['account_number']}.")
    seen = "".join(str(message.content) for request in talk.model.requests for message in request)
    saved = await talk.checkpoints.aget_tuple(talk.config)
    assert saved is not None
    remembered = repr(saved.checkpoint["channel_values"])
    assert talk.record is not None
    for number in numbers.values():
        assert number not in seen + remembered + str(talk.record.answer)
    assert "[IBAN_1]" in seen
