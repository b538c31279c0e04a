"""Made-up lists and people for measuring the screening of names: nobody on them exists but by chance.

Listed are people of many countries and companies, each with some aliases and half with a date of birth. Screened are

    variants    the same people, spelt as another office, clerk or scanner would
    strangers   people of the same countries; the hard ones have the given name of one of those listed and the family
                name of another
"""

import random
import string
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from anyascii import anyascii
from faker import Faker

from tools.compliance.screening.entries import BirthDates, EntryKind, ListedName, ListEntry, NameQuality
from tools.compliance.screening.matching.matcher import Listed
from tools.compliance.screening.matching.score import Screened

LOCALES = (
    "en_GB", "en_US", "es_MX", "fr_FR", "de_DE", "it_IT", "pt_BR", "pl_PL", "tr_TR", "ro_RO", "nl_NL", "cs_CZ", "id_ID",
    "en_IN", "en_NG", "hr_HR", "sv_SE", "vi_VN",
)  # fmt: skip
_ARABIC = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_GIVEN: dict[str, str] = _ARABIC["given"]
_FAMILY: dict[str, str] = _ARABIC["family"]
_PASSPORT = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch ie y - e iu ia".replace("-", "").split(" "),
        strict=True,
    )
)
"""ICAO 9303, part 3, table 6B: as passports have it, not as lists do."""
_SCANNED = (("rn", "m"), ("m", "rn"), ("l", "1"), ("o", "0"), ("cl", "d"), ("vv", "w"), ("i", "l"), ("e", "c"))
_SPELT = (
    ("y", "i"), ("i", "y"), ("ou", "u"), ("u", "ou"), ("kh", "h"), ("sh", "sch"), ("ch", "tch"), ("j", "dj"), ("q",
    "k"), ("ph", "f"), ("c", "k"), ("v", "w"), ("ee", "i"), ("ai", "ay"), ("oo", "u"), ("z", "s"),
)  # fmt: skip
_SHORT = {
    "william": "bill", "robert": "bob", "elizabeth": "liz", "richard": "dick", "margaret": "peggy", "james": "jim",
    "michael": "mike", "thomas": "tom", "jennifer": "jenny", "katherine": "kate", "christopher": "chris", "daniel":
    "dan", "nicholas": "nick", "alexander": "alex", "benjamin": "ben", "samuel": "sam", "joseph": "joe", "anthony":
    "tony", "patricia": "pat", "susan": "sue", "edward": "ted", "steven": "steve", "matthew": "matt", "andrew": "andy",
    "timothy": "tim", "gregory": "greg", "deborah": "debbie", "barbara": "barb", "kenneth": "ken", "ronald": "ron",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    """As the list has it."""
    native: str | None
    """In its own script."""
    passport: str | None
    """In another romanisation."""
    country: str


@dataclass(frozen=True, slots=True)
class Case:
    kind: str
    who: Screened
    entry_id: int | None
    """Who it is; None for a stranger."""


Vary = Callable[[random.Random, Person], str | None]
"""Another spelling; None where there is none of that kind."""


def _one_edit(rng: random.Random, name: str) -> str:
    places = [place for place, letter in enumerate(name) if letter.isalpha() and place]
    place, kind = rng.choice(places), rng.randrange(4)
    letter = rng.choice(string.ascii_lowercase)
    if kind == 0:
        return name[:place] + letter + name[place + 1 :]
    if kind == 1:
        return name[:place] + name[place + 1 :]
    if kind == 2:
        return name[:place] + letter + name[place:]
    return name[: place - 1] + name[place] + name[place - 1] + name[place + 1 :]


def _replaced(rng: random.Random, name: str, rules: Sequence[tuple[str, str]]) -> str | None:
    fitting = [(old, new) for old, new in rules if old in name[1:].lower()]
    if not fitting:
        return None
    old, new = rng.choice(fitting)
    place = name.lower().find(old, 1)
    return name[:place] + new + name[place + len(old) :]


def _order(rng: random.Random, person: Person) -> str | None:  # noqa: ARG001
    *given, family = person.name.split()
    return f"{family}, {' '.join(given)}" if given else None


def _dropped(rng: random.Random, person: Person) -> str | None:
    parts = person.name.split()
    if len(parts) < 3:
        return None
    del parts[rng.randrange(1, len(parts) - 1)]
    return " ".join(parts)


def _added(rng: random.Random, person: Person) -> str | None:
    first, *rest = person.name.split()
    return " ".join([first, rng.choice(("Marie", "Ali", "J.", "Lee", "Ivan", "Maria", "Jose", "van", "Anne")), *rest])


def _initial(rng: random.Random, person: Person) -> str | None:  # noqa: ARG001
    first, *rest = person.name.split()
    return f"{first} {rest[0][0]}. {' '.join(rest[1:])}" if len(rest) > 1 else None


def _joined(rng: random.Random, person: Person) -> str | None:
    parts = person.name.replace("-", " ").split()
    if len(parts) < 2:
        return None
    place = rng.randrange(len(parts) - 1)
    return " ".join([*parts[:place], parts[place] + parts[place + 1].lower(), *parts[place + 2 :]])


def _doubled(rng: random.Random, person: Person) -> str | None:
    place = rng.choice([place for place, letter in enumerate(person.name) if letter.isalpha()])
    return person.name[:place] + person.name[place] + person.name[place:]


def _nickname(rng: random.Random, person: Person) -> str | None:  # noqa: ARG001
    first, *rest = person.name.split()
    short = _SHORT.get(first.lower())
    return f"{short.title()} {' '.join(rest)}" if short else None


FITTED: dict[str, Vary] = {
    "same": lambda rng, person: person.name.upper(),  # noqa: ARG005
    "one edit": lambda rng, person: _one_edit(rng, person.name),
    "order": _order,
    "dropped": _dropped,
    "added": _added,
    "initial": _initial,
    "joined": _joined,
    "doubled": _doubled,
}
"""Kinds of variation that the weights may be fitted on."""
HELD_OUT: dict[str, Vary] = {
    "two edits": lambda rng, person: _one_edit(rng, _one_edit(rng, person.name)),
    "romanised otherwise": lambda rng, person: _replaced(rng, person.name, _SPELT),
    "scanned": lambda rng, person: _replaced(rng, person.name, _SCANNED),
    "nickname": _nickname,
    "passport": lambda rng, person: person.passport,  # noqa: ARG005
    "own script": lambda rng, person: person.native,  # noqa: ARG005
}
"""Kinds that nothing was fitted on."""


def _faker(locale: str) -> Faker:
    """With what is used alone: the other providers take a tenth of a second for each country."""
    return Faker(locale, providers=["faker.providers.person", "faker.providers.company"])


class World:
    """Made of a seed: the same each time."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self._fakers = {locale: _faker(locale) for locale in LOCALES}
        self._scripts = {locale: _faker(locale) for locale in ("ru_RU", "zh_CN")}
        for number, faker in enumerate([*self._fakers.values(), *self._scripts.values()]):
            faker.seed_instance(seed * 1000 + number)

    def person(self) -> Person:
        kind = self.rng.random()
        if kind < 0.2:
            return self._arab()
        if kind < 0.4:
            return self._russian()
        if kind < 0.47:
            return self._chinese()
        locale = self.rng.choice(LOCALES)
        faker = self._fakers[locale]
        name = anyascii(f"{faker.first_name()} {faker.last_name()}")
        if self.rng.random() < 0.3:
            name = anyascii(f"{faker.first_name()} {name}")
        return Person(name, None, None, locale[-2:])

    def company(self) -> str:
        return anyascii(self._fakers[self.rng.choice(("en_GB", "de_DE", "es_MX", "tr_TR"))].company())

    def birthday(self) -> date:
        return date(1945, 1, 1) + timedelta(days=self.rng.randrange(60 * 365))

    def _arab(self) -> Person:
        given = self.rng.sample(list(_GIVEN), self.rng.choice((1, 2, 3)))
        family = self.rng.choice(list(_FAMILY))
        latin = " ".join([*(_GIVEN[each] for each in given), _FAMILY[family]])
        return Person(latin, " ".join([*given, family]), None, self.rng.choice(("SY", "IQ", "SA", "YE", "LY", "EG")))

    def _russian(self) -> Person:
        faker = self._scripts["ru_RU"]
        native = f"{faker.first_name_male()} {faker.middle_name_male()} {faker.last_name_male()}"
        if self.rng.random() < 0.5:
            native = " ".join(native.split()[::2])
        passport = "".join(_PASSPORT.get(letter, letter) for letter in native.lower()).title()
        return Person(anyascii(native), native, passport, self.rng.choice(("RU", "BY", "UA")))

    def _chinese(self) -> Person:
        faker = self._scripts["zh_CN"]
        family, given = faker.last_name(), faker.first_name()
        return Person(f"{anyascii(family)} {anyascii(given).lower().title()}", family + given, None, "CN")


def make_list(world: World, size: int) -> tuple[list[Listed], list[Person]]:
    """Entries and, under the same numbers, whose they are: a tenth are companies, with themselves as the person."""
    listed: list[Listed] = []
    people: list[Person] = []
    for number in range(size):
        is_company = number % 10 == 9
        person = Person(world.company(), None, None, "GB") if is_company else world.person()
        aliases = [world.person().name for _ in range(world.rng.choice((0, 1, 1, 2, 3)))]
        names = [ListedName(text=person.name)]
        names += [
            ListedName(text=alias, quality=NameQuality.WEAK if world.rng.random() < 0.3 else NameQuality.STRONG)
            for alias in aliases
        ]
        day = world.birthday()
        births = () if is_company or world.rng.random() < 0.5 else (BirthDates(earliest=day, latest=day),)
        entry = ListEntry(
            source_id=str(number),
            kind=EntryKind.ORGANISATION if is_company else EntryKind.PERSON,
            names=tuple(names),
            births=births,
            countries=(person.country,),
        )
        listed.append(Listed(number, "made-up", entry))
        people.append(person)
    return listed, people


def make_variants(
    world: World, listed: list[Listed], people: list[Person], kinds: dict[str, Vary], each: int
) -> list[Case]:
    """``each`` of every kind, as far as the list has people of whom there is such a spelling. Without date of birth."""
    cases: list[Case] = []
    for kind, vary in kinds.items():
        numbers = world.rng.sample(range(len(people)), len(people))
        made = 0
        for number in numbers:
            if listed[number].entry.kind is not EntryKind.PERSON:
                continue
            name = vary(world.rng, people[number])
            if name is None or made == each:
                continue
            made += 1
            cases.append(Case(kind, Screened(name, kind=EntryKind.PERSON), number))
    return cases


def make_strangers(world: World, listed: list[Listed], each: int) -> list[Case]:
    """``each`` of people of the same countries, and of the hard ones. Whoever is listed by chance is left out."""
    known = {frozenset(name.text.lower().split()) for one in listed for name in one.entry.names}
    people = [name.text.split() for one in listed for name in one.entry.names if one.entry.kind is EntryKind.PERSON]
    cases: list[Case] = []
    while len(cases) < each:
        name = world.person().name
        if frozenset(name.lower().split()) not in known:
            cases.append(Case("stranger", Screened(name, world.birthday(), kind=EntryKind.PERSON), None))
    by_word: dict[str, list[frozenset[str]]] = {}
    for other in known:
        for word in other:
            by_word.setdefault(word, []).append(other)
    while len(cases) < 2 * each:
        first, second = world.rng.sample(people, 2)
        name = [*first[:-1], second[-1]]
        alike = {other for word in name for other in by_word[word.lower()]}
        if not any(_within(name, other) for other in alike):
            who = Screened(" ".join(name), world.birthday(), kind=EntryKind.PERSON)
            cases.append(Case("hard stranger", who, None))
    return cases


def _within(name: list[str], other: frozenset[str]) -> bool:
    mine = frozenset(token.lower() for token in name)
    return mine <= other or other <= mine
