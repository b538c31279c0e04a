"""A text as the recognizers read it: folded (folded.py), with misspelt cues put right and with figures for digits that
are said in words, and the way back to the characters it came from."""

import re
from dataclasses import dataclass
from functools import cached_property

from core.security.pii.reading.cue_forms import cues_in_letters
from core.security.pii.reading.cues import spelt_right
from core.security.pii.reading.folded import Folded
from core.security.pii.reading.hints import Gate, Hints, marks_in
from core.security.pii.reading.house_numbers import in_figures as house_numbers
from core.security.pii.reading.needed import needs
from core.security.pii.reading.plain_figures import has_figures
from core.security.pii.reading.said import NUMBERS, ORDINALS, TIMES
from core.security.pii.reading.spoken import in_figures, two_digits

_WORD = re.compile(r"[^\W\d_]{3,16}")
ACKNOWLEDGED = (
    r"(?:(?:sure|yes|yeah|yep|ok|okay|um+|uh+|erm?|hmm|so|well|right|of course|(?:just )?(?:one|a|1) (?:moment|sec"
    r"|second"
    r"|minute|min)|hold on|hang on|bear with me|let me (?:see|look|check|find it|think|get it)"
    r"|give me a (?:sec|second|minute|moment)|got it|here (?:it is|you go|goes)|there you go|fine|ah(?=[,.…!])"
    r"|i think|please)"
    r"\b[,.:…!\s\-]{1,4})"
)
_ITS = (
    r"(?:(?:it was|it says|it is|it's|its|that's|thats|that is|that would be|that'd be|that was|this is|mine is"
    r"|they are)\s)?"
)
_SPEAKER = re.compile(
    r"(?:[?.]|,? please[.?]?)\s{1,3}(?:customer|caller|client|member|visitor|user|cust|me|c|a|ans|answer"
    r"|reply)\s?:\s{1,2}"
    rf"{ACKNOWLEDGED}{{0,2}}{_ITS}"
)
"""Where a transcript goes from a question to its answer: "sort code? Customer: Sure, 20-00-00"."""
_ASKED = re.compile(
    r"\b(?:numbers?|num|no|nr|codes?|sortcode|s/c|a/c|acc|acct|account|pin|cvv2?|cvc2?|otp|passcode|password|birth"
    r"|birthday|birth day"
    r"|dob|expiry|expires|expiration|date|name|address|postcode|post code|zip|e-?mail|phone|mobile|tel|iban|ssn"
    r"|social|security"
    r"|nino|nie|dni|cpf|pesel|aadhaar|passport|licence|id|ip|card|digits|word|answer|question|school|pet|teacher|place)"
    rf"(?P<gap>(?:,? (?:please|again|then|for me|on file))?\s?(?:[?.…:;,\-]{{1,5}}\s{{0,3}}|\s)"
    rf"(?P<says>{ACKNOWLEDGED})*{_ITS})(?=[^\W_]|[+(])"
)
"""The same in one voice: "the PIN? One moment. 4821"."""
_VALUE = re.compile(
    rf"(?:the )?(?:(?:[a-z][ \-.]?){{0,2}}\+?\(?\d|\S{{0,20}}\d|(?:{'|'.join((*NUMBERS, *TIMES, *ORDINALS))})\b"
    rf"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
)
"""What begins like a number or a day."""
_LOOK_ALIKES = re.compile(r"(?<![^\W_])[lio|\d]{4,19}(?![^\W_])")
"""Letters that look like figures, among figures."""
_GROUPS_ALIKE = re.compile(
    r"(?<![^\W_])(?:[lio|]{0,2}\d[lio|\d]{0,11}[ \-./]){1,6}[lio|]{0,2}\d[lio|\d]{0,11}(?![^\W_])"
)
"""The same in groups."""
_LETTERED = re.compile(r"[a-z]\d+[ \-./]\Z")
"""A piece of an IBAN or the like ahead: there a letter is one."""
_FIGURE = re.compile(r"\d")
_NUMBER = re.compile(r"\d(?:(?:[^\w£$€]|_){0,3}\d)*")
_FEWEST_FIGURES = 3
"""Beside them."""
_AS_FIGURES = str.maketrans("lio|", "1101")
_SEPARATORS = (
    re.compile(r"\d(?P<sign>\s?(?:[^\w\s.,:;\-/+=£$€%#&()\[\]<>'\"?!@]|_|\.{2,3}|--){1,3}\s?| / )(?=\d)"),
    re.compile(r"[a-z\d](?P<sign>\s?[^\x00-\x7f\w\s–—‘’“”£€…]{1,3}\s?)(?=[a-z\d])"),
)
"""Signs that part the groups of a number: emoji, bullets, bars."""
_MONTH_AND_YEAR = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r"(?: of)? (?P<year>(?:(?:two thousand (?:and )?|twenty )(?=twenty|thirty))?(?:twenty|thirty)(?:[ \-](?:one|two"
    r"|three"
    r"|four|five|six|seven|eight|nine))?)\b"
)
_ZEROS = re.compile(
    r"(?<![a-z\d])o(?=\d{4})|(?<=\d[.\- ])o(?=\d\d)|(?<=\d)(?:o{1,4}|[ -]?oo{1,3}|o{1,4}[ -]?|[ -]oo{1,3}[ -])(?=\d)"
)
"""The letter typed for the figure among figures; one that stands alone is a word of some language."""

_CHECK_LETTER = re.compile(r"(?<![^\W_])(?:it|sm) ?\d\d ?\Z")
"""Italy's IBANs have a letter behind the check digits, which may be O."""

_MISSPELT = Gate(test=lambda piece: any(spelt_right(word) != word for word in _WORD.findall(piece)))
_COLON = Gate((":",))
_ANSWERS = Gate(
    ("?",),
    re.compile(
        r"\b(?:sure|yes|yeah|yep|ok|okay|um+|uh+|erm?|hmm|so|well|right|course|moment|sec|second|minute|min|hold|hang|bear"
        r"|let|give|got|here|there|fine|ah|think|please)\b"
    ).search,
)
"""A question mark, or a word of each of ``ACKNOWLEDGED``."""
_ZEROS_HINTS = Gate(test=lambda piece: "o" in piece and (_FIGURE.search(piece) is not None or not piece.strip("o-")))
_ALIKE = Gate(test=re.compile(r"\d[lio|]|[lio|]\d").search)
_SIGNS = r"(?:[^\w\s.,:;\-/+=£$€%#&()\[\]<>'\"?!@]|_|\.\.|--)"
_PARTS = Gate(test=re.compile(rf"\d\.?{_SIGNS}+\.?(?:\d|\Z)|\A(?:{_SIGNS}+\.?)(?:\d|\Z)|\A/\Z|[^\x00-\x7f\w\s]").search)
"""Beside a figure, or by themselves."""
_YEAR_HINTS = needs(_MONTH_AND_YEAR)


@dataclass(frozen=True)
class Reading:
    """``cased`` and ``lower`` have the same length."""

    folded: Folded
    cased: str
    _starts: "range | list[int]"
    _ends: "range | list[int]"

    @classmethod
    def of(cls, text: str) -> "Reading":
        folded = Folded.of(text)
        edits = [*in_figures(folded), *house_numbers(folded), *cues_in_letters(folded)]
        if folded.has(_MISSPELT):
            edits.extend(_misspelt(folded.lower))
        edits.extend(_answered(folded))
        if folded.has(_ZEROS_HINTS):
            edits.extend(_zeros(folded.lower))
        edits.extend(_signs(folded))
        if folded.has(_YEAR_HINTS):
            edits.extend(
                (*found.span("year"), two_digits(found["year"])) for found in _MONTH_AND_YEAR.finditer(folded.lower)
            )
        if not edits:
            return cls(folded, folded.cased, range(len(folded.cased)), range(1, len(folded.cased) + 1))
        return _edited(folded, _apart(sorted(edits, key=lambda edit: (edit[0], -edit[1]))))

    @cached_property
    def lower(self) -> str:
        return self.folded.lower if self.cased is self.folded.cased else self.cased.lower()

    @cached_property
    def figures(self) -> int:
        """How many digits there are; 0 where all are plainly nobody's."""
        has_any = self.folded.has_figures if self.cased is self.folded.cased else has_figures(self.cased)
        return len(_FIGURE.findall(self.cased)) if has_any else 0

    @cached_property
    def longest(self) -> int:
        """Digits of the longest number, with whatever signs stand between them; 0 where ``figures`` is."""
        if not self.figures:
            return 0
        return max(len(_FIGURE.findall(number)) for number in _NUMBER.findall(self.cased))

    @cached_property
    def marks(self) -> int:
        return self.folded.marks if self.cased is self.folded.cased else marks_in(self.lower)

    def has(self, hints: Hints) -> bool:
        """Whether one of them stands here."""
        marks = self.marks
        return marks & hints.any != 0 and hints.stand_in(self.lower, marks)

    def may_have(self, marks: int) -> bool:
        """``marks``: of ``any_of`` some hints. Asked ahead of each of them, where mostly none is there."""
        return self.marks & marks != 0

    @cached_property
    def has_capitals(self) -> bool:
        return self.cased != self.lower

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where it stands in the text."""
        return self.folded.span(self._starts[start], self._ends[end - 1])


def _apart(edits: "list[tuple[int, int, str]]") -> "list[tuple[int, int, str]]":
    """Without those that begin inside another."""
    kept: list[tuple[int, int, str]] = []
    for edit in edits:
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept


def _answered(folded: Folded) -> "list[tuple[int, int, str]]":
    lower = folded.lower
    return [
        *((*found.span(), ": ") for found in (_SPEAKER.finditer(lower) if folded.has(_COLON) else ())),
        *(
            (*found.span("gap"), ": ")
            for found in (_ASKED.finditer(lower) if folded.has(_ANSWERS) else ())
            if ("?" in found["gap"] or found["says"]) and _VALUE.match(lower, found.end())
        ),
    ]


def _zeros(lower: str) -> "list[tuple[int, int, str]]":
    return [
        (*found.span(), found[0].replace("o", "0"))
        for found in _ZEROS.finditer(lower)
        if not _CHECK_LETTER.search(lower, max(0, found.start() - 6), found.start())
    ]


def _signs(folded: Folded) -> "list[tuple[int, int, str]]":
    """Figures that were typed as letters, and what parts them."""
    lower = folded.lower
    return [
        *(
            (*found.span(), found[0].translate(_AS_FIGURES))
            for pattern in ((_LOOK_ALIKES, _GROUPS_ALIKE) if folded.has_figures and folded.has(_ALIKE) else ())
            for found in pattern.finditer(lower)
            if sum(map(str.isdigit, found[0])) >= _FEWEST_FIGURES
            and found[0].translate(_AS_FIGURES) != found[0]
            and not _LETTERED.search(lower, max(0, found.start() - 8), found.start())
        ),
        *(
            (*found.span("sign"), "-")
            for pattern in (_SEPARATORS if folded.has(_PARTS) and (folded.has_figures or not lower.isascii()) else ())
            for found in pattern.finditer(lower)
        ),
    ]


def _misspelt(lower: str) -> "list[tuple[int, int, str]]":
    return [
        (found.start(), found.end(), right)
        for found in _WORD.finditer(lower)
        if (right := spelt_right(found[0])) != found[0]
    ]


def _edited(folded: Folded, edits: list[tuple[int, int, str]]) -> Reading:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end, instead in [*edits, (len(folded.cased), len(folded.cased), "")]:
        pieces.append(folded.cased[done:start])
        starts.extend(range(done, start))
        ends.extend(range(done + 1, start + 1))
        pieces.append(instead)
        # Each of its characters stands for the whole.
        starts.extend([start] * len(instead))
        ends.extend([end] * len(instead))
        done = end
    return Reading(folded, "".join(pieces), starts, ends)
