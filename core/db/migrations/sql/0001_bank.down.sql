drop view ledger_faults;
drop table audit_log, banking_operations, product_terms, fraud_alerts, transactions, postings, journal_entries,
    standing_orders, payees, cards, terminals, merchants, accounts, staff, credentials, customers;
drop function check_entry_balances, add_postings_to_balances, refuse_change, app_customer_id;
