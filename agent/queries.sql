-- insert_session --
-- A new conversation.
insert into chat_sessions (id, owner, title, created_at, updated_at)
values (%(session_id)s, %(owner)s, %(title)s, %(now)s, %(now)s)

-- insert_turn --
-- Opens a turn in a conversation of the caller. The unique index on running turns refuses a second one.
with session as (
    update chat_sessions set updated_at = %(now)s where id = %(session_id)s returning id, owner
)
insert into chat_turns (id, session_id, owner, status, worker_id, lease_expires_at, started_at)
select %(turn_id)s, id, owner, 'running', %(worker_id)s, %(lease_expires_at)s, %(now)s from session

-- end_stale_turn --
-- Ends a conversation's running turn whose worker is gone, so that a new one may start.
update chat_turns set status = 'failed', finished_at = %(now)s
 where session_id = %(session_id)s and status = 'running'
   and (lease_expires_at < %(now)s or id = any(%(unended)s))

-- end_turn --
-- Ends a running turn.
update chat_turns set status = %(status)s, outcome = %(outcome)s, finished_at = %(now)s
 where id = %(turn_id)s and status = 'running'

-- resolve_turns --
-- The turns that asked for a decision on an operation have got it.
update chat_turns set status = 'done'
 where session_id = %(session_id)s and status = 'waiting'
   and outcome #>> '{confirmation,operation_id}' = %(operation_id)s

-- insert_message --
-- One line of the conversation, already masked; nothing if the turn has been taken from its worker.
-- The original goes in only while its key lives: a key that was destroyed just now encrypts nothing more.
insert into chat_messages (session_id, turn_id, owner, role, content, route, intent, confidence, citations, created_at,
                           original, has_pii, pii_fields, embedding)
select session_id, id, owner, %(role)s, %(content)s, %(route)s, %(intent)s, %(confidence)s, %(citations)s, %(now)s,
       case when exists (select from data_keys where id = %(key_id)s and destroyed_at is null) then %(original)s::bytea end,
       %(has_pii)s, %(pii_fields)s, %(embedding)s
  from chat_turns where id = %(turn_id)s and status = 'running'

-- insert_turn_record --
-- What the answer was made of, for a replay; nothing if the turn has been taken from its worker.
insert into turn_records (turn_id, owner, model, digests, policy_version, sealed, recorded_at)
select id, owner, %(model)s, %(digests)s,
       (select version from payment_policies where active_from <= %(now)s order by active_from desc limit 1), %(sealed)s, %(now)s
  from chat_turns where id = %(turn_id)s and status = 'running'

-- link_operation --
-- The operation that a turn proposed knows the message that asked for it.
update banking_operations set chat_message_id = (select id from chat_messages where turn_id = %(turn_id)s and role = 'user')
 where turn_id = %(turn_id)s and customer_id = app_customer_id()

-- find_turn --
-- A turn that the caller may see.
select id, session_id, owner, status, lease_expires_at, outcome from chat_turns where id = %(turn_id)s

-- keep_feedback --
-- What the caller thinks of an answer of theirs that is over; said again, it takes the place of what was said before.
with before as (select rating from feedback where turn_id = %(turn_id)s)
insert into feedback (turn_id, owner, rating, comment, created_at, changed_at)
select id, owner, %(rating)s, %(comment)s, %(now)s, %(now)s from chat_turns where id = %(turn_id)s and status <> 'running'
on conflict (turn_id) do update
   set rating = excluded.rating, comment = excluded.comment, changed_at = greatest(feedback.created_at, excluded.changed_at)
returning rating, comment, changed_at, (select rating from before) is distinct from rating as is_news

-- list_sessions --
-- The caller's conversations, the latest first.
select id as session_id, title, created_at, updated_at from chat_sessions
 where owner = %(owner)s order by updated_at desc limit %(limit)s

-- lock_session --
-- Keeps new turns out of a conversation until the transaction ends.
select id as session_id, title, created_at, updated_at from chat_sessions where id = %(session_id)s for update

-- find_session --
-- A conversation of the caller.
select id as session_id, title, created_at, updated_at from chat_sessions where id = %(session_id)s

-- list_messages --
-- A conversation in order; with an answer, what was thought of it.
select m.role, m.content, m.turn_id, m.route, m.intent, m.confidence, m.citations, m.created_at, f.rating, f.comment
  from chat_messages m left join feedback f on f.turn_id = m.turn_id and m.role = 'assistant'
 where m.session_id = %(session_id)s order by m.id

-- list_originals --
-- Of its messages that were masked, what stood there, under the customer's key.
select turn_id, role, original from chat_messages where session_id = %(session_id)s and original is not null

-- list_turn_ids --
-- The turns of a conversation, and whether a worker still holds them.
select id, status = 'running' and lease_expires_at > %(now)s as is_running
  from chat_turns where session_id = %(session_id)s

-- delete_session --
-- A conversation with everything in it.
delete from chat_sessions where id = %(session_id)s

-- renew_leases --
-- A living worker keeps its turns.
update chat_turns set lease_expires_at = %(lease_expires_at)s
 where worker_id = %(worker_id)s and status = 'running' and id = any(%(active)s)

-- end_lost_turns --
-- A worker ends the turns whose end it could not write, because the database was away.
update chat_turns set status = 'failed', finished_at = %(now)s
 where worker_id = %(worker_id)s and status = 'running' and id = any(%(unended)s)
