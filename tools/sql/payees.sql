-- list_payees --
-- The customer's payees by name, without those that were removed.
select id, name, iban, sort_code, account_number, currency, right(coalesce(account_number, iban), 4) as last4, created_at
  from payees where customer_id = %(customer_id)s and removed_at is null order by lower(name), id

-- insert_payee --
-- No row when the customer has a payee of that name. The name to screen is null where the bank has no lists.
insert into payees (customer_id, name, iban, sort_code, account_number, currency, created_at)
values (%(customer_id)s, %(name)s, %(iban)s, %(sort_code)s, %(account_number)s, %(currency)s, %(now)s)
on conflict do nothing
returning id as payee_id, case when exists (select from screening_loads) then name end as name

-- update_payee --
-- The details as they were proposed, if they still are what they were. Returns what insert_payee does.
update payees set name = %(name)s, iban = %(iban)s, sort_code = %(sort_code)s, account_number = %(account_number)s,
       currency = %(currency)s
 where id = %(payee_id)s and customer_id = %(customer_id)s and removed_at is null
   and (name, iban, sort_code, account_number, currency) is not distinct from
       (%(old_name)s, %(old_iban)s, %(old_sort_code)s, %(old_account_number)s, %(old_currency)s)
returning id as payee_id, case when exists (select from screening_loads) then name end as name

-- lock_payee --
-- Holds back what would refer to the payee meanwhile, such as a new standing order.
select id, name, iban, sort_code, account_number, currency, right(coalesce(account_number, iban), 4) as last4, created_at
  from payees where id = %(payee_id)s and customer_id = %(customer_id)s and removed_at is null for update

-- remove_payee --
-- Payments keep pointing at it.
update payees set removed_at = %(now)s
 where id = %(payee_id)s and customer_id = %(customer_id)s and removed_at is null

-- find_own_account --
-- The customer's own account under these numbers. The IBAN of a British account holds its sort code and number.
select name from accounts
 where customer_id = %(customer_id)s
   and (iban = %(iban)s
        or (sort_code, account_number) = (%(sort_code)s, %(account_number)s)
        or (sort_code, account_number) = (substr(%(iban)s, 9, 2) || '-' || substr(%(iban)s, 11, 2) || '-' || substr(%(iban)s, 13, 2),
                                          substr(%(iban)s, 15, 8)))

-- list_payee_uses --
-- What still pays a payee by itself, the next first.
select 'standing order' as kind, amount_minor, currency, next_run_on as due_on
  from standing_orders
 where payee_id = %(payee_id)s and customer_id = %(customer_id)s and status in ('active', 'paused')
union all
select 'scheduled payment', amount_minor, currency, due_on
  from scheduled_payments
 where payee_id = %(payee_id)s and customer_id = %(customer_id)s and status = 'scheduled'
 order by due_on

-- was_payee_paid --
-- Whether money of the customer has arrived at a payee.
select exists (select 1 from transactions
                where payee_id = %(payee_id)s and customer_id = %(customer_id)s and status = 'booked') as was_paid

-- check_payee_name --
-- The verdict on a name for an account, and nothing else about it.
select check_payee_name(%(sort_code)s, %(account_number)s, %(iban)s, %(name)s, %(now)s) as verdict

