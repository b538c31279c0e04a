-- list_open_alerts --
-- Fraud alerts that wait for the customer's answer, newest first.
select f.reason, f.created_at, t.amount_minor, t.currency, t.description as merchant, t.status as payment_status,
       t.occurred_at, c.last4 as card_last4
  from fraud_alerts f
  join transactions t on t.id = f.transaction_id
  join cards c on c.id = f.card_id
 where f.customer_id = %(customer_id)s and f.status = 'open'
 order by f.created_at desc
