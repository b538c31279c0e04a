-- list_due_payments --
-- What is due of any customer, the longest due first, without those that this round has looked at.
select kind, id, customer_id
  from (select 'scheduled_payment' as kind, id, customer_id, due_at from scheduled_payments
         where status = 'scheduled' and due_at <= %(now)s
        union all
        select 'standing_order', id, customer_id, due_at from standing_orders
         where status = 'active' and due_at <= %(now)s) d
 where id <> all (%(seen)s::uuid[])
 order by due_at, id
 limit %(limit)s

-- lock_scheduled_payment --
-- No row when another process has it, or has had it.
select due_on as due, not_before, currency::text as currency, to_account_id is not null as is_own,
       null::text as frequency, null::date as starts_on, null::date as ends_on
  from scheduled_payments
 where id = %(id)s and status = 'scheduled' and due_at <= %(now)s
   for no key update skip locked

-- lock_standing_order --
-- As lock_scheduled_payment.
select next_run_on as due, not_before, currency::text as currency, to_account_id is not null as is_own,
       frequency, starts_on, ends_on
  from standing_orders
 where id = %(id)s and status = 'active' and due_at <= %(now)s
   for no key update skip locked

-- act_for --
-- From here on the transaction works for this customer.
select set_config('app.customer_id', %(customer_id)s::text, true)

-- due_payment_facts --
-- What to decide on, of the payment that is about to be made; null where it is not due any more. And whom to screen
-- before, null where there is no list that they were not compared with.
select due_payment_facts(%(kind)s, %(id)s, %(due)s, %(now)s) as facts, s.payee_id, s.name as payee_name
  from (values (1)) one left join payee_to_screen(%(kind)s, %(id)s) s on true

-- run_due_payment --
select run_due_payment(%(kind)s, %(id)s, %(due)s, %(next_due)s, %(retry_at)s, %(decision)s, %(now)s) as outcome

-- postpone_due_payment --
select case when postpone_due_payment(%(kind)s, %(id)s, %(due)s, %(until)s, %(now)s) then 'postponed' end as outcome

-- list_expired_held --
-- Held payments of any customer that nobody released or cancelled in time.
select operation_id as id, customer_id from payment_holds
 where status = 'held' and expires_at <= %(now)s and operation_id <> all (%(seen)s::uuid[])
 order by expires_at, operation_id
 limit %(limit)s

-- expire_held --
select case when expire_held_payment(%(id)s, %(now)s) then 'expired' end as outcome

-- list_due_events --
-- What another system of the bank is to be told about any customer, the oldest first.
select id, customer_id from event_outbox
 where delivered_at is null and given_up_at is null and next_at <= %(now)s and id <> all (%(seen)s::uuid[])
 order by next_at, id
 limit %(limit)s

-- take_event --
-- From here on it is this process's until then; null where another one has it.
select take_event(%(id)s, %(now)s, %(until)s) as event

-- settle_event --
select settle_event(%(id)s, %(fault)s, %(retry_at)s, %(now)s) as settled

-- settle_fraud_totals --
-- Once a night; false for the rest of the day.
select settle_fraud_totals(%(now)s) as settled

-- expire_identifications --
-- What held until a day before today, a thousand in a round.
select expire_kyc(%(now)s, 1000) as ended

-- get_hold_terms --
-- After how many days a hold is released that nobody collects, as published.
select max(quantity) filter (where code = 'card.pending.release_days') as card_days,
       max(quantity) filter (where code = 'card.pending.travel_release_days') as travel_days,
       max(quantity) filter (where code = 'cash.pending.release_days') as cash_working_days
  from product_terms
 where code in ('card.pending.release_days', 'card.pending.travel_release_days', 'cash.pending.release_days')

-- list_expired_holds --
-- Of any customer, the oldest first.
select id, customer_id from transactions
 where status = 'pending' and occurred_at <= greatest(%(card_before)s, %(travel_before)s, %(cash_before)s)
   and kind in ('card_payment', 'subscription', 'cash_withdrawal')
   and occurred_at <= case when kind = 'cash_withdrawal' then %(cash_before)s
                           when category = 'travel' then %(travel_before)s
                           else %(card_before)s end
   and id <> all (%(seen)s::bigint[])
 order by occurred_at, id
 limit %(limit)s

-- release_hold --
select case when status = 'released' and released_at = %(now)s then 'released' end as outcome
  from release_hold(%(id)s, %(now)s)

-- list_expired_operations --
-- Proposals of any customer whose time to confirm has passed.
select id, customer_id from banking_operations
 where status = 'pending' and expires_at <= %(now)s and id <> all (%(seen)s::uuid[])
 order by expires_at, id
 limit %(limit)s

-- expire_operation --
select case when expire_operation(%(id)s, %(now)s) then 'expired' end as outcome

-- list_due_dispute_clocks --
-- Of any customer: what the law wants done by today about a dispute.
select id, customer_id from dispute_clocks
 where ended_at is null and due_at <= %(now)s and id <> all (%(seen)s::uuid[])
 order by due_at, id
 limit %(limit)s

-- run_dispute_clock --
-- Null for one that waits for a payment to be booked, or that somebody else has ended.
select case when run_dispute_clock(%(id)s, %(now)s) <> 'clock_waits' then 'clock' end as outcome
