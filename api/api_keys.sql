-- find_api_key --
-- Whose key this is, and the tier that its owner has now. The statement names its reader itself, as knowledge/cache does: a
-- lateral part that is kept whole (offset 0) begins when what it takes a value from has been made.
with presented as materialized (
    select set_config('app.api_key', %(hash)s, true) as hash
)
select k.id, k.customer_id, k.permissions, k.expires_at, k.revoked_at, k.last_used_at, owner.tier
  from presented
 cross join lateral (
    select * from api_keys where secret_hash = decode(presented.hash, 'hex') offset 0
 ) k
 cross join lateral (
    select set_config('app.customer_id', k.customer_id::text, true) as id offset 0
 ) named
 cross join lateral (
    select tier from customers where id = named.id::uuid offset 0
 ) owner;

-- note_use --
update api_keys set last_used_at = %(now)s
 where id = %(id)s and (last_used_at is null or last_used_at <= %(before)s);

-- list_api_keys --
-- Those that are good or ended lately, the newest first.
select k.id, k.name, k.prefix, k.permissions, k.created_at, k.expires_at, k.last_used_at, k.revoked_at, k.replaces
  from api_keys k
 where k.customer_id = %(customer_id)s and least(k.expires_at, k.revoked_at) > %(since)s
 order by k.created_at desc, k.id desc limit %(limit)s;

-- get_api_key --
select id, name, prefix, permissions, created_at, expires_at, last_used_at, revoked_at, replaces
  from api_keys where id = %(id)s and customer_id = %(customer_id)s;

-- insert_api_key --
insert into api_keys (customer_id, name, prefix, secret_hash, permissions, created_at, expires_at, replaces)
values (%(customer_id)s, %(name)s, %(prefix)s, %(hash)s, %(permissions)s, %(now)s, %(expires_at)s, %(replaces)s)
returning id, name, prefix, permissions, created_at, expires_at, last_used_at, revoked_at, replaces;

-- end_api_key --
-- Of one that is good: it goes on until then, or until its own end if that comes first.
update api_keys set expires_at = least(expires_at, %(until)s)
 where id = %(id)s and customer_id = %(customer_id)s and revoked_at is null and expires_at > %(now)s
returning id, name, prefix, permissions, created_at, expires_at, last_used_at, revoked_at, replaces;

-- revoke_api_key --
update api_keys set revoked_at = %(now)s
 where id = %(id)s and customer_id = %(customer_id)s and revoked_at is null;

-- log_api_key --
insert into audit_log (actor, customer_id, action, resource, detail, at)
values ('customer:' || %(customer_id)s::text, %(customer_id)s::uuid, %(action)s, 'api_key:' || %(id)s::text, %(detail)s, %(now)s);
