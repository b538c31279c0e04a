"""An answer is built again from its record: the same, whatever has changed since, or it is said what differs."""

import asyncio
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from psycopg.types.json import Jsonb

from agent.prompts.templates import Prompts
from agent.replay.record import seal, unseal
from agent.replay.replay_cli import find_record, replay_record
from agent.replay.rerun import Rerun
from core.errors import NotFound
from core.security.sealing import Seal
from core.services import Services
from core.settings import Settings
from tests.scripted_model import ScriptedModel, says
from tests.talking import ALEX, Caller, Meet


def replayed(settings: Settings, services: Services, turn_id: str) -> Rerun:
    stored, _ = find_record(services, UUID(turn_id))
    return asyncio.run(replay_record(settings, services, stored))


def test_turns_of_every_kind_are_built_again(settings: Settings, server: str, fresh: Services, meet: Meet) -> None:
    alex, visitor = meet(server, ALEX), meet(server)
    asked = alex.ask("pay Maria 300 quid")
    turns = {
        "knowledge": visitor.ask("How do I activate my new card?"),
        "balance": alex.ask("what's my balance?"),
        "follow-up": alex.ask("and my savings?"),
        "refusal": alex.ask("What is the weather in Paris?"),
        "freeze": (frozen := alex.ask("freeze my card ending 4821")),
        "decision": alex.decide(frozen, "approve").json()["data"],
        "payment": asked,
        "personal data": alex.ask("My e-mail is jo@example.com, what are my cards?"),
        "secret": alex.ask("My PIN is 4821, what are my cards?"),
    }

    found = {name: replayed(settings, fresh, turn["turn_id"]) for name, turn in turns.items()}

    assert {name: done.differences for name, done in found.items() if not done.is_same} == {}
    assert all(done.notes == () for done in found.values())


def test_a_model_that_recited_its_instructions_is_silenced_again(
    settings: Settings, model_server: str, fresh: Services, meet: Meet, model: ScriptedModel
) -> None:
    recited = max(Prompts().sentences(), key=len)
    model.scripts = [says(f"Of course. {recited}")]
    turn = meet(model_server).ask("How do I activate my new card?")

    assert recited[-40:] not in str(turn)
    assert replayed(settings, fresh, turn["turn_id"]).differences == ()


def test_an_article_that_changed_since_changes_no_answer(
    settings: Settings, server: str, fresh: Services, meet: Meet
) -> None:
    turn = meet(server).ask("How do I activate my new card?")
    with psycopg.connect(fresh.owner_url) as owner:
        owner.execute("update kb_chunks set text = 'Ask Lola.', id = 'changed' || number")

    stored, changed = find_record(fresh, UUID(turn["turn_id"]))

    assert len(changed) == len(stored.digests["passages"]) > 0
    assert asyncio.run(replay_record(settings, fresh, stored)).is_same


def test_a_record_that_says_something_else_is_told_apart(
    settings: Settings, server: str, fresh: Services, meet: Meet
) -> None:
    """As after a change of the program: the answer was another one, or a tool gave something else."""
    turn = meet(server, ALEX).ask("what's my balance?")
    by = Seal(fresh.secret_key)
    stored, _ = find_record(fresh, UUID(turn["turn_id"]))
    record = unseal(stored.sealed, by)
    record["exchanges"] = orjson.loads(orjson.dumps(record["exchanges"]).replace(b"2480.15", b"7.77"))
    with psycopg.connect(fresh.owner_url) as owner:
        owner.execute("update turn_records set sealed = %s where turn_id = %s", [seal(record, by), stored.turn_id])

    done = replayed(settings, fresh, turn["turn_id"])

    assert "answer" in [difference.what for difference in done.differences]
    assert "7.77" in str(next(each.replayed for each in done.differences if each.what == "answer"))


def test_whoever_changes_a_record_without_the_key_is_found_out(
    settings: Settings, server: str, fresh: Services, meet: Meet
) -> None:
    turn = meet(server).ask("How do I activate my new card?")
    with psycopg.connect(fresh.owner_url) as owner:
        owner.execute("update turn_records set sealed = overlay(sealed placing 'AAAA' from 200)")

    with pytest.raises(NotFound, match="sealed with another key, or changed"):
        replayed(settings, fresh, turn["turn_id"])


def test_an_erased_conversation_has_no_record(settings: Settings, server: str, fresh: Services, meet: Meet) -> None:
    alex: Caller = meet(server, ALEX)
    turn = alex.ask("what's my balance?")
    alex.http.delete(f"/api/v1/chat/history/{turn['session_id']}").raise_for_status()

    for turn_id in (turn["turn_id"], str(uuid4())):
        with pytest.raises(NotFound, match="no record of turn"):
            replayed(settings, fresh, turn_id)


def test_a_record_has_no_plain_words_of_its_customer(server: str, fresh: Services, meet: Meet) -> None:
    meet(server, ALEX).ask("My e-mail is jo@example.com, what's my balance?")

    with psycopg.connect(fresh.owner_url) as owner:
        [(digests, sealed, version)] = owner.execute(
            "select digests, sealed, policy_version from turn_records"
        ).fetchall()

    assert "balance" not in sealed
    assert "jo@example.com" not in str(Jsonb(digests).obj)
    assert {"prompts", "passages", "tools", "version", "encoder", "heads"} <= digests.keys()
    assert version
