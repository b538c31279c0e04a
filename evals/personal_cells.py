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
from evals.personal_forms import OF_VALUES, OF_WORDS, ONLY_LETTERED, plain, slipped_cue
from evals.personal_texts import Values

_HEDGES = (", hold on, ", ", bear with me, ", ", let me find it, ", " you know the one, ", ", where did I put it, ok, ")


@dataclass(frozen=True)
class _Kind:
    cues: tuple[str, ...]
    make: Callable[[Values], str]


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


def _day(random: Random) -> str:
    return f"{random.randint(1, 28):02}/{random.randint(1, 12):02}/{random.randint(1945, 2006)}"


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
    write = OF_WORDS.get(name, {}).get(form) or OF_VALUES.get(form, plain)
    written = write(value, random)
    if place == "run_on":
        cue, written = cue.lower(), written.lower()
    text = random.choice(_PLACED[place]).format(
        cue=cue,
        short=random.choice(_SHORT_CUES.get(name, (cue,))),
        other=f"ref {values.digits(5)}",
        slip=slipped_cue(cue, random),
        hedge=random.choice(_HEDGES),
        value=written,
    )
    return text, written


def _forms(kind: str) -> Iterator[str]:
    yield from ("plain", "behind", "far", "run_on", "slipped")
    yield from OF_WORDS.get(kind, {})
    if kind in _SHORT_CUES:
        yield "short"
    if kind == "PERSON":
        yield from _NAMED_IN
    if kind in _WORDS:
        yield from ("wide", "alike", "invisible")
    else:
        lettered = kind in ("PASSPORT", "UK_NINO", "NIE", "IBAN", "POSTCODE")
        skipped = {"plain", *(() if lettered else ONLY_LETTERED)}
        # A date has no order any more without its signs, and a wrong figure in a checksum is no IBAN.
        skipped |= {"emoji", "bullets", "slashes", "lines", "corrected"} if kind in ("DOB", "CARD_EXPIRY") else set()
        yield from (form for form in OF_VALUES if form not in skipped)


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
