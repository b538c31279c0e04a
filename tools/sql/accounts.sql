-- list_accounts --
-- The customer's open accounts with ledger and available balance; what is pending on a card is held back.
select a.id, a.name, a.kind, a.currency, a.balance_minor, a.overdraft_minor,
       right(coalesce(a.account_number, a.iban, ''), 4) as last4,
       coalesce((select -sum(t.amount_minor) from transactions t
                  where t.account_id = a.id and t.status = 'pending' and t.amount_minor < 0), 0)::bigint as held_minor
  from accounts a
 where a.customer_id = %(customer_id)s and a.status <> 'closed'
 order by array_position(array['current', 'savings', 'credit_card'], a.kind), a.opened_at, a.name
