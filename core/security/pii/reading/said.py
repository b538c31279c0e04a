"""Digits and letters as people say them: number words, also misspelt or misheard, and spelling alphabets."""

from functools import lru_cache
from itertools import chain

from jellyfish import damerau_levenshtein_distance

from core.security.pii.words.ordinary import CHAT, english

_TO_NINETEEN = """zero one two three four five six seven eight nine
    ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"""
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ZEROS = dict.fromkeys(("oh", "o", "nought", "naught", "nil"), "0")
NUMBERS = (
    _ZEROS
    | {word: str(number) for number, word in enumerate(str.split(_TO_NINETEEN))}
    | {word: str(10 * number) for number, word in enumerate(TENS, start=2)}
)
ORDINALS = tuple(
    str.split(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
        " fifteenth"
        " sixteenth seventeenth eighteenth nineteenth twentieth thirtieth"
    )
)
TIMES = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
ROUND = {"hundred": 100, "thousand": 1000, "hundred and": 100, "thousand and": 1000}

_SPOKEN_SO = {
    "fiv": "5",
    "sevn": "7",
    "nin": "9",
    "sx": "6",
    "niner": "9",
    "fife": "5",
    "fower": "4",
    "wun": "1",
    "fourty": "40",
    "zeero": "0",
    "nein": "9",
    "ate": "8",
    "won": "1",
    **{
        word: figure
        for figure, words in {
            "0": "cero zero",
            "1": "uno eins jeden",
            "2": "dos deux zwei zwo dois twee dwa",
            "3": "tres trois drei trzy",
            "4": "cuatro quatre quatro quattro vier cztery",
            "5": "cinco cinq cinque funf vijf piec",
            "6": "seis sechs zes szesc",
            "7": "siete sept sete sette sieben zeven siedem",
            "8": "ocho huit oito otto acht osiem",
            "9": "nueve neuf nove neun negen dziewiec",
        }.items()
        for word in words.split()
    },
}
"""As radio operators say them, as they sound, with an error of two, and in other languages of customers."""
ABROAD = frozenset(word for word in _SPOKEN_SO if len(word) > 3)
SEPARATORS_ABROAD = frozenset(
    str.split(
        "ponto punto punkt traco tiret trattino guion barra espaco espacio spazio espace"
        " strich bindestrich schragstrich puis luego poi dann euh virgule virgola virgula komma coma und"
    )
)
_CUES = frozenset(str.split("nie nif dni otp pin cvv cvc ssn acc act sort code cod cdoe pan tel mob iban nino dob"))
"""Words of three and four letters that say what a number is."""
_LONGEST = 10
MISHEARD = {"for": "4", "fore": "4", "to": "2", "too": "2", "tree": "3", "free": "3"}
"""Words of their own, and figures only in the middle of others."""
_SHORTEST = 3
"""Letters of a number word that may be misspelt."""

LETTERS = {
    word: word[0]
    for word in str.split(
        "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa"
        " quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu zed zee"
    )
} | {"x-ray": "x", "aitch": "h", "haitch": "h"}
"""ICAO's alphabet, and letters whose names are no other words."""


def _shorter(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


_BY_SHORTER = {form: word for word in (*NUMBERS, *TIMES) if len(word) >= _SHORTEST for form in (word, *_shorter(word))}


@lru_cache(maxsize=4096)
def misspelt_number(word: str) -> str:
    """The figures that a word is meant for that is none of English: one letter left out, added, replaced, or two
    exchanged. Empty: for none."""
    if word in _SPOKEN_SO:
        return _SPOKEN_SO[word]
    if len(word) > _LONGEST or word in CHAT or word in english() or word in _CUES:
        return ""
    return like_a_number(word)


@lru_cache(maxsize=4096)
def like_a_number(word: str) -> str:
    """The same of any word."""
    if not _SHORTEST <= len(word) <= _LONGEST:
        return ""
    near = (_BY_SHORTER.get(form) for form in chain((word,), sorted(_shorter(word))))
    meant = next((one for one in near if one and damerau_levenshtein_distance(word, one) == 1), "")
    return meant if meant in TIMES else NUMBERS.get(meant, "")
