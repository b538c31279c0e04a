"""Cues as people write and say their letters: "o.t.p.", "b s n", "see vee vee"; and cues in two words, or that sound
alike."""

import re
from collections.abc import Iterator

from core.security.pii.grammar import has_any

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
_HINT = re.compile(r"(?<![^\W_])[a-z](?:\. ?|[ \-])[a-z](?![^\W_])")
_SOUND_HINTS = ("vee", "tee", "pee", "ess ", "eye", "dee ", "bee ")
_APART = (
    (re.compile(r"\bpass[ \-](?:port|prt)\b"), "passport"),
    (re.compile(r"\bn\.? i\.?(?= (?:number|num|no|nr)\b)"), "ni"),
    (re.compile(r"\brooting(?= (?:number|num|no|nr|code|#))"), "routing"),
)


def cues_in_letters(lower: str) -> Iterator[tuple[int, int, str]]:
    """Where one stands, and the cue to read there."""
    if _HINT.search(lower):
        for found in _LETTERS.finditer(lower):
            letters = "".join(filter(str.isalpha, found[0]))
            if letters in _SHORT:
                yield *found.span(), letters
    if has_any(lower, _SOUND_HINTS):
        for found in _SAID.finditer(lower):
            letters = "".join(_SOUNDS.get(word, word) for word in re.split(r"[ \-]", found[0]))
            if letters in _SHORT:
                yield *found.span(), letters
    if has_any(lower, ("pass", "rooting", "n i ", "n. i")):
        for pattern, cue in _APART:
            for found in pattern.finditer(lower):
                yield *found.span(), cue
