"""A provider that fails again and again is left alone, then tried by one request. The clock is the test's."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.models.breaker import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, Breaker
from agent.models.faults import Fault, ModelFailed
from core.errors import ProviderBusy, ProviderFailed

PAUSE = FIRST_PAUSE.total_seconds()


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breaker(time: Time) -> Breaker:
    return Breaker("model", time)


def fail(breaker: Breaker, error: ProviderFailed | Fault = Fault.UNREACHABLE) -> None:
    error = ModelFailed("down", error) if isinstance(error, Fault) else error
    with pytest.raises(type(error)), breaker.trial():
        raise error


def succeed(breaker: Breaker) -> None:
    with breaker.trial():
        pass


def is_refused(breaker: Breaker) -> bool:
    try:
        succeed(breaker)
    except ModelFailed as error:
        return error.fault is Fault.PAUSED
    return False


def opened(breaker: Breaker) -> None:
    for _ in range(FAILURES):
        fail(breaker)


def test_it_opens_after_failures_in_a_row(breaker):
    for _ in range(FAILURES - 1):
        fail(breaker)
    succeed(breaker)
    for _ in range(FAILURES - 1):
        fail(breaker)
    assert breaker.state == "closed"
    fail(breaker)

    assert (breaker.state, breaker.reason, breaker.retry_in) == ("open", "down", FIRST_PAUSE)
    assert is_refused(breaker)


def test_after_a_pause_one_request_tries_and_the_others_wait_for_it(breaker, time):
    opened(breaker)
    time.now += PAUSE
    assert breaker.state == "half_open"

    with breaker.trial():
        assert is_refused(breaker)

    assert (breaker.state, breaker.reason) == ("closed", None)
    assert not is_refused(breaker)


def test_a_probe_that_fails_pauses_it_for_twice_as_long_up_to_a_bound(breaker, time):
    opened(breaker)
    pauses = []
    for _ in range(9):
        time.now += breaker.retry_in.total_seconds()
        fail(breaker)
        pauses.append(breaker.retry_in)

    assert pauses[:2] == [2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE


def test_a_probe_that_is_cancelled_leaves_the_next_request_to_try(breaker, time):
    opened(breaker)
    time.now += PAUSE
    with pytest.raises(KeyboardInterrupt), breaker.trial():
        raise KeyboardInterrupt

    assert breaker.state == "half_open"
    assert not is_refused(breaker)


@pytest.mark.parametrize("fault", [Fault.KEY_REFUSED, Fault.QUOTA, Fault.NO_SUCH_MODEL])
def test_what_will_not_pass_opens_it_at_once(breaker, fault):
    fail(breaker, fault)

    assert (breaker.state, breaker.retry_in) == ("open", LONGEST_PAUSE)


def test_a_provider_that_says_how_long_is_left_alone_that_long(breaker):
    fail(breaker, ModelFailed("overloaded", Fault.OVERLOADED, timedelta(seconds=90)))

    assert (breaker.state, breaker.retry_in) == ("open", timedelta(seconds=90))


@pytest.mark.parametrize("fault", [Fault.BAD_REPLY, Fault.TOOL_LOOP, Fault.NO_TOOLS, Fault.REQUEST_REFUSED])
def test_what_one_customer_caused_takes_the_model_from_nobody(breaker, fault):
    for _ in range(3 * FAILURES):
        fail(breaker, fault)

    assert breaker.state == "closed"


@pytest.mark.parametrize("error", [ProviderBusy("full"), Fault.BUDGET, Fault.TIME])
def test_what_was_not_asked_counts_neither_way(breaker, time, error):
    for _ in range(3 * FAILURES):
        fail(breaker, error)
    assert breaker.state == "closed"

    opened(breaker)
    time.now += PAUSE
    fail(breaker, error)
    assert breaker.state == "half_open"


@given(st.lists(st.sampled_from(["ok", "down", "bad", "key", "wait"]), max_size=40))
def test_whatever_happens_it_is_tried_again_within_its_longest_pause(events):
    time = Time()
    breaker = Breaker("model", time)
    faults = {"down": Fault.UNREACHABLE, "bad": Fault.BAD_REPLY, "key": Fault.KEY_REFUSED}
    for event in events:
        if event == "wait" or breaker.state == "open":
            time.now += 7
        elif event == "ok":
            succeed(breaker)
        else:
            fail(breaker, faults[event])

    time.now += LONGEST_PAUSE.total_seconds()
    assert not is_refused(breaker)
