"""What PostgreSQL refuses, in our own errors."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg_pool import PoolTimeout

from core.db.counts import ERRORS
from core.errors import Conflict, Contention, Forbidden, InvalidInput, NotFound, Refused, TellergraphError, Unavailable

_NOT_ALLOWED = "TG090"
"""What refuse_by_policy() raises, with the reason's code as the constraint."""
_LACKS_PERMISSION = "TG020"
"""What require_permission() raises, with the permission's name as the detail."""
_REFUSED: dict[str, Callable[[], TellergraphError]] = {
    "TG010": lambda: Refused("This confirmation does not count any more. Please ask again.", code="slip_invalid"),
    "TG011": lambda: Refused("Please send the security code with the confirmation.", code="step_up_required"),
    "TG013": lambda: Refused("There is no exchange rate for that currency.", code="no_rate"),
    "TG015": lambda: Refused("There is nothing to confirm any more. Please ask again.", code="nothing_to_confirm"),
    "TG016": lambda: NotFound("There is no such operation."),
    "TG092": lambda: Conflict("The case is closed: nothing about it changes.", code="case_closed"),
    "TG093": lambda: Conflict("That is so already: look at the case as it stands.", code="case_open"),
    "TG094": lambda: Conflict("Nobody has proposed to close the case.", code="closing_not_proposed"),
    "TG045": lambda: Refused("Nobody has looked at this yet. Please ask again.", code="not_decided"),
    "TG031": lambda: NotFound("There is no such card."),
    "TG032": lambda: NotFound("There is no such terminal."),
    "TG034": lambda: Conflict("Another payment stands under this reference.", code="reference_reused"),
    "TG051": lambda: Refused("This would go over what can be exchanged in one day.", code="over_exchange_limit"),
    "TG071": lambda: Refused(
        "That role keeps this permission: without it nobody could mend what was taken from whom.",
        code="permission_kept",
    ),
    "TG072": lambda: Refused("That permission is for roles of staff.", code="permission_of_staff"),
    "TG073": lambda: Refused("Somebody has to be an administrator: make another one first.", code="last_admin"),
    "TG074": lambda: Refused("You have as many API keys as you can have: revoke one first.", code="too_many_keys"),
    "TG082": lambda: Refused("You have sent us as many files as we keep.", code="too_many_files"),
    "TG020": lambda: Forbidden("Your role does not allow that.", code="role_not_allowed"),
    "TG021": lambda: NotFound("There is nothing here under that id."),
}
"""What functions of the schema raise (core/db/migrations/sql), by SQLSTATE."""


def _needs_another() -> TellergraphError:
    return Forbidden("Somebody else has to decide about what you have proposed.", code="four_eyes")


_HURT: dict[str, Callable[[], TellergraphError]] = {
    "policy_proposals_four_eyes": _needs_another,
    "cases_four_eyes": lambda: Forbidden(
        "Who opened the case, or wants it closed, does not decide that it is.", code="four_eyes"
    ),
    "policy_past": lambda: Refused(
        "A policy begins on a day to come. Propose it with a later day.", code="policy_past"
    ),
    "policy_currency": lambda: Refused(
        "The policy keeps its currency: limits are counted in it.", code="policy_currency"
    ),
    "policy_term": lambda: Refused(
        "One of the terms is not published, or is of another kind or currency.", code="policy_term"
    ),
    "staff_actions_four_eyes": _needs_another,
    "dispute_actions_four_eyes": _needs_another,
    "kyc_applications_four_eyes": _needs_another,
    "screening_hits_four_eyes": _needs_another,
    "kb_documents_of_folder": lambda: Conflict(
        "This document comes from a folder, which would bring it back. Change it there and ingest the folder.",
        code="comes_from_folder",
    ),
}
"""What it means to hurt a constraint, by its name."""


@contextmanager
def translated_errors() -> Generator[None]:
    """For code that brings its own connections, such as LangGraph's checkpoints."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from error


def translate(error: psycopg.Error) -> TellergraphError:
    """The driver's error as one of ours. Unknown ones stay internal: their text names tables and values. It keeps the
    first line of its text, so that a stack in a log does not quote the row that was refused."""
    if error.diag.message_primary is not None:
        error.args = (error.diag.message_primary,)
    if isinstance(error, errors.SerializationFailure | errors.DeadlockDetected | errors.LockNotAvailable):
        ERRORS.add("contention")
        return Contention("Somebody else is changing the same thing just now. Please try again in a moment.")
    if isinstance(error, PoolTimeout | psycopg.OperationalError | psycopg.InterfaceError):
        ERRORS.add("unavailable")
        return Unavailable("The database cannot be reached just now. Please try again in a moment.")
    if error.diag.constraint_name in _HURT:
        return _HURT[error.diag.constraint_name]()
    if error.sqlstate == _NOT_ALLOWED:
        return Refused("The bank's policy does not allow that.", code=error.diag.constraint_name or "not_allowed")
    if isinstance(error, errors.UniqueViolation):
        return Conflict("That exists already.", details={"constraint": error.diag.constraint_name or ""})
    if isinstance(error, errors.DataError):
        return InvalidInput("A value is out of its range.")
    if error.sqlstate in _REFUSED:
        refused = _REFUSED[error.sqlstate]()
        if error.sqlstate == _LACKS_PERMISSION and error.diag.message_detail:
            refused.details = {"permission": error.diag.message_detail}
        return refused
    if isinstance(error, errors.RaiseException | errors.CheckViolation) or (error.sqlstate or "").startswith("TG"):
        return Refused("The bank's rules do not allow that.", details={"constraint": error.diag.constraint_name or ""})
    ERRORS.add("internal")
    return TellergraphError("Something went wrong on our side.")
