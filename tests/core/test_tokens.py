"""Access tokens: the verified token is the only source of identity. Whatever is not exactly one of ours is refused.

The table below is sent to a server, too (tests/api/test_signing_in.py)."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unauthorized
from core.security.seen_tokens import SeenTokens
from core.security.signing_keys import SigningKey, Trust
from core.security.tokens import AccountType, Identity, TokenSigner
from tests.forgeries import EXPIRED, forgeries

KEY, RETIRED = SigningKey.make(), SigningKey.make()
TRUST = Trust.of(KEY, RETIRED)
TTL = timedelta(hours=1)
SIGNER = TokenSigner(lambda: TRUST, TTL)
SESSION = UUID(int=7)
ALEX = Identity(UUID(int=1), AccountType.CUSTOMER, "customer", frozenset({"accounts:read", "cards:write"}), SESSION)
TOKEN = SIGNER.issue(ALEX, datetime.now(UTC))
FORGED = forgeries(KEY)
FORGED_AT = datetime.now(UTC)


def now() -> datetime:
    return datetime.now(UTC)


def refusal(token: str, signer: TokenSigner = SIGNER) -> str:
    with pytest.raises(Unauthorized) as refused:
        signer.verify(token)
    return refused.value.error_code


@pytest.mark.parametrize(
    "identity",
    [
        ALEX,
        replace(ALEX, permissions=frozenset(), session_id=None),
        Identity(UUID(int=2), AccountType.STAFF, "auditor"),
        Identity(UUID(int=3), AccountType.VISITOR, "visitor"),
    ],
)
def test_a_token_speaks_for_whom_it_was_issued(identity):
    assert SIGNER.verify(SIGNER.issue(identity, now())) == identity


def test_two_tokens_of_one_moment_differ():
    moment = now()

    assert SIGNER.issue(ALEX, moment) != SIGNER.issue(ALEX, moment)


def test_conversations_name_their_owner_by_kind_and_id():
    assert ALEX.subject == f"customer:{UUID(int=1)}"


def test_what_a_retired_key_signed_is_good_until_it_expires():
    before = TokenSigner(lambda: Trust.of(RETIRED), TTL)

    assert SIGNER.verify(before.issue(ALEX, now())) == ALEX


def test_what_a_withdrawn_key_signed_is_refused():
    withdrawn = TokenSigner(lambda: Trust.of(SigningKey.make()), TTL)

    assert refusal(withdrawn.issue(ALEX, now())) == "invalid_token"


def test_an_old_token_says_that_the_session_has_ended():
    assert refusal(SIGNER.issue(ALEX, now() - TTL - timedelta(seconds=1))) == "token_expired"


def test_a_token_of_a_session_that_was_ended_is_refused_and_none_is_issued():
    ended = replace(TRUST, denials={str(SESSION): 2**63 - 1})
    signer = TokenSigner(lambda: ended, TTL)

    assert refusal(TOKEN, signer) == "session_ended"
    with pytest.raises(Unauthorized):
        signer.issue(ALEX, now())
    assert signer.verify(signer.issue(replace(ALEX, session_id=UUID(int=8)), now())).id == ALEX.id


def test_a_token_that_is_outdated_must_be_renewed_and_the_new_one_is_good():
    moment = now()
    changed = replace(TRUST, denials={str(SESSION): int(moment.timestamp()) + 2})
    signer = TokenSigner(lambda: changed, TTL)

    assert refusal(SIGNER.issue(ALEX, moment), signer) == "token_expired"
    assert signer.verify(signer.issue(ALEX, moment)) == ALEX
    assert signer.verify(SIGNER.issue(replace(ALEX, session_id=UUID(int=8)), moment)).session_id == UUID(int=8)


@dataclass
class Moving:
    """A signer whose trust and time move on while it remembers tokens."""

    trust: Trust = TRUST
    at: datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        self.signer = TokenSigner(lambda: self.trust, TTL, lambda: self.at)


def test_a_token_that_was_taken_before_is_refused_once_it_has_expired():
    world = Moving()
    token = world.signer.issue(ALEX, world.at)
    assert world.signer.verify(token) == ALEX

    world.at += TTL

    assert refusal(token, world.signer) == "token_expired"


def test_a_token_that_was_taken_before_is_refused_once_its_session_has_ended():
    world = Moving()
    token = world.signer.issue(ALEX, world.at)
    assert world.signer.verify(token) == ALEX

    world.trust = replace(TRUST, denials={str(SESSION): 2**63 - 1})

    assert refusal(token, world.signer) == "session_ended"


def test_a_token_that_was_taken_before_is_refused_once_its_key_is_withdrawn():
    world = Moving()
    token = world.signer.issue(ALEX, world.at)
    assert world.signer.verify(token) == ALEX

    world.trust = Trust.of(RETIRED)
    assert refusal(token, world.signer) == "invalid_token"

    world.trust = replace(TRUST, verifying={KEY.kid: RETIRED.private.public_key()})
    assert refusal(token, world.signer) == "invalid_token"


def test_more_tokens_than_are_remembered_are_all_taken():
    seen = SeenTokens[str](most=2)
    keys = {KEY.kid: KEY.private.public_key()}
    for token in ("a", "b", "c"):
        seen.keep(token, KEY.kid, keys[KEY.kid], token.upper())

    assert [seen.find(token, keys) for token in ("a", "b", "c")] == [None, "B", "C"]


def test_the_table_is_long_enough():
    """Issue 8: 120 forged or odd tokens."""
    assert len(FORGED) >= 120
    assert len(set(FORGED.values())) == len(FORGED)


@pytest.mark.parametrize("name", FORGED)
def test_anything_else_is_refused(name):
    then = TokenSigner(lambda: TRUST, TTL, clock=lambda: FORGED_AT)

    assert refusal(FORGED[name], then) == ("token_expired" if name in EXPIRED else "invalid_token")


@given(st.text())
def test_any_text_is_refused(text):
    assert refusal(text) == "invalid_token"


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_a_token_with_any_character_changed_is_refused(place, character):
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]

    if changed != TOKEN:
        assert refusal(changed) == "invalid_token"


@given(st.integers(0, len(TOKEN)), st.text(min_size=1, max_size=20))
def test_a_token_with_anything_put_in_is_refused(place, text):
    assert refusal(TOKEN[:place] + text + TOKEN[place:]) == "invalid_token"


@given(st.integers(0, len(TOKEN) - 1))
def test_half_a_token_is_refused(length):
    assert refusal(TOKEN[:length]) == "invalid_token"
