-- read_features --
select * from fraud_features(%(party)s, %(merchant)s, %(amount_minor)s, %(at)s, %(country)s, %(device)s, %(channel)s);

-- ask_vector --
-- The statement is the transaction: it says for whom it works and asks, in this order.
select fraud_vector(%(party)s, %(merchant)s, %(amount_minor)s, %(at)s, %(country)s, %(device)s, %(channel)s) as features
  from (select set_config('app.customer_id', %(customer)s, true) as customer offset 0) scope
 where scope.customer <> '';

-- record_event --
select record_fraud_event(%(party)s, %(merchant)s, %(amount_minor)s, %(at)s, %(country)s, %(device)s, %(channel)s,
                          %(transaction_id)s) as event_id;

-- record_label --
select record_fraud_label(%(event_id)s, %(is_fraud)s, %(at)s) as is_news;
