"""`tellergraph evals report`: pages in which a hostile answer stays text. Issue 9, offline evals."""

import base64
import json
import re
from pathlib import Path

import pytest
from lxml import html as lxml_html
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from evals.cli import app
from evals.reports.page import escape_markdown
from evals.results.folder import read_records

HOSTILE = (
    "</td></table><script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3)) ![y](https://evil.example/p)"
    " https://evil.example `c` | {{ 7 * 7 }} $\\frac{1}{2}$\n# head \u202e"
)
ROWS = [("hi", "small_talk"), ("let me talk to a real person", "handoff"), (HOSTILE, "knowledge")]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    data = folder / "routing.jsonl"
    data.write_text("\n".join(json.dumps({"text": text, "route": route}) for text, route in ROWS))
    done = CliRunner().invoke(app, ["run", "routing", str(data), "--out", str(folder / "run")])
    assert done.exit_code == 0, done.stderr
    records = read_records(folder / "run")
    hostile = records[2].model_copy(
        update={"answer": HOSTILE, "reason": HOSTILE, "group": HOSTILE, "id": HOSTILE, "value": 0.0}
    )
    # What a model says reaches the page as it stands in the records.
    lines = [record.model_dump_json() + "\n" for record in (*records[:2], hostile)]
    (folder / "run" / "records.jsonl").write_text("".join(lines), encoding="utf-8")
    made = CliRunner().invoke(
        app, ["report", str(folder / "run"), "--html", str(folder / "r.html"), "--markdown", str(folder / "r.md")]
    )
    assert made.exit_code == 0, made.stderr
    return folder


def test_the_page_is_one_file_with_pictures_in_which_nothing_runs(run: Path) -> None:
    text = (run / "r.html").read_text(encoding="utf-8")
    page = lxml_html.document_fromstring(text)

    assert page.xpath("//script | //iframe | //a | //link | //@onerror | //@onload") == []
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    titles = [picture.get("alt") for picture in page.xpath("//img")]
    assert titles == ["Confusion matrix", "Reliability", "Latency"]
    for picture in page.xpath("//img"):
        kind, _, content = picture.get("src").partition(",")
        assert kind == "data:image/svg+xml;base64"
        assert b"<script" not in base64.b64decode(content)
    (row,) = page.xpath("//tr[td[contains(., 'onerror')]]")
    assert row.xpath("td[6]")[0].text_content() == HOSTILE.replace("\u202e", "\ufffd")
    assert "accuracy" in page.xpath("//table")[0].text_content()


def test_markdown_shows_the_same_as_text(run: Path) -> None:
    text = (run / "r.md").read_text(encoding="utf-8")
    parser = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")
    page = lxml_html.document_fromstring(parser.render(text))

    assert page.xpath("//script | //a | //@onerror | //code") == []
    pictures = page.xpath("//img/@src")
    assert pictures == ["r_files/confusion.svg", "r_files/reliability.svg", "r_files/latency.svg"]
    assert all((run / picture).read_bytes().lstrip().startswith(b"<?xml") for picture in pictures)
    (row,) = page.xpath("//tr[td[contains(., 'onerror')]]")
    assert len(row.xpath("td")) == 7
    assert "{{ 7 * 7 }}" in row.text_content()
    assert not re.search(r"[a-z]://", row.text_content())


def test_figures_with_their_errors_stand_in_both(run: Path) -> None:
    figures = json.loads((run / "run" / "result.json").read_text())
    low = f"{figures['errors']['accuracy']['low']:.4f}"

    assert low in (run / "r.html").read_text()
    assert low in (run / "r.md").read_text()


@pytest.mark.parametrize("text", ["a\nb", "*a*", "<b>", "a|b", "&lt;", "1. x", "# x"])
def test_text_survives_markdown_as_it_was(text: str) -> None:
    rendered = MarkdownIt("commonmark").enable("table").render(f"| a |\n|---|\n| {escape_markdown(text)} |\n")

    assert lxml_html.fromstring(rendered).xpath("//td")[0].text_content() == " ".join(text.split())


def test_what_cannot_be_reported_is_said(run: Path, tmp_path: Path) -> None:
    unfinished = json.loads((run / "run" / "result.json").read_text())
    unfinished["run"]["ended_at"] = None
    (tmp_path / "result.json").write_text(json.dumps(unfinished))

    nowhere = CliRunner().invoke(app, ["report", str(run / "run")])
    early = CliRunner().invoke(app, ["report", str(tmp_path), "--html", str(tmp_path / "x.html")])

    assert (nowhere.exit_code, early.exit_code) == (2, 2)
    assert "Say where to" in nowhere.stderr
    assert "is not finished" in early.stderr
    assert not (tmp_path / "x.html").exists()
