-- find_by_email --
-- Whose login an address is.
select customer_id from credentials where email = lower(%(email)s)

-- find_customer --
-- Whether there is such a customer.
select id as customer_id from customers where id = %(customer_id)s

-- become_subject --
-- From here this transaction reads what a copy may contain, and writes nothing.
select set_config('role', 'tellergraph_subject', true)

-- add_audit_line --
-- What was done about a person's data, by whom.
insert into audit_log (actor, customer_id, action, resource, detail, at)
values (%(actor)s, %(customer_id)s, %(action)s, %(resource)s, %(detail)s, %(now)s)

-- list_files --
-- The customer's files, the oldest first.
select id, name from attachments where customer_id = app_customer_id() order by created_at, id

-- count_holds --
-- Legal holds that stand.
select count(*) from legal_holds where customer_id = %(customer_id)s and released_at is null

-- list_open_business --
-- What has to end before a customer can be erased.
select 'accounts' as what, count(*) as number from accounts where customer_id = %(customer_id)s and status <> 'closed'
union all
select 'disputes', count(*) from disputes
 where customer_id = %(customer_id)s and state not in ('resolved_for_customer', 'resolved_for_merchant', 'withdrawn')

-- begin_erasure --
-- Once for a customer.
insert into erasures (customer_id, asked_by, reason, started_at) values (%(customer_id)s, %(by)s, %(reason)s, %(now)s)
on conflict (customer_id) do nothing

-- find_erasure --
-- A customer's erasure, begun or finished.
select id, customer_id, asked_by, reason, started_at, done, finished_at, certificate from erasures
 where customer_id = %(customer_id)s

-- lock_erasure --
-- One step at a time, whichever process does it.
select done from erasures where id = %(id)s and finished_at is null for update

-- mark_step --
-- A step is done, and took so many rows; in the transaction of the step.
update erasures set done = done || jsonb_build_object(%(step)s::text, coalesce((done ->> %(step)s)::bigint, 0) + %(rows)s)
 where id = %(id)s

-- finish_erasure --
-- With its certificate.
update erasures set finished_at = %(now)s, certificate = %(certificate)s where id = %(id)s and finished_at is null

-- destroy_key --
-- What it encrypted is gone, in every copy.
update data_keys set wrapped = null, destroyed_at = %(now)s
 where customer_id = %(customer_id)s and purpose = %(purpose)s and destroyed_at is null

-- list_rules --
-- The retention rules: what is from before goes, what is of today is kept until then.
select name, kept_for, law, changed_at, %(now)s - kept_for as before, %(now)s + kept_for as until from retention_rules
 order by name

-- change_rule --
-- A bank's own time.
update retention_rules set kept_for = %(kept_for)s::interval, changed_at = %(now)s where name = %(name)s

-- insert_retained --
-- What is kept of an erased customer, sealed.
insert into retained_records (customer_id, sealed, kept_until, made_at)
values (%(customer_id)s, %(sealed)s, %(until)s, %(now)s)

-- find_retained --
-- What is kept of an erased customer.
select sealed, kept_until from retained_records where customer_id = %(customer_id)s

-- list_own_sessions --
-- A customer's conversations.
select id from chat_sessions where owner = %(owner)s

-- delete_threads --
-- In schema checkpoints: what the graph remembers of conversations.
with a as (delete from checkpoints where thread_id = any (%(threads)s) returning 1),
     b as (delete from checkpoint_blobs where thread_id = any (%(threads)s) returning 1),
     c as (delete from checkpoint_writes where thread_id = any (%(threads)s) returning 1)
select (select count(*) from a) + (select count(*) from b) + (select count(*) from c)

-- place_hold --
-- A legal hold that stands from now on.
insert into legal_holds (customer_id, reason, placed_by, placed_at) values (%(customer_id)s, %(reason)s, %(by)s, %(now)s)
returning id

-- release_holds --
-- Those that stand of a customer.
update legal_holds set released_by = %(by)s, released_at = %(now)s, release_reason = %(reason)s
 where customer_id = %(customer_id)s and released_at is null returning id

-- list_holds --
-- Those that stand, the oldest first.
select id, customer_id, reason, placed_by, placed_at from legal_holds where released_at is null order by placed_at

-- list_old_sessions --
-- Conversations nobody has come back to, less those of customers under a legal hold and those in which a turn runs.
select s.id from chat_sessions s
 where starts_with(s.owner, %(kind)s) and s.updated_at < %(before)s
   and not exists (select from chat_turns t where t.session_id = s.id and t.status = 'running' and t.lease_expires_at > %(now)s)
   and not exists (select from legal_holds h where h.released_at is null and s.owner = 'customer:' || h.customer_id)
 order by s.updated_at limit %(limit)s

-- count_old_sessions --
-- As list_old_sessions.
select count(*) from chat_sessions s
 where starts_with(s.owner, %(kind)s) and s.updated_at < %(before)s
   and not exists (select from chat_turns t where t.session_id = s.id and t.status = 'running' and t.lease_expires_at > %(now)s)
   and not exists (select from legal_holds h where h.released_at is null and s.owner = 'customer:' || h.customer_id)

-- delete_sessions --
-- Conversations with everything in them.
delete from chat_sessions where id = any (%(ids)s)

-- delete_old_tries --
-- Tries of codes and names, less those of customers under a legal hold.
with names as (
    delete from name_checks n where checked_at < %(before)s
       and not exists (select from legal_holds h where h.released_at is null and h.customer_id = n.customer_id) returning 1
), tries as (
    delete from step_up_tries t where tried_at < %(before)s
       and not exists (select from legal_holds h where h.released_at is null and h.customer_id = t.customer_id) returning 1
)
select (select count(*) from names) + (select count(*) from tries)

-- delete_old_events --
-- What other systems were told or could not be told, less that about customers under a legal hold.
with gone as (
    delete from event_outbox e where coalesce(delivered_at, given_up_at) < %(before)s
       and not exists (select from legal_holds h where h.released_at is null and h.customer_id = e.customer_id) returning 1
)
select count(*) from gone

-- destroy_due_records --
-- What was kept of erased customers, once its time has come: key and text.
with due as (
    update retained_records r set sealed = null, destroyed_at = %(now)s
     where destroyed_at is null and kept_until <= %(now)s
       and not exists (select from legal_holds h where h.released_at is null and h.customer_id = r.customer_id)
    returning customer_id
), keys as (
    update data_keys k set wrapped = null, destroyed_at = %(now)s from due
     where k.customer_id = due.customer_id and k.purpose = 'retained' and k.destroyed_at is null returning 1
)
select count(*) from due

-- has_consent --
-- What the customer said last about a purpose; nothing counts as no.
select coalesce((select is_given from consents where customer_id = app_customer_id() and name = %(name)s
                  order by id desc limit 1), false) as is_given

-- insert_request --
-- A customer asks; the bank has a month.
insert into privacy_requests (customer_id, kind, field, wanted, reason, made_at, answer_by)
values (app_customer_id(), %(kind)s, %(field)s, %(wanted)s, %(reason)s, %(now)s, %(now)s::timestamptz + interval '1 month')
returning id, kind, field, wanted, reason, made_at, answer_by, status, answer, decided_at

-- list_requests --
-- What a customer asked, the latest first.
select id, kind, field, wanted, reason, made_at, answer_by, status, answer, decided_at from privacy_requests
 where customer_id = app_customer_id() order by made_at desc, id limit 100

-- list_open_requests --
-- What waits, for staff; says nothing of whose it is.
select id, kind, made_at, answer_by from list_privacy_requests(%(limit)s)

-- open_request --
-- Opens the customer's file, on record.
select id, customer_id, kind, field, wanted, reason, made_at, answer_by, status, answer, decided_at
  from open_privacy_request(%(id)s, %(now)s)

-- decide_request --
-- Answers once.
select id, customer_id, kind, field, wanted, reason, made_at, answer_by, status, answer, decided_at
  from decide_privacy_request(%(id)s, %(is_granted)s, %(answer)s, %(now)s)
