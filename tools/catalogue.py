"""The whole list of tools, and who may use which."""

from tools.accounts import get_account, get_balance, list_accounts
from tools.cards import freeze_card, list_cards, unfreeze_card
from tools.closing import close_account
from tools.fraud.alerts import list_fraud_alerts
from tools.opening import open_account
from tools.payees import list_payees, list_standing_orders
from tools.registry import Registry
from tools.renaming import rename_account
from tools.transactions import list_transactions, spending_summary
from tools.transfers import get_transfer_status, pay_payee, transfer_between_accounts

CATALOGUE = Registry(
    (
        list_accounts,
        get_balance,
        get_account,
        open_account,
        rename_account,
        close_account,
        list_transactions,
        spending_summary,
        list_cards,
        freeze_card,
        unfreeze_card,
        list_payees,
        list_standing_orders,
        transfer_between_accounts,
        pay_payee,
        get_transfer_status,
        list_fraud_alerts,
    )
)

CUSTOMER_SCOPES = frozenset(
    {
        "accounts:read",
        "accounts:write",
        "transactions:read",
        "cards:read",
        "cards:write",
        "payees:read",
        "standing-orders:read",
        "transfers:read",
        "transfers:write",
        "fraud:read",
    }
)
