"""Other languages are recognised, and English is never taken for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.language import ENGLISH, LANGUAGES, detect_language

OTHERS = [
    ("¿Cuál es mi saldo?", "es"),
    ("hola", "es"),
    ("quel est mon solde ?", "fr"),
    ("j'ai perdu ma carte bancaire", "fr"),
    ("Wie hoch ist mein Kontostand?", "de"),
    ("jakie jest moje saldo", "pl"),
    ("vorrei bloccare la mia carta", "it"),
    ("quero bloquear o meu cartão", "pt"),
    ("vreau să fac un transfer", "ro"),
    ("wat is het saldo van mijn rekening", "nl"),
    ("kartımı kaybettim", "tr"),
    ("я потерял свою карту", "ru"),
    ("我的余额是多少", "zh"),
    ("ما هو رصيدي", "ar"),
    ("मेरा बैलेंस क्या है", "hi"),
]
ENGLISH_TEXTS = [
    "hi",
    "ok",
    "4821",
    "",
    "£20",
    "Maria Lopez",
    "Sunrise Lettings",
    "Jimmy Chan 20",
    "Voltline Electronics",
    "send 20 to José Hernández",
    "pay Müller GmbH 50 euros",
    "wats my bal",
    "I'd like to pay Zhang Wei",
    "asdfghjkl",
    "add",
    "Rainy Day",
]


@pytest.mark.parametrize(("text", "language"), OTHERS)
def test_another_language_is_recognised(text: str, language: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ENGLISH_TEXTS)
def test_short_english_with_names_stays_english(text: str) -> None:
    assert detect_language(text) == ENGLISH


@given(st.text())
def test_any_text_has_a_known_language(text: str) -> None:
    assert detect_language(text) in LANGUAGES
