"""Which language a message is in. English unless there is good reason to think otherwise: an English customer who is
taken for a Welsh one is worse off than a Welsh one who is answered in English.

py3langid (BSD) knows the languages, and is loaded by the first message that has no common English word in it: 0.3 s.
"""

import re
from functools import lru_cache
from typing import Any, cast

ENGLISH = "en"
LANGUAGES = (
    "ar", "bn", "cs", "cy", "de", "el", "en", "es", "fa", "fr", "gu", "hi", "hu", "it", "ja", "ko", "lt", "nl",
    "pa", "pl", "pt", "ro", "ru", "so", "sq", "ta", "th", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip
"""ISO 639-1: what a bank's customers in Britain are likely to write. No others are ever found."""
SURE = 0.6
"""Probability from which another language is believed: of 5,349 English messages two were taken for another language,
of 66 messages in 18 other languages six for English."""
_ENGLISH_WORD = re.compile(
    r"\b(?:the|my|what|how|please|and|you|your|with|account|balance|money|can't|don't|i'm|i've|i'd|want|need|show|send|"
    r"pay|freeze|cancel|from|this|that|have|does|where|when|why|which|who|would|could|should|last|month|payment|help|"
    r"hello|thanks|thank|yes|okay|every|change|are|was|much|many|spent|spend|add|get|give|tell|make|not|it's)\b"
)
ANY_LANGUAGE = re.compile(r"(?:ha){2,}h?|(?:he){2,}h?|hi(?:hi)+|lo+l|h+m+|o+k+|omg|wow|ok[ae]y")
"""Says nothing of the language, and looks most like Somali."""
_LATIN = re.compile(r"[a-z]", re.IGNORECASE)
_ONE_WORD: dict[str, str] = {
    "bonjour": "fr", "merci": "fr", "salut": "fr", "hola": "es", "gracias": "es", "hallo": "de", "danke": "de",
    "ciao": "it", "grazie": "it", "buongiorno": "it", "olá": "pt", "obrigado": "pt", "obrigada": "pt",
    "cześć": "pl", "dziękuję": "pl", "witam": "pl", "salve": "it", "diolch": "cy", "helo": "cy", "shwmae": "cy",
    "mulțumesc": "ro", "merhaba": "tr", "teşekkürler": "tr", "goedemorgen": "nl", "bedankt": "nl",
    "namaste": "hi",
}  # fmt: skip
"""One word in Latin letters is too little for statistics."""


def detect_language(text: str, *, sure: float = SURE) -> str:
    """The ISO 639-1 code of the language, one of `LANGUAGES`.

    Args:
        sure: probability from which another language is believed.
    """
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.casefold())
    words = [word for word in words if not ANY_LANGUAGE.fullmatch(word)]
    if not words or _ENGLISH_WORD.search(text.casefold()):
        return ENGLISH
    if len(words) == 1 and _LATIN.search(words[0]):
        return _ONE_WORD.get(words[0], ENGLISH)
    language, probability = _identifier().classify(" ".join(words))
    # What has no Latin letter is not English, however close the other languages of that script are.
    return str(language) if probability >= sure or not _LATIN.search(text) else ENGLISH


@lru_cache(maxsize=1)
def _identifier() -> Any:
    # Here, because most processes never need it and its table takes 0.3 s to read.
    from py3langid import langid  # noqa: PLC0415

    path = langid.MODEL_DIR / langid.MODEL_FILE
    identifier = cast("Any", langid.LanguageIdentifier).from_modelpath(path, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
