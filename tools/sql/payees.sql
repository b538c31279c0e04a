-- list_payees --
-- The customer's payees by name, without those that were removed.
select id, name, iban, sort_code, account_number, currency, right(coalesce(account_number, iban), 4) as last4, created_at
  from payees where customer_id = %(customer_id)s and removed_at is null order by lower(name), id

-- list_standing_orders --
-- The customer's running standing orders, the next to run first.
select p.name as payee, s.amount_minor, s.currency, s.frequency, s.day_of_month, s.next_run_on, s.reference,
       a.name as account
  from standing_orders s
  join payees p on p.id = s.payee_id
  join accounts a on a.id = s.account_id
 where s.customer_id = %(customer_id)s and s.status = 'active'
 order by s.next_run_on, p.name
