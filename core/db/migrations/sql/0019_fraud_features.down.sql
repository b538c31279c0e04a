drop table fraud_scores;
drop function remember_transactions, fill_fraud_firsts, record_fraud_label, is_large_payment, record_fraud_event, fraud_vector,
    fraud_label_delay, fraud_features_at, settle_fraud_days, fraud_party_total, fraud_merchant_total;
drop table fraud_days_settled, fraud_party_days, fraud_labels, fraud_firsts, fraud_events;
drop function fraud_thing;
