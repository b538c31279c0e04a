"""The static part of the demo bank, read from the files beside this one: merchants with their terminals, and the names
people are made of. It depends on no seed, so ids of merchants and terminals are the same in every demo bank."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_HERE = Path(__file__).parent


class Terminal(NamedTuple):
    id: int
    kind: str
    label: str


class Merchant(NamedTuple):
    id: int
    name: str
    category: str
    mcc: str
    city: str
    terminals: list[Terminal]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Merchants by what a customer looks for."""

    cities: list[str]
    merchants: list[Merchant] = field(default_factory=list[Merchant])
    local: dict[tuple[str, str], list[Merchant]] = field(default_factory=dict[tuple[str, str], list[Merchant]])
    """Shops of a (city, category)."""
    online: dict[str, list[Merchant]] = field(default_factory=dict[str, list[Merchant]])
    """Merchants of a category that are reached from anywhere."""
    named: dict[str, Merchant] = field(default_factory=dict[str, Merchant])
    """The online merchants by name."""


class People(NamedTuple):
    first_names: list[str]
    last_names: list[str]
    streets: list[str]
    employers: list[str]
    landlords: list[str]
    postcodes: dict[str, str]


@cache
def load_catalogue() -> Catalogue:
    source = _read("merchants.toml")
    catalogue = Catalogue(source["cities"])
    terminal_ids = iter(range(1, 1_000_000))
    for category in source["category"]:
        for chain in category.get("chains", []):
            for city in catalogue.cities:
                _add_shop(catalogue, category, chain, city, terminal_ids)
        for number, name in enumerate(category.get("online", [])):
            _add_online(catalogue, category, name, catalogue.cities[number % len(catalogue.cities)], terminal_ids)
    return catalogue


@cache
def load_people() -> People:
    return People(**_read("people.toml"))


def _add_shop(catalogue: Catalogue, category: dict[str, Any], name: str, city: str, ids: Any) -> None:
    kind = "atm" if category["name"] == "cash" else "in_store"
    terminals = [Terminal(next(ids), kind, f"{name}, {city} {number}") for number in (1, 2)]
    merchant = Merchant(len(catalogue.merchants) + 1, name, category["name"], category["mcc"], city, terminals)
    catalogue.merchants.append(merchant)
    catalogue.local.setdefault((city, category["name"]), []).append(merchant)


def _add_online(catalogue: Catalogue, category: dict[str, Any], name: str, city: str, ids: Any) -> None:
    terminals = [Terminal(next(ids), "online", f"{name} online")]
    merchant = Merchant(len(catalogue.merchants) + 1, name, category["name"], category["mcc"], city, terminals)
    catalogue.merchants.append(merchant)
    catalogue.online.setdefault(category["name"], []).append(merchant)
    catalogue.named[name] = merchant


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))
