"""What is looked for ahead of a pattern never hides what the pattern finds: the engine finds the same with every gate
open."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, cast

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from core.security import pii
from core.security.pii.kinds import Claim
from core.security.pii.people.finding import find_people
from core.security.pii.reading.beginnings import WordPattern, begins
from core.security.pii.reading.folded import Folded
from core.security.pii.reading.hints import Gate, Hints, marks_in
from core.security.pii.reading.needed import needed, needs
from core.security.pii.reading.text import Reading

_EVALS = Path(__file__).parents[2] / "evals"
_HELD_OUT = "pii_held_"
_EACH = 12
"""Of so many texts one is read."""
_MANY = 99


def _marked() -> Iterator[str]:
    files = sorted(path for path in (_EVALS / "data").glob("pii_*.jsonl") if not path.name.startswith(_HELD_OUT))
    for path in files:
        for line in path.read_bytes().splitlines():
            yield orjson.loads(line).get("text", "")


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from _strings([*cast("dict[Any, Any]", value).values()])
        case list():
            for each in cast("list[Any]", value):
                yield from _strings(each)
        case _:
            pass


def _said() -> Iterator[str]:
    for path in sorted((_EVALS / "dialogues").glob("*.yaml")):
        yield from _strings(yaml.safe_load(path.read_text(encoding="utf-8")))


def _texts() -> list[str]:
    return [*list(_marked())[::_EACH], *list(_said())[:: 4 * _EACH]]


def _found(text: str) -> tuple[list[Claim], list[Claim]]:
    engine: Any = import_module("core.security.pii.engine")
    engine._reading.cache_clear()
    Folded.of.cache_clear()
    reading = Reading.of(text)
    return list(engine._claims.__wrapped__(text)), list(find_people(reading))


def _open_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every text had everything that a pattern may need."""

    def has(read: Reading | Folded, hints: Hints) -> bool:
        return isinstance(hints, Gate) or hints.stand_in(read.lower, marks_in(read.lower))

    def may_have(read: Reading, marks: int) -> bool:
        return True

    def find(words: Any, text: str) -> Iterator[re.Match[str]]:
        return words._pattern.finditer(text)

    monkeypatch.setattr(Reading, "has", has)
    monkeypatch.setattr(Folded, "has", has)
    monkeypatch.setattr(Reading, "may_have", may_have)
    monkeypatch.setattr(Reading, "longest", _MANY)
    monkeypatch.setattr(WordPattern, "finditer", find)


def test_the_engine_finds_in_written_texts_what_it_finds_with_every_gate_open() -> None:
    texts = _texts()
    with pytest.MonkeyPatch.context() as patched:
        _open_gates(patched)
        opened = [_found(text) for text in texts]
    assert len(texts) > _FEWEST_TEXTS
    assert sum(bool(claims) for claims, _ in opened) > len(texts) / 4
    assert [_found(text) for text in texts] == opened


_FEWEST_TEXTS = 500
_WORDS = st.sampled_from(
    str.split(
        "account a/c no. number 20-00-00 31926819 4821 £20.00 o 5oo 0o7 d o b do b dob. 12/03/1985 p i n pin p.i.n"
        " pass port rooting n i s/c sort code: £ Sure, 07700 900 123 GB29 NWBK one two double oh forty flat 4B, High"
        " Street, LS1 4AB l234 (a) at dot com x@y.org . I A a w2 it's he who called Maria lopez Mr. H. Zhou"
        " 192 . 168 [dot] :: fe80:: [CARD_1]"
        " mother's maiden name twenty thirty 19 7 ½ é “x” emoji😀 9 ... -- / 16 digits is 12/27 expires"
    )
)


@given(st.lists(st.one_of(_WORDS, st.text(max_size=6)), max_size=14), st.sampled_from([" ", "  ", "\n", ", ", " - "]))
@settings(max_examples=150, deadline=None)
def test_the_engine_finds_in_any_words_what_it_finds_with_every_gate_open(words: list[str], between: str) -> None:
    text = between.join(words)
    found = _found(text)
    with pytest.MonkeyPatch.context() as patched:
        _open_gates(patched)
        opened = _found(text)
    assert found == opened


def _patterns() -> list[re.Pattern[str]]:
    modules = [import_module(each.name) for each in walk_packages(pii.__path__, f"{pii.__name__}.")]
    named: list[Any] = [each for module in modules for each in vars(module).values()]
    return [*dict.fromkeys(cast("re.Pattern[str]", each) for each in named if isinstance(each, re.Pattern))]


def test_whatever_a_pattern_matches_has_what_it_is_said_to_need() -> None:
    gates: list[tuple[re.Pattern[str], list[str]]] = []
    for pattern in _patterns():
        try:
            gates.append((pattern, needed(pattern)))
        except ValueError:
            continue
    assert len(gates) > _FEWEST_PATTERNS
    matched = 0
    for text in _texts()[::3]:
        for cased in (Folded.of(text).cased, Folded.of(text).lower):
            lower = cased.lower()
            for pattern, words in gates:
                if pattern.search(cased):
                    matched += 1
                    assert any(word in lower for word in words), (pattern.pattern, cased)
    assert matched > len(gates)


_FEWEST_PATTERNS = 100


@pytest.mark.parametrize(
    "pattern",
    [r"\d+", r"x?", r"[a-z]{3}", r"(?:card|\d)", r"(?!card)\w+", r"(?:card)?", "a|b"],
)
def test_of_a_pattern_that_may_match_without_a_word_nothing_is_said(pattern: str) -> None:
    with pytest.raises(ValueError, match="nothing stands"):
        needed(re.compile(pattern))


@pytest.mark.parametrize(
    ("pattern", "without", "with_it"),
    [
        (r"\bcards?\b", "a car", "Discards"),
        (r"(?i)sort\W?codes?", "a source", "sort-CODE"),
        (r"p(?:in|ass)", "a pan", "pins"),
        (r"(?:new |old )card", "the new one", "card"),
    ],
)
def test_a_text_is_worth_trying_where_the_words_of_a_pattern_stand(pattern: str, without: str, with_it: str) -> None:
    gate = needs(re.compile(pattern))
    assert gate.stand_in(with_it.lower(), marks_in(with_it.lower()))
    assert not gate.stand_in(without, marks_in(without))


def test_a_hint_of_two_words_stands_where_they_stand_together() -> None:
    hints = Hints((" met ", "name of"))
    assert hints.stand_in("we met there", marks_in("we met there"))
    assert hints.stand_in("the name of it", marks_in("the name of it"))
    assert not hints.stand_in("a method of naming", marks_in("a method of naming"))


def test_a_pattern_of_words_finds_what_it_finds_without_looking_for_beginnings() -> None:
    pattern = re.compile(r"\b(?:sort(?: code)?|p\W?i\W?n|log ?in|(?:my|new) number|a/c)\b")
    words = WordPattern(pattern)
    for text in ("sort code, p i n and p.i.n", "login log in log", "a/c/sort: my number new number", "mynumber", ""):
        assert [found.span() for found in words.finditer(text)] == [found.span() for found in pattern.finditer(text)]


def test_a_pattern_that_may_begin_with_anything_is_refused() -> None:
    with pytest.raises(ValueError, match="may begin with anything"):
        begins(re.compile(r"\W?card"))
