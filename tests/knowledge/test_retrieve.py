"""Who asks what finds which passages: the rules in a small knowledge base, the quality in the real help centre."""

from datetime import date

import pytest
from knowledge_base import Library, Search, make_search, opened

from core.db.database import Database
from core.services import Services
from knowledge.corpus import Defaults
from knowledge.embed import Encoder
from knowledge.retrieve import Passage

QUESTION = "How much does it cost to take out cash abroad?"
BODY = "Taking out cash abroad costs 1 % of the amount."


def documents(passages: list[Passage]) -> list[str]:
    return [passage.document_id for passage in passages]


async def test_readers_find_only_what_is_meant_for_their_audience(library: Library, small: Search) -> None:
    for audience in ("public", "customer", "staff"):
        library.write(f"for-{audience}", f"Cash abroad for {audience}", BODY, audience=audience)
    library.ingest()
    assert set(documents(await small(QUESTION))) == {"for-public"}
    assert set(documents(await small(QUESTION, audiences="public,customer"))) == {"for-public", "for-customer"}
    assert len(await small(QUESTION, audiences="public,customer,staff")) == 3


async def test_the_runtime_role_reads_no_table_past_the_audience(library: Library, database: Database) -> None:
    library.write("for-staff", "Cash abroad", BODY, audience="staff")
    library.ingest()
    async with database.reading() as handle:
        for table in ("kb_documents", "kb_chunks", "kb_postings"):
            assert await handle.dicts(f"select * from {table}") == []  # noqa: S608


async def test_documents_without_an_audience_get_that_of_the_ingest(library: Library, small: Search) -> None:
    library.write("cash", "Cash abroad", BODY)
    library.ingest(defaults=Defaults(audience="customer"))
    assert await small(QUESTION) == []
    assert documents(await small(QUESTION, audiences="public,customer")) == ["cash"]


@pytest.mark.parametrize(
    ("day", "found"),
    [(date(2026, 2, 28), []), (date(2026, 3, 1), ["cash"]), (date(2026, 3, 31), ["cash"]), (date(2026, 4, 1), [])],
)
async def test_an_article_answers_only_while_it_holds(
    library: Library, small: Search, day: date, found: list[str]
) -> None:
    library.write("cash", "Cash abroad", BODY, valid_from="2026-03-01", valid_to="2026-03-31")
    library.ingest()
    assert documents(await small(QUESTION, today=day)) == found


async def test_knowledge_bases_do_not_answer_for_each_other(library: Library, small: Search) -> None:
    library.write("cash", "Cash abroad", BODY)
    library.ingest("other")
    assert await small(QUESTION) == []
    library.ingest()
    assert documents(await small(QUESTION)) == documents(await small(QUESTION, kb="other")) == ["cash"]


async def test_a_trusted_intent_lifts_its_articles_and_a_doubtful_one_does_not(library: Library, small: Search) -> None:
    library.write("cash", "What does cash abroad cost?", BODY)
    library.write("cards", "Cards abroad", "Using your card abroad is free, also for cash.", intents="[card_abroad]")
    library.ingest()
    assert documents(await small(QUESTION, limit=1)) == ["cash"]
    assert documents(await small(QUESTION, limit=1, intent="card_abroad", intent_confidence=0.01)) == ["cash"]
    (lifted,) = await small(QUESTION, limit=1, intent="card_abroad", intent_confidence=0.95)
    assert (lifted.document_id, lifted.intent_match) == ("cards", True)
    assert lifted.score == pytest.approx(lifted.cosine + 0.1 * lifted.coverage + 0.4 * 0.95)


async def test_a_rare_word_decides_between_passages_that_mean_the_same(library: Library, small: Search) -> None:
    for name in ("Voltline", "Brightmart", "Oakshire"):
        library.write(name.lower(), f"Refunds from {name}", f"A refund from {name} takes 5 days to arrive.")
    library.ingest()
    for name in ("Voltline", "Brightmart", "Oakshire"):
        best = (await small(f"where is my refund from {name}"))[0]
        assert best.document_id == name.lower()
        assert best.coverage > 0.5


async def test_one_article_does_not_crowd_out_the_others(library: Library, small: Search) -> None:
    sections = "\n\n".join(f"## Cash abroad, part {number}\n\n{BODY}" for number in range(6))
    library.write("long", "What does it cost to take out cash abroad?", sections)
    library.write("short", "Cash", "Cash abroad costs 1 %.")
    library.ingest()
    assert documents(await small(QUESTION)) == ["long", "long", "short"]
    assert documents(await small(QUESTION, per_document=1)) == ["long", "short"]


@pytest.mark.parametrize(
    "question", ["", "?!", "' or 1=1 --", "%(kb)s %s", "\u0645\u0627 \u0647\u0648", "x" * 4000, "a & b | !c <-> d"]
)
async def test_strange_questions_are_only_questions(library: Library, small: Search, question: str) -> None:
    library.write("cash", "Cash abroad", BODY)
    library.ingest()
    assert await small(question) == []


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("How do I activate my new card?", "activate_my_card"),
        ("my card still hasn't arrived", "card_arrival"),
        ("I was charged a fee for taking out cash", "cash_withdrawal_charge"),
        ("how do I change my PIN", "change_pin"),
        ("I lost my phone, what now?", "lost_or_stolen_phone"),
        ("Which countries do you support?", "country_support"),
        ("why was my top up reverted", "top_up_reverted"),
        ("what is the exchange rate for dollars", "exchange_rate"),
        ("I want to close my account", "terminate_account"),
        ("somebody stole my card", "lost_or_stolen_card"),
    ],
)
async def test_obvious_questions_find_their_article_without_help_from_the_intent(
    help_centre: Search, fresh_intents: dict[str, list[str]], question: str, intent: str
) -> None:
    passages = await help_centre(question, limit=3, per_document=1)
    assert any(intent in fresh_intents[passage.document_id] for passage in passages)


async def test_a_large_base_is_searched_through_the_index_with_the_same_best_passages(
    fresh: Services, encoder: Encoder
) -> None:
    async with opened(fresh) as database:
        exact = make_search(database, encoder, "help")
        indexed = make_search(database, encoder, "help", exact_up_to=0)
        for question in (QUESTION, "How do I activate my new card?", "my top up was reverted, why?"):
            assert await indexed(question) == await exact(question) != []
        assert await indexed("what is the weather in Paris") == []


async def test_the_index_finds_enough_that_a_reader_may_see(
    library: Library, empty: Services, encoder: Encoder
) -> None:
    for number in range(40):
        library.write(f"staff-{number}", f"Cash abroad {number}", BODY, audience="staff")
    library.write("public", "Cash", "Cash abroad costs 1 %.")
    library.ingest()
    async with opened(empty) as database:
        assert documents(await make_search(database, encoder, "small", exact_up_to=0)(QUESTION)) == ["public"]


async def test_activating_a_card_is_the_first_answer_and_its_link_goes_to_a_passage(
    help_centre: Search, fresh_intents: dict[str, list[str]]
) -> None:
    best = (await help_centre("How do I activate my new card?"))[0]
    assert "activate_my_card" in fresh_intents[best.document_id]
    assert best.url == f"/help/{best.document_id}#{best.anchor}"


@pytest.mark.parametrize(
    "question",
    [
        "what is the weather in Paris",
        "What is the weather in Paris?",
        "who won the world cup in 1998",
        "give me a recipe for pancakes",
        "tell me a joke",
        "how tall is mount everest",
    ],
)
async def test_nothing_is_found_for_what_is_no_business_of_the_bank(help_centre: Search, question: str) -> None:
    assert await help_centre(question) == []
