"""What reaches the statements that no tool's example reaches: further calls, once the examples' proposals have been
approved, and the doors beside the tools."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb
from pyotp.totp import TOTP

from agent.conversations import QUERIES as CONVERSATIONS
from agent.personal import sealed_original
from api.people import get_person
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.fields import DataKey
from core.security.encryption.masters import LocalMasters
from core.security.tokens import AccountType, Identity
from tests.tools.bookkeeping import approve, ask, done
from tests.tools.conftest import Desk
from tools.activity import list_activity
from tools.attachments.cipher import FileCipher
from tools.attachments.store import Attachments
from tools.calendar import next_business_day
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.operation_log import get_operation, list_operations
from tools.registry import Proposed, ToolContext
from tools.service.care.cases import open_cases
from tools.step_up.code_senders import list_outbox
from tools.step_up.totp import Authenticators

IBAN = "GB33BUKB20201555555555"
"""Of nobody: the registry's own example."""


def on(desk: Desk, days: int) -> str:
    return (desk.context(desk.alex).today + timedelta(days=days)).isoformat()


def on_a_working_day(desk: Desk, days: int) -> str:
    return next_business_day(desk.context(desk.alex).today + timedelta(days=days)).isoformat()


def new_card(desk: Desk) -> str:
    query = "select last4 from cards where customer_id = %(id)s and status = 'pending_activation' order by created_at"
    return desk.owner(query, id=desk.alex)[-1]["last4"]


def paid_by_card(desk: Desk) -> str:
    query = """select t.id from transactions t left join disputes d on d.transaction_id = t.id
                where t.customer_id = %(id)s and t.kind = 'card_payment' and t.status = 'booked' and d.id is null
                order by t.occurred_at desc limit 1"""
    return str(desk.owner(query, id=desk.alex)[0]["id"])


def dispute_of(desk: Desk) -> str:
    query = "select reference from disputes where customer_id = %(id)s order by opened_at desc, id desc limit 1"
    return desk.owner(query, id=desk.alex)[0]["reference"]


def identity_file(desk: Desk) -> str:
    """One that alex uploaded. What is in it nobody opens here."""
    number = str(uuid4())
    with psycopg.connect(desk.services.owner_url) as owner:
        owner.execute(
            """insert into attachments (id, customer_id, purpose, name, media_type, size_bytes, sha256, key_id,
                                        sealed_key, created_at)
               values (%s, %s, 'identity', 'passport.pdf', 'application/pdf', 1, %s, %s, %s, %s)""",
            [number, desk.alex, b"s" * 32, "0" * 16, b"k" * 60, desk.now],
        )
        owner.execute(
            "insert into attachment_chunks (attachment_id, customer_id, n, content) values (%s, %s, 0, %s)",
            [number, desk.alex, b"c" * 17],
        )
    return number


AFTER: list[tuple[str, str, Callable[[Desk], dict[str, Any]]]] = [
    ("alex", "rename_account", lambda _: {"account": "Rainy Day", "name": "Umbrella"}),
    ("alex", "close_account", lambda _: {"account": "Holiday"}),
    ("alex", "set_card_limit", lambda _: {"card": "7733", "limit": "cash", "amount": "150"}),
    ("alex", "set_card_limit", lambda _: {"card": "7733", "limit": "cash", "amount": "100"}),
    ("alex", "activate_card", lambda desk: {"card": new_card(desk)}),
    ("alex", "schedule_payment", lambda desk: {"amount": "20", "payee": "Gas Board", "date": on(desk, 20)}),
    ("alex", "cancel_scheduled_payment", lambda _: {"payee": "Gas Board"}),
    (
        "alex",
        "create_standing_order",
        lambda desk: {"amount": "15", "payee": "Gas Board", "frequency": "monthly", "date": on(desk, 20)},
    ),
    ("alex", "change_standing_order", lambda _: {"payee": "Gas Board", "amount": "16"}),
    ("alex", "cancel_standing_order", lambda _: {"payee": "Gas Board"}),
    ("alex", "change_payee", lambda _: {"payee": "Gas Board", "currency": "USD", "iban": IBAN}),
    ("alex", "pay_payee", lambda _: {"amount": "20", "payee": "Gas Board"}),
    (
        "alex",
        "book_appointment",
        lambda desk: {"branch": "York", "topic": "a will", "date": on_a_working_day(desk, 15), "time": "10:30"},
    ),
    ("alex", "cancel_appointment", lambda _: {}),
    ("alex", "set_consent", lambda _: {"consent": "marketing", "give": True}),
    ("alex", "set_consent", lambda _: {"consent": "marketing", "give": False}),
    ("alex", "open_dispute", lambda desk: {"reference": paid_by_card(desk), "reason": "unauthorised"}),
    ("alex", "add_evidence", lambda desk: {"reference": dispute_of(desk), "note": "I was at home."}),
    ("alex", "withdraw_dispute", lambda desk: {"reference": dispute_of(desk)}),
    ("alex", "fill_identity_details", lambda _: {"level": 1, "exposure": {"is_exposed": False}}),
    ("alex", "add_identity_document", lambda desk: {"file": identity_file(desk), "shows": "identity"}),
    ("alex", "submit_identity_application", lambda _: {}),
    ("blair", "apply_for_loan", lambda _: {"amount": "10000", "months": 18, "reason": "kitchen"}),
    ("blair", "withdraw_loan_application", lambda _: {}),
]
"""Who calls what, in order, when every example has been called as alex and what it prepared has been approved."""

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("replace_card", {"card": "7733", "reason": "expired"}),
    ("explain_charge", {"merchant": "Front Row", "amount": "38.50"}),
    ("find_branches", {"place": "Atlantis"}),
    ("find_atms", {"place": "Atlantis"}),
]
"""Calls as alex that prepare nothing, but ask."""


async def through_other_doors(desk: Desk) -> None:
    """What the API does for a customer without a tool."""
    context = desk.context(desk.alex)
    page = await list_operations(context, limit=5)
    await get_operation(context, page.operations[0].operation_id)
    await get_person(desk.database, Identity(desk.alex, AccountType.CUSTOMER, "customer"))
    await _use_an_authenticator(desk, context)
    await desk.ask(desk.alex, "get_dispute_status", reference=dispute_of(desk))
    await _end_held_payments(desk)
    await _send_a_file(context)
    await open_cases(context, ("complaint",), "You let me down.")
    await list_activity(context, CATALOGUE, below=None, limit=5)
    await _data_key(desk)


async def _end_held_payments(desk: Desk) -> None:
    """Large first payments to somebody new are held."""
    await done(desk, desk.alex, "add_payee", name="Nora Quill", sort_code="60-99-01", account_number="11223344")
    for tool in ("release_payment", "cancel_held_payment"):
        asked = await ask(desk, desk.alex, "pay_payee", amount="2600", payee="Nora Quill", account="Umbrella")
        held = await approve(desk, desk.alex, asked)
        assert held.status == "held", held
        ended = await done(desk, desk.alex, tool, reference=str(held.id))
        assert ended.status == "completed", ended


async def _send_a_file(context: ToolContext) -> None:
    attachments = Attachments(FileCipher(b"k" * 32))
    content = b"%PDF-1.7\n%%EOF\n"
    sent = await attachments.store(context, purpose="dispute", name="receipt.pdf", content=content)
    await attachments.read(context.database, context.scope, sent.id)


async def _use_an_authenticator(desk: Desk, context: ToolContext) -> None:
    authenticators = Authenticators(desk.services.secret_key)
    enrolment = await authenticators.begin(context)
    app = TOTP(enrolment.secret)
    sent, *_ = await list_outbox(context)
    await authenticators.confirm(context, code=app.at(desk.now), delivered_code=sent.code)
    later = desk.context(desk.alex, now=desk.now + timedelta(minutes=1))
    await authenticators.remove(later, code=app.at(later.now))


async def _data_key(desk: Desk) -> DataKey:
    """Alex's own, made by the first who asks for it."""
    key = await DataKeys(desk.database, LocalMasters({"local:a": b"a" * 32})).find_for_writing(desk.alex, desk.now)
    assert key is not None
    return key


async def talk(desk: Desk) -> dict[str, Any]:
    """Makes a conversation of alex in which an operation was prepared, and returns what statements about it take, by
    the names of their parameters."""
    turn_id, key = uuid4(), await _data_key(desk)
    context = desk.context(desk.alex, turn_id)
    renaming = {"account": "Umbrella", "name": "Parasol"}
    prepared = await CATALOGUE.call("rename_account", renaming, context=context, scopes=CUSTOMER_SCOPES)
    assert isinstance(prepared.result, Proposed), prepared
    values: dict[str, Any] = {
        "session_id": uuid4(),
        "turn_id": turn_id,
        "worker_id": uuid4(),
        "owner": context.scope.subject,
        "title": "Hello",
        "now": desk.now,
        "lease_expires_at": desk.now + timedelta(seconds=8),
        "role": "user",
        "content": "Hello, I am [NAME_1]",
        "route": "small_talk",
        "intent": None,
        "confidence": 0.9,
        "citations": Jsonb([]),
        "key_id": key.id,
        "original": sealed_original(key, turn_id, "user", desk.alex, "Hello, I am Alex"),
        "has_pii": True,
        "pii_fields": ["NAME"],
        "embedding": None,
        "model": "none",
        "digests": Jsonb({}),
        "sealed": "a sealed record",
        "status": "done",
        "outcome": Jsonb({"confirmation": {"operation_id": str(turn_id)}}),
        "operation_id": str(turn_id),
        "active": [turn_id],
        "unended": [turn_id],
        "limit": 10,
        "rating": "up",
        "comment": "thanks",
    }
    names = ("insert_session", "insert_turn", "insert_message")
    await desk.database.run(*((CONVERSATIONS[name], values) for name in names), scope=context.scope)
    return values
