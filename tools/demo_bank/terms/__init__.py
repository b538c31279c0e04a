"""The bank's published figures, one table per term in the TOML files beside this one. The help centre quotes them, the
generator charges them, product_terms holds them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError

_HERE = Path(__file__).parent
FIELDS = ("code", "product", "kind", "label", "amount_minor", "currency", "percent", "quantity", "unit")
"""The columns of product_terms."""


@cache
def load_terms() -> dict[str, dict[str, Any]]:
    """Every term by its code.

    Raises:
        ConfigurationError: a code stands twice, or a term has a field that product_terms does not.
    """
    terms: dict[str, dict[str, Any]] = {}
    for path in sorted(_HERE.glob("*.toml")):
        for term in tomllib.loads(path.read_text(encoding="utf-8"))["term"]:
            check_term(term, terms, path.name)
            terms[term["code"]] = term
    return terms


def percent_of(code: str) -> float:
    return float(load_terms()[code]["percent"])


def amount_of(code: str) -> int:
    """Minor units."""
    return int(load_terms()[code]["amount_minor"])


def check_term(term: dict[str, Any], known: Mapping[str, Any], name: str) -> None:
    """Raises ConfigurationError where the file ``name`` repeats a code or has a field that product_terms has not."""
    if term["code"] in known:
        raise ConfigurationError(f"{name}: the term {term['code']} stands twice.")
    if unknown := set(term) - set(FIELDS):
        raise ConfigurationError(f"{name}: the term {term['code']} has unknown fields {sorted(unknown)}.")
