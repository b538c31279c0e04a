-- list_standing_orders --
-- The customer's running standing orders, the next to run first.
select s.id, coalesce(p.name, t.name) as recipient, s.payee_id, s.to_account_id, s.amount_minor, s.currency::text as currency,
       s.frequency, s.starts_on, s.next_run_on, s.ends_on, s.reference, a.name as account
  from standing_orders s
  join accounts a on a.id = s.account_id
  left join payees p on p.id = s.payee_id
  left join accounts t on t.id = s.to_account_id
 where s.customer_id = %(customer_id)s and s.status = 'active'
 order by s.next_run_on, lower(coalesce(p.name, t.name)), s.id

-- list_scheduled_payments --
-- The customer's payments of a later day that still wait, the next first.
select s.id, coalesce(p.name, t.name) as recipient, s.payee_id, s.to_account_id, s.amount_minor, s.currency::text as currency,
       s.due_on, s.reference, a.name as account
  from scheduled_payments s
  join accounts a on a.id = s.account_id
  left join payees p on p.id = s.payee_id
  left join accounts t on t.id = s.to_account_id
 where s.customer_id = %(customer_id)s and s.status = 'scheduled'
 order by s.due_on, lower(coalesce(p.name, t.name)), s.id

-- get_schedule_rules --
-- How far ahead payments may be scheduled, and whether one is over a limit of the customer's, whatever else is paid.
select (select quantity from terms_at(%(now)s) where code = 'payment.scheduled.max_ahead') as months_ahead,
       case when %(currency)s = p.currency then %(minor)s::bigint
            else exchanged(%(minor)s, %(currency)s, p.currency, rate_at(%(currency)s, p.currency, %(now)s))
       end > (select min(most_minor) from limits_of(%(customer_id)s, 'pay_payee', 'schedule', p.version, %(now)s)) as is_over_limit
  from payment_policies p
 where p.version = policy_at(%(now)s)

-- hold_open_accounts --
-- Those of the two that are open; nobody closes them before this transaction ends.
select id from accounts
 where customer_id = %(customer_id)s and id in (%(account_id)s, %(to_account_id)s) and status = 'open'
 order by id for key share

-- hold_payee --
-- The payee, if it is in the list; nobody removes it before this transaction ends.
select id from payees
 where customer_id = %(customer_id)s and id = %(payee_id)s and removed_at is null for key share

-- insert_scheduled_payment --
-- Of the operation that this transaction executes.
insert into scheduled_payments (customer_id, account_id, payee_id, to_account_id, amount_minor, currency, fee_minor, reference,
                                due_on, scheduled_by, created_at)
select customer_id, %(account_id)s, %(payee_id)s, %(to_account_id)s, %(amount_minor)s, %(currency)s, %(fee_minor)s,
       %(reference)s, %(due_on)s::date, id, %(now)s
  from banking_operations
 where customer_id = %(customer_id)s and status = 'processing' and executed_in = pg_current_xact_id()

-- cancel_scheduled_payment --
-- Until the day before it leaves.
update scheduled_payments set status = 'cancelled'
 where id = %(scheduled_payment_id)s and customer_id = %(customer_id)s and status = 'scheduled' and due_on > %(today)s

-- insert_standing_order --
-- A standing order as its customer confirmed it.
insert into standing_orders (customer_id, account_id, payee_id, to_account_id, amount_minor, currency, fee_minor, frequency,
                             starts_on, next_run_on, ends_on, reference, created_at)
select customer_id, id, %(payee_id)s, %(to_account_id)s, %(amount_minor)s, %(currency)s, %(fee_minor)s, %(frequency)s,
       %(starts_on)s::date, %(next_run_on)s::date, %(ends_on)s::date, %(reference)s, %(now)s
  from accounts where customer_id = %(customer_id)s and id = %(account_id)s

-- change_standing_order --
-- Until the day before its next payment, and as long as that is the one that its customer saw.
update standing_orders
   set amount_minor = %(amount_minor)s, frequency = %(frequency)s, starts_on = %(starts_on)s::date,
       next_run_on = %(next_run_on)s::date, ends_on = %(ends_on)s::date, not_before = null
 where id = %(standing_order_id)s and customer_id = %(customer_id)s and status = 'active'
   and next_run_on = %(seen_next_run_on)s::date and next_run_on > %(today)s
   and amount_minor = %(seen_amount_minor)s and frequency = %(seen_frequency)s

-- cancel_standing_order --
-- Until the day before its next payment.
update standing_orders set status = 'cancelled'
 where id = %(standing_order_id)s and customer_id = %(customer_id)s and status = 'active' and next_run_on > %(today)s
