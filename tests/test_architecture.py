"""The shape of the house: which room may use which, how large a file may be, and that no SQL lies around."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.db.queries import Queries

ROOT = Path(__file__).parents[1]
ROOMS = ("agent", "api", "core", "evals", "finetune", "knowledge", "tools")
MOST_LINES = 400
MOST_LINES_UNDESCRIBED = 4
"""Of a statement whose name says all."""

PYTHON = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
STATEMENTS = [
    path
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.sql"))
    if "migrations" not in path.relative_to(ROOT).parts
]


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)  # noqa: S603


def test_imports_point_one_way():
    linted = lint_imports(ROOT)

    assert linted.returncode == 0, linted.stdout
    assert "0 broken" in linted.stdout


@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("core", "import tools.registry", "The rooms"),
        ("tools", "import knowledge.chunk", "The rooms"),
        ("knowledge", "from tools import queries", "The rooms"),
        ("agent", "from api import envelope", "The rooms"),
        ("api", "import evals.metrics", "The rooms"),
        ("agent", "import torch", "Only finetune"),
        ("api", "import cli", "No room imports the command line"),
    ],
)
def test_an_import_the_other_way_is_caught(tmp_path: Path, room: str, line: str, contract: str):
    for path in [*PYTHON, ROOT / "cli.py", ROOT / "pyproject.toml"]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    (tmp_path / room / "planted.py").write_text(f"{line}\n")

    linted = lint_imports(tmp_path)

    assert linted.returncode == 1
    assert re.search(rf"^{contract}.* BROKEN( \(\d+ ignored imports\))?$", linted.stdout, re.MULTILINE), linted.stdout


def test_no_file_grows_beyond_what_can_be_read_at_once():
    code = [*PYTHON, *STATEMENTS, *(path for kind in ("*.js", "*.css") for path in (ROOT / "api").rglob(kind))]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in code}

    assert len(lengths) > 150
    assert {path: length for path, length in lengths.items() if length > MOST_LINES} == {}


def test_every_module_says_what_it_is():
    silent = [path for path in PYTHON if path.read_text().strip() and not path.read_text().startswith(('"""', "#!"))]

    assert silent == []


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_statement_is_named_described_and_used(path: Path):
    queries = Queries(path)
    code = "".join(each.read_text() for each in (ROOT / path.relative_to(ROOT).parts[0]).rglob("*.py"))

    assert queries.names()
    for name in queries.names():
        lines = queries[name].splitlines()
        assert lines[0].startswith("-- ") or len(lines) <= MOST_LINES_UNDESCRIBED, f"say what {name} is for"
        assert f'"{name}"' in code, f"{name} is used by nobody"


def test_statements_are_found():
    assert len(STATEMENTS) >= 8
