"""Makes test data for the suite `pii` from templates: `python -m evals.personal_texts TEMPLATES.yaml SEED [EACH] >
FILE.jsonl`, with EACH cases of a template (4).

A template is a text with `{TYPE}` or `{TYPE|form}` where a value belongs; a form writes the value as people do who
dictate, paste or hurry. `{TYPE=text}` is a value that stands there already. Names and addresses come from Faker in
several languages, so that no list of ours decides what is tried."""

import json
import re
import string
import sys
from calendar import month_name
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, cast

import yaml
from faker import Faker
from stdnum import luhn

_SLOT = re.compile(r"\{([A-Z_]+)(?:\|([a-z_]+)|=([^}]*))?\}")
_LOCALES = ("en_GB", "en_US", "en_IE", "en_IN", "de_DE", "fr_FR", "es_ES", "it_IT", "pl_PL", "nl_NL", "pt_PT", "sv_SE")
_ADDRESS_LOCALES = ("en_GB", "en_GB", "en_US", "en_US", "de_DE", "fr_FR")
_DIGIT_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
MONTHS = tuple(month_name)[1:]
HOMOGLYPHS = str.maketrans("aeopcxABEKMHOPCTX", "аеорсхАВЕКМНОРСТХ")


class Values:
    """Values of every type, from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # nosec B311: test data
        self._fakers = {locale: Faker(locale) for locale in {*_LOCALES, *_ADDRESS_LOCALES}}
        for number, locale in enumerate(sorted(self._fakers)):
            self._fakers[locale].seed_instance(seed * 100 + number)

    def digits(self, length: int, first: str = string.digits) -> str:
        return self.random.choice(first) + "".join(self.random.choices(string.digits, k=length - 1))

    def letters(self, length: int) -> str:
        return "".join(self.random.choices(string.ascii_uppercase, k=length))

    def make(self, kind: str) -> str:
        return cast("Callable[[], str]", getattr(self, f"_{kind.lower()}"))()

    def _person(self) -> str:
        faker = self._fakers[self.random.choice(_LOCALES)]
        return f"{faker.first_name()} {faker.last_name()}"

    def _first_name(self) -> str:
        return self._fakers[self.random.choice(_LOCALES)].first_name()

    def _last_name(self) -> str:
        return self._fakers[self.random.choice(_LOCALES)].last_name()

    def _email(self) -> str:
        faker = self._fakers[self.random.choice(("en_GB", "en_US", "de_DE"))]
        local = f"{faker.first_name()}{self.random.choice(('.', '_', '', '-'))}{faker.last_name()}".lower()
        local = "".join(filter(lambda sign: sign.isascii() and (sign.isalnum() or sign in "._-"), local))
        domain = self.random.choice(
            ("gmail.com", "mail.example.co.uk", "outlook.com", "web.de", "yahoo.co.uk", "icloud.com")
        )
        return f"{local}{self.random.choice(('', str(self.random.randint(1, 99))))}@{domain}"

    def _phone(self) -> str:
        return self.random.choice(
            (
                f"07{self.digits(3)} {self.digits(6)}",
                f"07{self.digits(9)}",
                f"+44 7{self.digits(3)} {self.digits(6)}",
                f"020 7{self.digits(3)} {self.digits(4)}",
                f"({self.digits(3, '23456789')}) {self.digits(3, '23456789')}-{self.digits(4)}",
                f"+1 {self.digits(3, '23456789')}-{self.digits(3, '23456789')}-{self.digits(4)}",
                f"{self.digits(3, '23456789')}-{self.digits(3, '23456789')}-{self.digits(4)}",
                f"+49 {self.digits(3, '123456789')} {self.digits(7)}",
            )
        )

    def _iban(self) -> str:
        iban = self._fakers[self.random.choice(("en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL"))].iban()
        return self.random.choice((iban, " ".join(re.findall(".{1,4}", iban)), iban.lower()))

    def _card(self) -> str:
        prefix, length = self.random.choice(
            (("4", 16), ("4", 16), ("5" + self.digits(1, "12345"), 16), ("37", 15), ("6011", 16))
        )
        start = prefix + self.digits(length - len(prefix) - 1)
        number = start + luhn.calc_check_digit(start)
        groups = re.findall(".{1,4}", number)
        return self.random.choice((number, " ".join(groups), "-".join(groups)))

    def _card_expiry(self) -> str:
        month, year = self.random.randint(1, 12), self.random.randint(26, 34)
        return self.random.choice(
            (f"{month:02}/{year}", f"{month:02}/20{year}", f"{month:02}-{year}", f"{MONTHS[month - 1]} 20{year}")
        )

    def _account_number(self) -> str:
        return self.digits(self.random.choice((8, 8, 8, 10, 12)))

    def _sort_code(self) -> str:
        return "-".join((self.digits(2), self.digits(2), self.digits(2)))

    def _routing_number(self) -> str:
        start = self.digits(8, "0123")
        total = sum(int(digit) * weight for digit, weight in zip(start, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
        return f"{start}{-total % 10}"

    def _us_ssn(self) -> str:
        return f"{self.random.randint(1, 665):03}-{self.random.randint(1, 99):02}-{self.random.randint(1, 9999):04}"

    def _uk_nino(self) -> str:
        start = self.random.choice("ABCEGHJKLMPRSTWXYZ") + self.random.choice("ABCEGHJKLMPRSWXYZ")
        start = "AB" if start in ("BG", "GB", "KN", "NK", "ZZ") else start
        groups = (start, self.digits(2), self.digits(2), self.digits(2), self.random.choice("ABCD"))
        return self.random.choice(("", " ")).join(groups)

    def _passport(self) -> str:
        return self.random.choice(
            (self.digits(9), f"{self.letters(1)}{self.digits(8)}", f"{self.letters(2)}{self.digits(7)}")
        )

    def _address(self) -> str:
        return self._fakers[self.random.choice(_ADDRESS_LOCALES)].address().replace("\n", ", ")

    def _street(self) -> str:
        faker = self._fakers["en_GB"]
        kind = self.random.choice(("Road", "Street", "Lane", "Avenue", "Close", "Drive"))
        return f"{self.random.randint(1, 180)} {faker.last_name()} {kind}"

    def _postcode(self) -> str:
        return self._fakers["en_GB"].postcode()

    def _dob(self) -> str:
        day, month, year = self.random.randint(1, 28), self.random.randint(1, 12), self.random.randint(1940, 2006)
        name = MONTHS[month - 1]
        return self.random.choice(
            (
                f"{day:02}/{month:02}/{year}",
                f"{day}.{month}.{year}",
                f"{year}-{month:02}-{day:02}",
                f"{day} {name} {year}",
                f"{name} {day}, {year}",
                f"{day}-{month:02}-{year}",
            )
        )

    def _ip(self) -> str:
        return self.random.choice(
            (self._fakers["en_GB"].ipv4(), self._fakers["en_GB"].ipv4(), self._fakers["en_GB"].ipv6())
        )

    def _pin(self) -> str:
        return self.digits(4)

    def _cvv(self) -> str:
        return self.digits(3)

    def _otp(self) -> str:
        return self.digits(6)

    def _password(self) -> str:
        word = self.random.choice(
            ("sunshine", "Arsenal", "dragon", "Winter", "hunter", "Liverpool", "qwerty", "Monkey")
        )
        return self.random.choice(
            (
                f"{word}{self.digits(2)}",
                f"{word}{self.digits(2)}!",
                f"{word[:3]}@{self.digits(4)}{word[3:]}",
                word + "_" + self.digits(3),
            )
        )

    def _security_answer(self) -> str:
        return self.random.choice(
            (
                self._fakers["en_GB"].last_name(),
                self._fakers["en_GB"].first_name(),
                self._fakers["en_GB"].city().replace("'", ""),
            )
        )


def _spoken(value: str, random: Random) -> str:
    said: list[str] = []
    signs = [sign for sign in value if sign.isalnum()]
    at = 0
    while at < len(signs):
        sign = signs[at]
        if sign.isdigit() and at + 1 < len(signs) and signs[at + 1] == sign and random.random() < 0.5:
            said.append(f"double {_word(sign, random)}")
            at += 2
            continue
        said.append(_word(sign, random) if sign.isdigit() else sign)
        at += 1
    return " ".join(said)


def _word(digit: str, random: Random) -> str:
    return random.choice(("oh", "zero")) if digit == "0" else _DIGIT_WORDS[int(digit)]


def _regrouped(value: str, gaps: tuple[str, ...], random: Random) -> str:
    signs, out = [sign for sign in value if sign.isalnum()], ""
    while signs:
        size = random.choice((2, 3, 4, 4))
        out += "".join(signs[:size]) + (random.choice(gaps) if len(signs) > size else "")
        signs = signs[size:]
    return out


def _said_email(value: str, random: Random) -> str:
    local, _, domain = value.partition("@")
    local = local.replace(".", " dot ").replace("_", " underscore ").replace("-", " dash ")
    said = f"{local} at {domain.replace('.', ' dot ')}"
    return random.choice(
        (
            said,
            value.replace("@", " at ")
            .replace(".com", " dot com")
            .replace(".co.uk", " dot co dot uk")
            .replace(".de", " dot de"),
            value.replace("@", "(at)"),
            value.replace("@", " [at] ").replace(".", " [dot] "),
        )
    )


def _said_date(_: str, random: Random) -> str:
    day, month = random.randint(1, 28), random.choice(MONTHS)
    year = random.choice(("eighty five", "seventy two", "ninety one", "sixty eight"))
    return random.choice(
        (
            f"the {day}th of {month} nineteen {year}",
            f"{month} {day}th nineteen {year}",
            f"{day} {month[:3]} '{random.randint(50, 99)}",
        )
    )


_FORMS: dict[str, Callable[[str, Random], str]] = {
    "spoken": _spoken,
    "spaced": lambda value, random: _regrouped(value, (" ",), random),
    "split": lambda value, random: _regrouped(value, (" ", "-", ".", "\n", "  "), random),
    "apart": lambda value, _: " ".join(sign for sign in value if sign.isalnum()),
    "invisible": lambda value, random: (
        "".join(sign + random.choice(("", "", "\u200b", "\u00ad")) for sign in value[:-1]) + value[-1]
    ),
    "wide": lambda value, _: "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in value),
    "arabic": lambda value, _: "".join(chr(0x660 + int(sign)) if sign.isdigit() else sign for sign in value),
    "alike": lambda value, _: value.translate(HOMOGLYPHS),
    "lower": lambda value, _: value.lower(),
    "upper": lambda value, _: value.upper(),
    "bare": lambda value, _: "".join(sign for sign in value if sign.isalnum()),
    "said": _said_email,
    "said_date": _said_date,
}
_TYPE_OF = {"FIRST_NAME": "PERSON", "LAST_NAME": "PERSON", "STREET": "ADDRESS", "POSTCODE": "ADDRESS"}


def make_cases(templates: dict[str, list[str]], seed: int, each: int) -> Iterator[dict[str, Any]]:
    """Cases of every group, ``each`` of a template with slots."""
    values = Values(seed)
    for group, texts in templates.items():
        for template in texts:
            for _ in range(each if _SLOT.search(template) else 1):
                yield {"group": group, **_filled(template, values)}


def _filled(template: str, values: Values) -> dict[str, Any]:
    text, spans, done = "", list[dict[str, Any]](), 0
    for slot in _SLOT.finditer(template):
        text += template[done : slot.start()]
        value = slot[3] or values.make(slot[1])
        while slot[2] == "spoken" and slot[1] == "CARD_EXPIRY" and value[0].isalpha():
            value = values.make(slot[1])
        value = _FORMS[slot[2]](value, values.random) if slot[2] else value
        spans.append({"start": len(text), "end": len(text) + len(value), "type": _TYPE_OF.get(slot[1], slot[1])})
        text += value
        done = slot.end()
    return {"text": text + template[done:], "spans": spans}


@cache
def read_templates(path: Path) -> dict[str, list[str]]:
    return cast("dict[str, list[str]]", yaml.safe_load(path.read_text(encoding="utf-8")))


if __name__ == "__main__":
    _each = int(sys.argv[3]) if len(sys.argv) > 3 else 4
    for case in make_cases(read_templates(Path(sys.argv[1])), int(sys.argv[2]), _each):
        print(json.dumps(case, ensure_ascii=False))
