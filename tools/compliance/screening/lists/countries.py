"""Countries as lists name them, as ISO 3166-1 alpha-2 codes."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import pycountry

_NAMES = Path(__file__).with_name("countries.toml")


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    with _NAMES.open("rb") as file:
        return tomllib.load(file)["names"]


@lru_cache(maxsize=1024)
def find_country(name: str) -> str | None:
    """By code, by short, official or common name, or as OFAC and the United Nations spell it; None for others."""
    said = " ".join(name.casefold().split()).strip(" .")
    if said in _spellings():
        return _spellings()[said]
    try:
        return cast(Any, pycountry.countries).lookup(said).alpha_2
    except LookupError:
        return None


def find_countries(names: list[str]) -> tuple[str, ...]:
    """Without those that nobody knows; sorted, each once."""
    return tuple(sorted({code for name in names if (code := find_country(name))}))
