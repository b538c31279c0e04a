"""Who asks what finds which passages: the rules in a small knowledge base, the quality in the real help centre."""

from dataclasses import replace
from datetime import date

import pytest
from knowledge_base import Library, Search, make_search

from core.db.database import Database
from knowledge.corpus import Defaults
from knowledge.embed import Encoder
from knowledge.rank.selection import count_tokens
from knowledge.rank.weights import BROAD
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
        for table in ("kb_documents", "kb_chunks", "kb_postings", "kb_sizes"):
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
    assert documents(await small(QUESTION, limit=1, intents=[("card_abroad", 0.01)])) == ["cash"]
    (lifted,) = await small(QUESTION, limit=1, intents=[("card_abroad", 0.95), ("other", 0.05)])
    assert (lifted.document_id, lifted.trust) == ("cards", 0.95)
    assert lifted.score == pytest.approx(lifted.cosine + 0.1 * lifted.coverage + 0.7 * 0.95)


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


async def test_only_articles_in_the_languages_asked_for_are_found(library: Library, small: Search) -> None:
    library.write("cash", "Cash abroad", BODY)
    library.write("bargeld", "Cash abroad (in German)", BODY, language="de")
    library.ingest()
    assert set(documents(await small(QUESTION))) == {"cash", "bargeld"}
    assert documents(await small(QUESTION, languages=["de"])) == ["bargeld"]
    assert set(documents(await small(QUESTION, languages=["de", "en"]))) == {"cash", "bargeld"}
    assert await small(QUESTION, languages=["fr"]) == []


async def test_articles_that_say_the_same_are_cited_once(library: Library, small: Search) -> None:
    library.write("cash", "Cash abroad", BODY)
    library.write("copy", "Cash abroad", BODY)
    library.write("dearer", "Cash abroad", BODY.replace("1 %", "2 %"))
    library.ingest()
    assert set(documents(await small(QUESTION))) in ({"cash", "dearer"}, {"copy", "dearer"})
    assert set(documents(await small(QUESTION, broad=True))) == {"cash", "copy", "dearer"}


async def test_no_more_is_handed_on_than_may_be_read(library: Library, small: Search) -> None:
    for number in range(4):
        library.write(f"cash-{number}", f"Cash abroad {number}", f"{BODY} That is rule {number}.")
    library.ingest()
    everything = await small(QUESTION)
    assert len(everything) == 4
    assert await small(QUESTION, tokens=2 * count_tokens(everything[0])) == everything[:2]
    assert await small(QUESTION, tokens=1) == everything[:1]


async def test_feedback_prefers_what_is_like_the_best_articles(
    library: Library, database: Database, encoder: Encoder
) -> None:
    library.write("lost", "I lost my card", "Lost your card? Freeze it at once in the app.")
    library.write("stolen", "My card was stolen", "A stolen card is frozen at once in the app, then replaced.")
    library.write("rates", "Exchange rates", "The rate of the day holds when a payment is booked.")
    library.ingest()
    search = make_search(database, encoder, "small", weights=replace(BROAD, likeness=0.5))
    found = await search("I lost my card", broad=True)
    assert documents(found) == ["lost", "stolen"]
    for passage in found:
        assert passage.score == pytest.approx(passage.cosine + 0.2 * passage.coverage + 0.5 * passage.likeness)
        assert passage.likeness > 0.7


async def test_articles_on_what_else_may_be_meant_come_before_another_one_on_the_same(
    library: Library, small: Search
) -> None:
    library.write("cash", "What does cash abroad cost?", BODY, intents="[cash_abroad]")
    library.write(
        "machines", "Cash machines abroad", "Cash abroad costs a fee at some machines.", intents="[cash_abroad]"
    )
    library.write("cards", "Cards abroad", "Using a card abroad costs nothing, cash does.", intents="[card_abroad]")
    library.ingest()
    found = await small(QUESTION, per_document=1, intents=[("cash_abroad", 0.7), ("card_abroad", 0.3)])
    assert documents(found) == ["cash", "cards", "machines"]
    assert [passage.score for passage in found] == sorted((passage.score for passage in found), reverse=True)


async def test_what_is_no_business_of_a_bank_finds_only_its_very_words(library: Library, small: Search) -> None:
    library.write("cash", "What does cash abroad cost?", BODY)
    library.ingest()
    near = "is it expensive to live in another country"
    assert documents(await small(near, ours=0.99)) == ["cash"]
    assert await small(near, ours=0.05) == []
    assert await small("tell me a story about a dragon", ours=0.99) == []


async def test_how_something_is_done_ranks_a_little_before_what_is_said_about_it(
    library: Library, small: Search
) -> None:
    library.write("talk", "Freezing a card", "A frozen card can not be used.")
    library.write("do", "Freezing a card", "Call freeze_card_7 to freeze a card, which can not be used then.")
    library.ingest()
    found = {passage.document_id: passage for passage in await small("please freeze a card")}
    gained = {name: p.score - p.cosine - 0.1 * p.coverage for name, p in found.items()}
    assert gained == {"talk": pytest.approx(0, abs=1e-6), "do": pytest.approx(0.03, abs=1e-6)}


async def test_why_a_passage_was_chosen_can_be_read(library: Library, small: Search) -> None:
    library.write("cash", "Cash abroad", BODY, intents="[cash_abroad]")
    library.ingest()
    (passage,) = await small("What does cash cost abroad?", intents=[("cash_abroad", 0.5)])
    assert set(passage.words) == {"cash", "cost", "abroad"}
    assert passage.why.startswith(f"meaning {passage.cosine:.2f}; words {passage.coverage:.2f} (")
    assert passage.why.endswith("; intent 0.50")


@pytest.mark.parametrize(
    "question",
    ["", "?!", "the of and", "' or 1=1 --", "%(kb)s %s", "\u0645\u0627 \u0647\u0648", "x" * 4000, "a & b | !c <-> d"],
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
