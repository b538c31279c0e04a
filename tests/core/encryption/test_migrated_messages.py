"""Messages from before the migration keep their masked text, and say what was masked in it."""

import psycopg
from psycopg.types.json import Jsonb

from core.db.migrate import downgrade, migrate
from core.services import Services

BEFORE = "0028_permissions"


def test_messages_of_before_say_what_was_masked(bank: Services):
    said = ["my mail is [EMAIL_1] or [EMAIL_2], my PIN [SECRET]", "hello [THERE]", "card [CARD_1] ending 4821"]
    downgrade(bank, BEFORE)
    with psycopg.connect(bank.owner_url) as owner:
        owner.execute("insert into chat_sessions values (gen_random_uuid(), 'visitor:x', 't', now(), now())")
        owner.execute(
            """insert into chat_turns (id, session_id, owner, status, worker_id, lease_expires_at, started_at)
               select gen_random_uuid(), id, owner, 'done', id, now(), now() from chat_sessions"""
        )
        for content in said:
            owner.execute(
                """insert into chat_messages (session_id, turn_id, owner, role, content, citations, created_at)
                   select session_id, id, owner, 'user', %s, %s, now() from chat_turns""",
                [content, Jsonb([])],
            )
    migrate(bank)
    with psycopg.connect(bank.owner_url) as owner:
        found = owner.execute("select content, has_pii, pii_fields, original from chat_messages order by id").fetchall()
    assert found == [
        (said[0], True, ["EMAIL", "SECRET"], None),
        (said[1], False, [], None),
        (said[2], True, ["CARD"], None),
    ]
