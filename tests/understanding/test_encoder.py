"""The committed encoder: what its one vector promises to routing, intent and retrieval."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigurationError
from knowledge.embed import EMBEDDING_DIM, ENCODER_DIR, Encoder

QUESTIONS = ["How do I activate my new card?", "bal?", "¿Dónde está mi tarjeta?", "", "fees " * 2000]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load()


def test_vectors_are_float32_of_unit_length(encoder: Encoder) -> None:
    vectors = encoder.encode(QUESTIONS)

    assert vectors.shape == (len(QUESTIONS), EMBEDDING_DIM)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(QUESTIONS)), abs=1e-5)


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, EMBEDDING_DIM)


def test_the_same_text_has_the_same_vector_whatever_stands_beside_it(encoder: Encoder) -> None:
    alone = encoder.encode(QUESTIONS[:1])
    beside_others = encoder.encode(QUESTIONS)

    assert np.array_equal(alone[0], beside_others[0])


def test_threads_may_share_one_encoder(encoder: Encoder) -> None:
    expected = encoder.encode(QUESTIONS)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(encoder.encode, [QUESTIONS] * 16))

    assert all(np.array_equal(vectors, expected) for vectors in results)


def test_a_paraphrase_is_nearer_than_another_subject(encoder: Encoder) -> None:
    question, paraphrase, other = encoder.encode(
        ["My card has not arrived yet", "I'm still waiting for my card to come", "What is the interest on savings?"]
    )

    assert question @ paraphrase > 0.7 > 0.4 > question @ other


def test_capitals_do_not_matter(encoder: Encoder) -> None:
    lower, upper = encoder.encode(["where is my card?", "WHERE IS MY CARD?"])

    assert np.array_equal(lower, upper)


def test_text_beyond_the_limit_is_ignored(encoder: Encoder) -> None:
    shorter, longer = encoder.encode(["fees " * 300, "fees " * 3000])

    assert np.array_equal(shorter, longer)


def test_a_damaged_file_is_named_and_never_loaded(tmp_path: Path) -> None:
    shutil.copytree(ENCODER_DIR, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "tokenizer.json").open("a") as file:
        file.write(" ")

    with pytest.raises(ConfigurationError, match=r"tokenizer\.json is damaged"):
        Encoder.load(tmp_path)


@pytest.mark.parametrize("name", ["SHA256SUMS", "model.int8.onnx"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    shutil.copytree(ENCODER_DIR, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).unlink()

    with pytest.raises(ConfigurationError, match=rf"{name}.* is missing"):
        Encoder.load(tmp_path)


def test_what_was_read_lately_is_not_read_again_and_cannot_be_changed(encoder: Encoder) -> None:
    text = "has this been said before?"
    first = encoder.read(text)

    assert encoder.read(text) is first
    assert encoder.read(f"{text} no") is not first
    with pytest.raises(ValueError, match="read-only"):
        first.vector[0] = 0.0
    np.testing.assert_array_equal(first.vector, encoder.encode([text])[0])


def test_only_so_much_is_remembered_and_nothing_long(encoder: Encoder) -> None:
    long = "I would like to know " * 4
    assert encoder.read(long) is not encoder.read(long)

    first = encoder.read("the first of many")
    for number in range(520):
        encoder.read(f"no {number}")
    assert encoder.read("the first of many") is not first
