"""What the assistant can do for a customer: which tool an intent asks for."""

TOOL_OF_INTENT = {
    "account_balance": "get_balance",
    "list_accounts": "list_accounts",
    "list_transactions": "list_transactions",
    "spending_summary": "spending_summary",
    "list_cards": "list_cards",
    "freeze_card": "freeze_card",
    "unfreeze_card": "unfreeze_card",
    "list_payees": "list_payees",
    "list_standing_orders": "list_standing_orders",
    "report_fraud_alert": "list_fraud_alerts",
}
