-- list_accounts --
-- The customer's accounts that are not closed, with ledger balance and holds.
select a.id, a.name, a.kind, a.currency, a.status, a.balance_minor, a.overdraft_minor,
       right(coalesce(a.account_number, a.iban, ''), 4) as last4, a.held_minor
  from accounts a
 where a.customer_id = %(customer_id)s and a.status <> 'closed'
 order by array_position(array['current', 'savings', 'credit_card', 'loan'], a.kind), a.opened_at, a.name

-- get_account_details --
-- What a list does not show: numbers, cards, the day it was opened.
select a.sort_code, a.account_number, a.iban, a.opened_at,
       array(select c.last4::text from cards c
              where c.account_id = a.id and c.status <> 'closed' and c.customer_id = %(customer_id)s
              order by c.created_at, c.last4) as cards
  from accounts a
 where a.id = %(account_id)s and a.customer_id = %(customer_id)s
