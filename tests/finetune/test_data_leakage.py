"""What stands in two parts of a data set is found, however it is written."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from finetune.data import leakage
from finetune.data.leakage import check_parts, find_near, leaking, normalise
from finetune.data.parts import PARTS, cluster, count_members, deal

LONG = "could you please tell me when the new card that I ordered is going to arrive"


def _row(text: str, name: str = "r") -> dict[str, str]:
    return {"id": name, "text": text}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pay Maria £50!", "pay maria £1,200.50"),
        ("Where's my card?", "wheres my card"),
        ("ＰＩＮ blocked", "pin blocked"),
        (LONG, LONG.replace("arrive", "arive")),
    ],
    ids=["numbers", "punctuation", "width", "a slip"],
)
def test_the_same_text_in_other_clothes_leaks(one: str, other: str) -> None:
    with pytest.raises(InvalidInput, match="train and test have the same text: row a"):
        check_parts({"train": [_row(one, "a")], "test": [_row(other, "b")]})


def test_different_texts_do_not_leak() -> None:
    check_parts({"train": [_row("freeze my card")], "validation": [_row(LONG)], "test": [_row("unfreeze my card")]})


def test_an_empty_part_is_refused() -> None:
    with pytest.raises(InvalidInput, match="The part test is empty"):
        check_parts({"train": [_row("freeze my card")], "test": []})


def test_a_shared_group_leaks_though_its_texts_differ() -> None:
    rows = {part: [_row(text) | {"group": "g7"}] for part, text in (("train", "hello"), ("test", LONG))}
    with pytest.raises(InvalidInput, match="train and test share the group g7"):
        check_parts(rows)


def test_of_a_chat_only_the_customers_words_are_compared() -> None:
    def chat(said: str, name: str) -> dict[str, object]:
        answer = {"role": "assistant", "content": "Your balance is £5."}
        return {"id": name, "group": name, "messages": [{"role": "user", "content": said}, answer]}

    check_parts({"train": [chat("what's my balance?", "a")], "test": [chat("how much is in my account?", "b")]})
    with pytest.raises(InvalidInput, match="row a"):
        check_parts({"train": [chat("what's my balance?", "a")], "test": [chat("Whats my balance", "b")]})


def test_what_leaves_a_leak_is_never_the_protected_part() -> None:
    texts = [normalise(text) for text in (LONG, LONG + "?", "hello there", "freeze it", LONG)]
    assert leaking(["train", "test", "test", "train", "validation"], texts, protected="train") == {1, 4}


@given(st.lists(st.text("ab ", min_size=10, max_size=30), min_size=2, max_size=8, unique=True))
def test_all_near_pairs_are_found_and_no_others(texts: list[str]) -> None:
    texts = [normalise(text) for text in texts]
    expected = {
        (one, other)
        for one, other in combinations(range(len(texts)), 2)
        if texts[one] not in texts[:one] and _is_near(texts[one], texts[other], texts[:other])
    }
    assert set(find_near(texts)) == expected


def _is_near(one: str, other: str, before: list[str]) -> bool:
    if one == other:
        return True
    if other in before or min(len(one), len(other)) < 12:
        return False
    first, second = ({f"  {text} "[at : at + 5] for at in range(len(text) - 1)} for text in (one, other))
    return len(first & second) >= leakage.NEAR * len(first | second)


def test_near_texts_and_groups_are_dealt_together_and_every_label_trains() -> None:
    texts = [f"{word} {LONG}" for word in ("well", "so", "hey", "um")] + [f"word {n} " * 4 for n in "abcdefgh"]
    labels = ["a"] * 4 + ["b"] * 8
    clusters = cluster(texts, groups=list(range(len(texts))))
    dealt = deal(count_members(clusters, labels), seed=1)

    assert len(set(clusters[:4])) == 1
    parts = [dealt[number] for number in clusters]
    assert set(parts[4:]) == set(PARTS)
    assert parts[0] == "train"
    assert dealt == deal(count_members(clusters, labels), seed=1)
