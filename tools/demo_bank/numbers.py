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


def account_number(random: Random) -> str:
    return f"{int(random.random() * 90_000_000) + 10_000_000}"


def sort_code(random: Random) -> str:
    """Of another bank."""
    return f"{20 + int(random.random() * 70)}-{int(random.random() * 100):02d}-{int(random.random() * 100):02d}"
