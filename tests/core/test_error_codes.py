"""An error that was told across a stream is the same error again."""

from datetime import timedelta

import pytest

from agent.models.faults import Fault, ModelFailed
from core.errors import ProviderBusy, ProviderFailed, Unavailable, class_of


@pytest.mark.parametrize(
    ("code", "kind"),
    [("model_unavailable", ProviderFailed), ("model_busy", ProviderBusy), ("turn_lost", Unavailable)],
)
def test_a_code_leads_back_to_its_class(code, kind):
    error = class_of(code)("Please try again.", code=code)

    assert (type(error), error.status, error.error_code) == (kind, 503, code)


def test_a_kind_of_failure_of_the_agents_own_does_not_hide_the_class_it_is_of():
    assert ModelFailed("x", Fault.SLOW).error_code == "model_unavailable"
    assert class_of("model_unavailable") is ProviderFailed


@pytest.mark.parametrize(("seconds", "told"), [(0, 1), (0.2, 1), (7, 7), (7.5, 8)])
def test_a_busy_provider_gives_whole_seconds_and_never_none(seconds, told):
    assert ProviderBusy("full", timedelta(seconds=seconds)).details == {"retry_after": told}
