"""How people write and say a value: digit by digit, in pairs, spelt, split, misspelt, corrected, disguised."""

from collections.abc import Callable
from random import Random

from evals.personal_texts import HOMOGLYPHS, MONTHS

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ICAO = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        str.split(
            "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec"
            " romeo sierra tango uniform victor whiskey x-ray yankee zulu"
        ),
        strict=True,
    )
)
_PLAIN_WORDS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        str.split(
            "apple bertie cat dog egg fred george harry ink jam king lion mother nuts orange peter"
            " queen robert sugar tommy"
            " uncle vinegar water xylophone yellow zebra"
        ),
        strict=True,
    )
)
_FILLERS = (" um ", " er ", "... ", ", uh, ", " hmm ", ", let me see, ")


def _grouped(text: str, size: int = 4) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _said_digits(value: str, random: Random) -> str:
    said: list[str] = []
    at = 0
    while at < len(value):
        sign = value[at]
        run = next((length for length in (3, 2) if value[at : at + length] == sign * length and sign.isdigit()), 1)
        if run > 1 and random.random() < 0.7:
            said.append(("double " if run == 2 else "triple ") + _digit(sign, random))
            at += run
            continue
        said.append(_digit(sign, random) if sign.isdigit() else sign if sign.isalnum() else "")
        at += 1
    return " ".join(filter(None, said))


def _digit(sign: str, random: Random) -> str:
    return random.choice(("zero", "oh", "oh", "nought")) if sign == "0" else _DIGITS[int(sign)]


def _said_tens(value: str, random: Random) -> str:
    signs = "".join(filter(str.isalnum, value))
    said: list[str] = []
    at = 0
    while at < len(signs):
        pair = signs[at : at + 2]
        if len(pair) == 2 and pair.isdigit() and pair[0] != "0":
            ten, unit = int(pair[0]), int(pair[1])
            said.append(_TEENS[unit] if ten == 1 else f"{_TENS[ten]} {_DIGITS[unit]}" if unit else _TENS[ten])
            at += 2
        else:
            said.append(_digit(signs[at], random) if signs[at].isdigit() else signs[at])
            at += 1
    return " ".join(said)


def _spelt(value: str, random: Random, words: dict[str, str], link: str) -> str:
    return " ".join(
        _digit(sign, random) if sign.isdigit() else f"{link.format(sign)}{words[sign.upper()]}"
        for sign in value
        if sign.isalnum()
    )


def _split(value: str, gap: str, size: int = 2) -> str:
    return gap.join(_grouped("".join(filter(str.isalnum, value)), size))


def _slip(word: str, random: Random) -> str:
    at = random.randrange(1, len(word) - 1)
    return random.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at] + word[at:],
        )
    )


def slipped_cue(cue: str, random: Random) -> str:
    words = cue.split()
    at = max(range(len(words)), key=lambda number: len(words[number]))
    return " ".join(
        _slip(word, random) if number == at and len(word) > 3 else word for number, word in enumerate(words)
    )


def _slipped_words(value: str, random: Random) -> str:
    words = _said_digits(value, random).split()
    long = [number for number, word in enumerate(words) if len(word) > 3]
    for number in random.sample(long, min(2, len(long))):
        words[number] = _slip(words[number], random)
    return " ".join(words)


def _mixed(value: str, random: Random) -> str:
    signs = "".join(filter(str.isalnum, value))
    half = len(signs) // 2
    return f"{signs[:half]} {_said_digits(signs[half:], random)}"


def _filled(value: str, random: Random) -> str:
    words = _said_digits(value, random).split()
    at = random.randrange(1, max(2, len(words) - 1))
    if words[at - 1] in ("double", "triple"):
        at += 1
    return " ".join(words[:at]) + random.choice(_FILLERS) + " ".join(words[at:])


def _corrected(value: str, random: Random) -> str:
    words = _said_digits(value, random).split()
    wrong = _DIGITS[random.randrange(10)]
    return (
        " ".join(words[:-1])
        + f" {wrong}{random.choice((' no wait ', ', sorry, ', ' no sorry ', ', I mean '))}{words[-1]}"
    )


def plain(value: str, _: Random) -> str:
    return value


OF_VALUES: dict[str, Callable[[str, Random], str]] = {
    "plain": plain,
    "spoken": _said_digits,
    "tens": _said_tens,
    "icao": lambda value, random: _spelt(value, random, _ICAO, ""),
    "as_in": lambda value, random: _spelt(value, random, _PLAIN_WORDS, "{} for "),
    "apart": lambda value, _: _split(value, " ", 1),
    "lines": lambda value, _: _split(value, "\n", 4),
    "dashes": lambda value, _: _split(value, " - "),
    "dots": lambda value, _: _split(value, "."),
    "slashes": lambda value, _: _split(value, " / ", 4),
    "emoji": lambda value, _: _split(value, "\U0001f449", 3),
    "bullets": lambda value, _: _split(value, "\u2022", 3),
    "wide": lambda value, _: "".join(
        chr(ord(sign) + 0xFEE0) if sign.isascii() and sign.isalnum() else sign for sign in value
    ),
    "arabic": lambda value, _: "".join(chr(0x660 + int(sign)) if sign.isdecimal() else sign for sign in value),
    "invisible": lambda value, _: "\u200b".join(value),
    "keycaps": lambda value, _: "".join(f"{sign}\ufe0f\u20e3" if sign.isdecimal() else sign for sign in value),
    "alike": lambda value, _: value.translate(HOMOGLYPHS).replace("0", "O", 1).replace("1", "l", 1),
    "misspelt_words": _slipped_words,
    "mixed": _mixed,
    "filled": _filled,
    "corrected": _corrected,
}


def _dated(value: str, random: Random) -> str:
    """A day of birth or the month of an expiry in words."""
    numbers = [int(part) for part in value.split("/")]
    month, year = MONTHS[numbers[-2] - 1], numbers[-1]
    tens = _said_tens(f"{year % 100:02}", random)
    if len(numbers) == 2:
        return random.choice(
            (f"{month} {tens}", f"{month[:3]} {year}", f"{month.lower()} twenty {tens}", f"{numbers[0]} of 20{year}")
        )
    day = numbers[0]
    return random.choice(
        (
            f"{day}th of {month} {year}",
            f"{month[:3].lower()} {day} {year % 100:02}",
            f"the {day}th of the {numbers[1]}th {year % 100:02}",
            f"{day} {month.lower()} nineteen {tens}",
            f"{_said_tens(str(day), random)} {month.lower()} {tens}",
            f"{day} {numbers[1]} {year % 100:02}",
            f"{year}-{numbers[1]:02}-{day:02}",
        )
    )


def _addressed(value: str, random: Random) -> str:
    """A street as it is said or hurried."""
    number, _, street = value.partition(" ")
    short = {"Road": "rd", "Street": "st", "Lane": "ln", "Avenue": "ave", "Close": "close", "Drive": "dr"}
    said = _said_tens(number, random) if int(number) < 100 else number
    last = street.rpartition(" ")[2]
    return random.choice(
        (
            f"{said} {street.lower()}",
            value.lower(),
            f"{number} {street.lower().replace(last.lower(), short[last])}",
            f"{number},{street}",
        )
    )


def _emailed(value: str, random: Random) -> str:
    local, _, domain = value.partition("@")
    said = domain.replace(".", " dot ")
    letters = " ".join(local).replace(".", "dot").replace("_", "underscore").replace("-", "dash")
    words = local.replace(".", " dot ").replace("_", " underscore ").replace("-", " hyphen ")
    return random.choice(
        (f"{letters} at {said}", f"{words} at {said}", f"{local} @ {domain}", f"{local}@{domain.replace('.', ',', 1)}")
    )


OF_WORDS: dict[str, dict[str, Callable[[str, Random], str]]] = {
    "PERSON": {
        "lower": lambda value, _: value.lower(),
        "letters": lambda value, _: " ".join(filter(str.isalpha, value)).upper(),
        "icao": lambda value, _: " ".join(_ICAO[sign] for sign in value.upper() if sign in _ICAO),
    },
    "ADDRESS": {"said": _addressed},
    "EMAIL": {"said": _emailed, "upper": lambda value, _: value.upper()},
    "PASSWORD": {"apart": lambda value, _: " ".join(value), "lower": lambda value, _: value.lower()},
    "SECURITY_ANSWER": {"lower": lambda value, _: value.lower()},
    "DOB": {"dated": _dated},
    "CARD_EXPIRY": {"dated": _dated},
}
ONLY_LETTERED = frozenset({"icao", "as_in"})
