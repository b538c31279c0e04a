"""Access tokens: the verified token is the only source of identity."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unauthorized
from core.security.tokens import AccountType, Identity, TokenSigner

KEY = b"k" * 32
ALEX = Identity(UUID(int=1), AccountType.CUSTOMER, "customer")
TTL = timedelta(hours=1)
SIGNER = TokenSigner(KEY, TTL)


def now() -> datetime:
    return datetime.now(UTC)


def signed(key: bytes = KEY, algorithm: str = "HS256", without: str = "", **changed: object) -> str:
    claims = {
        **{"iss": "tellergraph", "sub": str(ALEX.id), "account_type": "customer", "role": "customer", "jti": "1"},
        **{"iat": now(), "exp": now() + TTL},
        **changed,
    }
    claims.pop(without, None)
    return jwt.encode(claims, key, algorithm=algorithm)


@pytest.mark.parametrize("identity", [ALEX, Identity(UUID(int=2), AccountType.STAFF, "auditor")])
def test_a_token_speaks_for_whom_it_was_issued(identity):
    assert SIGNER.verify(SIGNER.issue(identity, now())) == identity


def test_two_tokens_of_one_moment_differ():
    moment = now()

    assert SIGNER.issue(ALEX, moment) != SIGNER.issue(ALEX, moment)


def test_conversations_name_their_owner_by_kind_and_id():
    assert ALEX.subject == f"customer:{UUID(int=1)}"


def test_an_old_token_says_that_the_session_has_ended():
    with pytest.raises(Unauthorized) as refused:
        SIGNER.verify(SIGNER.issue(ALEX, now() - TTL - timedelta(seconds=1)))

    assert refused.value.error_code == "token_expired"


HEAD, BODY, SIGNATURE = signed().split(".")


@pytest.mark.parametrize(
    "token",
    [
        *("", "x", "a.b.c", f"{HEAD}.{BODY}.", f"{HEAD}.{BODY}.{SIGNATURE[::-1]}", f"{HEAD}.{SIGNATURE}.{BODY}"),
        signed(key=b"x" * 32),
        signed(key=KEY * 2, algorithm="HS512"),
        jwt.encode({"sub": str(ALEX.id)}, None, algorithm="none"),
        signed(iss="somebody"),
        signed(iat=now() + timedelta(hours=2), exp=now() + timedelta(hours=3)),
        signed(account_type="admin"),
        signed(sub="alex"),
        *(signed(without=name) for name in ("iss", "sub", "exp", "iat", "jti", "account_type", "role")),
    ],
)
def test_anything_else_is_refused(token):
    with pytest.raises(Unauthorized) as refused:
        SIGNER.verify(token)

    assert refused.value.error_code == "invalid_token"


@given(st.text())
def test_any_text_is_refused_in_words(text):
    with pytest.raises(Unauthorized):
        SIGNER.verify(text)
