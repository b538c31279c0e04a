"""`.env.example` names every setting with its default."""

import re
from pathlib import Path

import pytest
from pydantic import AliasChoices

from core.settings import Settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
VARIABLE = re.compile(r"^#([A-Z_]+)=(.*)$", re.MULTILINE)


def variable(field: str) -> str:
    alias = Settings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"TELLERGRAPH_{field.upper()}"


def test_every_setting_is_in_the_example_and_nothing_else():
    named = [name for name, _ in VARIABLE.findall(EXAMPLE.read_text())]

    assert sorted(named) == sorted(map(variable, Settings.model_fields))


def test_the_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch):
    shown = dict(VARIABLE.findall(EXAMPLE.read_text()))
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)
    default = Settings(_env_file=None)
    with_default = [field for field in Settings.model_fields if getattr(default, field) is not None]
    for field in with_default:
        monkeypatch.setenv(variable(field), shown[variable(field)])

    assert len(with_default) > 10
    assert Settings(_env_file=None) == default
