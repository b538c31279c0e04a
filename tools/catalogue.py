"""The whole list of tools, and who may use which."""

from tools.accounts.accounts import get_account, get_balance, list_accounts
from tools.accounts.closing import close_account
from tools.accounts.opening import open_account
from tools.accounts.renaming import rename_account
from tools.accounts.savings import list_savings_rates
from tools.accounts.statements import get_statement
from tools.cards.cards import activate_card, freeze_card, list_cards, report_card_lost, unfreeze_card
from tools.cards.delivery import get_card_delivery, request_pin_change
from tools.cards.limits import get_card_limits, set_card_limit
from tools.cards.replacement import replace_card
from tools.cards.switches import set_card_switch
from tools.cards.virtual import create_virtual_card
from tools.disputes.disputes import get_dispute_status, list_disputes
from tools.disputes.evidence import add_evidence, withdraw_dispute
from tools.disputes.opening import open_dispute
from tools.fraud.alerts import list_fraud_alerts
from tools.fraud.answers import answer_fraud_alert
from tools.fraud.held import cancel_held_payment, list_held_payments, release_payment
from tools.kyc.documents import add_identity_document
from tools.kyc.filling import fill_identity_details
from tools.kyc.status import get_identity_status
from tools.kyc.submitting import submit_identity_application
from tools.lending.applications import apply_for_loan, check_loan_eligibility, withdraw_loan_application
from tools.lending.loan_accounts import get_loan_payoff, get_loan_status, pay_loan
from tools.lending.loans import list_loan_products, quote_loan
from tools.payments.cash import get_cash_limits, get_cash_withdrawal_status
from tools.payments.exchange import convert_currency, list_exchange_rates, quote_exchange
from tools.payments.name_check import check_payee_name
from tools.payments.payees import add_payee, change_payee, list_payees, remove_payee
from tools.payments.top_up import get_top_up_limits, get_top_up_status, list_top_up_methods
from tools.payments.transfers import get_transfer_status, pay_payee, transfer_between_accounts
from tools.policy.permissions import what_may_i_do
from tools.registry import Registry
from tools.schedules.schedules import cancel_scheduled_payment, list_scheduled_payments, schedule_payment
from tools.schedules.standing_order_changes import cancel_standing_order, change_standing_order
from tools.schedules.standing_orders import create_standing_order, list_standing_orders
from tools.service.appointments import book_appointment, cancel_appointment, list_appointments
from tools.service.branches import find_atms, find_branches, get_opening_hours
from tools.service.callbacks import request_callback
from tools.service.care.own_cases import list_support_cases
from tools.service.complaints import list_complaints, make_complaint
from tools.service.contact_details import change_address, change_contact_details
from tools.service.handoff import request_handoff
from tools.service.preferences import set_consent, set_preferences
from tools.service.profile import get_profile
from tools.service.published_terms import list_fees_and_limits
from tools.transactions.charges import explain_charge
from tools.transactions.detail import get_transaction
from tools.transactions.forecast import forecast_cash_flow
from tools.transactions.recurring import find_recurring_payments
from tools.transactions.search import search_transactions
from tools.transactions.spending import spending_summary
from tools.transactions.transactions import list_transactions

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
        what_may_i_do,
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
        answer_fraud_alert,
        list_held_payments,
        release_payment,
        cancel_held_payment,
        open_dispute,
        list_disputes,
        get_dispute_status,
        add_evidence,
        withdraw_dispute,
        get_profile,
        get_identity_status,
        fill_identity_details,
        add_identity_document,
        submit_identity_application,
        change_contact_details,
        change_address,
        set_preferences,
        set_consent,
        request_handoff,
        make_complaint,
        list_complaints,
        list_support_cases,
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
        "fraud:write",
        "disputes:read",
        "disputes:write",
        "profile:read",
        "profile:write",
        "support:read",
        "support:write",
        "bank:read",
    }
)
