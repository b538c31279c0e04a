"""What a conversation keeps of personal data: masked text to read, the original under the customer's own key, and of
secrets nothing at all."""

from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from agent.personal import message_place
from core.security.encryption.data_keys import about_key
from core.security.encryption.fields import DataKey, decrypt_field
from core.security.encryption.masters import LocalMasters, Wrapped, derived_masters
from core.services import Services
from tests.talking import ALEX, BLAIR, Caller, Meet

ASKED = "My e-mail is someone.else@example.org and my PIN is 4821 so how do I order a card?"
ADD_PAYEE = """insert into payees (customer_id, name, iban, created_at)
    select customer_id, %s, 'GB33BUKB20201555555555', now() from credentials where email = %s"""


async def original_of(services: Services, row: dict[str, Any], key: dict[str, Any]) -> str:
    masters = LocalMasters(derived_masters([services.secret_key]))
    about = about_key(key["customer_id"], "chat", key["id"])
    secret = await masters.unwrap(Wrapped(key["master_id"], bytes(key["wrapped"])), about)
    place = message_place(row["turn_id"], row["role"], key["customer_id"])
    return decrypt_field(DataKey(key["id"], secret), place, bytes(row["original"]))


def said(services: Services, caller: Caller) -> list[dict[str, Any]]:
    return rows(services, "select * from chat_messages where session_id = %s order by id", UUID(caller.session_id))


def rows(services: Services, query: str, *values: object) -> list[dict[str, Any]]:
    with psycopg.connect(services.owner_url, row_factory=dict_row) as owner:
        return owner.execute(query, values).fetchall()


async def test_a_message_is_masked_to_read_and_whole_under_the_customers_key(
    shared_server: str, shared_services: Services, meet: Meet
):
    alex = meet(shared_server, ALEX)
    alex.ask(ASKED)

    asked, answered = said(shared_services, alex)
    assert (asked["has_pii"], asked["pii_fields"]) == (True, ["EMAIL", "SECRET"])
    assert "someone.else" not in asked["content"]
    assert (answered["has_pii"], answered["original"]) == (False, None)
    assert asked["intent"]
    assert asked["confidence"] > 0
    (key,) = rows(
        shared_services,
        "select k.* from data_keys k join credentials c using (customer_id) where c.email = %s",
        ALEX[0],
    )
    assert await original_of(shared_services, asked, key) == ASKED.replace("PIN is 4821", "PIN is [SECRET]")
    # The owner reads what they wrote, but for the secret.
    assert alex.history()[0]["content"] == ASKED.replace("PIN is 4821", "PIN is [SECRET]")


def test_the_turns_vector_is_kept_with_the_customers_words(shared_server: str, shared_services: Services, meet: Meet):
    blair = meet(shared_server, BLAIR)
    blair.ask("How do I activate my new card?")
    asked, answered = said(shared_services, blair)
    assert asked["embedding"] is not None
    assert answered["embedding"] is None
    nearest = rows(
        shared_services,
        "select title from kb_chunks c join kb_documents d on d.kb = c.kb and d.id = c.document_id"
        " order by c.embedding <=> (select embedding from chat_messages where id = %s) limit 3",
        asked["id"],
    )
    assert any("card" in row["title"].lower() for row in nearest)


def test_nothing_was_masked_nothing_is_kept_twice(shared_server: str, shared_services: Services, meet: Meet):
    blair = meet(shared_server, BLAIR)
    blair.ask("How do I activate my new card?")
    assert [(row["has_pii"], row["pii_fields"], row["original"]) for row in said(shared_services, blair)] == [
        (False, [], None)
    ] * 2


def test_a_visitor_has_no_key_and_leaves_masked_words_alone(shared_server: str, shared_services: Services, meet: Meet):
    visitor = meet(shared_server)
    visitor.ask(ASKED)
    asked = said(shared_services, visitor)[0]
    assert (asked["has_pii"], asked["original"]) == (True, None)


def test_secrets_stand_nowhere_in_the_database(shared_server: str, shared_services: Services, meet: Meet):
    alex = meet(shared_server, ALEX)
    alex.ask("my password is Xylophone77 please remember it")
    found = rows(shared_services, "select coalesce(string_agg(m::text, ' '), '') as text from chat_messages m")
    assert "Xylophone77" not in found[0]["text"]
    assert said(shared_services, alex)[0]["original"] is None


def test_a_destroyed_key_takes_nothing_more(shared_server: str, shared_services: Services, meet: Meet):
    """The server still holds the key in memory; the row says that it is gone."""
    blair = meet(shared_server, BLAIR)
    blair.ask("mail me at first@example.org about cards")
    assert said(shared_services, blair)[0]["original"] is not None
    with psycopg.connect(shared_services.owner_url) as owner:
        owner.execute(
            "update data_keys set wrapped = null, destroyed_at = now()"
            " where customer_id = (select customer_id from credentials where email = %s)",
            [BLAIR[0]],
        )
    blair.ask("mail me at second@example.org about cards")
    assert said(shared_services, blair)[2]["original"] is None


def test_a_payee_is_hidden_from_the_turn_after_it_came_until_the_turn_after_it_went(
    shared_server: str, shared_services: Services, meet: Meet
):
    """The server has read this customer's details before, and remembers what they looked like."""
    alex, words = meet(shared_server, ALEX), "thanks, blue card club was quick"
    alex.ask(words)
    with psycopg.connect(shared_services.owner_url) as owner:
        owner.execute(ADD_PAYEE, ["Blue Card Club", ALEX[0]])
    alex.ask(words)
    with psycopg.connect(shared_services.owner_url) as owner:
        owner.execute("delete from payees where name = 'Blue Card Club'")
    alex.ask(words)
    asked = [row["content"] for row in said(shared_services, alex) if row["role"] == "user"]
    assert asked == [words, "thanks, [PERSON_1] was quick", words]


def test_what_begins_a_turn_hides_only_its_own_customers_payees(
    shared_server: str, shared_services: Services, meet: Meet
):
    with psycopg.connect(shared_services.owner_url) as owner:
        owner.execute(ADD_PAYEE, ["Red Card Club", ALEX[0]])
    contents: list[str] = []
    for caller in (meet(shared_server, ALEX), meet(shared_server, BLAIR), meet(shared_server)):
        caller.ask("thanks, red card club was quick")
        contents.append(said(shared_services, caller)[0]["content"])
    assert contents == [
        "thanks, [PERSON_1] was quick",
        "thanks, red card club was quick",
        "thanks, red card club was quick",
    ]
