"""Sort codes, account numbers and IBANs of this bank. The bank code and the sort codes belong to no real bank."""

from stdnum import iban as _iban

BANK_CODE = "TGRB"
SORT_CODE = "09-18-28"
"""Of accounts that customers open themselves; their numbers come from the sequence ``account_numbers``."""


def iban(sort_code: str, account_number: str) -> str:
    """ISO 13616, with its check digits, for an account of eight digits."""
    basic = BANK_CODE + sort_code.replace("-", "") + account_number
    return f"GB{_iban.calc_check_digits('GB00' + basic)}{basic}"
