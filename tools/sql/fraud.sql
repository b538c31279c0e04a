-- list_open_alerts --
-- Fraud alerts that wait for the customer's answer, newest first.
select f.id, f.reason, f.created_at, coalesce(t.amount_minor, o.amount_minor) as amount_minor,
       coalesce(t.currency, o.currency)::text as currency, coalesce(t.description, o.recipient, o.summary) as merchant,
       case when o.status = 'held' then 'held' when t.id is null then 'not made' else t.status end as payment_status,
       coalesce(t.occurred_at, f.created_at) as occurred_at, c.id as card_id, c.last4 as card_last4, c.kind as card_kind,
       c.status as card_status, o.id as operation_id,
       coalesce(paid.id, case when o.id is null then t.id end) as transaction_id,
       exists (select from cards n where n.replaces_id = c.id) as is_replaced
  from fraud_alerts f
  left join transactions t on t.id = f.transaction_id
  left join cards c on c.id = f.card_id
  left join banking_operations o on o.id = f.operation_id
  left join transactions paid on paid.entry_id = o.entry_id and paid.customer_id = f.customer_id and paid.amount_minor < 0
                                 and paid.kind <> 'fee'
 where f.customer_id = %(customer_id)s and f.status in ('open', 'customer_asked')
 order by f.created_at desc, f.id

-- answer_alert --
-- Of the operation that is being executed, which is of that type: the code of the refusal, null for none.
select answer_alert(%(type)s, %(now)s) as refusal
