"""The help centre as published: every file is well formed, and every figure in it is one the bank publishes.

A figure is an amount, a percentage or a counted unit such as "5 working days". Each must render one of the terms that
the article names in ``figures``, or be named in ``examples`` as part of a worked example.
"""

import datetime
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.understanding.intents import INTENT_ROUTES

ROOT = Path(__file__).parents[2]
ARTICLES = sorted((ROOT / "knowledge" / "help_centre").glob("*.md"))
TERM_FILES = sorted((ROOT / "tools" / "demo_bank" / "terms").glob("*.toml"))

PRODUCTS = frozenset(
    [
        "cards",
        "accounts",
        "payments",
        "cash",
        "top_ups",
        "exchange",
        "security",
        "identity",
        "loans",
        "mortgages",
        "savings",
        "fees",
        "support",
        "general",
    ]
)
KINDS = frozenset({"fee", "limit", "rate", "duration", "requirement"})
BANKING77 = frozenset(
    [
        "card_arrival",
        "card_linking",
        "exchange_rate",
        "card_payment_wrong_exchange_rate",
        "extra_charge_on_statement",
        "pending_cash_withdrawal",
        "fiat_currency_support",
        "card_delivery_estimate",
        "automatic_top_up",
        "card_not_working",
        "exchange_via_app",
        "lost_or_stolen_card",
        "age_limit",
        "pin_blocked",
        "contactless_not_working",
        "top_up_by_bank_transfer_charge",
        "pending_top_up",
        "cancel_transfer",
        "top_up_limits",
        "wrong_amount_of_cash_received",
        "card_payment_fee_charged",
        "transfer_not_received_by_recipient",
        "supported_cards_and_currencies",
        "getting_virtual_card",
        "card_acceptance",
        "top_up_reverted",
        "balance_not_updated_after_cheque_or_cash_deposit",
        "card_payment_not_recognised",
        "edit_personal_details",
        "why_verify_identity",
        "unable_to_verify_identity",
        "get_physical_card",
        "visa_or_mastercard",
        "topping_up_by_card",
        "disposable_card_limits",
        "compromised_card",
        "atm_support",
        "direct_debit_payment_not_recognised",
        "passcode_forgotten",
        "declined_cash_withdrawal",
        "pending_card_payment",
        "lost_or_stolen_phone",
        "request_refund",
        "declined_transfer",
        "Refund_not_showing_up",
        "declined_card_payment",
        "pending_transfer",
        "terminate_account",
        "card_swallowed",
        "transaction_charged_twice",
        "verify_source_of_funds",
        "transfer_timing",
        "reverted_card_payment?",
        "change_pin",
        "beneficiary_not_allowed",
        "transfer_fee_charged",
        "receiving_money",
        "failed_transfer",
        "transfer_into_account",
        "verify_top_up",
        "getting_spare_card",
        "top_up_by_cash_or_cheque",
        "order_physical_card",
        "virtual_card_not_working",
        "wrong_exchange_rate_for_cash_withdrawal",
        "get_disposable_virtual_card",
        "top_up_failed",
        "balance_not_updated_after_bank_transfer",
        "cash_withdrawal_not_recognised",
        "exchange_charge",
        "top_up_by_card_charge",
        "activate_my_card",
        "cash_withdrawal_charge",
        "card_about_to_expire",
        "apple_pay_or_google_pay",
        "verify_my_identity",
        "country_support",
    ]
)


@dataclass(frozen=True)
class Published:
    """One file: its front matter and its body."""

    file: str
    about: dict[str, Any]
    body: str

    @property
    def sections(self) -> list[str]:
        """The lead, then each section without its heading."""
        return re.split(r"^## .*$", self.body, flags=re.MULTILINE)


def load_article(path: Path) -> Published:
    opening, front_matter, body = path.read_text(encoding="utf-8").split("---\n", 2)
    assert opening == "", f"{path.name} must begin with ---"
    return Published(path.name, yaml.safe_load(front_matter), body.strip())


def load_terms() -> list[dict[str, Any]]:
    return [term for path in TERM_FILES for term in tomllib.loads(path.read_text(encoding="utf-8"))["term"]]


def singular(unit: str) -> str:
    return unit.removesuffix("s")


def render(term: dict[str, Any]) -> str:
    """How the help centre writes the term's value: £1,000, £1.50, 2.5%, 5 working days, 1 day."""
    if "amount_minor" in term:
        pounds, pence = divmod(term["amount_minor"], 100)
        return f"£{pounds:,}" + (f".{pence:02d}" if pence else "")
    if "percent" in term:
        return f"{term['percent']:g}%"
    unit = term["unit"]
    return f"{term['quantity']} {singular(unit) if term['quantity'] == 1 else unit}"


def figure_pattern(terms: list[dict[str, Any]]) -> re.Pattern[str]:
    units = {term["unit"] for term in terms if "unit" in term}
    words = "|".join(sorted(map(re.escape, units | {singular(unit) for unit in units}), key=len, reverse=True))
    number = r"\d+(?:,\d{3})*(?:\.\d+)?"
    return re.compile(rf"[£€$]{number}|(?<![\d.,£€$]){number}(?:%| (?:{words})\b)")


PUBLISHED = [load_article(path) for path in ARTICLES]
TERMS = load_terms()
RENDERED = {term["code"]: render(term) for term in TERMS}
FIGURE = figure_pattern(TERMS)

each_article = pytest.mark.parametrize("article", PUBLISHED, ids=lambda article: article.file)


def test_there_are_at_least_100_articles():
    assert len(ARTICLES) >= 100


def test_every_intent_is_answered_by_some_article():
    assert BANKING77 - {intent for article in PUBLISHED for intent in article.about["intents"]} == set()


def test_titles_are_unique():
    titles = Counter(article.about["title"].casefold() for article in PUBLISHED)
    assert [title for title, count in titles.items() if count > 1] == []


def test_no_paragraph_or_list_item_stands_in_two_articles():
    """Short steps may be alike ("Tap Send."); a sentence of ten words or more is a copy."""
    seen: dict[str, str] = {}
    copies: list[tuple[str, str, str]] = []
    for article in PUBLISHED:
        for line in {re.sub(r"^(?:\d+\.|-) ", "", line).strip() for line in article.body.splitlines()}:
            if len(line.split()) >= 10 and seen.setdefault(line, article.file) != article.file:
                copies.append((line, seen[line], article.file))
    assert copies == []


def test_terms_have_unique_codes():
    codes = Counter(term["code"] for term in TERMS)
    assert [code for code, count in codes.items() if count > 1] == []


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term["code"])
def test_a_term_has_exactly_one_value(term: dict[str, Any]):
    assert term["product"] in PRODUCTS
    assert term["kind"] in KINDS
    assert term["label"]
    value = term.keys() - {"code", "product", "kind", "label"}
    assert value in ({"amount_minor", "currency"}, {"percent"}, {"quantity", "unit"})


@each_article
def test_front_matter_is_complete(article: Published):
    about = article.about
    keys = {"id", "title", "intents", "product", "audience", "valid_from", "figures", "examples"}
    assert about.keys() == keys
    assert about["id"] == article.file.removesuffix(".md")
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", about["id"])
    assert about["title"].strip()
    assert about["product"] in PRODUCTS
    assert about["audience"] == "public"
    assert isinstance(about["valid_from"], datetime.date)
    assert set(about["intents"]) <= INTENT_ROUTES.keys()


@each_article
def test_body_is_a_lead_and_two_to_five_sections(article: Published):
    assert not re.search(r"^#(?!# )", article.body, re.MULTILINE), "only ## headings, and no title in the body"
    lead, *sections = article.sections
    assert lead.strip()
    assert 2 <= len(sections) <= 5
    assert all(section.strip() for section in sections)
    assert 150 <= len(article.body.split()) <= 400


@each_article
def test_named_figures_stand_in_the_body(article: Published):
    unknown = [code for code in article.about["figures"] if code not in RENDERED]
    assert unknown == [], "not in the terms files"
    quoted = set(FIGURE.findall(article.body))
    absent = {code: RENDERED[code] for code in article.about["figures"] if RENDERED[code] not in quoted}
    assert absent == {}


@each_article
def test_figures_in_the_body_are_published_or_examples(article: Published):
    allowed = {RENDERED.get(code) for code in article.about["figures"]} | set(article.about["examples"])
    assert set(FIGURE.findall(article.body)) - allowed == set()


@each_article
def test_examples_stand_in_the_body(article: Published):
    assert [example for example in article.about["examples"] if example not in article.body] == []
