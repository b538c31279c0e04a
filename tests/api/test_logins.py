"""Verified addresses, locks, new passwords and second factors, over HTTP. Issue 8, Identity."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from login_helpers import (
    PASSWORD,
    MovedClock,
    audited,
    cheap_passwords,
    data,
    error,
    join,
    log_in,
    new_address,
    outbox,
    rows,
    use,
)
from pydantic import SecretStr
from pyotp.totp import TOTP

from core.services import Services
from core.settings import Settings
from tests.conftest import Clone
from tests.serving import serving
from tests.talking import Caller, Meet
from tests.waiting import eventually

AUTH = "/api/v1/auth"
NEW = "another four plain words"
STAFF = ("agent@demo.example", "demo-agent-1")


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    """Begins in the past: tokens are not taken from the future."""
    return MovedClock(datetime.now(UTC) - timedelta(hours=12))


@pytest.fixture(scope="module")
def own_services(clone: Clone, bank_template: str) -> Iterator[Services]:
    with clone(bank_template) as own, cheap_passwords():
        yield own


@pytest.fixture(scope="module")
def long_lived(settings: Settings) -> Settings:
    return settings.model_copy(update={"access_token_ttl": timedelta(hours=24)})


@pytest.fixture(scope="module")
def bank_server(long_lived: Settings, own_services: Services, clock: MovedClock) -> Iterator[str]:
    with serving(long_lived, own_services, clock) as url:
        yield url


@pytest.fixture
def caller(bank_server: str, meet: Meet, clock: MovedClock) -> Caller:
    # Whatever an earlier test has made wait is over.
    clock.move(minutes=20)
    return meet(bank_server)


# The verified address ----------------------------------------------------------------------------------------------


def confirm(caller: Caller, code: str) -> Any:
    return caller.http.post(f"{AUTH}/verification/confirm", json={"code": code})


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_new_customer_confirms_the_address_with_the_code_that_was_sent(caller: Caller, own_services: Services):
    email = join(caller)
    assert data(caller.http.get(f"{AUTH}/me"))["verified"] is False
    code = outbox(caller)[0]["code"]

    assert error(confirm(caller, other(code)), 422)["code"] == "wrong_code"
    assert data(confirm(caller, code))["verified"] is True
    assert error(caller.http.post(f"{AUTH}/verification"), 409)["code"] == "already_verified"
    assert audited(own_services, email) == ["login.succeeded", "login.failed", "login.verified"]


def test_a_code_is_sent_again_after_a_minute_and_the_one_before_is_good_no_more(caller: Caller, clock: MovedClock):
    join(caller)
    first = outbox(caller)[0]["code"]

    refused = caller.http.post(f"{AUTH}/verification")
    assert (error(refused, 429)["code"], refused.headers["retry-after"]) == ("too_many_codes", "60")
    clock.move(seconds=61)
    data(caller.http.post(f"{AUTH}/verification"), 202)
    second = outbox(caller)[0]["code"]

    if first != second:
        assert error(confirm(caller, first), 422)["code"] == "wrong_code"
    assert data(confirm(caller, second))["verified"] is True


def test_five_codes_are_sent_within_an_hour(caller: Caller, clock: MovedClock):
    join(caller)
    for _ in range(4):
        clock.move(minutes=2)
        data(caller.http.post(f"{AUTH}/verification"), 202)
    clock.move(minutes=2)

    refused = caller.http.post(f"{AUTH}/verification")

    assert (error(refused, 429)["code"], refused.headers["retry-after"]) == ("too_many_codes", str(50 * 60))


def test_a_code_is_good_for_a_quarter_of_an_hour(caller: Caller, clock: MovedClock):
    join(caller)
    code = outbox(caller)[0]["code"]
    clock.move(minutes=15)

    assert error(confirm(caller, code), 422)["code"] == "wrong_code"


def test_before_that_no_money_goes_out_and_no_contact_changes(caller: Caller, own_services: Services):
    email = join(caller)
    payee = {"name": "Anna Berg", "iban": "GB33BUKB20201555555555"}
    assert error(caller.http.post("/api/v1/payees", json=payee), 422)["code"] == "contact_not_verified"

    contact = caller.http.patch("/api/v1/profile/contact-details", json={"phone": "07700900555"})
    assert error(contact, 422)["code"] == "contact_not_verified"
    [row] = rows(
        own_services,
        "select count(*) from banking_operations o join credentials using (customer_id) where email = %s",
        email,
    )
    assert row["count"] == 0


def test_the_database_executes_nothing_of_whoever_is_not_verified_whoever_asks(own_services: Services):
    [customer] = rows(
        own_services,
        "update credentials set verified_at = null where email = 'blair@demo.example' returning customer_id",
    )
    insert = """
        insert into banking_operations (customer_id, type, payload, summary, idempotency_key, expires_at, created_at)
        values (%s, %s, '{}', 'x', gen_random_uuid()::text, now(), now())
    """
    needy = [
        row["type"] for row in rows(own_services, "select type from operation_types where needs_verified or posts")
    ]

    assert {"pay_payee", "transfer_between_accounts", "exchange_currency", "pay_loan", "schedule_payment"} < set(needy)
    assert {"change_contact_details", "change_address", "add_authenticator", "add_payee"} < set(needy)
    for kind in needy:
        with pytest.raises(Exception, match="contact_not_verified"):
            rows(own_services, insert, customer["customer_id"], kind)
    rows(own_services, "update credentials set verified_at = now() where customer_id = %s", customer["customer_id"])


def test_a_customer_cannot_enter_as_verified(own_services: Services):
    """The runtime role may write the column: a trigger empties it."""
    with psycopg.connect(own_services.app_url) as app:
        app.execute("select set_config('app.customer_id', gen_random_uuid()::text, true)")
        app.execute("insert into customers (id, full_name) values (app_customer_id(), 'x')")
        made = app.execute(
            "insert into credentials (customer_id, email, password_hash, verified_at) "
            "values (app_customer_id(), 'x@new.example', 'x', now()) returning verified_at"
        ).fetchone()
        assert made == (None,)
        app.rollback()


# Tries --------------------------------------------------------------------------------------------------------------


def test_five_wrong_passwords_make_everybody_wait_in_the_same_words_for_an_unknown_address(
    caller: Caller, own_services: Services, clock: MovedClock, long_lived: Settings, meet: Meet
):
    email = join(caller)
    clock.move(minutes=1)
    answers = []
    for tried in (email, new_address()):
        wrong = [error(log_in(caller, tried, f"wrong password {n}"), 401) for n in range(5)]
        locked = log_in(caller, tried)
        assert locked.headers["retry-after"] == "30"
        answers.append((wrong, error(locked, 429)))
    assert answers[0] == answers[1]
    assert answers[0][1]["code"] == "too_many_tries"
    assert audited(own_services, email)[-5:] == ["login.failed"] * 4 + ["login.locked"]

    with serving(long_lived, own_services, clock) as another_worker:
        assert log_in(meet(another_worker), email).status_code == 429
    clock.move(seconds=31)
    assert error(log_in(caller, email, "wrong once more"), 401)
    assert log_in(caller, email).headers["retry-after"] == "60"
    clock.move(seconds=61)
    assert data(log_in(caller, email))["customer"]["email"] == email
    assert error(log_in(caller, email, "wrong"), 401)
    assert data(log_in(caller, email))


def test_guesses_at_the_same_moment_win_no_extra_ones(caller: Caller, own_services: Services):
    email = join(caller)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: log_in(caller, email, f"guess number {n}").status_code, range(12)))

    assert (answers.count(401), answers.count(429)) == (5, 7)
    assert audited(own_services, email).count("login.failed") + audited(own_services, email).count("login.locked") == 5


def test_many_right_logins_at_once_all_come_in(caller: Caller):
    email = join(caller)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: log_in(caller, email).status_code, range(12)))

    assert answers == [200] * 12


def test_the_wait_doubles_up_to_a_quarter_of_an_hour_and_never_grows_beyond(own_services: Services):
    found = rows(
        own_services, "select extract(epoch from login_pause(n, 5))::integer as pause from generate_series(4, 100) n"
    )

    assert [row["pause"] for row in found][:8] == [0, 30, 60, 120, 240, 480, 900, 900]
    assert {row["pause"] for row in found[7:]} == {900}


def test_a_hundred_wrong_tries_of_one_address_make_that_address_wait(
    caller: Caller, own_services: Services, clock: MovedClock
):
    rows(own_services, "delete from login_tries")
    rows(
        own_services,
        """insert into login_tries (kind, login, address, tried_at, state)
           select 'password', sha256(n::text::bytea), sha256('127.0.0.1'), %s, 'failed'
             from generate_series(1, 100) n""",
        clock.now,
    )

    assert log_in(caller, new_address()).headers["retry-after"] == "30"
    clock.move(hours=1)
    assert log_in(caller, new_address()).status_code == 401


def test_nobody_finds_out_many_addresses_by_registering(caller: Caller):
    email = join(caller)
    body = {"name": "Nia New", "email": email, "password": PASSWORD}

    answers = [caller.http.post(f"{AUTH}/register", json=body) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [409] * 5 + [429]


# Passwords ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["iloveyou123", "1234567890", "aaaaaaaaaaaa", "Teller Bank 2026", "abcdefghijk"])
def test_a_password_that_is_easy_to_guess_is_refused(caller: Caller, password: str):
    body = {"name": "Nia New", "email": new_address(), "password": password}

    assert error(caller.http.post(f"{AUTH}/register", json=body), 422)["code"] == "weak_password"


def test_a_password_is_changed_by_the_current_one(caller: Caller, own_services: Services):
    email = join(caller)
    change = {"current_password": PASSWORD, "new_password": NEW}
    wrong = caller.http.put(f"{AUTH}/password", json=change | {"current_password": "something else"})
    assert error(wrong, 401)["code"] == "wrong_credentials"
    own = caller.http.put(f"{AUTH}/password", json=change | {"new_password": f"{email}1"})
    assert error(own, 422)["code"] == "weak_password"

    elsewhere = data(log_in(caller, email))["refresh_token"]
    data(caller.http.put(f"{AUTH}/password", json=change))

    assert data(caller.http.get(f"{AUTH}/me"))["email"] == email
    assert [each["current"] for each in data(caller.http.get(f"{AUTH}/sessions"))["sessions"]] == [True]
    assert error(caller.http.post(f"{AUTH}/refresh", json={"refresh_token": elsewhere}), 401)
    assert error(log_in(caller, email), 401)
    assert data(log_in(caller, email, NEW))
    assert "password.changed" in audited(own_services, email)


def test_a_hash_of_another_cost_is_made_anew_at_login(caller: Caller, own_services: Services):
    email = join(caller)
    query = "select password_hash from credentials where email = %s"
    [before] = rows(own_services, query, email)
    with cheap_passwords(time_cost=2):
        data(log_in(caller, email))
    [after] = rows(own_services, query, email)

    assert ("t=1," in before["password_hash"], "t=2," in after["password_hash"]) == (True, True)
    data(log_in(caller, email))
    assert audited(own_services, email).count("password.rehashed") == 2


def ask_reset(caller: Caller, email: str) -> dict[str, Any]:
    return data(caller.http.post(f"{AUTH}/password/reset", json={"email": email}), 202)


def asked_token(caller: Caller, email: str) -> str:
    """It is sent after the answer, so that the time of that tells nothing."""
    before = outbox(caller)
    ask_reset(caller, email)
    eventually(lambda: len(outbox(caller)) > len(before))
    return outbox(caller)[0]["code"]


def reset(caller: Caller, email: str, token: str, password: str = NEW) -> Any:
    body = {"email": email, "token": token, "new_password": password}
    return caller.http.post(f"{AUTH}/password/reset/confirm", json=body)


def test_a_reset_lifts_the_lock_of_whoever_was_locked_out(caller: Caller, own_services: Services):
    email = join(caller)
    for n in range(5):
        log_in(caller, email, f"wrong password {n}")
    assert log_in(caller, email).status_code == 429

    token = asked_token(caller, email)
    assert error(reset(caller, email, token, "1234567890"), 422)["code"] == "weak_password"
    data(reset(caller, email, token))
    refused = eventually(lambda: (got := caller.http.get(f"{AUTH}/me")).status_code == 401 and got)
    assert error(refused, 401)["code"] == "session_ended"

    assert data(log_in(caller, email, NEW))["customer"]["verified"] is True
    assert error(log_in(caller, email), 401)
    assert error(reset(caller, email, token), 422)["code"] == "reset_invalid"
    assert "password.reset" in audited(own_services, email)


def test_asking_for_a_reset_tells_nobody_who_has_a_login(caller: Caller):
    email = join(caller)

    assert ask_reset(caller, email) == ask_reset(caller, new_address()) == ask_reset(caller, "nobody at all")


def test_a_token_is_good_for_its_own_address_once_and_for_a_quarter_of_an_hour(caller: Caller, clock: MovedClock):
    victim, email = join(caller), join(caller)
    token = asked_token(caller, email)

    assert error(reset(caller, victim, token), 422)["code"] == "reset_invalid"
    clock.move(minutes=15)
    assert error(reset(caller, email, token), 422)["code"] == "reset_invalid"


def mailbox(caller: Caller, email: str) -> dict[str, Any] | None:
    return data(caller.http.post("/api/v1/demo/mailbox", json={"email": email}))["message"]


def test_in_the_demo_who_cannot_log_in_reads_the_message_for_a_new_password(
    caller: Caller, bank_server: str, meet: Meet
):
    visitor, email = meet(bank_server), join(caller)
    assert mailbox(visitor, email) is None
    for address in (email, "auditor@demo.example"):
        ask_reset(visitor, address)
        message = eventually(lambda address=address: mailbox(visitor, address.upper()))
        assert message is not None
        data(reset(visitor, address, message["code"]))
        assert data(log_in(visitor, address, NEW))["access_token"]
    assert mailbox(visitor, new_address()) is None


def test_a_bank_with_a_gateway_has_no_letter_box_that_stands_open(
    long_lived: Settings, own_services: Services, meet: Meet
):
    gateway = {"code_webhook_url": "http://127.0.0.1:9/", "code_webhook_secret": SecretStr(PASSWORD)}
    with serving(long_lived.model_copy(update={"code_sender": "webhook", **gateway}), own_services) as url:
        visitor = meet(url)
        assert data(visitor.http.get("/api/v1/demo"))["keeps_messages"] is False
        refused = visitor.http.post("/api/v1/demo/mailbox", json={"email": "alex@demo.example"})
        assert error(refused, 404)["code"] == "not_found"


def test_neither_codes_nor_tokens_are_kept(caller: Caller, own_services: Services):
    email = join(caller)
    asked_token(caller, email)
    sent = {message["code"] for message in outbox(caller)[:2]}
    kept = rows(
        own_services,
        "select c.*::text as row from login_codes c join credentials using (customer_id) where c.email = %s",
        email,
    )

    assert len(sent) == len(kept) == 2
    assert not [code for code in sent for row in kept if code in row["row"]]


# Second factors -----------------------------------------------------------------------------------------------------


def with_app(caller: Caller, clock: MovedClock) -> tuple[str, TOTP]:
    """A verified customer who uses an authenticator app."""
    email = join(caller, verified=True)
    begun = data(caller.http.post(f"{AUTH}/totp"), 201)
    app = TOTP(begun["secret"])
    codes = {"code": app.at(clock.now), "delivered_code": outbox(caller)[0]["code"]}
    data(caller.http.post(f"{AUTH}/totp/confirm", json=codes))
    return email, app


def require(caller: Caller, app: TOTP, clock: MovedClock, password: str = PASSWORD) -> list[str]:
    clock.move(seconds=60)
    body = {"password": password, "code": app.at(clock.now)}
    return data(caller.http.post(f"{AUTH}/second-factor", json=body), 201)["recovery_codes"]


def challenge(caller: Caller, email: str, password: str = PASSWORD) -> str:
    refused = error(log_in(caller, email, password), 401)
    assert refused["code"] == "totp_required"
    return refused["details"]["challenge"]


def answer(caller: Caller, handle: str, code: str) -> Any:
    return caller.http.post(f"{AUTH}/login/totp", json={"challenge": handle, "code": code})


def test_who_wants_it_is_asked_for_a_code_and_each_code_counts_once(
    caller: Caller, own_services: Services, clock: MovedClock
):
    email, app = with_app(caller, clock)
    data(log_in(caller, email))
    codes = require(caller, app, clock)
    assert len(set(codes)) == 10

    used = app.at(clock.now)
    handle = challenge(caller, email)
    assert error(answer(caller, handle, used), 401)["code"] == "wrong_code"
    clock.move(seconds=60)
    code = app.at(clock.now)
    assert data(answer(caller, handle, code))["customer"]["email"] == email
    assert error(answer(caller, handle, code), 401)["code"] == "challenge_expired"
    assert error(answer(caller, challenge(caller, email), code), 401)["code"] == "wrong_code"
    assert audited(own_services, email).count("login.succeeded") == 3


def test_a_recovery_code_stands_in_for_a_lost_app_once(caller: Caller, clock: MovedClock):
    email, app = with_app(caller, clock)
    codes = require(caller, app, clock)
    state = f"{AUTH}/second-factor"

    assert data(answer(caller, challenge(caller, email), codes[0].upper().replace("-", " ")))
    assert data(caller.http.get(state))["recovery_codes_left"] == 9
    assert error(answer(caller, challenge(caller, email), codes[0]), 401)["code"] == "wrong_code"
    renew = {"password": PASSWORD, "code": codes[1]}
    fresh = data(caller.http.post(f"{state}/recovery-codes", json=renew), 201)["recovery_codes"]
    assert error(answer(caller, challenge(caller, email), codes[2]), 401)["code"] == "wrong_code"
    assert data(answer(caller, challenge(caller, email), fresh[0]))

    dropped = caller.http.request("DELETE", state, json={"password": PASSWORD, "code": fresh[1]})
    assert data(dropped) == {"required": False, "since": None, "recovery_codes_left": 0}
    assert data(log_in(caller, email))


def test_a_challenge_ends_with_its_time_and_with_the_password_before_it(caller: Caller, clock: MovedClock):
    email, app = with_app(caller, clock)
    require(caller, app, clock)
    handle = challenge(caller, email)
    data(caller.http.put(f"{AUTH}/password", json={"current_password": PASSWORD, "new_password": NEW}))
    clock.move(seconds=60)

    assert error(answer(caller, handle, app.at(clock.now)), 401)["code"] == "challenge_expired"
    assert error(answer(caller, "x" * 43, app.at(clock.now)), 401)["code"] == "challenge_expired"
    assert data(answer(caller, challenge(caller, email, NEW), app.at(clock.now)))


def test_codes_are_counted_apart_from_passwords(caller: Caller, clock: MovedClock):
    email, app = with_app(caller, clock)
    require(caller, app, clock)
    handle = challenge(caller, email)
    clock.move(seconds=60)
    wrong = other(app.at(clock.now, counter_offset=40))
    for _ in range(5):
        assert error(answer(caller, handle, wrong), 401)["code"] == "wrong_code"

    assert answer(caller, handle, app.at(clock.now)).headers["retry-after"] == "30"
    challenge(caller, email)
    clock.move(seconds=31)
    assert data(answer(caller, challenge(caller, email), app.at(clock.now)))


def test_an_oauth2_client_is_told_that_a_code_is_needed(caller: Caller, clock: MovedClock):
    email, app = with_app(caller, clock)
    require(caller, app, clock)
    form = {"grant_type": "password", "username": email, "password": PASSWORD}

    refused = caller.http.post(f"{AUTH}/token", data=form)

    assert (refused.status_code, refused.json()["error"]) == (403, "mfa_required")
    clock.move(seconds=60)
    assert data(answer(caller, refused.json()["challenge"], app.at(clock.now)))


def test_who_removes_the_app_is_asked_for_no_code(caller: Caller, clock: MovedClock):
    email, app = with_app(caller, clock)
    require(caller, app, clock)
    clock.move(seconds=60)

    data(caller.http.request("DELETE", f"{AUTH}/totp", json={"code": app.at(clock.now)}))

    assert data(log_in(caller, email))


def test_without_an_app_there_is_nothing_to_require(caller: Caller):
    join(caller)
    body = {"password": PASSWORD, "code": "123456"}

    assert error(caller.http.post(f"{AUTH}/second-factor", json=body), 422)["code"] == "wrong_code"
    assert (
        error(caller.http.post(f"{AUTH}/second-factor/app", json={"password": PASSWORD}), 403)["code"] == "staff_only"
    )


def test_staff_bring_an_app_of_their_own(caller: Caller, clock: MovedClock):
    use(caller, data(log_in(caller, *STAFF)))
    body = {"password": STAFF[1]}
    app = TOTP(data(caller.http.post(f"{AUTH}/second-factor/app", json=body), 201)["secret"])
    require(caller, app, clock, STAFF[1])
    assert error(caller.http.post(f"{AUTH}/second-factor/app", json=body), 409)["code"] == "authenticator_exists"

    clock.move(seconds=60)
    handle = challenge(caller, *STAFF)
    assert data(answer(caller, handle, app.at(clock.now)))["staff"]["role"] == "agent"
    clock.move(seconds=60)
    drop = body | {"code": app.at(clock.now)}
    data(caller.http.request("DELETE", f"{AUTH}/second-factor", json=drop))
    assert data(log_in(caller, *STAFF))["staff"]
