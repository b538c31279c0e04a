"""What models cost, from a table: ``prices.toml`` here, over it the bank's own."""

import tomllib
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast

from core.errors import ConfigurationError

PRICES = Path(__file__).parent / "prices.toml"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens, which is micro-dollars for one."""

    input: Decimal
    output: Decimal

    def cost(self, input_tokens: int, output_tokens: int) -> int:
        """Micro-dollars, rounded up."""
        exact = self.input * input_tokens + self.output * output_tokens
        return int(exact.to_integral_value(rounding=ROUND_CEILING))


def read_prices(own: Path | None = None) -> dict[str, Price]:
    """Prices by the name of a link. Those of ``own`` go before ours.

    Raises:
        ConfigurationError: ``own`` cannot be read, or holds something that is no price.
    """
    return _read(PRICES) | (_read(own) if own else {})


def _read(path: Path) -> dict[str, Price]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"TELLERGRAPH_PRICES: {path} cannot be read as TOML ({error}).") from error
    return {name: _price(path, name, value) for name, value in table.items()}


def _price(path: Path, name: str, value: Any) -> Price:
    fields = cast(dict[str, Any], value) if isinstance(value, dict) else {}
    try:
        if set(fields) != {"input", "output"} or not all(isinstance(each, str) for each in fields.values()):
            raise ValueError
        price = Price(Decimal(fields["input"]), Decimal(fields["output"]))
        if not all(each.is_finite() and each >= 0 for each in (price.input, price.output)):
            raise ValueError
    except (ValueError, InvalidOperation) as error:
        raise ConfigurationError(
            f'TELLERGRAPH_PRICES: {path}: "{name}" needs input and output, dollars for a million tokens in quotes, '
            'such as { input = "0.15", output = "0.60" }.'
        ) from error
    return price
