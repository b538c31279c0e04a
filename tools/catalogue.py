"""The whole list of tools, and who may use which."""

from tools.accounts import get_account, get_balance, list_accounts
from tools.appointments import book_appointment, cancel_appointment, list_appointments
from tools.branches import find_atms, find_branches, get_opening_hours
from tools.callbacks import request_callback
from tools.card_delivery import get_card_delivery, request_pin_change
from tools.card_limits import get_card_limits, set_card_limit
from tools.card_replacement import replace_card
from tools.card_switches import set_card_switch
from tools.card_virtual import create_virtual_card
from tools.cards import activate_card, freeze_card, list_cards, report_card_lost, unfreeze_card
from tools.cash import get_cash_limits, get_cash_withdrawal_status
from tools.charges import explain_charge
from tools.closing import close_account
from tools.complaints import list_complaints, make_complaint
from tools.contact_details import change_address, change_contact_details
from tools.exchange import convert_currency, list_exchange_rates, quote_exchange
from tools.forecast import forecast_cash_flow
from tools.fraud.alerts import list_fraud_alerts
from tools.handoff import request_handoff
from tools.loan_accounts import get_loan_payoff, get_loan_status, pay_loan
from tools.loan_applications import apply_for_loan, check_loan_eligibility, withdraw_loan_application
from tools.loans import list_loan_products, quote_loan
from tools.name_check import check_payee_name
from tools.opening import open_account
from tools.payees import add_payee, change_payee, list_payees, remove_payee
from tools.preferences import set_consent, set_preferences
from tools.profile import get_profile
from tools.published_terms import list_fees_and_limits
from tools.recurring import find_recurring_payments
from tools.registry import Registry
from tools.renaming import rename_account
from tools.savings import list_savings_rates
from tools.schedules import cancel_scheduled_payment, list_scheduled_payments, schedule_payment
from tools.search import search_transactions
from tools.spending import spending_summary
from tools.standing_order_changes import cancel_standing_order, change_standing_order
from tools.standing_orders import create_standing_order, list_standing_orders
from tools.statements import get_statement
from tools.top_up import get_top_up_limits, get_top_up_status, list_top_up_methods
from tools.transaction_detail import get_transaction
from tools.transactions import list_transactions
from tools.transfers import get_transfer_status, pay_payee, transfer_between_accounts

CATALOGUE = Registry(
    (
        list_accounts,
        get_balance,
        get_account,
        get_statement,
        open_account,
        rename_account,
        close_account,
        list_transactions,
        search_transactions,
        get_transaction,
        explain_charge,
        spending_summary,
        find_recurring_payments,
        forecast_cash_flow,
        list_cards,
        activate_card,
        freeze_card,
        unfreeze_card,
        report_card_lost,
        replace_card,
        get_card_delivery,
        get_card_limits,
        set_card_limit,
        set_card_switch,
        request_pin_change,
        create_virtual_card,
        list_payees,
        check_payee_name,
        add_payee,
        change_payee,
        remove_payee,
        list_standing_orders,
        create_standing_order,
        change_standing_order,
        cancel_standing_order,
        transfer_between_accounts,
        pay_payee,
        get_transfer_status,
        schedule_payment,
        list_scheduled_payments,
        cancel_scheduled_payment,
        list_loan_products,
        check_loan_eligibility,
        quote_loan,
        apply_for_loan,
        withdraw_loan_application,
        get_loan_status,
        get_loan_payoff,
        pay_loan,
        list_savings_rates,
        list_exchange_rates,
        quote_exchange,
        convert_currency,
        list_top_up_methods,
        get_top_up_limits,
        get_top_up_status,
        get_cash_limits,
        get_cash_withdrawal_status,
        list_fraud_alerts,
        get_profile,
        change_contact_details,
        change_address,
        set_preferences,
        set_consent,
        request_handoff,
        make_complaint,
        list_complaints,
        book_appointment,
        list_appointments,
        cancel_appointment,
        request_callback,
        find_branches,
        find_atms,
        get_opening_hours,
        list_fees_and_limits,
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
        "payees:write",
        "standing-orders:read",
        "standing-orders:write",
        "transfers:read",
        "transfers:write",
        "loans:read",
        "loans:write",
        "savings:read",
        "exchange:read",
        "exchange:write",
        "top-ups:read",
        "cash:read",
        "fraud:read",
        "profile:read",
        "profile:write",
        "support:read",
        "support:write",
        "bank:read",
    }
)
