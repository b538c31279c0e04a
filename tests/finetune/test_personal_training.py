"""The training of the tagger of personal data, on a few texts: weights that the engine reads, the same each time."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.security.pii import Folded, Kind
from core.security.pii.learned.tagger import CARD, FILE, Tagger, digest_of
from finetune.cli import app
from finetune.encoder_onnx import find_published_model
from finetune.personal.network import Network, Pieces, Words, export_arrays, make_batch, make_row
from finetune.personal.texts import Marked, Varied, mark, read_lines_of
from finetune.personal.training import Recipe, train_network

pytestmark = pytest.mark.finetune

NAMES = ("Anna Bell", "Omar Sharp", "Mei Lin", "Jo Abbott", "Ravi Nair", "Ines Costa")
TEXTS = [
    *((f"my name is |{name}| and I need a card", "PERSON") for name in NAMES),
    *((f"call me on |07700 900{number}| today", "PHONE") for number in range(120, 126)),
]


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return Pieces.read(find_published_model())


def write_batch(path: Path, texts: list[tuple[str, str]]) -> Path:
    lines: list[dict[str, object]] = [{"text": "how do I order a card in 2026", "spans": [], "group": "negative"}]
    for marked, kind in texts:
        before, value, behind = marked.split("|")
        span = {"start": len(before), "end": len(before) + len(value), "type": kind}
        lines.append({"text": before + value + behind, "spans": [span], "group": "ordinary"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def run(published: Path, out: Path, *options: str) -> "tuple[int, str, str]":
    folders = ["--banking77", str(published), "--clinc150", str(published), "--out", str(out), "--epochs", "2"]
    result = CliRunner().invoke(app, ["personal", *folders, *options, "--json"])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_writes_weights_that_the_engine_reads_and_says_what_they_find(
    published: Path, tmp_path: Path
) -> None:
    mine = write_batch(tmp_path / "mine.jsonl", TEXTS[::2])
    hers = write_batch(tmp_path / "hers.jsonl", TEXTS[1::2])

    code, printed, _ = run(published, tmp_path / "out", "--data", str(mine), "--data", str(hers), "--judged", str(hers))

    made = json.loads(printed)
    card = (tmp_path / "out" / CARD).read_text()
    assert code == 0
    assert made["texts"] == 14
    assert made["judged"]["hers"]["recognizers"]["ordinary"] == 1.0
    assert made["sha256"] == digest_of(tmp_path / "out")
    assert made["sha256"] in card
    assert "| hers | 1.000" in card
    assert json.loads((tmp_path / "out" / "run.json").read_text())["seeds"] == [7]
    assert len(Tagger.load(tmp_path / "out").tag(Folded.of("my name is Zoe")).spans) == 4


def test_several_authors_left_out_of_one_training_are_each_judged(published: Path, tmp_path: Path) -> None:
    names = ("mine", "hers", "his")
    files = [str(write_batch(tmp_path / f"{name}.jsonl", TEXTS[at::3])) for at, name in enumerate(names)]
    data = [option for file in files for option in ("--data", file)]
    judged = [option for file in files[1:] for option in ("--judged", file)]

    code, printed, said = run(published, tmp_path / "out", *data, *judged, "--at-once", "2")

    assert code == 0
    assert [*json.loads(printed)["judged"]] == ["hers", "his"]
    assert said.count("without") == 1


def test_the_network_learns_which_texts_have_something_personal(pieces: Pieces, tmp_path: Path) -> None:
    batch = [mark(line) for line in read_lines_of(write_batch(tmp_path / "batch.jsonl", TEXTS))]
    nobodys = [Marked(((f"how do I order a {thing} at the bank", None),)) for thing in ("card", "loan", "note", "coin")]
    network = train_network([batch], nobodys, pieces, Recipe(epochs=12, batch=4), 5, lambda _: None)
    np.savez_compressed(tmp_path / FILE, allow_pickle=False, **export_arrays(network, pieces))
    tagger = Tagger.load(tmp_path)

    personal, other = (tagger.tag(Folded.of(text)).said for text in (batch[1].text, nobodys[0].text))

    assert personal.min() > 0 > other.max()


def test_a_text_with_placeholders_says_nothing_of_whether_texts_like_it_are_personal(pieces: Pieces) -> None:
    words = Words(pieces)
    hidden, open_ = (Marked(((f"my name is {name}", None),)) for name in ("[PERSON_1]", "Anna Bell"))

    assert not make_row(hidden, words).is_judged
    assert make_row(open_, words).is_judged


def test_the_same_seed_gives_the_same_weights_and_another_one_others(pieces: Pieces, tmp_path: Path) -> None:
    batch = [mark(line) for line in read_lines_of(write_batch(tmp_path / "batch.jsonl", TEXTS))]
    silent = batch[:1]

    def train(seed: int) -> Network:
        return train_network([batch], silent, pieces, Recipe(epochs=1, batch=4), seed, lambda _: None)

    first, again, other = (export_arrays(train(seed), pieces)["graph"] for seed in (3, 3, 4))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_what_was_trained_is_what_the_engine_computes(pieces: Pieces, tmp_path: Path) -> None:
    batch = [mark(line) for line in read_lines_of(write_batch(tmp_path / "batch.jsonl", TEXTS))]
    network = train_network([batch], batch[:1], pieces, Recipe(epochs=4, batch=4), 5, lambda _: None)
    np.savez_compressed(tmp_path / FILE, allow_pickle=False, **export_arrays(network, pieces))
    words = Words(pieces)

    for marked in batch:
        scores, said = network(make_batch([make_row(marked, words)]), words)
        trained = scores.softmax(dim=-1)[0].detach().numpy()
        computed = Tagger.load(tmp_path).tag(Folded.of(marked.text))
        assert np.abs(trained - computed.likely).max() < 0.03
        assert np.abs(said[0].detach().numpy() - computed.said).max() < 0.03 * max(1, said.abs().max().item())


def test_a_varied_text_keeps_its_marks_and_changes_its_values() -> None:
    written = Marked((("card ", None), ("4111 1111 1111 1111", Kind.CARD), (" is lost", None)))
    varied = Varied({Kind.CARD: ["5500-0000"]}, random.Random(2))  # noqa: S311
    drawn = [varied.vary(written) for _ in range(60)]
    said = [varied.say(each).text for each in drawn]

    assert all([kind for _, kind in each.parts] == [None, Kind.CARD, None] for each in drawn)
    assert len({each.parts[1][0] for each in drawn}) > 40
    assert not any(character.isdecimal() or character.isupper() for text in said for character in text)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--data", "good", "--data", "good"], "names a file twice"),
        (["--data", "good", "--judged", "bad"], "is none of the --data"),
        (["--data", "good", "--judged", "good"], "needs other --data"),
        (["--data", "good", "--data", "bad"], "line 1 is no text with its personal data marked"),
        (["--data", "good", "--data", "missing"], "missing.jsonl"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line_and_nothing_is_written(
    published: Path, tmp_path: Path, options: list[str], sentence: str
) -> None:
    write_batch(tmp_path / "good.jsonl", TEXTS)
    (tmp_path / "bad.jsonl").write_text('{"text": "a", "spans": [{"start": 0, "end": 9, "type": "CARD"}]}\n')
    given = [each if each.startswith("--") else str(tmp_path / f"{each}.jsonl") for each in options]

    code, printed, said = run(published, tmp_path / "out", *given)

    assert code == 2
    assert sentence in said.replace("\n", " ")
    assert said.count("\n") == 1
    assert printed == ""
    assert not (tmp_path / "out").exists()
