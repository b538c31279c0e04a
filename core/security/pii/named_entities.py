"""Names and places that a spaCy pipeline of the bank's own finds, where one is set: they join what the engine finds by
itself. Without one nothing is imported and nothing is asked."""

import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any

from core.errors import ConfigurationError
from core.security.pii.kinds import GUESSED, Claim, Kind

Entities = Callable[[str], Iterator[Claim]]

_KINDS = {
    "PERSON": Kind.PERSON,
    "PER": Kind.PERSON,
    "GPE": Kind.ADDRESS,
    "LOC": Kind.ADDRESS,
    "FAC": Kind.ADDRESS,
}
"""By label of OntoNotes 5 and, for people and places, of CoNLL-2003."""
_NOT_NEEDED = ("parser", "senter", "lemmatizer", "textcat", "textcat_multilabel")


class _Model:
    entities: Entities | None = None


def use_named_entities(pipeline: str | None) -> None:
    """What this process asks from now on, besides its own recognizers. Loaded once, however often it is named.

    Args:
        pipeline: name of an installed spaCy pipeline or the folder of one; None: none.

    Raises:
        ConfigurationError: spaCy or the pipeline is not there, or finds no entities.
    """
    _Model.entities = _load(pipeline) if pipeline else None


def find_entities(text: str) -> Iterator[Claim]:
    """In the text as it is written. What has a form, a cue or is known of the customer weighs more; of two guesses the
    longer one holds."""
    if _Model.entities is not None:
        yield from _Model.entities(text)


@cache
def _load(pipeline: str) -> Entities:
    try:
        spacy: Any = import_module("spacy")
    except ImportError as error:
        raise ConfigurationError(
            "TELLERGRAPH_PII_NER needs spaCy, which is not installed: install the extra `ner`, or unset it."
        ) from error
    try:
        model: Any = spacy.load(pipeline, exclude=_NOT_NEEDED)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"TELLERGRAPH_PII_NER: {pipeline} cannot be loaded. Name an installed spaCy pipeline or the folder of one."
        ) from error
    if not any("doc.ents" in model.get_pipe_meta(name).assigns for name in model.pipe_names):
        raise ConfigurationError(f"TELLERGRAPH_PII_NER: {pipeline} has no component that finds entities.")
    model.max_length = sys.maxsize  # whoever accepts a text bounds it

    def entities(text: str) -> Iterator[Claim]:
        for entity in model(text).ents:
            if kind := _KINDS.get(entity.label_):
                yield Claim(kind, entity.start_char, entity.end_char, GUESSED)

    return entities
