"""A file may take text from another one of its folder: once around is an error, and so is anything outside."""

from pathlib import Path

import pytest

from knowledge.corpus import list_sources, parse_source


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/_')}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def body_of(folder: Path, name: str = "fees.md") -> str:
    return parse_source(next(source for source in list_sources(folder) if source.name == name)).body


def fault_of(folder: Path, name: str = "fees.md") -> str:
    return next(source for source in list_sources(folder) if source.name == name).fault


@pytest.mark.parametrize(
    "line",
    [
        "{{#include shared/_contact.md}}",
        '--8<-- "shared/_contact.md"',
        '{% include "shared/_contact.md" %}',
        "!include shared/_contact.md",
    ],
)
def test_included_text_stands_where_it_is_asked_for(tmp_path: Path, line: str) -> None:
    write(
        tmp_path,
        fees=f"# Fees\n\nFree.\n\n{line}\n\nEnd.",
        shared__contact="---\nowner: us\n---\nCall us.\n\n{{#include _hours.md}}",
    )
    write(tmp_path, shared__hours="From 9 to 5.")
    assert body_of(tmp_path) == "Free.\n\nCall us.\n\nFrom 9 to 5.\n\nEnd."


def test_a_document_changes_when_what_it_includes_changes(tmp_path: Path) -> None:
    write(tmp_path, fees="# Fees\n\n{{#include shared/_contact.md}}", shared__contact="Call us.")
    before = [source.digest for source in list_sources(tmp_path)]
    write(tmp_path, shared__contact="Write to us.")
    assert [source.digest for source in list_sources(tmp_path)] != before


@pytest.mark.parametrize(
    ("files", "circle"),
    [
        ({"fees": "{{#include fees.md}}"}, "fees.md -> fees.md"),
        ({"fees": "{{#include a.md}}", "a": "x\n{{#include fees.md}}"}, "fees.md -> a.md -> fees.md"),
        ({"fees": "{{#include a.md}}", "a": "!include b.md", "b": "!include a.md"}, "fees.md -> a.md -> b.md -> a.md"),
    ],
)
def test_a_circle_is_refused_and_shown(tmp_path: Path, files: dict[str, str], circle: str) -> None:
    write(tmp_path, **files)
    assert fault_of(tmp_path) == f"it includes itself: {circle}. Take one of these lines out."


@pytest.mark.parametrize("wanted", ["../secret.md", "/etc/passwd", "absent.md", "link.md", "picture.png", "."])
def test_nothing_but_text_of_the_folder_is_included(tmp_path: Path, wanted: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret.md").write_text("secret")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    write(folder, fees="{{#include " + wanted + "}}")
    assert fault_of(folder).endswith("which is no text file in the folder that is ingested.")


def test_includes_that_double_at_each_step_do_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.includes.MAX_TEXT", 100_000)
    write(tmp_path, fees="{{#include s0.md}}", s18="word " * 100)
    for step in range(18):
        write(tmp_path, **{f"s{step}": f"{{{{#include s{step + 1}.md}}}}\n\n" * 2})
    assert fault_of(tmp_path) == "with what it includes it is longer than 100,000 characters."


def test_an_example_in_the_midst_of_a_line_is_text(tmp_path: Path) -> None:
    write(tmp_path, fees="# Fees\n\nWrite {{#include x.md}} to include x.")
    assert body_of(tmp_path) == "Write {{#include x.md}} to include x."
    with pytest.raises(StopIteration):
        body_of(tmp_path, "x.md")
