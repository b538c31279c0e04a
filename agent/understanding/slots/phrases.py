"""Lists of words and phrases, from ``phrases.yaml``, as patterns."""

import re
from importlib.resources import files

import yaml

_PHRASES: dict[str, list[str]] = yaml.safe_load((files(__package__ or "") / "phrases.yaml").read_text(encoding="utf-8"))


def one_of(name: str) -> str:
    """Any phrase of a list, the longest first, as a pattern without groups that count."""
    return "|".join(_pattern(phrase) for phrase in sorted(_PHRASES[name], key=len, reverse=True))


def _pattern(phrase: str) -> str:
    """ "day(s)" is also "day", "don't" also "dont"."""
    escaped = re.escape(phrase).replace(r"\ ", r"\s+")
    return escaped.replace("'", "['’]?").replace(r"\(s\)", "s?")
