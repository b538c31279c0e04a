"""Turns a customer and their movements into rows: transactions, and for all that is booked a balanced entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tools.demo_bank.calendar import History, months_later, standing_order_at
from tools.demo_bank.model import Account, Customer, InternalAccount, Movement, StandingOrder
from tools.demo_bank.rows import NULL, NextId, Rows

InternalIds = Mapping[tuple[str, str], str]
"""Ids of the bank's own accounts by (name, currency)."""


@dataclass(frozen=True, slots=True)
class Ids:
    """Where the next numbers come from."""

    entry: NextId
    posting: NextId
    transaction: NextId


class Book:
    """Writes rows; knows the bank's own accounts and the next numbers."""

    def __init__(self, rows: Rows, internal: InternalIds, ids: Ids, history: History) -> None:
        self._rows = rows
        self._entries = rows.lines["journal_entries"]
        self._postings = rows.lines["postings"]
        self._transactions = rows.lines["transactions"]
        self._internal = internal
        self._ids = ids
        self._history = history

    def enter(self, customer: Customer, movements: list[Movement]) -> list[int]:
        """Rows of a customer and what happened to their money; ids of the movements' (first) transactions."""
        self._enter_holdings(customer)
        return [self._enter_movement(customer, movement) for movement in movements]

    def _enter_holdings(self, customer: Customer) -> None:
        add, who, accounts = self._rows.add, customer.profile, customer.accounts
        add("customers", who.id, who.full_name, who.date_of_birth, who.phone, who.address_line, who.city, who.postcode,
            "GB", who.tier, who.kyc_status, who.kyc_level, who.kyc_document, who.kyc_verified, who.created)  # fmt: skip
        for account in accounts:
            add("accounts", account.id, who.id, account.kind, account.name, account.currency, account.sort_code,
                account.account_number, account.iban, account.overdraft_minor, account.opened)  # fmt: skip
        for card in customer.cards:
            add("cards", card.id, who.id, accounts[card.account].id, card.kind, card.nickname, card.network,
                card.last4, card.status, card.expires_on, card.created)  # fmt: skip
        for payee in customer.payees:
            add("payees", payee.id, who.id, payee.name, None, payee.sort_code, payee.account_number, "GBP",
                payee.created)  # fmt: skip
        for order in customer.standing_orders:
            next_run = self._next_run(order)
            add("standing_orders", order.id, who.id, accounts[order.account].id, customer.payees[order.payee].id,
                order.amount_minor, accounts[order.account].currency, "monthly", next_run, next_run,
                order.reference, "active", order.created)  # fmt: skip

    def _next_run(self, order: StandingOrder) -> date:
        history = self._history
        this_month = history.months[-1].day(order.day_of_month)
        if history.now_at < standing_order_at(this_month):
            return history.date(this_month)
        return months_later(history.today.replace(day=1), 1).replace(day=order.day_of_month)

    def _enter_movement(self, customer: Customer, movement: Movement) -> int:
        account = customer.accounts[movement.account]
        moment = self._history.stamp(movement.at)
        entry = self._enter_entry(customer, movement, account, moment) if movement.status == "booked" else None
        first = self._ids.transaction()
        self._enter_transaction(first, customer, movement, account, entry, moment)
        if movement.to_account >= 0:
            self._enter_arrival(customer, movement, entry, moment)
        return first

    def _enter_entry(self, customer: Customer, movement: Movement, account: Account, moment: str) -> int:
        entry, who = self._ids.entry(), customer.profile.id
        self._entries.append(f"{entry}\t{movement.kind}\t{movement.description}\t{moment}\n")
        self._post(entry, account.id, who, movement.amount, account.currency, moment)
        if movement.to_account < 0:
            self._post_internal(entry, movement.counter, -movement.amount, account.currency, moment)
            return entry
        target = customer.accounts[movement.to_account]
        self._post(entry, target.id, who, movement.to_amount, target.currency, moment)
        if target.currency != account.currency:
            kept = -movement.amount - movement.fee
            self._post_internal(entry, InternalAccount.EXCHANGE, kept, account.currency, moment)
            self._post_internal(entry, InternalAccount.EXCHANGE, -movement.to_amount, target.currency, moment)
            if movement.fee:
                self._post_internal(entry, InternalAccount.FEES, movement.fee, account.currency, moment)
        return entry

    def _post(self, entry: int, account: str, customer: str, amount: int, currency: str, moment: str) -> None:
        self._postings.append(
            f"{self._ids.posting()}\t{entry}\t{account}\t{customer}\t{amount}\t{currency}\t{moment}\n"
        )

    def _post_internal(self, entry: int, name: InternalAccount, amount: int, currency: str, moment: str) -> None:
        self._post(entry, self._internal[name, currency], NULL, amount, currency, moment)

    def _enter_transaction(
        self, number: int, customer: Customer, movement: Movement, account: Account, entry: int | None, moment: str
    ) -> None:
        card = customer.cards[movement.card].id if movement.card >= 0 else NULL
        payee = customer.payees[movement.payee].id if movement.payee >= 0 else NULL
        booked = moment if entry is not None else NULL
        self._transactions.append(
            f"{number}\t{customer.profile.id}\t{account.id}\t{card}\t{movement.merchant or NULL}\t"
            f"{movement.terminal or NULL}\t{payee}\t{NULL if entry is None else entry}\t{movement.kind}\t"
            f"{movement.status}\t{movement.amount}\t{account.currency}\t{movement.category}\t{movement.description}\t"
            f"{movement.decline_reason or NULL}\t{moment}\t{booked}\n"
        )

    def _enter_arrival(self, customer: Customer, movement: Movement, entry: int | None, moment: str) -> None:
        """The other account's side of a transfer between own accounts."""
        kind = "transfer_in" if movement.kind == "transfer_out" else movement.kind
        arrival = movement._replace(kind=kind, amount=movement.to_amount)
        target = customer.accounts[movement.to_account]
        self._enter_transaction(self._ids.transaction(), customer, arrival, target, entry, moment)
