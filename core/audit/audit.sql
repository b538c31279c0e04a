-- list_entries --
-- Links in the order of their chains, each with its entry's fields as they are hashed. audit_bytes() of
-- 0031_audit_chain.up.sql has the same fields in the same order.
select l.chain, l.seq, l.entry_id, l.prev_hash, l.hash, a.id is not null as is_there,
       array[l.chain::text, l.seq::text, a.id::text, (extract(epoch from a.at) * 1000000)::bigint::text, a.actor,
             a.customer_id::text, a.action, a.resource, a.detail::text, a.decision, a.reason, a.policy_version,
             a.turn_id::text, a.request_id, a.session::text, a.ip::text, a.user_agent, encode(a.before_hash, 'hex'),
             encode(a.after_hash, 'hex')] as fields
  from audit_links l left join audit_log a on a.id = l.entry_id
 order by l.chain, l.seq

-- list_unlinked --
-- Entries that are in no chain: nobody who keeps to the rules can write one.
select a.id from audit_log a where not exists (select from audit_links l where l.entry_id = a.id)
 order by a.id limit 20

-- list_heads --
-- The last link of every chain that has begun.
select chain, seq, hash from audit_heads where seq > 0 order by chain

-- list_exported --
-- Entries after what a receiver has of each chain, in the order of the chains.
select l.chain, l.seq, l.hash, a.id, a.at, a.actor, a.customer_id, a.action, a.resource, a.detail, a.decision, a.reason,
       a.policy_version, a.turn_id, a.request_id, a.session, host(a.ip) as ip, a.user_agent,
       encode(a.before_hash, 'hex') as before_hash, encode(a.after_hash, 'hex') as after_hash
  from audit_links l join audit_log a on a.id = l.entry_id
 where l.seq > coalesce((%(seen)s::jsonb ->> l.chain::text)::bigint, 0)
   and (%(since)s::timestamptz is null or a.at >= %(since)s)
 order by l.chain, l.seq limit %(limit)s
