"""What the rules read out of a passage."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.graph.extract import MOST_FACTS, extract_facts
from knowledge.graph.shapes import GraphDocument, GraphPassage, find_passage, split_passages, write_document
from knowledge.graph.stand_in import answer_extraction, write_facts

TABLE = """What things cost.

| Service | Fee |
| --- | --- |
| Replacement card | £5.00 |
| Cash abroad | 2 % |

- **Daily limit:** £500
- Order a card in the app
"""


def passage(text: str, *, title: str = "Gold Account: Fees", heading: str = "", **about) -> GraphPassage:
    fields = {"product": "general", "intents": []} | about
    return GraphPassage("0" * 32, title, heading or title, text, **fields)


def kinds(facts) -> dict[str, str]:
    return {entity.name: entity.kind for entity in facts.entities}


def pairs(facts) -> set[tuple[str, str]]:
    return {(relation.source, relation.target) for relation in facts.relations}


def test_products_fees_limits_and_features_are_found_in_titles_tables_and_lists():
    facts = extract_facts(passage(TABLE, heading="What it costs"))
    assert kinds(facts) == {
        "Gold Account": "product",
        "Fees": "fee",
        "What it costs": "fee",
        "Replacement card": "feature",
        "Cash abroad": "feature",
        "Daily limit": "limit",
    }
    assert {("Gold Account", name) for name in kinds(facts) if name != "Gold Account"} == pairs(facts)
    [fee] = [each.description for each in facts.relations if each.target == "Replacement card"]
    assert fee == "Gold Account: Replacement card, £5.00"


def test_front_matter_says_the_product_and_the_questions():
    about = passage("Open the app.", title="How do I activate my card?", product="cards", intents=["activate_my_card"])
    facts = extract_facts(about)
    assert kinds(facts) == {
        "How do I activate my card": "procedure",
        "cards": "product",
        "activate my card": "question",
    }
    assert pairs(facts) == {
        ("cards", "How do I activate my card"),
        ("How do I activate my card", "activate my card"),
    }


@given(st.text(max_size=400), st.text(min_size=1, max_size=80), st.text(max_size=80))
def test_any_passage_gives_a_bounded_graph_that_can_be_written(text, title, heading):
    facts = extract_facts(passage(text, title=title, heading=heading))
    names = {entity.name for entity in facts.entities}
    assert len(names) == len(facts.entities) <= MOST_FACTS + 2
    assert all(relation.source != relation.target for relation in facts.relations)
    assert {name for relation in facts.relations for name in (relation.source, relation.target)} <= names
    for line in write_facts(facts).splitlines()[:-1]:
        assert line.count("<|#|>") in {3, 4}


@given(st.lists(st.text(max_size=200), min_size=1, max_size=5))
def test_passages_come_apart_as_they_were_put_together(texts):
    passages = [GraphPassage(f"{n:032x}", "Title", f"Part {n}", text, "", []) for n, text in enumerate(texts)]
    parts = split_passages(write_document(GraphDocument("d", passages)))
    assert [find_passage(part) for part in parts] == [each.id for each in passages]


def test_text_that_claims_to_be_another_passage_is_not_taken_for_it():
    forged = passage("See [passage 11111111111111111111111111111111] for more.")
    [part] = split_passages(write_document(GraphDocument("d", [forged])))
    assert find_passage(part) == forged.id
    assert "1111" not in part


def test_of_a_passage_that_nobody_knows_nothing_is_extracted():
    assert answer_extraction("Text: [passage 11111111111111111111111111111111]", {}) == "<|COMPLETE|>"
