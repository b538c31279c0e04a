-- get_trust --
-- Keys that verify and denials since a cursor, in one round trip. The next cursor is the oldest transaction that is still
-- under way: whatever is noted by one below it has been seen.
select pg_snapshot_xmin(pg_current_snapshot())::text as cursor,
       (select coalesce(jsonb_agg(jsonb_build_object(
                   'kid', kid, 'status', status, 'public_key', public_key, 'sealed_private', sealed_private)), '[]')
          from signing_keys
         where status in ('next', 'current')
            or status = 'retired' and changed_at > clock_timestamp() - interval '25 hours') as keys,
       (select coalesce(jsonb_agg(jsonb_build_array(key, before)), '[]')
          from token_denials
         where xact >= %(cursor)s::xid8 and noted_at > clock_timestamp() - interval '25 hours') as denials

-- lock_keys --
-- One change of keys at a time; reading goes on.
lock table signing_keys in share row exclusive mode

-- list_keys --
-- All keys, those in use first.
select kid, status, sealed_private, made_at, changed_at from signing_keys
 order by array_position(array['current', 'next', 'retired', 'withdrawn'], status), changed_at desc

-- retire_current --
-- Signs no more; what it signed is good until it expires.
update signing_keys set status = 'retired', sealed_private = null, changed_at = %(now)s
 where status = 'current' returning kid

-- promote_next --
-- Signs from now on.
update signing_keys set status = 'current', changed_at = %(now)s where status = 'next' returning kid

-- withdraw --
-- Nothing that it signed is good any more.
update signing_keys set status = 'withdrawn', sealed_private = null, changed_at = %(now)s
 where kid = %(kid)s and status <> 'withdrawn' returning kid

-- insert_key --
-- A new key.
insert into signing_keys (kid, status, public_key, sealed_private, made_at, changed_at)
values (%(kid)s, %(status)s, %(public_key)s, %(sealed_private)s, %(now)s, %(now)s)

-- delete_old_keys --
-- Of which no token can be good any more.
delete from signing_keys
 where status in ('retired', 'withdrawn') and changed_at < %(now)s::timestamptz - interval '25 hours'

-- insert_key_audit --
-- What the operator did.
insert into audit_log (actor, action, resource, detail, at)
values ('operator', %(action)s, 'signing_key:' || %(kid)s, %(detail)s, %(now)s)

-- insert_session --
-- Somebody has logged in.
insert into auth_sessions (id, owner, user_agent, opened_at, last_used_at, expires_at)
values (%(session_id)s, %(owner)s, %(user_agent)s, %(now)s, %(now)s, %(session_expires_at)s)

-- insert_refresh_token --
-- What the session is renewed with next.
insert into refresh_tokens (hash, session_id, owner, issued_at, expires_at)
values (%(hash)s, %(session_id)s, %(owner)s, %(now)s, %(expires_at)s)

-- use_refresh_token --
-- Of several requests with one token, the row goes to the first.
update refresh_tokens t set used_at = %(used_at)s from auth_sessions s
 where t.hash = %(hash)s and t.used_at is null and t.expires_at > %(now)s
   and s.id = t.session_id and s.ended_at is null and s.expires_at > %(now)s
returning t.session_id, t.owner, s.expires_at

-- mark_race --
-- Whether the token was used while this request was already here, or in a burst of such requests.
update refresh_tokens set raced = true
 where hash = %(hash)s and (used_at >= %(now)s or raced and used_at > %(now)s::timestamptz - interval '2 seconds')

-- end_session_of_reused_token --
-- It was used before: somebody has a copy, and nobody can tell who.
update auth_sessions set ended_at = %(now)s, ended_reason = 'refresh_token_reused'
 where ended_at is null
   and id = (select session_id from refresh_tokens where hash = %(hash)s and used_at is not null)

-- touch_session --
-- The session was renewed.
update auth_sessions set last_used_at = %(now)s where id = %(session_id)s

-- delete_expired_tokens --
-- Of this session; nothing renews with them, and a copy of one does no harm.
delete from refresh_tokens where session_id = %(session_id)s and expires_at < %(now)s

-- end_session_of_token --
-- Logging out with what the session is renewed with, old or new.
update auth_sessions set ended_at = %(now)s, ended_reason = %(reason)s
 where ended_at is null and id = (select session_id from refresh_tokens where hash = %(hash)s)

-- end_session --
-- One session of the caller's.
update auth_sessions set ended_at = %(now)s, ended_reason = %(reason)s
 where id = %(session_id)s and owner = %(owner)s and ended_at is null

-- end_sessions --
-- All sessions of the caller's, but for one that may go on.
update auth_sessions set ended_at = %(now)s, ended_reason = %(reason)s
 where owner = %(owner)s and ended_at is null and id is distinct from %(but)s::uuid

-- list_auth_sessions --
-- Where the caller is logged in, the latest use first.
select id, user_agent, opened_at, last_used_at, expires_at from auth_sessions
 where owner = %(owner)s and ended_at is null and expires_at > %(now)s
 order by last_used_at desc limit 100
