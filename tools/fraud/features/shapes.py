"""The features of one event: their names, in the order of ``fraud_features_at`` (0019_fraud_features.up.sql), and what
each says. Amounts are in major units, times in the unit of the name; what is not known is null or NaN."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

WORDS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    Path(__file__).with_name("features.toml").read_text(encoding="utf-8")
)
"""Towards staff, by feature: ``words`` with a place for ``value``, and ``unknown``, if there is a better way to say
that it is not known than by its name."""

NAMES: tuple[str, ...] = tuple(WORDS)


def put_in_words(name: str, value: float | None) -> str:
    words = WORDS[name]
    if value is not None:
        return words["words"].format(value=value)
    return words.get("unknown", f"not known: {name.replace('_', ' ')}")
