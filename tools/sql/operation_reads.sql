-- list_operations --
-- The customer's operations below a place in the list, newest first. A proposal whose time has passed is over, also while
-- nobody has written that down.
select o.id, o.type, standing.status, o.summary, o.amount_minor, o.currency, o.recipient, o.step_up, o.initiated_by,
       o.error_code, o.created_at, o.expires_at, o.completed_at
  from banking_operations o
 cross join lateral (
       select case when o.status = 'pending' and o.expires_at <= %(now)s then 'expired' else o.status end as status
       ) as standing
 where o.customer_id = %(customer_id)s
   and (o.created_at, o.id) < (coalesce(%(below_created_at)s::timestamptz, 'infinity'),
                               coalesce(%(below_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
   and standing.status = coalesce(%(status)s, standing.status)
 order by o.created_at desc, o.id desc
 limit %(limit)s

-- find_logged_operation --
-- One of the customer's operations, as list_operations gives it.
select id, type,
       case when status = 'pending' and expires_at <= %(now)s then 'expired' else status end as status,
       summary, amount_minor, currency, recipient, step_up, initiated_by, error_code, created_at, expires_at,
       completed_at
  from banking_operations
 where customer_id = %(customer_id)s and id = %(operation_id)s
