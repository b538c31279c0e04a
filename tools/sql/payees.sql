-- list_payees --
-- The customer's payees by name, account numbers reduced to their tail.
select name, currency, right(coalesce(account_number, iban), 4) as last4
  from payees where customer_id = %(customer_id)s order by name

-- list_standing_orders --
-- The customer's running standing orders, the next to run first.
select p.name as payee, s.amount_minor, s.currency, s.frequency, s.day_of_month, s.next_run_on, s.reference,
       a.name as account
  from standing_orders s
  join payees p on p.id = s.payee_id
  join accounts a on a.id = s.account_id
 where s.customer_id = %(customer_id)s and s.status = 'active'
 order by s.next_run_on, p.name
