"""The draft of a suspicious activity report from a case: under FinCEN's field names, and to be read.

A draft: it says what the bank knows and leaves to the officer what only they can say. FinCEN SAR (form 111): element
names and lengths of the XML schema 2.0; amounts are whole units of the currency, rounded up, dates YYYYMMDD. A total
in another currency than US dollars has to be converted by who files it; the draft says so instead of inventing a rate.
"""

import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.clock import BANK_TIME_ZONE
from core.errors import InvalidInput
from core.money import Money
from tools.compliance.aml.cases import MOST_TRANSACTIONS, Alert, Case, CaseCustomer
from tools.registry import Result

_CODES = Path(__file__).with_name("sar_codes.toml")
_SUBJECT = "33"
_FILING_INSTITUTION = "30"
_ACTIVITY_INSTITUTION = "34"
_NARRATIVE_MOST = 4_000
"""Characters of one narrative element; a report has up to five."""
_NARRATIVES_MOST = 5

_SAID = {
    "threshold_report": "Cash of one day was over the amount that has to be reported",
    "structuring": "Cash just under the amount that has to be reported, again and again",
    "rapid_movement": "Money came in and left again within days",
    "funnel": "Many payers or places, few who were paid",
    "dormant": "An account that slept woke, and money passed through",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Classification(_Part):
    type: int
    subtype: int
    label: str


class GlossaryCode(_Part):
    """Of the UK Financial Intelligence Unit."""

    code: str
    meaning: str


class _Codes(_Part):
    fincen: dict[str, _Classification]
    glossary: list[GlossaryCode]


class Draft(Result):
    fincen: dict[str, Any] = Field(description="Element names of FinCEN's SAR XML schema 2.0.")
    glossary: list[GlossaryCode] = Field(description="UK codes that the officer chose; empty: no codes apply.")
    markdown: str
    left_out: list[str] = Field(description="What there was no room for, to be told by the officer in other words.")


@cache
def load_codes() -> _Codes:
    return _Codes.model_validate(tomllib.loads(_CODES.read_text(encoding="utf-8")))


def draft_report(case: Case, *, filed_on: date, institution: str, glossary: list[str]) -> Draft:
    """A report of a case.

    Args:
        filed_on: the day of the draft.
        institution: the bank's name.
        glossary: UK codes, as data in sar_codes.toml has them.

    Raises:
        InvalidInput: a code is none of them.
    """
    known = {entry.code: entry for entry in load_codes().glossary}
    if unknown := [code for code in glossary if code not in known]:
        raise InvalidInput(
            f"{', '.join(unknown)}: no glossary code. Known are {', '.join(known)}.", code="glossary_code"
        )
    chosen = [known[code] for code in glossary]
    text = _narrative(case)
    return Draft(
        fincen=_fincen(case, filed_on, institution, text),
        glossary=chosen,
        markdown=_markdown(case, filed_on, institution, chosen, text),
        left_out=_left_out(case, text),
    )


def _left_out(case: Case, text: str) -> list[str]:
    room = _NARRATIVE_MOST * _NARRATIVES_MOST
    told = (
        (len(text) > room, f"The narrative has {len(text):,} characters; FinCEN's form takes the first {room:,}."),
        (
            len(case.transactions) >= MOST_TRANSACTIONS,
            f"At most {MOST_TRANSACTIONS} transactions are listed.",
        ),
    )
    return [words for applies, words in told if applies]


def _fincen(case: Case, filed_on: date, institution: str, text: str) -> dict[str, Any]:
    pieces = [text[start : start + _NARRATIVE_MOST] for start in range(0, len(text), _NARRATIVE_MOST)]
    return {
        "FilingDateText": _day(filed_on),
        "ActivityAssociation": {"InitialReportIndicator": "Y"},
        "Party": [
            _institution(_FILING_INSTITUTION, institution),
            _institution(_ACTIVITY_INSTITUTION, institution),
            _subject(case),
        ],
        "SuspiciousActivity": _activity(case),
        "ActivityNarrativeInformation": [
            {"ActivityNarrativeSequenceNumber": number, "ActivityNarrativeText": piece}
            for number, piece in enumerate(pieces[:_NARRATIVES_MOST], start=1)
        ],
    }


def _institution(code: str, name: str) -> dict[str, Any]:
    return {
        "ActivityPartyTypeCode": code,
        "PartyName": [{"PartyNameTypeCode": "L", "RawPartyFullName": name[:150]}],
    }


def _subject(case: Case) -> dict[str, Any]:
    who = case.customer
    numbers = [
        {"AccountNumberText": account.number.replace(" ", "")[:40], "PartyAccountAssociationTypeCode": "7"}
        for account in case.accounts
        if account.number
    ]
    born = (
        {"IndividualBirthDateText": _day(who.date_of_birth)}
        if who.date_of_birth
        else {"BirthDateUnknownIndicator": "Y"}
    )
    phone = {"PhoneNumber": [{"PhoneNumberText": "".join(filter(str.isdigit, who.phone))[:16]}]} if who.phone else {}
    return {
        "ActivityPartyTypeCode": _SUBJECT,
        "PartyName": [_name(who)],
        "Address": [_address(who)],
        "PartyAccountAssociation": numbers,
        **born,
        **phone,
    }


def _name(who: CaseCustomer) -> dict[str, str]:
    """The last word of a name is taken for the last name: the officer looks at it."""
    first, _, last = who.name.rpartition(" ")
    given = {"RawIndividualFirstName": first[:35]} if first else {"FirstNameUnknownIndicator": "Y"}
    return {"PartyNameTypeCode": "L", "RawEntityIndividualLastName": last[:150], **given}


def _address(who: CaseCustomer) -> dict[str, str]:
    parts = (
        ("RawStreetAddress1Text", "StreetAddressUnknownIndicator", who.address_line, 100),
        ("RawCityText", "CityUnknownIndicator", who.city, 50),
        ("RawZIPCode", "ZIPCodeUnknownIndicator", who.postcode and who.postcode.replace(" ", ""), 9),
        ("RawCountryCodeText", "CountryCodeUnknownIndicator", who.country, 2),
    )
    return {name if value else unknown: value[:most] if value else "Y" for name, unknown, value, most in parts}


def _activity(case: Case) -> dict[str, Any]:
    begins = min((alert.window_from for alert in case.alerts), default=_local_day(case.opened_at))
    ends = max((alert.last_day for alert in case.alerts), default=_local_day(case.opened_at))
    return {
        "SuspiciousActivityFromDateText": _day(begins),
        "SuspiciousActivityToDateText": _day(ends),
        **_total(case.alerts),
        "SuspiciousActivityClassification": _classifications(case),
    }


def _total(alerts: list[Alert]) -> dict[str, str]:
    """In US dollars alone; the largest finding, as rules may see the same money twice."""
    dollars = [alert.amount_minor for alert in alerts if alert.currency == "USD"]
    if not dollars or len(dollars) < len(alerts):
        return {"AmountUnknownIndicator": "Y"}
    return {"TotalSuspiciousAmountText": str(-(-max(dollars) // 100))}


def _classifications(case: Case) -> list[dict[str, Any]]:
    codes = load_codes().fincen
    # A report of a threshold is no suspicion by itself.
    rules = sorted({alert.rule for alert in case.alerts if alert.rule in codes}) or ["other"]
    chosen = {(codes[rule].type, codes[rule].subtype): codes[rule] for rule in rules}
    return [
        {"SuspiciousActivityTypeID": code.type, "SuspiciousActivitySubtypeID": code.subtype}
        | ({"OtherSuspiciousActivityTypeText": "See narrative"} if code.subtype > 1_000 else {})
        for code in chosen.values()
    ]


def _narrative(case: Case) -> str:
    """One paragraph: FinCEN refuses control characters."""
    found = [
        f"{_SAID.get(alert.rule, alert.rule)}: {Money(alert.amount_minor, alert.currency)} from {alert.window_from} to "
        f"{alert.last_day} ({_facts(alert)})."
        for alert in case.alerts
    ]
    notes = [f"{note.at.astimezone(BANK_TIME_ZONE):%Y-%m-%d}: {note.text}" for note in case.notes]
    level = case.customer.kyc_level
    known = f"The subject has been a customer since {_local_day(case.customer.since)}, identity level {level}."
    return _plain(" ".join([f"{case.reason}.", *found, known, *notes]))


def _plain(text: str) -> str:
    """In one line, without characters that control or hide something."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _facts(alert: Alert) -> str:
    facts: list[str] = []
    for name, value in sorted(alert.evidence.items()):
        shown = str(Money(value, alert.currency)) if name.endswith("_minor") and isinstance(value, int) else str(value)
        facts.append(f"{name.removesuffix('_minor').replace('_', ' ')} {shown}")
    return ", ".join(facts)


def _markdown(case: Case, filed_on: date, institution: str, chosen: list[GlossaryCode], text: str) -> str:
    who = case.customer
    address = ", ".join(part for part in (who.address_line, who.city, who.postcode, who.country) if part)
    codes = ", ".join(f"{code.code} ({code.meaning})" for code in chosen) or "no codes apply"
    accounts = "\n".join(
        f"| {account.kind} | {account.number or ''} | {account.currency} | {account.status} |"
        for account in case.accounts
    )
    movements = "\n".join(
        f"| {_local_day(line.booked_at)} | {line.kind.replace('_', ' ')} | {Money(line.amount_minor, line.currency)} | "
        f"{_cell(line.description)} |"
        for line in case.transactions
    )
    return f"""# Suspicious activity report (draft) {case.reference}

Confidential. Telling the customer, or anybody who may tell them, that this report exists is an offence.

- Institution: {institution}
- Date of the draft: {filed_on}
- Subject: {_cell(who.name)}, born {who.date_of_birth or "unknown"}, {_cell(address) or "address unknown"}
- UK glossary codes: {codes}

## Reason for suspicion

{_cell(text)}

## Accounts

| Kind | Number | Currency | Status |
| --- | --- | --- | --- |
{accounts}

## Transactions

| Day | Kind | Amount | Text |
| --- | --- | --- | --- |
{movements}
"""


def _cell(text: str) -> str:
    """What others wrote stays text: no table, heading, link or HTML comes of it."""
    return "".join(f"\\{sign}" if sign in "\\|<>[]`*_#" else sign for sign in _plain(text))


def _local_day(moment: datetime) -> date:
    return moment.astimezone(BANK_TIME_ZONE).date()


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"
