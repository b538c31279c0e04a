"""`tellergraph evals run retrieval` as its user sees it."""

import json
from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from core.services import Services
from core.settings import Settings
from evals.cli import app
from evals.suites import retrieval

DOCUMENTS = {
    "fees": ("What does a transfer cost?", "Transfers inside the country are free. Abroad they cost 4 pounds."),
    "pin": ("How do I change my PIN?", "Change your PIN at any cash machine of ours: choose PIN services."),
    "loans": ("How fast is a loan paid out?", "A personal loan is in your account within 2 working days."),
}


@pytest.fixture(autouse=True)
def session_servers(services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLERGRAPH_DATA_DIR", str(settings.data_dir))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    lines = [{"id": name, "title": title, "content": text} for name, (title, text) in DOCUMENTS.items()]
    path = tmp_path / "documents.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    path = tmp_path / "queries.jsonl"
    lines = [
        {"query": "where can I get a new PIN", "relevant": ["pin"], "qid": "q-pin"},
        {"query": "how long until I get my loan", "relevant": ["loans"]},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def run_suite(corpus: Path, queries: Path, *more: str | Path) -> Result:
    arguments: Sequence[str | Path] = ("run", "retrieval", "--corpus", corpus, "--queries", queries, "--json", *more)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_every_method_is_measured_and_the_rankings_are_written(
    corpus: Path, queries: Path, tmp_path: Path, services: Services
) -> None:
    result = run_suite(corpus, queries, "--run", tmp_path / "run.jsonl")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["n"], report["run"]["documents"]) == (0, 2, 3)
    for method in ("fused", "feedback", "hybrid", "dense", "full_text"):
        found = {name: value for name, value in report["metrics"][method].items() if not name.endswith("_ms")}
        assert found == dict.fromkeys(("recall@1", "recall@5", "recall@10", "recall@20", "ndcg@10", "mrr"), 1.0)
    assert report["metrics"]["recall@1"] == 1.0
    rankings = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [(ranking["qid"], ranking["ranked"][0]) for ranking in rankings] == [("q-pin", "pin"), ("2", "loans")]
    assert sorted(rankings[0]["ranked"]) == ["fees", "loans", "pin"]
    with psycopg.connect(services.owner_url) as connection:
        assert connection.execute("select kb from knowledge_bases where kb like 'evals%'").fetchall() == []


def test_lightrags_modes_are_measured_beside_the_others_and_leave_nothing(
    corpus: Path, queries: Path, services: Services
) -> None:
    report = json.loads(run_suite(corpus, queries, "--method", "all").stdout)
    modes = {"lightrag_naive", "lightrag_local", "lightrag_global", "lightrag_mix"}
    assert {"fused", "search", "search_graph", *modes} <= report["metrics"].keys()
    # Documents that name no product, fee or limit have no relations, from which `global` starts.
    assert {report["metrics"][method]["recall@1"] for method in modes - {"lightrag_global"}} == {1.0}
    assert report["metrics"]["search_graph"]["recall@10"] >= report["metrics"]["search"]["recall@10"]
    with psycopg.connect(services.graph_url) as connection:
        left = connection.execute("select 1 from lightrag_doc_chunks where workspace like 'evals%'").fetchall()
    assert left == []


def test_one_method_can_be_asked_for(corpus: Path, queries: Path) -> None:
    report = json.loads(run_suite(corpus, queries, "--method", "full_text").stdout)
    assert report["run"]["method"] == "full_text"
    assert "dense" not in report["metrics"]


def test_a_document_that_cannot_be_used_is_named_in_the_report(corpus: Path, queries: Path) -> None:
    with corpus.open("a") as file:
        file.write('{"id": "empty", "title": "", "content": " "}\n')
    report = json.loads(run_suite(corpus, queries, "--method", "dense").stdout)
    assert report["run"]["documents_left_out"] == ["documents.jsonl, line 4: no text."]


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_documents_of_any_kind_are_ranked_under_their_own_ids(tmp_path: Path, queries: Path, suffix: str) -> None:
    documents: list[object] = [
        {"id": 7, "title": "Cash", "content": "Taking out cash abroad costs 1 %.", "valid_from": "2999-01-01"},
        {"id": "a/b c#d?\u00fc", "title": None, "content": "# Where PINs change\nAt any cash machine."},
        {"id": " x" * 300, "title": "Overdrafts cost 15 %", "content": ""},
        {"_id": "beir", "title": "", "text": "A loan is paid out within two days.\u2028At most.", "audience": "secret"},
        {"id": "7", "title": "Again", "content": "A second one."},
        {"title": "No id", "content": "Standing orders run on the first."},
        "no document",
    ]
    corpus = tmp_path / f"any{suffix}"
    lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in documents)
    corpus.write_text(json.dumps(documents) if suffix == ".json" else lines)
    asked = {
        "cash abroad": 7,
        "where does a PIN change": "a/b c#d?\u00fc",
        "overdraft": " x" * 300,
        "loan": "beir",
        "?": "gone",
    }
    queries.write_text("".join(json.dumps({"query": text, "relevant": [name]}) + "\n" for text, name in asked.items()))
    report = json.loads(run_suite(corpus, queries, "--method", "fused", "--run", tmp_path / "run.jsonl").stdout)
    assert report["metrics"]["recall@1"] == 0.8
    assert report["run"]["documents"] == 5
    place = "document" if suffix == ".json" else "line"
    assert report["run"]["documents_left_out"] == [
        f"any{suffix}, {place} 5: a second document '7'.",
        f"any{suffix}, {place} 7: no text.",
    ]
    assert report["run"]["relevant_not_in_corpus"] == ["gone"]
    ranked = {name for line in (tmp_path / "run.jsonl").read_text().splitlines() for name in json.loads(line)["ranked"]}
    assert ranked == {"7", "a/b c#d?\u00fc", " x" * 300, "beir", f"any{suffix}, {place} 6"}


def test_a_folder_of_markdown_is_a_corpus(tmp_path: Path, queries: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, (title, text) in DOCUMENTS.items():
        (folder / f"{name}.md").write_text(f"---\nid: {name}\ntitle: {title}\n---\n\n{text}\n")
    report = json.loads(run_suite(folder, queries, "--method", "fused").stdout)
    assert (report["metrics"]["recall@1"], report["run"]["documents"]) == (1.0, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "has no document: it is empty."), ('"only text"\n', "has no document: corpus.jsonl, line 1: no text.")],
)
def test_a_corpus_without_documents_is_refused(tmp_path: Path, queries: Path, text: str, message: str) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(text)
    result = run_suite(corpus, queries)
    assert result.exit_code == 2
    assert message in result.stderr


def test_an_interrupted_run_leaves_no_knowledge_base(
    corpus: Path, queries: Path, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(retrieval, "opened_rankers", interrupted)
    assert run_suite(corpus, queries).exit_code == 130
    with psycopg.connect(services.owner_url) as connection:
        assert connection.execute("select kb from knowledge_bases where kb like 'evals%'").fetchall() == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", "line 1 is not JSON."),
        ('{"relevant": ["pin"]}', "line 1 needs text in query."),
        ('{"query": "q", "relevant": []}', "line 1 needs at least one document id in relevant."),
        ("", "has no cases."),
    ],
)
def test_bad_queries_are_named(corpus: Path, queries: Path, line: str, message: str) -> None:
    queries.write_text(line + "\n")
    result = run_suite(corpus, queries)
    assert result.exit_code == 2
    assert message in result.stderr


def test_an_unknown_method_is_refused(corpus: Path, queries: Path) -> None:
    result = run_suite(corpus, queries, "--method", "magic")
    assert result.exit_code == 2
    assert "There is no method magic; there are fused, feedback, hybrid, dense, full_text, search, " in result.stderr
