-- list_transactions --
-- The customer's transactions, newest first, by any of account, merchant or text, category and period.
select t.occurred_at, t.description, t.category, t.kind, t.status, t.amount_minor, t.currency, a.name as account,
       c.last4 as card_last4, t.decline_reason
  from transactions t
  join accounts a on a.id = t.account_id
  left join cards c on c.id = t.card_id
 where t.customer_id = %(customer_id)s
   and (%(account_id)s::uuid is null or t.account_id = %(account_id)s)
   and (%(text)s::text is null or t.description ilike '%%' || %(text)s || '%%')
   and (%(category)s::text is null or t.category = %(category)s)
   and t.occurred_at >= %(since)s and t.occurred_at < %(until)s
 order by t.occurred_at desc, t.id desc
 limit %(limit)s

-- sum_spending --
-- Money out less refunds, booked or pending, by currency and category. Moves between own accounts are not spending.
select t.currency, t.category, (-sum(t.amount_minor))::bigint as spent_minor, count(*) as number
  from transactions t
 where t.customer_id = %(customer_id)s
   and t.status in ('booked', 'pending')
   and t.kind in ('card_payment', 'cash_withdrawal', 'direct_debit', 'standing_order', 'subscription', 'fee', 'refund',
                  'transfer_out')
   and (%(account_id)s::uuid is null or t.account_id = %(account_id)s)
   and (%(category)s::text is null or t.category = %(category)s)
   and (%(text)s::text is null or t.description ilike '%%' || %(text)s || '%%')
   and not (t.kind = 'transfer_out' and exists (select 1 from transactions o
             where o.entry_id = t.entry_id and o.id <> t.id and o.customer_id = %(customer_id)s))
   and t.occurred_at >= %(since)s and t.occurred_at < %(until)s
 group by t.currency, t.category
 order by spent_minor desc

-- list_categories --
-- The categories that the customer's transactions have.
select distinct category from transactions where customer_id = %(customer_id)s order by category
