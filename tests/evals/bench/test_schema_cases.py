"""No request, however odd, gets an answer that the document does not describe. Issue 8: no 5xx, no schema violation."""

import pytest

from evals.bench.schema_cases import LOGINS, Who, run_cases
from tests.talking import Meet

CASES = 174
"""One for each operation; thousands are sent by hand (docs/security.md)."""


@pytest.mark.parametrize("identity", ["none", "customer"])
def test_every_address_answers_as_it_is_described(server: str, meet: Meet, identity: Who) -> None:
    caller = meet(server, LOGINS.get(identity))
    token = caller.http.headers.get("authorization", "").removeprefix("Bearer ") or None
    tally = run_cases(server, token, CASES)
    assert tally.examples == {}
    assert (tally.cases, tally.server_errors, tally.violations) == (CASES, 0, 0)
