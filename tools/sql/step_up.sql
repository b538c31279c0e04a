-- open_challenge --
-- One for each operation. It is not new when there is one already, or when too many codes were sent within the hour.
select is_new, how, retry_at from open_step_up_challenge(%(operation_id)s, %(now)s)

-- get_challenge --
-- What the code of an operation is about, how the customer has it, and what stands in the way. The method is that of
-- the challenge, or of one that would be opened now.
select o.id, o.type, o.status, o.summary, o.amount_minor, o.currency, o.recipient, o.payload_hash, o.error_code,
       o.expires_at, step_up_locked_until(%(now)s) as locked_until,
       coalesce(c.method, case when a.id is null then 'delivered' else 'authenticator' end) as method,
       a.id as authenticator_id
  from banking_operations o
  left join step_up_challenges c on c.operation_id = o.id
  left join totp_authenticators a on a.customer_id = o.customer_id and a.confirmed_at is not null and a.removed_at is null
 where o.id = %(operation_id)s and o.customer_id = %(customer_id)s

-- take_try --
-- Counts a code before it is looked at.
select try_id, tries_left, locked_until from take_step_up_try(%(operation_id)s, %(now)s)

-- pass_try --
-- The code was right.
select pass_step_up_try(%(try_id)s, %(now)s)

-- insert_outbox --
-- What the demo bank would have sent to a phone.
insert into demo_outbox (customer_id, operation_id, text, code, sent_at)
values (%(customer_id)s, %(operation_id)s, %(text)s, %(code)s, %(now)s)

-- list_outbox --
-- What was sent to the customer, the latest first.
select text, code, sent_at, operation_id from demo_outbox where customer_id = %(customer_id)s order by id desc limit 20

-- begin_authenticator --
-- A new authenticator app, to be proved and confirmed; null when there is one in use.
select begin_totp(%(now)s) as id

-- get_authenticator --
-- The customer's login and the authenticator app in use, if there is one.
select l.email, a.id, a.confirmed_at
  from credentials l
  left join totp_authenticators a on a.customer_id = l.customer_id and a.confirmed_at is not null and a.removed_at is null
 where l.customer_id = %(customer_id)s

-- find_new_authenticator --
-- The authenticator app that waits to be confirmed, with the operation that does it.
select a.id, o.id as operation_id
  from totp_authenticators a
  join banking_operations o on o.customer_id = a.customer_id and o.type = 'add_authenticator' and o.status = 'pending'
       and o.payload ->> 'authenticator_id' = a.id::text
 where a.customer_id = %(customer_id)s and a.confirmed_at is null and a.removed_at is null

-- use_totp_step --
-- Whether the code of a time step may count: each does so once.
select use_totp_step(%(authenticator_id)s, %(step)s) as counts

-- confirm_authenticator --
-- From now on its codes are asked for. It has shown a right one before.
update totp_authenticators set confirmed_at = %(now)s
 where id = %(authenticator_id)s and customer_id = %(customer_id)s and confirmed_at is null and removed_at is null
   and last_step is not null

-- remove_authenticator --
-- Codes are sent again; what waited for a code of the app is cancelled.
select remove_totp(%(now)s) as removed
