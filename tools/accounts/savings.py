"""What savings accounts pay."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from tools.accounts.accounts import NoArguments
from tools.registry import Result, ToolContext, tool
from tools.terms import percent, read_terms

_MIN_DEPOSIT, _MAX_DEPOSIT = "savings.fixed.min_deposit", "savings.fixed.max_deposit"
_ISA_ALLOWANCE, _NOTICE = "savings.isa.allowance", "savings.rate_cut.notice"


@dataclass(frozen=True, slots=True)
class _Product:
    name: str
    rate: str
    is_fixed: bool = False
    term: str | None = None
    least: str | None = None
    most: str | None = None
    access: str = "Money can be taken out at any time."


_PRODUCTS = (
    _Product("Easy access (Rainy Day)", "savings.easy_access.rate"),
    _Product("Cash ISA", "savings.isa.rate", most=_ISA_ALLOWANCE, access="Free of tax; the most is for one tax year."),
    *(
        _Product(
            f"Fixed term, {years}", f"savings.fixed_{code}.rate", is_fixed=True, term=f"savings.fixed.{code}.term",
            least=_MIN_DEPOSIT, most=_MAX_DEPOSIT, access="Locked until the term ends.",
        )
        for years, code in (("1 year", "1y"), ("2 years", "2y"))
    ),
    _Product("Young Teller", "savings.child.rate"),
)  # fmt: skip
_TERMS = {
    code
    for product in _PRODUCTS
    for code in (product.rate, product.term, product.least, product.most, _NOTICE)
    if code is not None
}


class SavingsProduct(Result):
    name: str
    aer: str = Field(description="Percent a year, with interest on interest.")
    is_fixed: bool = Field(description="Whether the rate stays until the term ends; else it is variable.")
    years: int | None
    min_deposit: str | None
    max_deposit: str | None
    currency: str = "GBP"
    access: str


class SavingsRates(Result):
    status: Literal["found"] = "found"
    products: list[SavingsProduct]
    notice: str = Field(description="Before a variable rate goes down.")
    elsewhere: str = "Current and currency accounts pay no interest."


@tool(
    title="See savings rates",
    scope="savings:read",
    rest="GET /savings/rates",
    examples={"What interest do your savings accounts pay?": {}},
)
async def list_savings_rates(context: ToolContext, arguments: NoArguments) -> SavingsRates:  # noqa: ARG001
    """The interest that the bank's savings accounts pay now, with terms and deposits. For what is in the customer's own
    savings use get_balance."""
    async with context.database.reading(context.scope) as db:
        terms = await read_terms(db, context.now, *_TERMS)
    return SavingsRates(
        products=[
            SavingsProduct(
                name=product.name,
                aer=percent(terms.percent(product.rate)),
                is_fixed=product.is_fixed,
                years=terms.quantity(product.term) if product.term else None,
                min_deposit=str(terms.money(product.least).decimal) if product.least else None,
                max_deposit=str(terms.money(product.most).decimal) if product.most else None,
                access=product.access,
            )
            for product in _PRODUCTS
        ],
        notice=terms[_NOTICE].said,
    )
