"""No request, however odd, gets an answer that the document does not describe. Issue 8: no 5xx, no schema violation."""

import httpx2
import pytest

from evals.bench.schema_cases import LOGINS, Caller, Who, run_cases
from tests.waiting import eventually

CASES = 220
"""About one for each operation; thousands are sent by hand (docs/security.md)."""


@pytest.mark.parametrize("identity", ["none", "customer", "staff"])
def test_every_address_answers_as_it_is_described(server: str, identity: Who) -> None:
    tally = run_cases(server, LOGINS.get(identity), CASES)
    assert tally.examples == {}
    assert (tally.cases, tally.server_errors, tally.violations) == (CASES, 0, 0)


def test_a_caller_whose_session_a_case_ended_goes_on_with_a_new_one(server: str) -> None:
    caller = Caller(server, LOGINS["customer"])
    assert not caller.is_out()

    httpx2.post(f"{server}/api/v1/auth/logout", headers=caller.headers, trust_env=False).raise_for_status()
    eventually(caller.is_out)  # every process knows within five seconds

    caller.log_in_again()
    assert not caller.is_out()
