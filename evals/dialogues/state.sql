-- find_balance --
-- The ledger balance.
select balance_minor as minor, currency::text as currency from accounts
 where customer_id = %(customer)s and name = %(name)s

-- find_card --
select status as value from cards where customer_id = %(customer)s and last4 = %(name)s

-- find_payee --
select 'present' as value from payees
 where customer_id = %(customer)s and name = %(name)s and removed_at is null

-- list_standing_orders --
-- To a payee or an own account.
select s.amount_minor as minor, s.currency::text as currency
  from standing_orders s left join payees p on p.id = s.payee_id left join accounts a on a.id = s.to_account_id
 where s.customer_id = %(customer)s and s.status = 'active' and %(name)s in (p.name, a.name)

-- list_scheduled --
-- To a payee or an own account.
select s.amount_minor as minor, s.currency::text as currency
  from scheduled_payments s left join payees p on p.id = s.payee_id left join accounts a on a.id = s.to_account_id
 where s.customer_id = %(customer)s and s.status = 'scheduled' and %(name)s in (p.name, a.name)

-- count_operations --
select count(*)::text as value from banking_operations
 where customer_id = %(customer)s and status = %(name)s and created_at >= %(since)s

-- count_alerts --
select count(*)::text as value from fraud_alerts where customer_id = %(customer)s and status = %(name)s

-- count_cases --
-- What was opened for a person to take up: cases of care, and hand-overs and complaints of another moment. Who demands a
-- person in anger in one message has told one thing.
with care as (select opened_at from care_cases where customer_id = %(customer)s and opened_at >= %(since)s),
     others as (select requested_at as at from handoffs where customer_id = %(customer)s and requested_at >= %(since)s
                union all
                select received_at from complaints where customer_id = %(customer)s and received_at >= %(since)s)
select ((select count(*) from care)
      + (select count(*) from others where at not in (select opened_at from care)))::text as value

-- count_complaints --
select count(*)::text as value from complaints where customer_id = %(customer)s and received_at >= %(since)s

-- count_callbacks --
select count(*)::text as value from callbacks
 where customer_id = %(customer)s and status = 'requested' and requested_at >= %(since)s

-- count_appointments --
select count(*)::text as value from appointments
 where customer_id = %(customer)s and status = 'booked' and booked_at >= %(since)s

-- count_disputes --
select count(*)::text as value from disputes where customer_id = %(customer)s and opened_at >= %(since)s

-- has_changed --
-- Whether the customer may be other than as seeded: nothing of theirs changes but by an operation, save what was checked.
select exists (select from banking_operations where customer_id = %(customer)s)
    or exists (select from name_checks where customer_id = %(customer)s)
    or exists (select from care_cases where customer_id = %(customer)s) as value

-- is_pending --
select exists (select from banking_operations
                where customer_id = %(customer)s and status = 'pending' and expires_at > %(now)s) as value
