"""What users read agrees with what runs: every setting, event and tool stands in its page, and nothing else does."""

import re
import runpy
from pathlib import Path
from typing import get_args

from pydantic import AliasChoices, SecretStr

from agent.events import Event
from core.settings import Settings
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LINK = re.compile(r"\[[^\]]*\]\((?!https?://|#|mailto:)([^)#]+)")
IN_CODE = re.compile(r"`((?:agent|api|core|docs|evals|finetune|knowledge|tests|tools)/[\w./*-]*\w/?)")


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def variable(field: str) -> str:
    alias = Settings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"TELLERGRAPH_{field.upper()}"


def test_every_setting_is_described_with_its_default(monkeypatch):
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\S+) \| (.+) \|$", read("settings.md"), re.MULTILINE)
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)
    described = {name: default for name, default, _ in rows}
    assert sorted(described) == sorted(map(variable, Settings.model_fields))
    assert len(described) == len(rows)

    standing = Settings(_env_file=None)
    for field in Settings.model_fields:
        default, name = described[variable(field)], variable(field)
        if default == "*unset*":
            assert getattr(standing, field) is None, name
        else:
            monkeypatch.setenv(name, default.strip("`"))
    assert len(standing.model_fields_set) == 0
    written = Settings(_env_file=None)
    assert written == standing
    assert not any(isinstance(getattr(standing, field), SecretStr) for field in Settings.model_fields)


def test_every_event_is_described_with_its_fields():
    described = {
        name: re.findall(r"^\| `(\w+)` \| .+ \|$", section, re.MULTILINE)
        for name, section in re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", read("events.md"), re.MULTILINE | re.DOTALL)
    }

    assert described == {event.event: list(event.model_fields) for event in get_args(Event)}


def test_the_pages_of_tools_are_as_they_would_be_written_now():
    written = {page.name: page.read_text(encoding="utf-8") for page in (DOCS / "tools").iterdir()}
    names = {tool.name for tool in CATALOGUE.offered(CUSTOMER_SCOPES)}

    assert written == runpy.run_path(str(DOCS / "generate.py"))["render_pages"](), "run python docs/generate.py"
    assert set(written) == {"README.md"} | {f"{name}.md" for name in names}
    assert set(re.findall(r"^\| \[`(\w+)`\]", written["README.md"], re.MULTILINE)) == names
    assert all(f"`{tool.scope}`" in written[f"{tool.name}.md"] for tool in CATALOGUE.offered(CUSTOMER_SCOPES))


def test_links_and_paths_in_the_docs_lead_somewhere():
    pages = [*DOCS.rglob("*.md"), ROOT / "README.md"]
    assert len(pages) > 5
    missing = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for base, target in _targets(page)
        if not list(base.glob(target.strip("/")))
    ]
    assert missing == []


def _targets(page: Path) -> list[tuple[Path, str]]:
    text = page.read_text(encoding="utf-8")
    links = [(page.parent, target.removeprefix("./")) for target in LINK.findall(text)]
    return links + [(ROOT, target) for target in IN_CODE.findall(text)]
