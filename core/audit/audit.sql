-- list_entries --
-- Links in the order of their chains, each with its entry's fields as they are hashed. link_audit_entry() of
-- 0036_lighter_links.up.sql has the same fields in the same order.
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

-- lock_holds --
-- Legal holds stay as they are until the end of the transaction.
lock table legal_holds in share mode

-- list_present --
-- Which of these places are still there.
select l.chain, l.seq from unnest(%(chains)s::smallint[], %(places)s::bigint[]) place (chain, seq)
  join audit_links l using (chain, seq)

-- list_pinned --
-- Places up to these ends whose entries have to stay: too young, or of a customer under a legal hold.
select l.chain, l.seq from unnest(%(chains)s::smallint[], %(ends)s::bigint[]) upto (chain, seq)
  join audit_links l on l.chain = upto.chain and l.seq <= upto.seq
  join audit_log a on a.id = l.entry_id
 where a.at >= %(before)s
    or exists (select from legal_holds h where h.customer_id = a.customer_id and h.released_at is null)

-- record_removal --
-- Allows this transaction to take away what is older.
insert into record_removals (before, checkpoint, at) values (%(before)s, %(checkpoint)s, %(now)s)

-- delete_stretches --
-- Entries with their places.
with places as (
    delete from audit_links l
     using unnest(%(chains)s::smallint[], %(firsts)s::bigint[], %(lasts)s::bigint[]) stretch (chain, first, last)
     where l.chain = stretch.chain and l.seq between stretch.first and stretch.last returning l.entry_id
)
delete from audit_log a using places where a.id = places.entry_id

-- delete_old_calls --
-- Customers' ledgers of what was done for them.
delete from tool_calls c where c.at < %(before)s
   and not exists (select from legal_holds h where h.customer_id = c.customer_id and h.released_at is null)

-- delete_old_reads --
-- Which colleague opened what.
delete from staff_reads r where r.at < %(before)s
   and not exists (select from legal_holds h where h.customer_id = r.customer_id and h.released_at is null)

-- record_shortening --
-- That old entries went, how many, and by which signed line.
insert into audit_log (actor, action, resource, detail, at)
values ('operator', 'audit.shortened', 'audit_log', %(detail)s, %(now)s)
