"""How much may be used of something that is paid for: tokens, or money."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

_FORM = re.compile(r"(\d{1,15}(?:\.\d{1,6})?) *(tokens|USD)")


@dataclass(frozen=True, slots=True)
class Budget:
    amount: int
    """Tokens, or micro-dollars."""
    unit: Literal["tokens", "USD"]

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """``200000 tokens`` or ``5.00 USD``. Raises ValueError for anything else."""
        match = _FORM.fullmatch(text.strip())
        if match is None or (match[2] == "tokens" and "." in match[1]):
            raise ValueError("is a number of tokens or dollars, such as '200000 tokens' or '5.00 USD'")
        if match[2] == "tokens":
            return cls(int(match[1]), "tokens")
        return cls(int(Decimal(match[1]) * 1_000_000), "USD")
