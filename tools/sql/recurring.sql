-- list_movements --
-- What moved the customer's money in a period, newest first: what may come back.
select t.occurred_at, a.name as account, coalesce(m.name, p.name, t.description) as name, t.kind, t.category,
       t.currency::text as currency, t.amount_minor,
       exists (select 1 from transactions o
                where o.entry_id = t.entry_id and o.account_id <> t.account_id
                  and o.customer_id = %(customer_id)s) as is_own
  from transactions t
  join accounts a on a.id = t.account_id
  left join merchants m on m.id = t.merchant_id
  left join payees p on p.id = t.payee_id
 where t.customer_id = %(customer_id)s
   and t.occurred_at >= %(since)s and t.occurred_at < %(until)s
   and t.status in ('booked', 'pending')
   and t.kind in ('card_payment', 'direct_debit', 'subscription', 'standing_order', 'salary', 'transfer_in',
                  'transfer_out', 'interest', 'fee')
   and a.status <> 'closed'
   and (%(account_id)s::uuid is null or t.account_id = %(account_id)s)
 order by t.occurred_at desc, t.id desc
 limit 10000

-- list_running_orders --
-- The customer's standing orders that are not cancelled, ended or paused.
select a.name as account, coalesce(p.name, o.name) as name, o.name as to_account, s.amount_minor, s.fee_minor,
       s.currency::text as currency, s.reference, s.frequency, s.starts_on, s.next_run_on, s.ends_on
  from standing_orders s
  join accounts a on a.id = s.account_id
  left join payees p on p.id = s.payee_id
  left join accounts o on o.id = s.to_account_id
 where s.customer_id = %(customer_id)s and s.status = 'active'
   and (%(account_id)s::uuid is null or s.account_id = %(account_id)s)
 order by s.next_run_on, s.id

-- list_coming_payments --
-- The customer's payments that are scheduled up to a day.
select 'scheduled_payment' as source, a.name as account, coalesce(p.name, o.name) as name, o.name as to_account,
       s.amount_minor, s.fee_minor, s.currency::text as currency, s.due_on
  from scheduled_payments s
  join accounts a on a.id = s.account_id
  left join payees p on p.id = s.payee_id
  left join accounts o on o.id = s.to_account_id
 where s.customer_id = %(customer_id)s and s.status = 'scheduled' and s.due_on <= %(last)s
 order by s.due_on, s.id
