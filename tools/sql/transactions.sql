-- list_transactions --
-- The customer's transactions, newest first, by any of account, merchant or text, category, direction and period.
select t.id, t.occurred_at, t.description, t.category, t.kind, t.status, t.amount_minor, t.currency, a.name as account,
       c.last4 as card_last4, t.decline_reason
  from transactions t
  join accounts a on a.id = t.account_id
  left join cards c on c.id = t.card_id
 where t.customer_id = %(customer_id)s
   and (%(account_id)s::uuid is null or t.account_id = %(account_id)s)
   and (%(text)s::text is null or t.description ilike '%%' || %(text)s || '%%')
   and (%(category)s::text is null or t.category = %(category)s)
   and (%(direction)s::text is null or (t.amount_minor > 0) = (%(direction)s = 'in'))
   and t.occurred_at >= %(since)s and t.occurred_at < %(until)s
 order by t.occurred_at desc, t.id desc
 limit %(limit)s

-- get_transaction --
-- One transaction with who it was, where, and the other account of a move between the customer's own.
select t.id, t.occurred_at, t.description, t.category, t.kind, t.status, t.amount_minor, t.currency, a.name as account,
       c.last4 as card_last4, t.decline_reason, t.booked_at,
       m.name as merchant, m.category as merchant_category, m.mcc, m.city, m.country,
       e.kind as terminal_kind, e.label as terminal_label, p.name as payee, c.kind as card_kind,
       o.account as own_account, o.amount_minor as own_amount_minor, o.currency as own_currency,
       d.from_currency as deal_from_currency, d.from_minor as deal_from_minor, d.to_currency as deal_to_currency,
       d.to_minor as deal_to_minor, d.rate
  from transactions t
  join accounts a on a.id = t.account_id
  left join cards c on c.id = t.card_id
  left join merchants m on m.id = t.merchant_id
  left join terminals e on e.id = t.terminal_id
  left join payees p on p.id = t.payee_id
  left join fx_deals d on d.entry_id = t.entry_id
  left join lateral (
        select b.name as account, s.amount_minor, s.currency
          from transactions s join accounts b on b.id = s.account_id
         where s.entry_id = t.entry_id and s.account_id <> t.account_id and s.customer_id = %(customer_id)s
         order by s.id limit 1) o on true
 where t.id = %(transaction_id)s and t.customer_id = %(customer_id)s

-- list_lines_of_booking --
-- The other lines that the same booking has in the same account.
select o.id, o.kind, o.description, o.amount_minor, o.currency
  from transactions t
  join transactions o on o.entry_id = t.entry_id and o.account_id = t.account_id and o.id <> t.id
 where t.id = %(transaction_id)s and t.customer_id = %(customer_id)s
 order by o.id
