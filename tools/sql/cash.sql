-- list_cash_cards --
-- The customer's cards that take cash now, with what machines may pay out today and what they did.
select c.kind, c.nickname, c.last4, l.currency, least(l.own_minor, l.maximum_minor) as limit_minor, l.used_minor,
       greatest(0, least(coalesce(l.own_minor - l.used_minor, l.maximum_minor - l.together_minor),
                         l.maximum_minor - l.together_minor)) as left_minor,
       c.cash_enabled and c.status = 'active' as usable
  from cards c cross join lateral card_allowances(c.id, %(now)s) l
 where c.customer_id = %(customer_id)s and l.kind = 'cash' and c.status in ('active', 'frozen')
   and c.expires_on >= %(today)s
 order by c.created_at, c.last4

-- sum_cash_abroad --
-- Cash taken abroad with debit cards this month, in one currency.
select coalesce(sum(case when t.currency = %(currency)s then -t.amount_minor
           else exchanged(-t.amount_minor, t.currency, %(currency)s, rate_at(t.currency, %(currency)s, %(now)s)) end),
           0)::bigint as abroad_minor
  from transactions t
  join cards c on c.id = t.card_id and c.kind = 'debit'
  join merchants m on m.id = t.merchant_id and m.country <> 'GB'
 where t.customer_id = %(customer_id)s and t.occurred_at >= %(month)s and t.kind = 'cash_withdrawal'
   and t.status in ('booked', 'pending')

-- list_cash_withdrawals --
-- The customer's withdrawals, the latest first.
select t.amount_minor, t.currency, a.name as account, c.last4, t.status, t.description, m.city, m.country,
       t.decline_reason, t.occurred_at
  from transactions t
  join accounts a on a.id = t.account_id
  left join cards c on c.id = t.card_id
  left join merchants m on m.id = t.merchant_id
 where t.customer_id = %(customer_id)s and t.kind = 'cash_withdrawal'
   and (%(last4)s::text is null or c.last4 = %(last4)s)
 order by t.occurred_at desc, t.id desc
 limit %(limit)s
