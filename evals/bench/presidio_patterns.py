"""presidio-analyzer's own patterns and checksums, offline: what the engine is compared with."""

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

_HEAVY = ("torch", "transformers", "stanza", "spacy_huggingface_pipelines")
"""Imported by presidio where they are installed, for engines that are not used here."""
_ENTITIES = {
    "CREDIT_CARD": "CARD",
    "IBAN_CODE": "IBAN",
    "EMAIL_ADDRESS": "EMAIL",
    "US_SSN": "US_SSN",
    "IP_ADDRESS": "IP",
    "UK_NINO": "UK_NINO",
}


class Found(NamedTuple):
    kind: str
    start: int
    end: int


def make_presidio() -> Callable[[str], list[Found]]:
    """Finds as presidio does with pattern recognizers alone. To be called in a process of its own: it hides modules."""
    hidden = {name: sys.modules.get(name) for name in _HEAVY}
    sys.modules.update(dict.fromkeys(_HEAVY))  # type: ignore[arg-type]
    import tldextract  # noqa: PLC0415
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers  # noqa: PLC0415
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine  # noqa: PLC0415

    for name, module in hidden.items():
        if module is None:
            del sys.modules[name]
        else:
            sys.modules[name] = module
    # It would fetch the public suffix list.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

    class NoNlp(NlpEngine):
        def load(self) -> None: ...
        def is_loaded(self) -> bool:
            return True

        def process_text(self, text: str, language: str) -> NlpArtifacts:  # noqa: ARG002
            return NlpArtifacts([], cast(Any, []), [], [], self, language)

        def process_batch(
            self, texts: Any, language: str, batch_size: int = 1, n_process: int = 1, **_: Any
        ) -> Iterator[Any]:
            del batch_size, n_process
            return ((text, self.process_text(text, language)) for text in texts)

        def is_stopword(self, word: str, language: str) -> bool:  # noqa: ARG002
            return False

        def is_punct(self, word: str, language: str) -> bool:  # noqa: ARG002
            return False

        def get_supported_entities(self) -> list[str]:
            return []

        def get_supported_languages(self) -> list[str]:
            return ["en"]

    names = ("CreditCard", "Iban", "Email", "UsSsn", "Ip", "UkNino")
    recognizers = [getattr(predefined_recognizers, f"{name}Recognizer")() for name in names]
    registry = RecognizerRegistry(recognizers=recognizers)
    engine = AnalyzerEngine(registry=registry, nlp_engine=NoNlp(), supported_languages=["en"])

    def find(text: str) -> list[Found]:
        results = engine.analyze(text, language="en", entities=list(_ENTITIES), score_threshold=0.35)
        return [Found(_ENTITIES[each.entity_type], each.start, each.end) for each in results]

    return find
