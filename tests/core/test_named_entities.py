"""TELLERGRAPH_PII_NER: a spaCy pipeline of the bank's own finds names and places besides the engine (issue 8)."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.security.pii import IN_DIALOGUE, Finding, Kind, Placeholders, find_personal, mask, use_named_entities
from core.services import running_services
from core.settings import Settings

TEXT = "zzyx qwill met us in little snoring at the blue pavilion"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real one, that knows what it was told."""
    spacy = import_module("spacy")
    folder = tmp_path_factory.mktemp("spacy") / "names"
    model = spacy.blank("en")
    labels = {
        "zzyx qwill": "PERSON",
        "little snoring": "GPE",
        "blue pavilion": "FAC",
        "31926819": "PERSON",
        "monday": "DATE",
        "gas board": "PERSON",
    }
    model.add_pipe("entity_ruler").add_patterns([{"label": label, "pattern": said} for said, label in labels.items()])
    model.to_disk(folder)
    return folder


@pytest.fixture(autouse=True)
def without_afterwards() -> Iterator[None]:
    yield
    use_named_entities(None)


def found(text: str) -> list[tuple[Kind, str]]:
    return [(kind, text[start:end]) for kind, start, end in find_personal(text)]


def test_the_pipeline_adds_names_and_places_where_one_is_set(pipeline: Path) -> None:
    assert found(TEXT) == []

    use_named_entities(str(pipeline))

    assert found(TEXT) == [
        (Kind.PERSON, "zzyx qwill"),
        (Kind.ADDRESS, "little snoring"),
        (Kind.ADDRESS, "blue pavilion"),
    ]
    assert mask(TEXT, Placeholders()) == TEXT, "the dialogue works with names"
    assert found("see you on monday") == []
    assert find_personal(TEXT, IN_DIALOGUE) == []


def test_patterns_and_what_is_known_of_the_customer_weigh_more(pipeline: Path) -> None:
    use_named_entities(str(pipeline))
    text = "account 31926819 pays the gas board"

    def known(said: str) -> list[Finding]:
        return [Finding(Kind.ACCOUNT_NUMBER, said.index("gas board"), len(said))]

    kinds = [finding.kind for finding in find_personal(text, known=known)]

    assert kinds == [Kind.ACCOUNT_NUMBER, Kind.ACCOUNT_NUMBER]


def test_a_server_does_not_start_without_the_pipeline_it_is_told_to_use(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, pii_ner=str(tmp_path / "nothing"))  # type: ignore[call-arg]

    with pytest.raises(ConfigurationError, match="Name an installed spaCy pipeline"), running_services(settings):
        pass

    assert list(tmp_path.iterdir()) == []


def test_a_pipeline_that_finds_no_entities_is_refused(tmp_path: Path) -> None:
    spacy = import_module("spacy")
    spacy.blank("en").to_disk(tmp_path / "empty")

    with pytest.raises(ConfigurationError, match="no component"):
        use_named_entities(str(tmp_path / "empty"))


def test_without_spacy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)

    with pytest.raises(ConfigurationError, match="extra `ner`"):
        use_named_entities("en_core_web_sm")
