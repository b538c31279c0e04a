"""What the heads learn from, without training: our own utterances, the readers of the published sets, the split."""

import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.intents import BANKING77_INTENTS, INTENT_ROUTES, OwnIntent, Route
from core.errors import InvalidInput
from finetune.corpus import Example, add_variants, make_own_examples, read_banking77, read_clinc150
from finetune.utterances import (
    QUESTIONS,
    drop_punctuation,
    drop_small_words,
    iterate_families,
    misspell,
    read_slots,
    read_templates,
    vary_surface,
)


def test_every_intent_of_ours_has_utterances_of_its_own() -> None:
    assert {example.intent for example in make_own_examples(1)} - set(BANKING77_INTENTS) == set(OwnIntent)


def test_templates_use_known_slots_and_no_template_stands_under_two_labels() -> None:
    slots = set(read_slots())
    every = [template.text for template in read_templates()]

    assert {name for template in every for name in re.findall(r"\{(\w+)\}", template)} == slots
    assert len(every) == len(set(every)) > 8000


def test_templates_and_the_questions_made_of_them_stand_under_known_intents() -> None:
    labels = {label.split("/")[0] for template in read_templates() for label in (template.label, template.questions)}

    assert labels <= set(INTENT_ROUTES)


def test_every_operation_is_asked_for_in_many_ways() -> None:
    counts = Counter(template.label for template in read_templates())
    operations = [intent for intent, route in INTENT_ROUTES.items() if route == Route.OPERATION]

    assert {intent: counts[intent] for intent in operations if counts[intent] < 10} == {}


def test_a_request_and_the_question_how_it_is_done_are_told_apart_and_stay_together() -> None:
    family = next(
        family
        for family in iterate_families(1)
        if family[0].text == "freeze my card" and family[0].label == "freeze_card"
    )
    asked = [said.text for said in family if said.label == QUESTIONS]

    assert asked
    assert {said.label for said in family} == {"freeze_card", QUESTIONS}
    assert len({e.group for e in make_own_examples(1) if e.text in {said.text for said in family}}) == 1


def test_utterances_are_filled_and_follow_from_the_seed() -> None:
    first, again, other = make_own_examples(1), make_own_examples(1), make_own_examples(2)

    assert first == again != other
    assert not [example.text for example in first if "{" in example.text or not example.text.strip()]


def test_the_hand_written_test_sentences_are_not_trained_on() -> None:
    """Only the sentences of the product's own description, and turns of one or two words, may be in both."""
    data = Path(__file__).parents[2] / "evals/data"
    cases = [
        json.loads(line)
        for name in ("understanding.jsonl", "understanding_fresh.jsonl")
        for line in (data / name).read_text().splitlines()
    ]
    trained = {re.sub(r"\W+", " ", example.text).strip().lower() for example in make_own_examples(7)}
    shared = [case["text"] for case in cases if re.sub(r"\W+", " ", case["text"]).strip().lower() in trained]

    assert len(cases) > 700
    assert len(shared) <= 40
    assert all(INTENT_ROUTES[case["intent"]] == case["route"] for case in cases if "intent" in case)


@pytest.mark.parametrize(("text", "varied"), [("Where is it?", "Where is it"), ("?", "?"), ("Thanks!!", "Thanks")])
def test_a_variant_has_the_same_words(text: str, varied: str) -> None:
    assert vary_surface(text, random.Random(1)) == varied  # noqa: S311


def test_a_variant_of_bare_text_gets_an_end() -> None:
    varied = vary_surface("where is it", random.Random(1))  # noqa: S311

    assert varied in {"where is it?", "where is it.", "where is it!"}


@given(st.text(), st.integers())
def test_a_misspelt_text_differs_in_two_letters_at_most(text: str, seed: int) -> None:
    wrong = misspell(text, random.Random(seed))  # noqa: S311

    assert abs(len(wrong) - len(text)) <= 1
    assert sum(a != b for a, b in zip(wrong, text, strict=False)) <= 2 or len(wrong) != len(text)


def test_amounts_survive_a_writer_who_knows_no_punctuation() -> None:
    said = drop_punctuation("It's £1,250.50, isn't it? Send it.", random.Random(1))  # noqa: S311

    assert said == "Its £1,250.50 isnt it Send it"


@pytest.mark.parametrize(
    ("text", "bare"), [("send some money to the plumber", "send money plumber"), ("freeze my card", "freeze my card")]
)
def test_small_words_are_left_out_where_enough_is_left(text: str, bare: str) -> None:
    assert drop_small_words(text, random.Random(1)) == bare  # noqa: S311


def test_only_published_rows_get_variants_and_they_stay_in_their_group() -> None:
    rows = [
        Example("Where is my card?", "card_arrival", "card_arrival", "b0", "banking77"),
        Example("bal?", "own/get_balance", "get_balance", "o0", "own"),
    ]

    added = add_variants(rows, seed=1)[2:]

    assert [(e.text, e.group, e.variant) for e in added] == [("Where is my card", "b0", True)]


def test_clinc150_domains_become_intents_and_ambiguous_ones_are_left_out(tmp_path: Path) -> None:
    rows = [
        ("what is my balance", "balance", "banking"),
        ("what is my apr", "apr", "credit_cards"),
        ("do you have pets", "do_you_have_pets", "small_talk"),
        ("thank you", "thank_you", "small_talk"),
        ("what is the weather", "weather", "utility"),
        ("how heavy is a cloud", "oos", "oos"),
        ("yes", "yes", "meta"),
        ("whisper", "whisper_mode", "meta"),
        ("tell my bank that i go to rome", "travel_notification", "travel"),
    ]
    lines = "".join(json.dumps({"text": t, "intent": i, "domain": d}) + "\n" for t, i, d in rows)
    (tmp_path / "train.jsonl").write_text(lines)
    (tmp_path / "val.jsonl").write_text("")

    assert [(e.label, e.intent) for e in read_clinc150(tmp_path)] == [
        ("clinc/balance", "get_balance"),
        ("clinc/apr", "banking_question"),
        ("clinc/do_you_have_pets", "bot_question"),
        ("clinc/thank_you", "thanks"),
        ("clinc/weather", "out_of_scope"),
        ("clinc/oos", "out_of_scope"),
        ("clinc/yes", "agree"),
    ]


def test_a_missing_or_foreign_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"train\.csv cannot be read"):
        read_banking77(tmp_path)
    (tmp_path / "train.csv").write_text("text,label\nhi,x\n")
    with pytest.raises(InvalidInput, match="needs the columns text and category"):
        read_banking77(tmp_path)
    (tmp_path / "train.csv").write_text("text,category\nhi,greeting\n")
    with pytest.raises(InvalidInput, match="not BANKING77's: greeting"):
        read_banking77(tmp_path)
    (tmp_path / "train.jsonl").write_text('{"text": "hi"}\n')
    with pytest.raises(InvalidInput, match="needs one object with text, intent and domain"):
        read_clinc150(tmp_path)


def test_banking77_rows_keep_their_label(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(f'text,category\n"Where, please?",{BANKING77_INTENTS[0]}\n')

    assert read_banking77(tmp_path) == [
        Example("Where, please?", BANKING77_INTENTS[0], BANKING77_INTENTS[0], "b0", "banking77")
    ]
