-- find_data_key --
-- The customer's key for one purpose, also one that was destroyed.
select id, wrapped, master_id from data_keys where customer_id = %(customer_id)s and purpose = %(purpose)s

-- insert_data_key --
-- The customer's first key for a purpose; another process may have been first.
insert into data_keys (customer_id, purpose, id, wrapped, master_id, created_at)
values (%(customer_id)s, %(purpose)s, %(id)s, %(wrapped)s, %(master_id)s, %(now)s)
on conflict (customer_id, purpose) do nothing

-- list_wrapped_otherwise --
-- Keys that another master key wrapped, in the order of their customers. Two rotations at once share the work.
select customer_id, purpose, id, wrapped, master_id from data_keys
 where destroyed_at is null and master_id <> %(current)s and (customer_id, purpose) > (%(customer_id)s, %(purpose)s)
 order by customer_id, purpose limit %(limit)s for update skip locked

-- rewrap_data_key --
-- The same key, wrapped by another master key. A key that was destroyed meanwhile stays so.
update data_keys set wrapped = %(wrapped)s, master_id = %(master_id)s, wrapped_at = %(now)s
 where customer_id = %(customer_id)s and purpose = %(purpose)s and master_id = %(before)s and destroyed_at is null

-- record_rotation --
-- That keys were wrapped again, by which master key, and how many.
insert into audit_log (actor, action, resource, detail, at)
values ('operator', 'keys.rotated', 'data_keys', jsonb_build_object('current', %(current)s::text, 'rewrapped', %(rewrapped)s::int,
        'unreadable', %(unreadable)s::int), %(now)s)

-- count_by_master --
-- How many living keys each master key has wrapped.
select master_id, count(*) as keys from data_keys where destroyed_at is null group by master_id order by master_id
