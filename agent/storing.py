"""What of a turn the database keeps: its words with placeholders for all personal data, names and addresses included.
The dialogue's own memory needs those two as the customer said them (docs/decisions/0025-personal-data.md)."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from agent.counts import count_personal
from agent.models.fencing.details import CUSTOMERS, OwnDetails
from agent.models.fencing.details import Kind as OwnKind
from agent.models.fencing.finder import Finder, without_overlaps
from agent.models.fencing.of_turn import own_details
from agent.state import Turn, TurnRecord
from core.security.pii import ALL, SECRETS, Finding, Folded, Kind, Known, mask

_KINDS: dict[OwnKind, Kind] = {
    "NAME": Kind.PERSON,
    "EMAIL": Kind.EMAIL,
    "PHONE": Kind.PHONE,
    "ADDRESS": Kind.ADDRESS,
    "POSTCODE": Kind.ADDRESS,
    "DOB": Kind.DOB,
    "IBAN": Kind.IBAN,
    "ACCOUNT": Kind.ACCOUNT_NUMBER,
    "SORT_CODE": Kind.SORT_CODE,
}


def _kind_of(kind: OwnKind) -> Kind:
    return _KINDS.get(kind) or Kind(kind)


async def as_stored(record: TurnRecord, turn: Turn) -> TurnRecord:
    """The record with what the customer's own details and the recognizers say is personal behind placeholders."""
    known = await known_of(turn)
    # What was typed has been read by the recognizers already. A decision by the button has nothing typed.
    message = mask(record.message and (turn.raw_message or record.message), turn.placeholders, ALL, known)
    count_personal(message, turn.placeholders, typed_secret=turn.typed_secret)
    return replace(
        record,
        message=message,
        # There is no secret in an answer: the message had none any more.
        answer=mask(record.answer, turn.placeholders, ALL - SECRETS, known),
    )


async def known_of(turn: Turn) -> Known | None:
    """Finds what the bank knows of the turn's customer; None for a visitor."""
    return None if turn.customer_id is None else known_in(await own_details(turn))


@lru_cache(maxsize=CUSTOMERS)
def known_in(own: OwnDetails) -> Known:
    """Finds these details, in whatever form they stand in a text. Made once, as long as they stay as they are."""
    finder = Finder(own.details)

    def find(text: str) -> Iterator[Finding]:
        for found in without_overlaps(finder.find(Folded.of(text))):
            yield Finding(_kind_of(finder.details[found.owner].kind), found.start, found.end)

    return find
