-- insert_operation --
-- A proposal. The same key gives the same row again, whatever happened to it since.
insert into banking_operations (customer_id, type, payload, payload_hash, summary, idempotency_key, initiated_by,
                                turn_id, created_at, expires_at)
values (%(customer_id)s, %(type)s, %(payload)s, %(payload_hash)s, %(summary)s, %(idempotency_key)s, %(initiated_by)s,
        %(turn_id)s, %(now)s, %(expires_at)s)
on conflict (customer_id, idempotency_key) do nothing

-- get_operation_by_key --
-- The proposal under an idempotency key.
select id, type, status, payload, summary, expires_at, error from banking_operations
 where customer_id = %(customer_id)s and idempotency_key = %(idempotency_key)s

-- get_operation --
-- One of the customer's operations.
select id, type, status, payload, summary, expires_at, error from banking_operations
 where customer_id = %(customer_id)s and id = %(operation_id)s

-- claim_operation --
-- Takes a proposal that still stands for execution. No row: somebody was faster, or it is over.
update banking_operations set status = 'processing'
 where id = %(operation_id)s and customer_id = %(customer_id)s and status = 'pending' and expires_at > %(now)s
returning id, type, status, payload, summary, expires_at, error

-- end_operation --
-- Ends an operation out of a named state.
update banking_operations set status = %(to_status)s, error = %(error)s, completed_at = %(now)s
 where id = %(operation_id)s and customer_id = %(customer_id)s and status = %(from_status)s
returning id, type, status, payload, summary, expires_at, error

-- expire_operation --
-- Marks a proposal whose time has passed.
update banking_operations set status = 'expired', completed_at = %(now)s
 where id = %(operation_id)s and customer_id = %(customer_id)s and status = 'pending' and expires_at <= %(now)s
returning id, type, status, payload, summary, expires_at, error

-- insert_audit --
-- One line of the append-only audit, in the transaction of the effect.
insert into audit_log (actor, customer_id, action, resource, detail, turn_id, at)
values (%(actor)s, %(customer_id)s, %(action)s, %(resource)s, %(detail)s, %(turn_id)s, %(now)s)
