"""Cues as people write and say their letters: "o.t.p.", "b s n", "see vee vee"; and cues in two words, or that sound
alike."""

import re
from collections.abc import Iterator

from core.security.pii.reading.folded import Folded
from core.security.pii.reading.hints import Gate, Hints

_SHORT = frozenset(
    str.split(
        "otp pin cvv cvc csc nie nif dni nino bsn bvn nin ssn dob iban cpf nuban pps ppsn tfn itin ahv avs nir rut nss"
        " aba rtn sin ein tin utr tfn pan"
    )
)
_LETTERS = re.compile(
    r"(?<![^\W_])(?<![.\-])[a-z](?:\. ?[a-z]){1,4}\b\.?|(?<![^\W_])[a-z](?:[ \-][a-z]){2,4}(?![^\W_])"
)
_SOUNDS = {
    **dict.fromkeys(("ay", "aye"), "a"),
    **dict.fromkeys(("bee", "be"), "b"),
    **dict.fromkeys(("see", "cee", "sea"), "c"),
    "dee": "d",
    "ee": "e",
    "eye": "i",
    **dict.fromkeys(("en", "enn"), "n"),
    **dict.fromkeys(("oh", "owe"), "o"),
    **dict.fromkeys(("pee", "pea"), "p"),
    **dict.fromkeys(("es", "ess"), "s"),
    **dict.fromkeys(("tee", "tea"), "t"),
    **dict.fromkeys(("vee", "ve"), "v"),
}
_SOUND = "|".join(_SOUNDS)
_SAID = re.compile(rf"\b(?:{_SOUND})(?:[ \-](?:{_SOUND})){{2,4}}\b|\beye ban\b")
_ALONE = Gate(test=re.compile(r"(?<![^\W_])[a-z](?![^\W_])").search)
"""A letter by itself."""
_HINT = re.compile(r"(?<![^\W_])[a-z](?:\. ?|[ \-])[a-z](?![^\W_])")
_SOUND_HINTS = Hints(("vee", "tee", "pee", "ess ", "eye", "dee ", "bee "))
_APART = (
    (re.compile(r"\bpass[ \-](?:port|prt)\b"), "passport"),
    (re.compile(r"\bn\.? i\.?(?= (?:number|num|no|nr)\b)"), "ni"),
    (re.compile(r"\brooting(?= (?:number|num|no|nr|code|#))"), "routing"),
)

_APART_HINTS = Hints(("pass", "rooting", "n i ", "n. i"))


def cues_in_letters(folded: Folded) -> Iterator[tuple[int, int, str]]:
    """Where one stands, and the cue to read there."""
    lower = folded.lower
    if folded.has(_ALONE) and _HINT.search(lower):
        for found in _LETTERS.finditer(lower):
            letters = "".join(filter(str.isalpha, found[0]))
            if letters in _SHORT:
                yield *found.span(), letters
    if folded.has(_SOUND_HINTS):
        for found in _SAID.finditer(lower):
            letters = "".join(_SOUNDS.get(word, word) for word in re.split(r"[ \-]", found[0]))
            if letters in _SHORT:
                yield *found.span(), letters
    if folded.has(_APART_HINTS):
        for pattern, cue in _APART:
            for found in pattern.finditer(lower):
                yield *found.span(), cue
