"""Sort codes and account numbers, and UUIDs that follow from a seed or a name."""

from random import Random
from uuid import UUID, uuid5

SORT_CODE = "09-18-27"
_NAMESPACE = UUID("7e11e29a-0000-4000-8000-000000000000")


def named_id(name: str) -> str:
    """The same id in every demo bank, for what every demo bank has."""
    return str(uuid5(_NAMESPACE, name))


def random_id(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


_OWN_NUMBERS = 80_000_000
_STRIDE = 48_271_003
"""Has no divisor in common with the number of numbers: each comes once before any comes again."""


def own_account_number(place: int) -> str:
    """Of the bank's account number ``place``: no two are the same, and neighbours look unlike. 10000000 to 89999999."""
    return f"{10_000_000 + place * _STRIDE % _OWN_NUMBERS}"


def named_account_number(random: Random) -> str:
    """90000000 to 99999999, beside those of everybody else."""
    return f"9{int(random.random() * 10_000_000):07}"


def account_number(random: Random) -> str:
    """Of another bank."""
    return f"{int(random.random() * 90_000_000) + 10_000_000}"


def sort_code(random: Random) -> str:
    """Of another bank."""
    return f"{20 + int(random.random() * 70)}-{int(random.random() * 100):02d}-{int(random.random() * 100):02d}"
