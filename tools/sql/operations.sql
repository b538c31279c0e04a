-- insert_operation --
-- A proposal. The same key gives the same row again, whatever happened to it since. The database adds the payload's
-- hash, the policy and whether a code is asked for.
insert into banking_operations (customer_id, type, payload, payload_hash, summary, amount_minor, currency, recipient,
                                idempotency_key, request_hash, proposed, initiated_by, turn_id, created_at, expires_at)
values (%(customer_id)s, %(type)s, %(payload)s, '', %(summary)s, %(amount_minor)s, %(currency)s, %(recipient)s,
        %(idempotency_key)s, %(request_hash)s, %(proposed)s, %(initiated_by)s, %(turn_id)s, %(now)s, %(expires_at)s)
on conflict (customer_id, idempotency_key) do nothing

-- get_operation_by_key --
-- The proposal under an idempotency key.
select id, type, payload, summary, proposed, request_hash, step_up, decided, error_code, expires_at
  from banking_operations
 where customer_id = %(customer_id)s and idempotency_key = %(idempotency_key)s

-- get_operation --
-- One of the customer's operations.
select id, type, status, payload, summary, amount_minor, currency, recipient, step_up, error_code, created_at, expires_at,
       completed_at
  from banking_operations
 where customer_id = %(customer_id)s and id = %(operation_id)s

-- preview_operation --
-- Whether a payment could be posted now: the code of the refusal, null for none. And what to decide on, null where nobody
-- has to decide; and whom to screen before, null where there is no list that they were not compared with.
select preview_operation(%(operation_id)s, %(now)s) as error_code, operation_facts(%(operation_id)s, %(now)s) as facts,
       s.payee_id, s.name as payee_name
  from (values (1)) one left join payee_to_screen('operation', %(operation_id)s) s on true

-- record_decision --
-- What was decided about a proposal, once; asked again, what stands.
select outcome, step_up from record_decision(%(operation_id)s, %(decision)s, %(now)s)

-- mint_slip --
-- The customer's yes to an operation as it stands.
select mint_slip(%(operation_id)s, %(slip_hash)s, %(now)s, %(expires_at)s)

-- execute_operation --
-- Spends a slip: posts what moves money, and claims everything else for its effect in this transaction.
select id, type, status, payload, summary, amount_minor, currency, recipient, step_up, error_code, created_at, expires_at,
       completed_at
  from execute_operation(%(operation_id)s, %(slip)s, %(now)s)

-- end_operation --
-- Ends an operation out of a named state; no row when it is not in it.
select id, type, status, payload, summary, amount_minor, currency, recipient, step_up, error_code, created_at, expires_at,
       completed_at
  from end_operation(%(operation_id)s, %(from_status)s, %(to_status)s, %(error_code)s, %(now)s)
 where id is not null
