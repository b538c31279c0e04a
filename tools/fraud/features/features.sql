-- read_features --
select * from fraud_features(%(party)s, %(merchant)s, %(amount_minor)s, %(at)s, %(country)s, %(device)s, %(channel)s);

-- record_event --
select record_fraud_event(%(party)s, %(merchant)s, %(amount_minor)s, %(at)s, %(country)s, %(device)s, %(channel)s,
                          %(transaction_id)s) as event_id;

-- record_label --
select record_fraud_label(%(event_id)s, %(is_fraud)s, %(at)s) as is_news;
