"""Codes that approve one operation each: delivered ones and those of authenticator apps."""

import asyncio
import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from aiohttp import web
from psycopg import errors
from pyotp.totp import TOTP

from core.clock import BANK_TIME_ZONE
from core.errors import Conflict, NotFound, Refused, TellergraphError, Unavailable
from tests.tools.conftest import Desk
from tests.tools.policies import publish
from tools.bank import code_sender
from tools.catalogue import CATALOGUE
from tools.operations import PROPOSAL_TTL, Operation, decide
from tools.registry import Bank, ToolContext
from tools.step_up.code_senders import CodeMessage, LoginMessage, LogSender, NoSender, WebhookSender
from tools.step_up.codes import StepUpCodes
from tools.step_up.totp import Authenticators, Enrolment
from tools.webhooks import is_genuine

OVER = "250.01"
"""Pounds, a penny over the policy's threshold."""
MOMENT = timedelta(minutes=1)


@dataclass
class Post:
    """A sender that keeps what it sends, or fails."""

    failure: TellergraphError | None = None
    messages: list[CodeMessage] = field(default_factory=list[CodeMessage])

    async def send(self, context: ToolContext, message: CodeMessage) -> None:
        if self.failure is not None:
            raise self.failure
        self.messages.append(message)


def sending(desk: Desk, sender: Any) -> Desk:
    """The same bank with another sender."""
    return replace(desk, bank=Bank(desk.database, StepUpCodes(desk.services.secret_key, sender), desk.bank.seal))


async def pay(desk: Desk, amount: str = OVER, payee: str = "Maria Lopez", **arguments: Any) -> str:
    """The id of a payment that waits for a code."""
    proposed = await desk.ask(desk.alex, "pay_payee", amount=amount, payee=payee, **arguments)
    assert proposed["step_up"] is True
    return proposed["operation_id"]


def code_of(desk: Desk, operation_id: str) -> str:
    [row] = desk.owner("select code from demo_outbox where operation_id = %(id)s", id=operation_id)
    return row["code"]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def approve(desk: Desk, operation_id: str, code: str | None, now: datetime | None = None) -> Operation:
    return await decide(desk.context(desk.alex, now=now), UUID(operation_id), "approve", code=code)


async def refusal(desk: Desk, operation_id: str, code: str | None, now: datetime | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        await approve(desk, operation_id, code, now)
    return refused.value


def standing(desk: Desk, operation_id: str) -> tuple[str, str | None]:
    [row] = desk.owner("select status, error_code from banking_operations where id = %(id)s", id=operation_id)
    return row["status"], row["error_code"]


def paid(desk: Desk) -> int:
    [row] = desk.owner("select count(*) as number from journal_entries where kind = 'pay_payee'")
    return row["number"]


# Delivered codes ----------------------------------------------------------------------------------------------------


async def test_a_code_is_sent_once_with_what_it_is_for_and_approves_it_once(desk: Desk):
    operation_id = await pay(desk)
    await desk.bank.step_up.issue(desk.context(desk.alex), UUID(operation_id))

    [sent] = desk.owner("select text, code, customer_id, sent_at from demo_outbox")
    assert "£250.01 to Maria Lopez" in sent["text"]
    assert sent["code"] not in sent["text"]
    assert (sent["customer_id"], sent["sent_at"]) == (desk.alex, desk.now)

    ended = await approve(desk, operation_id, f" {sent['code'][:3]} {sent['code'][3:]} ")
    again = await approve(desk, operation_id, sent["code"])

    assert (ended.status, again.status, paid(desk)) == ("completed", "completed", 1)


async def test_whether_a_code_is_needed_is_the_databases_decision(desk: Desk):
    at_the_threshold = await desk.ask(desk.alex, "pay_payee", amount="250.00", payee="Maria Lopez")

    assert at_the_threshold["step_up"] is False
    assert desk.owner("select * from demo_outbox") == []


async def test_without_a_code_nothing_is_done_and_it_still_waits(desk: Desk):
    operation_id = await pay(desk)

    for missing in (None, ""):
        assert (await refusal(desk, operation_id, missing)).error_code == "step_up_required"

    assert (standing(desk, operation_id), paid(desk)) == (("pending", None), 0)
    assert desk.owner("select * from step_up_tries") == []


async def test_a_code_that_its_maker_never_sent_is_sent_when_the_customer_comes_without(desk: Desk):
    """The process died between the proposal and the message."""
    operation_id = await pay(desk)
    desk.owner("delete from demo_outbox")
    desk.owner("delete from step_up_challenges")

    assert (await refusal(desk, operation_id, None)).error_code == "step_up_required"

    assert (await approve(desk, operation_id, code_of(desk, operation_id))).status == "completed"


@pytest.mark.parametrize(
    "other",
    [
        {"amount": "250.02"},
        {"payee": "John Carter"},
        {"account": "Rainy Day"},
        {"reference": "rent"},
        {},
    ],
    ids=lambda other: next(iter(other), "the same again"),
)
async def test_a_code_fits_no_other_operation(desk: Desk, other: dict[str, str]):
    """Dynamic linking: amount, currency, payee, and everything else that would be done."""
    shown, meant = await pay(desk), await pay(desk, **other)

    refused = await refusal(desk, meant, code_of(desk, shown))

    assert refused.error_code == "wrong_code"
    assert paid(desk) == 0


async def test_codes_follow_from_the_servers_key(desk: Desk):
    operation_id = await pay(desk)
    other_key = replace(desk, bank=Bank(desk.database, StepUpCodes(b"another key" * 4, LogSender()), desk.bank.seal))

    assert (await refusal(other_key, operation_id, code_of(desk, operation_id))).error_code == "wrong_code"


async def test_five_wrong_codes_end_the_operation_and_say_so(desk: Desk):
    operation_id = await pay(desk)
    right = code_of(desk, operation_id)

    refusals = [await refusal(desk, operation_id, wrong(right)) for _ in range(5)]

    assert [(each.error_code, each.details["tries_left"]) for each in refusals] == [
        ("wrong_code", 4),
        ("wrong_code", 3),
        ("wrong_code", 2),
        ("wrong_code", 1),
        ("step_up_locked", 0),
    ]
    assert "once more" in refusals[3].message
    assert standing(desk, operation_id) == ("failed", "step_up_locked")
    ended = await approve(desk, operation_id, right)
    assert (ended.status, ended.error_code, paid(desk)) == ("failed", "step_up_locked", 0)
    assert ended.error is not None
    assert [row["action"] for row in desk.owner("select action from audit_log where action like 'operation%%'")] == [
        "operation.failed"
    ]


async def test_four_wrong_codes_and_the_right_one_approve(desk: Desk):
    operation_id = await pay(desk)
    right = code_of(desk, operation_id)
    for _ in range(4):
        await refusal(desk, operation_id, wrong(right))

    assert (await approve(desk, operation_id, right)).status == "completed"


@pytest.mark.parametrize("code", ["1", "x" * 12, "１２３４５６", "0" * 6 + "\x00", "'; --"])
async def test_what_is_no_code_is_a_wrong_one(desk: Desk, code: str):
    operation_id = await pay(desk)

    assert (await refusal(desk, operation_id, code)).error_code == "wrong_code"


async def test_of_many_guesses_at_once_five_are_looked_at(desk: Desk):
    operation_id = await pay(desk)
    right = code_of(desk, operation_id)
    guesses = [wrong(right)] * 24

    outcomes = await asyncio.gather(*(approve(desk, operation_id, guess) for guess in guesses), return_exceptions=True)

    codes = Counter(
        outcome.error_code if isinstance(outcome, Refused | Operation) else type(outcome).__name__
        for outcome in outcomes
    )
    assert codes["wrong_code"] == 4
    assert codes["step_up_locked"] == 20
    [tried] = desk.owner("select count(*) as number from step_up_tries")
    assert tried["number"] == 5


async def test_the_right_code_many_times_at_once_pays_once(desk: Desk):
    operation_id = await pay(desk)
    right = code_of(desk, operation_id)

    ended = await asyncio.gather(*(approve(desk, operation_id, right) for _ in range(16)))

    assert {operation.status for operation in ended} == {"completed"}
    assert paid(desk) == 1
    assert desk.owner("select * from step_up_tries where not was_right") == []


async def test_the_answer_that_was_lost_may_come_again(desk: Desk):
    """The code was right, and the process died before it did anything."""
    operation_id = await pay(desk)
    right = code_of(desk, operation_id)
    await desk.bank.step_up.answer(desk.context(desk.alex), UUID(operation_id), right)

    assert (await refusal(desk, operation_id, wrong(right))).error_code == "wrong_code"
    assert (await approve(desk, operation_id, right)).status == "completed"


async def test_a_code_ends_with_its_operation(desk: Desk):
    operation_id = await pay(desk)
    right = code_of(desk, operation_id)

    with pytest.raises(Refused) as late:
        await desk.bank.step_up.answer(desk.context(desk.alex, now=desk.now + PROPOSAL_TTL), UUID(operation_id), right)
    expired = await approve(desk, operation_id, right, now=desk.now + PROPOSAL_TTL)

    assert late.value.error_code == "nothing_to_confirm"
    assert (expired.status, paid(desk)) == ("expired", 0)


async def test_somebody_elses_code_counts_for_nobody(desk: Desk):
    operation_id = await pay(desk)
    theirs = desk.context(desk.blair)

    with pytest.raises(NotFound):
        await desk.bank.step_up.answer(theirs, UUID(operation_id), code_of(desk, operation_id))
    with pytest.raises(NotFound):
        await desk.bank.step_up.issue(theirs, UUID(operation_id))

    assert desk.owner("select * from step_up_tries") == []


# Too many wrong codes -----------------------------------------------------------------------------------------------


async def lock_out(desk: Desk) -> None:
    """Fifteen wrong codes, a second apart."""
    for number in range(3):
        operation_id = await pay(desk)
        guess = wrong(code_of(desk, operation_id))
        for second in range(5):
            await refusal(desk, operation_id, guess, desk.now + timedelta(seconds=5 * number + second))


async def test_who_guesses_on_and_on_is_locked_out_for_a_while(desk: Desk):
    waiting = await pay(desk)
    await lock_out(desk)

    refused = await refusal(desk, waiting, code_of(desk, waiting), desk.now + MOMENT)

    until = desk.now + timedelta(hours=1)
    assert (refused.error_code, refused.details["retry_at"]) == ("step_up_locked", until.isoformat(timespec="seconds"))
    assert standing(desk, waiting) == ("failed", "step_up_locked")
    proposing = await desk.call(desk.alex, "pay_payee", amount=OVER, payee="Maria Lopez")
    assert proposing.error_code == "step_up_locked"
    assert desk.owner("select * from banking_operations where status = 'pending'") == []
    assert paid(desk) == 0


async def test_new_proposals_give_no_new_tries(desk: Desk):
    """Three wrong ones each: no operation has used up its own five."""
    for _ in range(5):
        operation_id = await pay(desk)
        guess = wrong(code_of(desk, operation_id))
        last = [await refusal(desk, operation_id, guess) for _ in range(3)][-1]

    assert last.error_code == "step_up_locked"
    assert (await desk.call(desk.alex, "pay_payee", amount=OVER, payee="John Carter")).error_code == "step_up_locked"


async def test_so_many_codes_are_sent_in_an_hour_and_no_more(desk: Desk):
    """A flood of messages, however often something is proposed and whatever it is."""
    for minute in range(12):
        await pay(replace(desk, now=desk.now + timedelta(minutes=minute)))
    later = replace(desk, now=desk.now + timedelta(minutes=30))

    refused = await later.call(later.alex, "pay_payee", amount=OVER, payee="Maria Lopez")
    payee = {"name": "Anna Bell", "sort_code": "20-00-00", "account_number": "55779911"}
    other = await later.call(later.alex, "add_payee", **payee)

    assert (refused.error_code, other.error_code) == ("too_many_codes", "too_many_codes")
    assert len(desk.owner("select 1 from demo_outbox")) == 12
    newest = desk.owner("select status, error_code from banking_operations order by created_at desc limit 2")
    assert [(row["status"], row["error_code"]) for row in newest] == [("failed", "too_many_codes")] * 2
    assert (await later.ask(later.alex, "pay_payee", amount="1", payee="Maria Lopez"))["step_up"] is False
    assert (await later.ask(later.blair, "add_payee", **payee))["step_up"] is True


async def test_the_next_code_is_sent_when_it_was_said(desk: Desk):
    for minute in range(12):
        await pay(replace(desk, now=desk.now + timedelta(minutes=minute)))
    pay_payee, until = CATALOGUE.find("pay_payee"), desk.now + timedelta(hours=1)
    assert pay_payee is not None
    asked = pay_payee.arguments.model_validate({"amount": OVER, "payee": "Maria Lopez"})

    with pytest.raises(Refused) as refused:
        await pay_payee.perform(desk.context(desk.alex, now=until - timedelta(seconds=1)), asked)

    assert refused.value.details == {"retry_at": until.isoformat(timespec="seconds")}
    assert f"{until.astimezone(BANK_TIME_ZONE):%H:%M}" in refused.value.message
    assert await pay(replace(desk, now=until))


async def test_of_proposals_at_the_same_moment_no_more_codes_are_sent(desk: Desk):
    answers = await asyncio.gather(
        *(desk.call(desk.alex, "pay_payee", amount=f"3{number}", payee="Maria Lopez") for number in range(20, 36))
    )

    assert Counter(answer.error_code for answer in answers) == {None: 12, "too_many_codes": 4}
    assert len(desk.owner("select 1 from demo_outbox")) == 12


async def test_a_bank_sets_how_many_codes_it_sends(desk: Desk):
    publish(desk.services.owner_url, desk.now, codes_per_hour=1)
    await pay(desk)
    refused = await desk.call(desk.alex, "pay_payee", amount=OVER, payee="John Carter")
    assert refused.error_code == "too_many_codes"


async def test_the_runtime_role_opens_no_challenge_by_itself(desk: Desk):
    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("insert into step_up_challenges (customer_id) values (app_customer_id())")


async def test_after_the_hour_codes_count_again(desk: Desk):
    await lock_out(desk)
    later = replace(desk, now=desk.now + timedelta(hours=1, seconds=1))

    operation_id = await pay(later)

    assert (await approve(later, operation_id, code_of(desk, operation_id), later.now)).status == "completed"


async def test_somebody_elses_guesses_lock_nobody_out(desk: Desk):
    await lock_out(desk)

    authenticators = Authenticators(desk.services.secret_key)

    assert (await authenticators.begin(desk.context(desk.blair))).proposed.step_up is True


async def test_a_payment_without_a_code_is_still_possible_for_who_is_locked_out(desk: Desk):
    await lock_out(desk)

    proposed = await desk.ask(desk.alex, "pay_payee", amount="10", payee="Maria Lopez")

    assert (await approve(desk, proposed["operation_id"], None)).status == "completed"


# Senders ------------------------------------------------------------------------------------------------------------


async def test_a_proposal_whose_code_cannot_be_sent_is_withdrawn(desk: Desk):
    away = sending(desk, Post(Unavailable("The gateway is away.", code="code_not_sent")))

    with pytest.raises(Unavailable, match="gateway"):
        await away.call(desk.alex, "pay_payee", amount=OVER, payee="Maria Lopez")

    [operation] = desk.owner("select id, status, error_code from banking_operations")
    assert (operation["status"], operation["error_code"]) == ("cancelled", "code_not_sent")


async def test_the_same_request_again_is_told_the_same(desk: Desk):
    away = sending(desk, Post(Unavailable("The gateway is away.", code="code_not_sent")))
    with pytest.raises(Unavailable):
        await away.call(desk.alex, "pay_payee", amount=OVER, payee="Maria Lopez")
    [operation] = desk.owner("select id from banking_operations")

    with pytest.raises(Unavailable) as again:
        await desk.bank.step_up.issue(desk.context(desk.alex), operation["id"])

    assert again.value.error_code == "code_not_sent"


async def test_without_a_sender_what_needs_a_code_is_refused(desk: Desk):
    silent = sending(desk, NoSender())

    outcome = await silent.call(desk.alex, "pay_payee", amount=OVER, payee="Maria Lopez")

    assert outcome.error_code == "step_up_unavailable"
    assert desk.owner("select * from banking_operations where status = 'pending'") == []


def test_the_sender_is_the_one_that_was_set(settings):
    hook = {"code_webhook_url": "https://gateway.example/codes", "code_webhook_secret": "s" * 32}
    chosen = {
        "demo": settings,
        "unset": settings.model_copy(update={"demo": False}),
        "webhook": type(settings)(_env_file=None, code_sender="webhook", **hook),
    }

    assert {name: type(code_sender(each)) for name, each in chosen.items()} == {
        "demo": LogSender,
        "unset": NoSender,
        "webhook": WebhookSender,
    }


@dataclass
class Gateway:
    """The bank's own server for codes, which answers with the given statuses in turn."""

    statuses: list[int]
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return web.Response(status=self.statuses.pop(0), headers={"Location": f"{self.url}/elsewhere"})


Opened = Callable[..., Any]


@pytest.fixture
def gateway() -> Opened:
    @asynccontextmanager
    async def opened(*statuses: int) -> AsyncIterator[Gateway]:
        server = Gateway(list(statuses))
        app = web.Application()
        app.router.add_post("/codes", server.take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/codes"
        yield server
        await runner.cleanup()

    return opened


async def test_a_gateway_gets_the_code_signed(desk: Desk, gateway: Opened):
    """Standard Webhooks 1.0: the signature covers id, time and body."""
    async with gateway(204) as server:
        operation_id = await pay(sending(desk, WebhookSender(server.url, b"shared secret", pause=0)))

    [(headers, body)] = server.requests
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    signature = base64.b64encode(hmac.digest(b"shared secret", signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{signature}"
    assert int(headers["webhook-timestamp"]) == int(desk.now.timestamp())
    message = orjson.loads(body)
    assert (message["operation_id"], message["customer_id"]) == (operation_id, str(desk.alex))
    assert "£250.01 to Maria Lopez" in message["text"]
    assert (await approve(desk, operation_id, message["code"])).status == "completed"
    assert desk.owner("select * from demo_outbox") == []


async def test_a_gateway_gets_what_is_about_a_login_with_the_address_to_send_it_to(desk: Desk, gateway: Opened):
    until = desk.now + timedelta(minutes=15)
    to = "alex@demo.example"
    message = LoginMessage(uuid4(), "reset", desk.alex, None, to, "Use this.", "t0ken", desk.now, until)
    async with gateway(200) as server:
        await WebhookSender(server.url, b"shared secret", pause=0).send_login(desk.database, message)

    [(headers, body)] = server.requests
    assert is_genuine({name.lower(): value for name, value in headers.items()}, body, b"shared secret", desk.now)
    assert headers["webhook-id"] == f"msg_{message.id.hex}"
    sent = orjson.loads(body)
    assert (sent["type"], sent["email"], sent["customer_id"], sent["staff_id"], sent["code"]) == (
        "login.reset",
        to,
        str(desk.alex),
        None,
        "t0ken",
    )
    with pytest.raises(Refused) as caught:
        await NoSender().send_login(desk.database, message)
    assert caught.value.error_code == "step_up_unavailable"


@pytest.mark.parametrize("passing", [500, 503, 429, 408])
async def test_a_gateway_that_falters_gets_the_same_message_again(desk: Desk, gateway: Opened, passing: int):
    async with gateway(passing, passing, 200) as server:
        await pay(sending(desk, WebhookSender(server.url, b"shared secret", pause=0)))

    assert len(server.requests) == 3
    assert len({(headers["webhook-id"], body) for headers, body in server.requests}) == 1


@pytest.mark.parametrize("final", [302, 307, 400, 401, 404])
async def test_a_gateway_that_refuses_is_not_asked_again_and_nothing_follows_elsewhere(
    desk: Desk, gateway: Opened, final: int
):
    async with gateway(final) as server:
        with pytest.raises(Unavailable) as unsent:
            await pay(sending(desk, WebhookSender(server.url, b"shared secret", pause=0)))

    assert unsent.value.error_code == "code_not_sent"
    assert len(server.requests) == 1
    assert desk.owner("select * from banking_operations where status = 'pending'") == []


async def test_a_gateway_that_is_not_there_is_told_after_three_attempts(desk: Desk, gateway: Opened):
    async with gateway() as server:
        url = server.url

    with pytest.raises(Unavailable) as unsent:
        await pay(sending(desk, WebhookSender(url, b"shared secret", pause=0)))

    assert unsent.value.error_code == "code_not_sent"


def test_the_code_is_not_in_what_is_logged_of_a_message(desk: Desk):
    message = CodeMessage(uuid4(), "Pay", "123456", desk.now)

    assert "123456" not in repr(message)


# Authenticator apps -------------------------------------------------------------------------------------------------


@pytest.fixture
def authenticators(desk: Desk) -> Authenticators:
    return Authenticators(desk.services.secret_key)


def app_of(enrolment: Enrolment) -> TOTP:
    return TOTP(enrolment.secret)


async def enrol(desk: Desk, authenticators: Authenticators) -> TOTP:
    """An app in use; its code of this moment is used up."""
    context = desk.context(desk.alex)
    begun = await authenticators.begin(context)
    app = app_of(begun)
    delivered = code_of(desk, begun.proposed.operation_id)
    ended = await authenticators.confirm(context, code=app.at(desk.now), delivered_code=delivered)
    assert ended.status == "completed"
    return app


async def test_an_app_is_begun_proved_and_approved_with_a_delivered_code(desk: Desk, authenticators: Authenticators):
    context = desk.context(desk.alex)
    begun = await authenticators.begin(context)

    assert begun.proposed.step_up is True
    assert f"secret={begun.secret}" in begun.otpauth_uri
    assert begun.otpauth_uri.startswith("otpauth://totp/Tellergraph:alex%40demo.example?")
    assert await authenticators.get_since(context) is None

    delivered = code_of(desk, begun.proposed.operation_id)
    await authenticators.confirm(context, code=app_of(begun).at(desk.now), delivered_code=delivered)

    assert await authenticators.get_since(context) == desk.now


async def test_nothing_that_is_stored_is_the_secret(desk: Desk, authenticators: Authenticators):
    begun = await authenticators.begin(desk.context(desk.alex))

    [row] = desk.owner("select to_jsonb(t)::text as stored from totp_authenticators t")
    assert begun.secret not in row["stored"]
    other_key = Authenticators(b"another key" * 4)
    delivered = code_of(desk, begun.proposed.operation_id)
    with pytest.raises(Refused):
        await other_key.confirm(desk.context(desk.alex), code=app_of(begun).at(desk.now), delivered_code=delivered)


async def test_an_app_goes_on_after_the_servers_key_was_changed_while_the_old_one_is_set(
    desk: Desk, authenticators: Authenticators
):
    app = await enrol(desk, authenticators)
    context = desk.context(desk.alex, now=desk.now + timedelta(minutes=1))
    new_key = b"another key" * 4

    with pytest.raises(Refused):
        await Authenticators(new_key).remove(context, code=app.at(context.now))
    await Authenticators(new_key, [desk.services.secret_key]).remove(context, code=app.at(context.now))

    assert await authenticators.get_since(context) is None


async def test_each_app_has_a_secret_of_its_own(desk: Desk, authenticators: Authenticators):
    secrets = [(await authenticators.begin(desk.context(desk.alex))).secret for _ in range(2)]
    secrets.append((await authenticators.begin(desk.context(desk.blair))).secret)

    assert len(set(secrets)) == 3


@pytest.mark.parametrize("which", ["app", "delivered"])
async def test_both_codes_must_be_right_for_a_new_app(desk: Desk, authenticators: Authenticators, which: str):
    """A stolen session alone must not be enough to bring an app of one's own."""
    context = desk.context(desk.alex)
    begun = await authenticators.begin(context)
    codes = {
        "app": app_of(begun).at(desk.now),
        "delivered": code_of(desk, begun.proposed.operation_id),
    }
    codes[which] = wrong(codes[which])

    with pytest.raises(Refused) as refused:
        await authenticators.confirm(context, code=codes["app"], delivered_code=codes["delivered"])

    assert refused.value.error_code == "wrong_code"
    assert await authenticators.get_since(context) is None


async def test_a_new_app_that_was_never_proved_is_not_taken_into_use(desk: Desk, authenticators: Authenticators):
    """Approving the operation elsewhere does not get around the proof."""
    begun = await authenticators.begin(desk.context(desk.alex))
    operation_id = begun.proposed.operation_id

    ended = await approve(desk, operation_id, code_of(desk, operation_id))

    assert (ended.status, ended.error_code) == ("failed", "authenticator_not_proved")
    assert await authenticators.get_since(desk.context(desk.alex)) is None


async def test_only_the_app_that_was_begun_last_can_be_confirmed(desk: Desk, authenticators: Authenticators):
    context = desk.context(desk.alex)
    first, second = await authenticators.begin(context), await authenticators.begin(context)
    delivered = code_of(desk, second.proposed.operation_id)

    with pytest.raises(Refused):
        await authenticators.confirm(context, code=app_of(first).at(desk.now), delivered_code=delivered)
    ended = await authenticators.confirm(context, code=app_of(second).at(desk.now), delivered_code=delivered)

    assert ended.status == "completed"


async def test_there_is_one_app_at_a_time(desk: Desk, authenticators: Authenticators):
    await enrol(desk, authenticators)

    with pytest.raises(Conflict) as exists:
        await authenticators.begin(desk.context(desk.alex))

    assert exists.value.error_code == "authenticator_exists"


async def test_with_an_app_no_code_is_sent_and_the_apps_code_approves(desk: Desk, authenticators: Authenticators):
    app = await enrol(desk, authenticators)
    sent = desk.owner("select id from demo_outbox")
    now = desk.now + MOMENT

    operation_id = await pay(desk)
    ended = await approve(desk, operation_id, app.at(now), now)

    assert ended.status == "completed"
    assert desk.owner("select id from demo_outbox") == sent


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_phones_clock_may_be_one_step_early_or_late(
    desk: Desk, authenticators: Authenticators, steps: int, counts: bool
):
    app = await enrol(desk, authenticators)
    operation_id, now = await pay(desk), desk.now + timedelta(minutes=5)
    code = app.at(now, counter_offset=steps)

    if counts:
        assert (await approve(desk, operation_id, code, now)).status == "completed"
    else:
        assert (await refusal(desk, operation_id, code, now)).error_code == "wrong_code"


async def test_a_code_of_the_app_counts_for_one_operation(desk: Desk, authenticators: Authenticators):
    """An app cannot compute over amount and payee: its step is used up by the one operation that it was sent with."""
    app = await enrol(desk, authenticators)
    now = desk.now + MOMENT
    first, second = await pay(desk), await pay(desk, amount="251")
    code = app.at(now)

    assert (await approve(desk, first, code, now)).status == "completed"
    assert (await refusal(desk, second, code, now)).error_code == "wrong_code"
    assert (await refusal(desk, second, app.at(now, counter_offset=-1), now)).error_code == "wrong_code"
    assert paid(desk) == 1


async def test_of_two_operations_with_one_code_at_once_one_is_approved(desk: Desk, authenticators: Authenticators):
    app = await enrol(desk, authenticators)
    now = desk.now + MOMENT
    waiting = [await pay(desk, amount=amount) for amount in ("251", "252", "253", "254")]
    code = app.at(now)

    outcomes = await asyncio.gather(
        *(approve(desk, operation_id, code, now) for operation_id in waiting), return_exceptions=True
    )

    assert sorted(getattr(outcome, "error_code", None) or "completed" for outcome in outcomes) == [
        "completed",
        "wrong_code",
        "wrong_code",
        "wrong_code",
    ]
    assert paid(desk) == 1


async def test_what_was_sent_before_the_app_came_keeps_its_code(desk: Desk, authenticators: Authenticators):
    operation_id = await pay(desk)
    await enrol(desk, authenticators)

    assert (await approve(desk, operation_id, code_of(desk, operation_id))).status == "completed"


async def test_the_app_goes_with_a_code_of_its_own_and_takes_along_what_waits_for_it(
    desk: Desk, authenticators: Authenticators
):
    app = await enrol(desk, authenticators)
    operation_id, now = await pay(desk), desk.now + MOMENT
    context = desk.context(desk.alex, now=now)

    with pytest.raises(Refused) as refused:
        await authenticators.remove(context, code=wrong(app.at(now)))
    assert refused.value.details == {"tries_left": 14}
    await authenticators.remove(context, code=app.at(now))

    assert await authenticators.get_since(context) is None
    assert standing(desk, operation_id) == ("cancelled", "step_up_changed")
    again = await pay(desk, amount="252")
    assert (await approve(desk, again, code_of(desk, again), now)).status == "completed"
    assert "authenticator.removed" in [row["action"] for row in desk.owner("select action from audit_log")]


async def test_a_code_cannot_be_guessed_by_trying_to_remove_the_app(desk: Desk, authenticators: Authenticators):
    app = await enrol(desk, authenticators)
    context = desk.context(desk.alex, now=desk.now + MOMENT)

    codes: list[str] = []
    for _ in range(16):
        with pytest.raises(Refused) as refused:
            await authenticators.remove(context, code=wrong(app.at(context.now)))
        codes.append(refused.value.error_code)

    assert codes == ["wrong_code"] * 14 + ["step_up_locked"] * 2
    with pytest.raises(Refused) as locked:
        await authenticators.remove(context, code=app.at(context.now))
    assert locked.value.error_code == "step_up_locked"


async def test_without_an_app_there_is_nothing_to_confirm_or_remove(desk: Desk, authenticators: Authenticators):
    context = desk.context(desk.alex)

    with pytest.raises(NotFound):
        await authenticators.confirm(context, code="123456", delivered_code="123456")
    with pytest.raises(NotFound):
        await authenticators.remove(context, code="123456")


# What the database holds against the application ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "update step_up_challenges set verified_at = now()",
        "delete from step_up_challenges",
        "update step_up_tries set was_right = true",
        "delete from step_up_tries",
        "insert into step_up_tries (customer_id, tried_at) values (app_customer_id(), now())",
        "update totp_authenticators set last_step = null",
        "insert into totp_authenticators (customer_id, created_at) values (app_customer_id(), now())",
        "delete from demo_outbox",
        "select * from name_checks",
    ],
)
async def test_the_runtime_role_cannot_undo_what_was_counted(reading_desk: Desk, statement: str):
    with psycopg.connect(reading_desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(reading_desk.alex)])
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement.encode())


async def test_an_app_is_not_confirmed_outside_an_operation(desk: Desk, authenticators: Authenticators):
    await authenticators.begin(desk.context(desk.alex))

    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        with pytest.raises(psycopg.Error, match="confirmed operation"):
            connection.execute("update totp_authenticators set confirmed_at = now()")


async def test_a_slip_is_not_minted_for_a_challenge_that_nobody_answered(desk: Desk):
    operation_id = await pay(desk)

    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        with pytest.raises(psycopg.Error, match="a code is needed"):
            connection.execute("select mint_slip(%s, sha256('x'), %s, %s)", [operation_id, desk.now, desk.now + MOMENT])
