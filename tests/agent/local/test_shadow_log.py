"""What is kept of a shadow's answers: figures, in files of a bounded size."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.models.local import shadow_log
from agent.models.local.shadow_log import LOG_FILE, OLDER_FILE, Said, append_comparison, compare, read_comparisons

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def said(text: str = "", *calls: tuple[str, dict[str, object]], failed: bool = False) -> Said:
    return Said("a1", text, calls, failed, 0.5, 7)


def test_answers_are_compared_by_their_kind_their_calls_and_their_words():
    same = compare(said("Your card is frozen."), said("your card IS frozen"), NOW)
    assert (same.served_kind, same.shadow_kind, same.overlap) == ("text", "text", 1.0)
    assert same.same_tools
    assert same.same_arguments

    other = compare(said("", ("pay", {"amount": 1})), said("", ("pay", {"amount": 2})), NOW)
    assert (other.same_tools, other.same_arguments, other.overlap) == (True, False, 1.0)

    apart = compare(said("", ("pay", {"amount": 1})), said("Which account?", failed=True), NOW)
    assert (apart.served_kind, apart.shadow_kind) == ("call", "failed")
    assert (apart.same_tools, apart.same_arguments, apart.overlap) == (False, False, 0.0)


def test_the_newest_comparisons_are_kept_in_files_of_a_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shadow_log, "_LONGEST", 4000)
    wanted = [compare(said("a " * number), said("a"), NOW) for number in range(1, 101)]

    for comparison in wanted:
        append_comparison(tmp_path, comparison)

    assert all((tmp_path / name).stat().st_size <= 4000 for name in (LOG_FILE, OLDER_FILE))
    kept = list(read_comparisons(tmp_path))
    assert len(kept) > 10
    assert kept == wanted[-len(kept) :]


def test_a_line_that_a_crash_has_cut_is_left_out(tmp_path: Path):
    comparison = compare(said("yes"), said("no"), NOW)
    append_comparison(tmp_path, comparison)
    with (tmp_path / LOG_FILE).open("a") as file:
        file.write('{"at": "2026-\n')
    append_comparison(tmp_path, comparison)

    assert list(read_comparisons(tmp_path)) == [comparison, comparison]
