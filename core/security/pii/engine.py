"""The recognizers together: what each claims, and which of several claims on the same characters holds."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Set
from functools import lru_cache
from itertools import chain

from core.security.pii.grammar import only_digits
from core.security.pii.kinds import ALL, IN_DIALOGUE, LEARNED, OURS, SECRETS, Claim, Finding, Kind
from core.security.pii.last_look.figures import find_remaining
from core.security.pii.learned import believed, find_learned, without_signs
from core.security.pii.named_entities import find_entities
from core.security.pii.numbers.accounts import find_accounts, find_cards, find_expiries
from core.security.pii.numbers.births import find_births
from core.security.pii.numbers.contact import find_emails, find_machines, find_phones, find_said_machines
from core.security.pii.numbers.fellows import find_fellows
from core.security.pii.numbers.ibans import find_ibans
from core.security.pii.numbers.identity import find_identities
from core.security.pii.numbers.nearness import find_near, find_near_births
from core.security.pii.people.finding import find_people
from core.security.pii.placeholders import Placeholders, list_placeholders
from core.security.pii.places.finding import find_places
from core.security.pii.reading.hints import Gate
from core.security.pii.reading.text import Reading
from core.security.pii.secrets.far_answers import find_far_answers, find_spelt
from core.security.pii.secrets.finding import find_codes, find_secrets

Known = Callable[[str], Iterable[Finding]]
"""Finds what is known of one customer: their names, payees, addresses and numbers, in whatever form they stand in a
text."""
_SURELY = 100
"""Weight of what is known."""

_Recognizer = Callable[[Reading], Iterator[Claim]]
_IN_FIGURES: tuple[tuple[int, int, _Recognizer], ...] = (
    (12, 1, find_cards),
    (1, 1, find_expiries),
    (8, 1, find_ibans),
    (6, 6, find_accounts),
    (7, 7, find_phones),
    (1, 1, find_identities),
    (1, 1, find_machines),
    (0, 0, find_near),
    (0, 0, find_near_births),
)
"""With the fewest digits in which each finds something: of the text, and of a number in it."""
_IN_WORDS: tuple[_Recognizer, ...] = (
    find_secrets,
    find_far_answers,
    find_spelt,
    find_emails,
    find_said_machines,
    find_births,
    find_places,
)
_OF_TWO = 6
"""Figures that two numbers have at least."""
_OF_ONE = 3
"""And one at least."""
_OF_MODELS = frozenset({Kind.PERSON, Kind.ADDRESS})
_OF_OURS = re.compile(
    r"(?<![\w-])(?:[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[A-Z]-\d{4}(?:-[0-9A-Z]{4}){1,3})(?![\w-])"
)
"""UUIDs, and numbers of disputes and cases."""
_MAY_BE_OURS = Gate(test=re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|[a-z]-\d{4}").search)
_REMEMBERED = 64
"""Texts: a turn asks about the same one for its secrets, its dialogue, its title and what is stored, and meanwhile
other turns and the log ask about theirs."""


def find_personal(text: str, kinds: Set[Kind] = ALL, known: Known | None = None) -> list[Finding]:
    """What ``mask`` would hide, in order and without overlaps."""
    claims = believed(text, (*_claims(text), *_people(text))) if Kind.PERSON in kinds else [*_claims(text)]
    if not kinds.isdisjoint(_OF_MODELS):
        claims.extend(find_entities(text))
    if known is not None:
        claims.extend(Claim(*finding, _SURELY) for finding in known(text))
    if Kind.PERSON in kinds:
        claims.extend(find_learned(text, claims))
    return [finding for finding in _settled(text, claims, list_placeholders(text)) if finding.kind in kinds]


@lru_cache(maxsize=_REMEMBERED)
def _reading(text: str) -> Reading:
    return Reading.of(text)


@lru_cache(maxsize=_REMEMBERED)
def _claims(text: str) -> tuple[Claim, ...]:
    """Of everything but people."""
    reading = _reading(text)
    recognizers = [
        *(find for fewest, row, find in _IN_FIGURES if reading.figures >= fewest and reading.longest >= row),
        *_IN_WORDS,
    ]
    read = list(chain.from_iterable(find(reading) for find in recognizers))
    if reading.figures >= _OF_TWO:
        read.extend(find_fellows(reading, tuple(read)))
    if reading.figures >= _OF_ONE:
        read.extend(find_remaining(reading, tuple(read)))
    found = [_in_text(claim, reading) for claim in read]
    if reading.folded.has(_MAY_BE_OURS):
        found.extend(Claim(None, *ours.span(), OURS) for ours in _OF_OURS.finditer(text))
    return tuple(found)


@lru_cache(maxsize=_REMEMBERED)
def _people(text: str) -> tuple[Claim, ...]:
    reading = _reading(text)
    return tuple(_in_text(claim, reading) for claim in find_people(reading))


def mask(text: str, placeholders: Placeholders, kinds: Set[Kind] = IN_DIALOGUE, known: Known | None = None) -> str:
    """The text with placeholders; a card number keeps its last four digits beside it, which are not secret."""
    placeholders.reserve_typed(text)
    return "".join(replaced(text, placeholders, find_personal(text, kinds, known), 0, len(text)))


def without_secrets(text: str, *, expects_code: bool = False) -> str:
    """The text as it was written, but for PINs, passwords, codes and the like. ``expects_code``: six digits that are no
    amount are a one-time code, whatever stands around them."""
    return mask(text, Placeholders(), SECRETS, _bare_codes if expects_code else None)


def _bare_codes(text: str) -> Iterator[Finding]:
    """But where the six digits are part of something longer, such as a phone number."""
    reading = Reading.of(text)
    found = [Finding(Kind.OTP, *reading.span(start, end)) for start, end in find_codes(reading)]
    others = find_personal(text, IN_DIALOGUE - SECRETS) if found else ()
    return (code for code in found if not any(_is_part(code, of) for of in others))


def _is_part(finding: Finding, of: Finding) -> bool:
    return of.start <= finding.start and finding.end <= of.end and finding.end - finding.start < of.end - of.start


def replaced(text: str, placeholders: Placeholders, findings: Iterable[Finding], start: int, end: int) -> Iterator[str]:
    """The text from ``start`` to ``end`` in pieces, with placeholders for the findings, which lie within."""
    done = start
    for finding in findings:
        value = text[finding.start : finding.end]
        yield text[done : finding.start]
        yield placeholders.hide(finding.kind, value)
        if finding.kind is Kind.CARD:
            yield f" ending {only_digits(Reading.of(value).cased)[-4:]}"
        done = finding.end
    yield text[done:end]


def _in_text(claim: Claim, reading: Reading) -> Claim:
    return claim._replace(**dict(zip(("start", "end"), reading.span(claim.start, claim.end), strict=True)))


def _settled(text: str, claims: Iterable[Claim], taken: list[tuple[int, int]]) -> list[Finding]:
    """The heaviest of those that share a character; of equal ones the longest, then the first. Nothing in our own
    placeholders. Of what the tagger found, whatever the others leave."""
    starts = [start for start, _ in taken]
    ends = [end for _, end in taken]
    kept: dict[tuple[int, int], Kind | None] = dict.fromkeys(taken)
    for claim in sorted(set(claims), key=lambda one: (-one.weight, one.start - one.end, one.start, one.kind or "")):
        at = bisect_left(starts, claim.end)
        is_free = not at or ends[at - 1] <= claim.start
        for start, end in [(claim.start, claim.end)] if is_free else _left(text, claim, starts, ends):
            if start < end:
                at = bisect_left(starts, end)
                starts.insert(at, start)
                ends.insert(at, end)
                kept[start, end] = claim.kind
    return [Finding(kind, start, end) for (start, end), kind in sorted(kept.items()) if kind is not None]


def _left(text: str, claim: Claim, starts: list[int], ends: list[int]) -> list[tuple[int, int]]:
    """Of the tagger's claims, what nothing heavier has; of others nothing."""
    if claim.weight != LEARNED:
        return []
    first, behind = bisect_right(ends, claim.start), bisect_left(starts, claim.end)
    edges = [claim.start, *chain.from_iterable(zip(starts[first:behind], ends[first:behind], strict=True)), claim.end]
    return [without_signs(text, *gap) for gap in zip(edges[::2], edges[1::2], strict=True)]
