-- search_transactions --
-- The customer's transactions before a place in the list, newest first. The first page's place is the end of the period.
select t.id, t.occurred_at, t.description, t.category, t.kind, t.status, t.amount_minor, t.currency, a.name as account,
       c.last4 as card_last4, t.decline_reason
  from transactions t
  join accounts a on a.id = t.account_id
  left join cards c on c.id = t.card_id
  left join merchants m on m.id = t.merchant_id
  left join payees p on p.id = t.payee_id
 where t.customer_id = %(customer_id)s
   and t.occurred_at >= %(since)s
   and (t.occurred_at, t.id) < (%(below_at)s, %(below_id)s::bigint)
   and (%(account_id)s::uuid is null or t.account_id = %(account_id)s)
   and (%(category)s::text is null or t.category = %(category)s)
   and (%(kind)s::text is null or t.kind = %(kind)s)
   and (%(text)s::text is null or t.description ilike '%%' || %(text)s || '%%')
   and (%(merchant)s::text is null or coalesce(m.name, p.name, t.description) ilike '%%' || %(merchant)s || '%%')
   and (%(min_amount)s::numeric is null or abs(t.amount_minor) >= %(min_amount)s
        * power(10::numeric, (select minor_digits from currencies where code = t.currency)))
   and (%(max_amount)s::numeric is null or abs(t.amount_minor) <= %(max_amount)s
        * power(10::numeric, (select minor_digits from currencies where code = t.currency)))
 order by t.occurred_at desc, t.id desc
 limit %(limit)s
