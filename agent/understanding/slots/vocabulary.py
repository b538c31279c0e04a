"""Words that are no names, from ``words.yaml``."""

from importlib.resources import files

import yaml

_WORDS: dict[str, str] = yaml.safe_load((files(__package__ or "") / "words.yaml").read_text(encoding="utf-8"))

ENDS = frozenset(_WORDS["ends"].split())
"""A name ends before any of them."""
COMMON = ENDS | frozenset(_WORDS["starts_none"].split())
"""A name does not begin with one of them."""
NO_COMPANY = COMMON | frozenset(_WORDS["no_company"].split())
