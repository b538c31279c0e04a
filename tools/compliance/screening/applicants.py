"""Who asks to be identified, as screening sees them."""

from tools.compliance.screening.entries import EntryKind
from tools.compliance.screening.matching.score import Screened
from tools.kyc.application import Application


def applicant(application: Application) -> Screened:
    """Raises ValueError for an application that does not say who it is about: none such is submitted."""
    identity = application.identity
    if identity is None:
        raise ValueError("an application without an identity is about nobody")
    return Screened(identity.full_name, identity.date_of_birth, identity.nationality, EntryKind.PERSON)
