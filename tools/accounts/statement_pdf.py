"""A statement as a PDF file for an office. Pure: the same statement gives the same bytes."""

import unicodedata
from datetime import date

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from tools.accounts.statement_files import Statement

BANK_NAME = "Teller Bank"
_COLUMNS = (("Date", 24.0, "L"), ("Description", 96.0, "L"), ("Amount", 30.0, "R"), ("Balance", 30.0, "R"))
"""Heading, width in millimetres, alignment."""
_LINE = 5.5
_LONGEST = 56
"""Letters of a description that fit its column."""


def as_pdf(statement: Statement) -> bytes:
    """A4. Letters that the standard PDF fonts lack are written without their accents, or as a question mark."""
    pdf = _Pages(statement)
    pdf.set_creation_date(statement.made_at)
    pdf.set_title(f"Statement {statement.since} to {statement.until}")
    pdf.set_author(BANK_NAME)
    pdf.alias_nb_pages()
    pdf.add_page()
    pdf.write_line(statement.since, "Opening balance", "", statement.decimal(statement.opening_minor), bold=True)
    for line in statement.lines:
        amount, balance = statement.decimal(line.amount_minor), statement.decimal(line.balance_minor)
        pdf.write_line(line.day, line.description, amount, balance)
    pdf.write_line(statement.until, "Closing balance", "", statement.decimal(statement.closing_minor), bold=True)
    return bytes(pdf.output())


class _Pages(FPDF):
    """Each page begins with whose statement it is and ends with its number."""

    def __init__(self, statement: Statement) -> None:
        super().__init__(format="A4")
        self._statement = statement
        self.set_margin(15)
        self.set_auto_page_break(auto=True, margin=20)

    def header(self) -> None:
        statement = self._statement
        self._row(BANK_NAME, size=14, bold=True)
        self._row(f"Account statement, {statement.since} to {statement.until}", size=11, bold=True)
        if self.page_no() == 1:
            for part in (statement.holder, *statement.address):
                self._row(part)
            self._row(" ".join(self._numbers()))
            self._row(self._sums())
        self.ln(3)
        self.set_font("Helvetica", "B", 9)
        for heading, width, align in _COLUMNS:
            self.cell(width, _LINE, heading, border="B", align=align)
        self.ln(_LINE)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", "", 8)
        self.cell(0, _LINE, f"{_latin(self._statement.account)}, page {self.page_no()} of {{nb}}", align="C")

    def write_line(self, day: date, description: str, amount: str, balance: str, *, bold: bool = False) -> None:
        self.set_font("Helvetica", "B" if bold else "", 9)
        for (_, width, align), text in zip(
            _COLUMNS, (day.isoformat(), _latin(description)[:_LONGEST], amount, balance), strict=True
        ):
            self.cell(width, _LINE, text, align=align)
        self.ln(_LINE)

    def _row(self, text: str, *, size: int = 9, bold: bool = False) -> None:
        self.set_font("Helvetica", "B" if bold else "", size)
        self.cell(0, size * 0.55, _latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _numbers(self) -> list[str]:
        statement = self._statement
        named = (("Sort code", statement.sort_code), ("Account", statement.account_number), ("IBAN", statement.iban))
        return [statement.account, *(f"{name} {number}" for name, number in named if number), statement.currency]

    def _sums(self) -> str:
        statement = self._statement
        paid_in, paid_out = statement.decimal(statement.in_minor), statement.decimal(statement.out_minor)
        return f"{len(statement.lines)} lines, paid in {paid_in}, paid out {paid_out}"


def _latin(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    fitting = "".join(letter if _fits(letter) else unicodedata.normalize("NFKD", letter)[0] for letter in plain)
    return fitting.encode("latin-1", "replace").decode("latin-1")


def _fits(letter: str) -> bool:
    return ord(letter) < 256
