-- sum_spending --
-- Money out less refunds, booked or pending, by currency and what it is grouped by. Moves between own accounts are not
-- spending.
select s.currency, s.label, (-sum(s.amount_minor))::bigint as spent_minor, count(*) as number
  from (select t.currency, t.amount_minor,
               case %(group_by)s::text
                    when 'category' then t.category
                    when 'month' then to_char(t.occurred_at at time zone 'Europe/London', 'YYYY-MM')
                    else coalesce(m.name, p.name, t.description) end as label
          from transactions t
          left join merchants m on m.id = t.merchant_id
          left join payees p on p.id = t.payee_id
         where t.customer_id = %(customer_id)s
           and t.status in ('booked', 'pending')
           and t.kind in ('card_payment', 'cash_withdrawal', 'direct_debit', 'standing_order', 'subscription', 'fee',
                          'refund', 'transfer_out')
           and (%(account_id)s::uuid is null or t.account_id = %(account_id)s)
           and (%(category)s::text is null or t.category = %(category)s)
           and (%(text)s::text is null or t.description ilike '%%' || %(text)s || '%%')
           and not (t.kind = 'transfer_out' and exists (select 1 from transactions o
                     where o.entry_id = t.entry_id and o.id <> t.id and o.account_id <> t.account_id
                       and o.customer_id = %(customer_id)s))
           and t.occurred_at >= %(since)s and t.occurred_at < %(until)s) s
 group by s.currency, s.label
 order by spent_minor desc, s.label

-- list_categories --
-- The categories that the customer's transactions have.
select distinct category from transactions where customer_id = %(customer_id)s order by category
