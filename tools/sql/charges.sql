-- list_charges --
-- Money out in a period by merchant and amount, newest first. An amount means itself or what is less than one unit off.
select t.id, t.occurred_at, t.description, t.category, t.kind, t.status, t.amount_minor, t.currency, a.name as account,
       c.last4 as card_last4, t.decline_reason
  from transactions t
  join accounts a on a.id = t.account_id
  left join cards c on c.id = t.card_id
  left join merchants m on m.id = t.merchant_id
  left join terminals e on e.id = t.terminal_id
  left join payees p on p.id = t.payee_id
 where t.customer_id = %(customer_id)s
   and t.occurred_at >= %(since)s and t.occurred_at < %(until)s
   and t.amount_minor < 0
   and (%(merchant)s::text is null
        or concat_ws(' ', t.description, m.name, p.name, e.label) ilike '%%' || %(merchant)s || '%%')
   and (%(amount)s::numeric is null
        or abs(-t.amount_minor / power(10::numeric, (select minor_digits from currencies where code = t.currency))
               - %(amount)s) < 1)
 order by t.occurred_at desc, t.id desc
 limit %(limit)s

-- get_settling_days --
-- How long a card payment is usually pending, in working days.
select quantity as days from terms_at(%(now)s) where code = 'card.pending.settle_days'
