"""A data set is written whole or not at all, and is known again by its digest."""

import json
import resource
from pathlib import Path

import pytest

from core.errors import InvalidInput, Unavailable
from finetune.data.folder import DataSet, read_manifest, read_rows, write_data_set

ROWS = {"train": [{"id": "a", "text": "hello"}], "validation": [], "test": [{"id": "b", "text": "bye"}]}


def _write(out: Path, text: str = "hello", kind: str = "intents") -> str:
    parts = {**ROWS, "train": [{"id": "a", "text": text}]}
    data = DataSet("intents", parts, {"seed": 7}, {"tools.json": {"kind": kind}})
    return write_data_set(data, "digest {digest}", out)["digest"]


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    out = tmp_path / "new" / "set"
    digest = _write(out)

    assert read_rows(out, "test") == ROWS["test"]
    assert read_manifest(out)["files"]["train.jsonl"]["rows"] == 1
    assert (out / "card.md").read_text() == f"digest {digest}"
    assert sorted(path.name for path in out.parent.iterdir()) == ["set"]


def test_the_digest_follows_from_the_rows_alone(tmp_path: Path) -> None:
    assert _write(tmp_path / "one") == _write(tmp_path / "other") != _write(tmp_path / "third", text="hello!")


def test_a_set_is_replaced_and_anything_else_is_not(tmp_path: Path) -> None:
    _write(tmp_path / "set")
    _write(tmp_path / "set", text="new")
    assert read_rows(tmp_path / "set", "train")[0]["text"] == "new"

    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("cat")
    with pytest.raises(InvalidInput, match="photos exists and is no data set: name another folder"):
        _write(tmp_path / "photos")
    assert (tmp_path / "photos" / "cat.jpg").read_text() == "cat"


def test_a_full_disk_leaves_the_old_set_and_nothing_else(tmp_path: Path) -> None:
    _write(tmp_path / "set")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(Unavailable, match=r"set cannot be written: .*make room"):
            _write(tmp_path / "set", text="x" * 20_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    assert read_rows(tmp_path / "set", "train")[0]["text"] == "hello"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("train.jsonl", "{}\n", "train.jsonl is not what the manifest says"),
        ("manifest.json", "{", "manifest.json cannot be read"),
        ("manifest.json", json.dumps({"digest": "0", "files": {}}), "manifest.json was changed"),
    ],
    ids=["rows", "broken manifest", "other manifest"],
)
def test_a_changed_file_is_noticed(tmp_path: Path, name: str, content: str, said: str) -> None:
    _write(tmp_path / "set")
    (tmp_path / "set" / name).write_text(content)
    with pytest.raises(InvalidInput, match=said):
        read_rows(tmp_path / "set", "train")


def test_a_folder_without_a_manifest_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no data set"):
        read_rows(tmp_path, "train")
