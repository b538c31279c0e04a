"""What the engine for personal data finds, cell by cell: every kind in every form that people give it in.

    python -m evals.personal_cells [--each 20] [--seed 1] [--below 0.9] [--show KIND/FORM] [--json]

The texts are made here and are not those of any batch: a carrier says what the value is, a form writes the value or the
carrier as people do who dictate, hurry, correct themselves or hide something. It is a map of gaps and no figure of
quality: its author knows the engine."""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from core.security.pii import find_personal
from evals.personal_texts import Values

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
_ALIKE = str.maketrans("aeopcxABEKMHOPCTX", "аеорсхАВЕКМНОРСТХ")
_FILLERS = (" um ", " er ", "... ", ", uh, ", " hmm ", ", let me see, ")
_HEDGES = (", hold on, ", ", bear with me, ", ", let me find it, ", " you know the one, ", ", where did I put it, ok, ")


@dataclass(frozen=True)
class _Kind:
    cues: tuple[str, ...]
    make: Callable[[Values], str]


def _grouped(text: str, size: int = 4) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


_KINDS: dict[str, _Kind] = {
    "SORT_CODE": _Kind(("sort code", "sortcode"), lambda values: values.make("SORT_CODE")),
    "ROUTING_NUMBER": _Kind(("routing number", "ABA number"), lambda values: values.make("ROUTING_NUMBER")),
    "ACCOUNT_NUMBER": _Kind(("account number", "account", "acct no"), lambda values: values.digits(8)),
    "PASSPORT": _Kind(("passport number", "passport"), lambda values: values.make("PASSPORT")),
    "UK_NINO": _Kind(
        ("national insurance number", "NI number", "nino"), lambda values: values.make("UK_NINO").replace(" ", "")
    ),
    "US_SSN": _Kind(("social security number", "SSN"), lambda values: values.make("US_SSN")),
    "NIE": _Kind(
        ("NIE", "national id"), lambda values: f"{values.random.choice('XYZ')}{values.digits(7)}{values.letters(1)}"
    ),
    "AADHAAR": _Kind(("aadhaar",), lambda values: values.digits(12, "23456789")),
    "PIN": _Kind(("PIN", "pin number"), lambda values: values.digits(4, "3456789")),
    "CVV": _Kind(("CVV", "security code", "cvc"), lambda values: values.digits(3)),
    "OTP": _Kind(("one-time code", "verification code", "passcode"), lambda values: values.digits(6)),
    "CARD": _Kind(("card number", "debit card", "long card number"), lambda values: values.make("CARD")),
    "CARD_EXPIRY": _Kind(
        ("expiry date", "expiry"), lambda values: f"{values.random.randint(1, 12):02}/{values.random.randint(27, 33)}"
    ),
    "IBAN": _Kind(("IBAN",), lambda values: values.make("IBAN").replace(" ", "").upper()),
    "PHONE": _Kind(("phone number", "mobile", "number to call me on"), lambda values: f"07{values.digits(9)}"),
    "POSTCODE": _Kind(("postcode", "post code"), lambda values: values.make("POSTCODE")),
    "ZIP": _Kind(("zip code", "zip"), lambda values: values.digits(5, "123456789")),
    "DOB": _Kind(("date of birth", "birthday", "DOB"), lambda values: _day(values.random)),
}
"""Values of signs. Those of words stand in ``_WORDS``."""
_WORDS: dict[str, _Kind] = {
    "PERSON": _Kind(("name", "full name"), lambda values: values.make("PERSON")),
    "ADDRESS": _Kind(("address", "new address"), lambda values: values.make("STREET")),
    "PASSWORD": _Kind(("password", "passphrase"), lambda values: values.make("PASSWORD")),
    "SECURITY_ANSWER": _Kind(
        ("memorable word", "mother's maiden name", "answer to the security question"),
        lambda values: values.make("SECURITY_ANSWER"),
    ),
    "EMAIL": _Kind(("email", "e-mail address"), lambda values: values.make("EMAIL")),
}


_SHORT_CUES: dict[str, tuple[str, ...]] = {
    "SORT_CODE": ("s/c", "sc", "s/code", "sort"),
    "ROUTING_NUMBER": ("routing", "aba", "rtn"),
    "ACCOUNT_NUMBER": ("a/c", "acc", "acct", "acc nr"),
    "PASSPORT": ("passport nr", "ppt no"),
    "UK_NINO": ("NI", "nat ins", "ni no"),
    "US_SSN": ("social", "soc sec", "ssn"),
    "PIN": ("p.i.n.", "pin", "pin no"),
    "CVV": ("cv2", "3 digits on the back", "security number"),
    "OTP": ("code", "sms code", "auth code", "otp"),
    "CARD": ("card no", "16 digits", "card"),
    "CARD_EXPIRY": ("exp", "valid thru", "expires"),
    "IBAN": ("iban nr", "iban"),
    "PHONE": ("mob", "tel", "ph", "cell"),
    "POSTCODE": ("pc", "p/code", "postcode"),
    "DOB": ("d.o.b.", "b-day", "born", "dob"),
    "EMAIL": ("mail", "e-mail", "email"),
}
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _day(random: Random) -> str:
    return f"{random.randint(1, 28):02}/{random.randint(1, 12):02}/{random.randint(1945, 2006)}"


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


def _slipped_cue(cue: str, random: Random) -> str:
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


def _plain(value: str, _: Random) -> str:
    return value


_OF_VALUES: dict[str, Callable[[str, Random], str]] = {
    "plain": _plain,
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
    "alike": lambda value, _: value.translate(_ALIKE).replace("0", "O", 1).replace("1", "l", 1),
    "misspelt_words": _slipped_words,
    "mixed": _mixed,
    "filled": _filled,
    "corrected": _corrected,
}


def _dated(value: str, random: Random) -> str:
    """A day of birth or the month of an expiry in words."""
    numbers = [int(part) for part in value.split("/")]
    month, year = _MONTHS[numbers[-2] - 1], numbers[-1]
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


_OF_WORDS: dict[str, dict[str, Callable[[str, Random], str]]] = {
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
_ONLY_LETTERED = frozenset({"icao", "as_in"})
_PLACED: dict[str, tuple[str, ...]] = {
    "": (
        "my {cue} is {value}",
        "the {cue} is {value}, can you check it?",
        "{cue}: {value}",
        "ok so my {cue} would be {value} thanks",
    ),
    "behind": ("{value} is my {cue}", "{value}, that's the {cue}", "it's {value} for the {cue}"),
    "far": (
        "you asked for my {cue}{hedge}{value}",
        "for the {cue}{hedge}it says {value}",
        "about the {cue}. Got it. {value}",
    ),
    "run_on": ("hi i need help my {cue} {value} dont work can u look", "{cue} {value} plz fix it today"),
    "short": (
        "{short} {value}",
        "{short}: {value}",
        "{short}={value}",
        "{short}-{value};",
        "{value} <- {short}",
        "{short} {value} {other}",
    ),
    "slipped": ("my {slip} is {value}", "{slip} {value}"),
}


_NAMED_IN: dict[str, tuple[str, ...]] = {
    "speaking": ("{value} speaking, I need help", "hi its {value} here", "this is {value} again", "hello i am {value}"),
    "third": (
        "can u pay {value} 20 quid",
        "my wife {value} needs a card",
        "i sent it to {value} by mistake",
        "{value} owes me 40",
    ),
}
"""People whom nothing calls a name."""


def _case(name: str, kind: _Kind, form: str, values: Values) -> tuple[str, str]:
    random = values.random
    if form in _NAMED_IN:
        value = kind.make(values)
        value = random.choice((value, value.lower()))
        return random.choice(_NAMED_IN[form]).format(value=value), value
    value, cue = kind.make(values), random.choice(kind.cues)
    place = form if form in _PLACED else ""
    write = _OF_WORDS.get(name, {}).get(form) or _OF_VALUES.get(form, _plain)
    written = write(value, random)
    if place == "run_on":
        cue, written = cue.lower(), written.lower()
    text = random.choice(_PLACED[place]).format(
        cue=cue,
        short=random.choice(_SHORT_CUES.get(name, (cue,))),
        other=f"ref {values.digits(5)}",
        slip=_slipped_cue(cue, random),
        hedge=random.choice(_HEDGES),
        value=written,
    )
    return text, written


def _forms(kind: str) -> Iterator[str]:
    yield from ("plain", "behind", "far", "run_on", "slipped")
    yield from _OF_WORDS.get(kind, {})
    if kind in _SHORT_CUES:
        yield "short"
    if kind == "PERSON":
        yield from _NAMED_IN
    if kind in _WORDS:
        yield from ("wide", "alike", "invisible")
    else:
        lettered = kind in ("PASSPORT", "UK_NINO", "NIE", "IBAN", "POSTCODE")
        skipped = {"plain", *(() if lettered else _ONLY_LETTERED)}
        # A date has no order any more without its signs, and a wrong figure in a checksum is no IBAN.
        skipped |= {"emoji", "bullets", "slashes", "lines", "corrected"} if kind in ("DOB", "CARD_EXPIRY") else set()
        yield from (form for form in _OF_VALUES if form not in skipped)


def _is_hidden(text: str, value: str) -> bool:
    start = text.index(value)
    hidden = {at for finding in find_personal(text) for at in range(finding.start, finding.end)}
    signs = [at for at in range(start, start + len(value)) if text[at].isalnum()]
    return hidden.issuperset(signs)


def measure(each: int, seed: int) -> dict[str, dict[str, list[tuple[str, bool]]]]:
    """Texts of every cell, and whether the value in them is hidden."""
    values = Values(seed)
    cells: dict[str, dict[str, list[tuple[str, bool]]]] = defaultdict(dict)
    for name, kind in (_KINDS | _WORDS).items():
        for form in _forms(name):
            cases = [_case(name, kind, form, values) for _ in range(each)]
            cells[name][form] = [(text, _is_hidden(text, value)) for text, value in cases]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--below", type=float, default=0.9, help="list the cells below this")
    parser.add_argument("--show", help="KIND/FORM: the texts that were missed")
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    cells = measure(said.each, said.seed)
    recall = {
        kind: {form: sum(hit for _, hit in cases) / len(cases) for form, cases in forms.items()}
        for kind, forms in cells.items()
    }
    if said.show:
        kind, _, form = said.show.partition("/")
        print(*(text for text, hit in cells[kind][form] if not hit), sep="\n")
        return
    flat = [share for forms in recall.values() for share in forms.values()]
    if said.json:
        print(json.dumps({"recall": sum(flat) / len(flat), "cells": recall}))
        return
    for kind, forms in recall.items():
        print(
            f"{kind:16}", ", ".join(f"{form} {share:.2f}" for form, share in forms.items() if share < said.below) or "-"
        )
    print(f"mean of {len(flat)} cells: {sum(flat) / len(flat):.3f}")


if __name__ == "__main__":
    main()
