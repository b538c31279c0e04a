"""The graph adds behind what was found without it, and moves nothing."""

from typing import Any

from knowledge.graph.filling import fill_up
from knowledge.graph.source import Named
from knowledge.retrieve import Passage


def make(id_: str, document: str, score: float) -> Passage:
    nothing: dict[str, Any] = {"title": "", "heading": "", "anchor": "", "text": "", "intents": [], "words": []}
    zeros = dict.fromkeys(("coverage", "likeness", "trust"), 0.0)
    return Passage(id=id_, kb="help", document_id=document, score=score, cosine=score, **zeros, **nothing)


OURS = [make("a", "one", 0.9), make("b", "two", 0.5)]
EXTRA = [make("c", "three", 0.7), make("d", "four", 0.2), make("b", "two", 0.5), make("e", "one", 0.1)]


def fill(*named: Named, limit: int = 10, per_document: int = 1) -> list[tuple[str, int]]:
    filled = fill_up(OURS, named, EXTRA, limit=limit, per_document=per_document)
    assert [passage.score for passage in filled] == sorted((passage.score for passage in filled), reverse=True)
    return [(passage.id, passage.graph) for passage in filled]


def test_what_the_graph_found_stands_behind_in_its_order_and_says_so():
    assert fill(Named(passage="d"), Named(passage="b"), Named(passage="c")) == [("a", 0), ("b", 2), ("d", 1), ("c", 3)]


def test_there_are_no_more_than_asked_for_and_no_more_of_a_document():
    assert fill(Named(passage="e"), Named(passage="c"), Named(passage="d"), limit=3) == [("a", 0), ("b", 0), ("c", 2)]
    assert fill(Named(passage="e"), per_document=2) == [("a", 0), ("b", 0), ("e", 1)]


def test_of_a_document_named_as_a_whole_the_nearest_passage_counts():
    assert fill(Named(document="one"), Named(document="three")) == [("a", 0), ("b", 0), ("c", 2)]


def test_what_the_reader_may_not_read_is_not_there():
    assert fill(Named(passage="secret"), Named(document="hidden"), Named(passage="c")) == [("a", 0), ("b", 0), ("c", 3)]


def test_why_names_the_graph():
    [*_, added] = fill_up(OURS, [Named(passage="c")], EXTRA, limit=3, per_document=1)
    assert added.why.endswith("graph, place 1")
