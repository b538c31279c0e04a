"""Where a payee's money goes, as customers write it: an IBAN, or a British sort code with an account number."""

import re
from dataclasses import asdict, dataclass
from typing import Literal

from stdnum import iban as ibans
from stdnum.exceptions import InvalidChecksum, ValidationError

from core.errors import InvalidInput
from core.money import CURRENCIES
from tools.registry import Refusal, Unclear

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
"""ISO 13616; each country's own form is checked after it."""
_NO_IBAN = (
    "That is no complete IBAN. It begins with two letters for the country and two check digits; a British one has 22 "
    "characters."
)
_SORT_CODE_DIGITS, _ACCOUNT_DIGITS = 6, 8
_AT_HOME = "GBP"
_ABROAD = "EUR"


class IbanUnclear(Unclear):
    status: Literal["iban_unclear"] = "iban_unclear"
    message: str = "Which account? Tell me the IBAN, or the sort code and the account number."


class IbanWrong(Refusal):
    status: Literal["iban_wrong"] = "iban_wrong"


class AccountDetailsWrong(Refusal):
    status: Literal["account_details_wrong"] = "account_details_wrong"


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """Either the IBAN or the other two."""

    iban: str | None
    sort_code: str | None
    """``12-34-56``."""
    account_number: str | None

    @property
    def columns(self) -> dict[str, str | None]:
        return asdict(self)

    @property
    def label(self) -> str:
        """As a customer recognises it, without the whole number."""
        return f"IBAN ending {self.iban[-4:]}" if self.iban else f"account ending {(self.account_number or '')[-4:]}"

    def choose_currency(self, wanted: str | None) -> str:
        """The currency that payments arrive in: pounds for British accounts, else euros, where nothing else is said.

        Raises:
            InvalidInput: no such currency, or not for such an account.
        """
        is_british = self.iban is None or self.iban.startswith("GB")
        currency = (wanted or (_AT_HOME if is_british else _ABROAD)).upper()
        if currency not in CURRENCIES:
            raise InvalidInput(
                f"{currency} is no currency that we know. Use a code such as GBP, EUR or USD.", code="wrong_currency"
            )
        if self.iban is None and currency != _AT_HOME:
            raise InvalidInput(
                "Payments by sort code arrive in pounds. For another currency give the IBAN.", code="wrong_currency"
            )
        return currency


def read_details(
    iban: str | None, sort_code: str | None, account_number: str | None
) -> AccountDetails | IbanUnclear | IbanWrong | AccountDetailsWrong:
    """The account that was written down, or what is wrong with it."""
    if iban and (sort_code or account_number):
        return AccountDetailsWrong(message="Give either the IBAN or the sort code and account number, not both.")
    if iban:
        return _read_iban(iban)
    if not sort_code and not account_number:
        return IbanUnclear(asked_for=None, choices=[])
    return _read_domestic(sort_code or "", account_number or "")


def _read_iban(said: str) -> AccountDetails | IbanWrong:
    written = re.sub(r"[\s-]", "", said).upper()
    if not _IBAN.fullmatch(written):
        return IbanWrong(message=_NO_IBAN)
    try:
        return AccountDetails(ibans.validate(written), None, None)
    except InvalidChecksum:
        return IbanWrong(
            message="The check digits of that IBAN do not fit, so there is a typing mistake in it. Compare it with the "
            "one that you were given."
        )
    except ValidationError:
        return IbanWrong(message=_NO_IBAN)


def _read_domestic(sort_code: str, account_number: str) -> AccountDetails | AccountDetailsWrong:
    code, number = (re.sub(r"[\s-]", "", part) for part in (sort_code, account_number))
    if not _are_digits(code, _SORT_CODE_DIGITS):
        return AccountDetailsWrong(
            message="A sort code has six digits, such as 20-45-67. Give it with the account number."
        )
    if not _are_digits(number, _ACCOUNT_DIGITS):
        return AccountDetailsWrong(
            message="An account number has eight digits; put zeros before a shorter one. Give it with the sort code."
        )
    return AccountDetails(None, f"{code[:2]}-{code[2:4]}-{code[4:]}", number)


def _are_digits(text: str, number: int) -> bool:
    return len(text) == number and text.isascii() and text.isdecimal()
