-- An entry is linked as before, to the same hash, in fewer steps: each commit waits for them.

-- A domain's check is read once for a connection, a table's for each statement. Links repeat what their head said:
-- link_audit_entry() alone writes them, and a link of another form is found by its hash (docs/audit.md).
create domain audit_place as bigint check (value >= 0);
create domain audit_hash as bytea check (length(value) = 32);
create domain audit_chain as smallint check (value between 0 and 63);
alter table audit_links
    drop constraint audit_links_chain_fkey,
    drop constraint audit_links_seq_check,
    drop constraint audit_links_prev_hash_check,
    drop constraint audit_links_hash_check;
alter table audit_heads
    drop constraint audit_heads_chain_check,
    drop constraint audit_heads_seq_check,
    drop constraint audit_heads_hash_check,
    alter chain type audit_chain,
    alter seq type audit_place,
    alter hash type audit_hash;

create or replace function link_audit_entry() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    kept   constant smallint := nullif(current_setting('app.audit_chain', true), '')::smallint;
    -- One chain for a transaction, however many entries it has: nobody ever waits for two, so nobody waits in a circle.
    own    constant smallint := coalesce(kept, pg_backend_pid() % 64);
    head   audit_heads;
    field  text;
    said   text := '';
    linked audit_hash;
begin
    -- What this transaction holds already it does not pass by: only another chain than its connection's has to be kept.
    select * into head from audit_heads where chain = own for update skip locked;
    if not found then
        if kept is null then
            select * into head from audit_heads order by chain for update skip locked limit 1;
        end if;
        if head.chain is null then
            select * into strict head from audit_heads where chain = own for update;
        end if;
        perform set_config('app.audit_chain', head.chain::text, true);
    end if;
    -- Netstrings (length, colon, text, comma; "-," for null), so that no two entries have the same bytes.
    -- core/audit/entries.py computes the same from the columns: a column more is a version more, in both.
    foreach field in array array['tellergraph.audit.1', head.chain::text, (head.seq + 1)::text, new.id::text,
            (extract(epoch from new.at) * 1000000)::bigint::text, new.actor, new.customer_id::text, new.action,
            new.resource, new.detail::text, new.decision, new.reason, new.policy_version, new.turn_id::text,
            new.request_id, new.session::text, new.ip::text, new.user_agent, encode(new.before_hash, 'hex'),
            encode(new.after_hash, 'hex')] loop
        said := said || coalesce(octet_length(field) || ':' || field, '-') || ',';
    end loop;
    linked := sha256(head.hash || convert_to(said, 'UTF8'));
    insert into audit_links (chain, seq, entry_id, prev_hash, hash)
    values (head.chain, head.seq + 1, new.id, head.hash, linked);
    update audit_heads set seq = head.seq + 1, hash = linked where chain = head.chain;
    return null;
end $$;
drop function append_audit_link(audit_heads, audit_log), audit_bytes(smallint, bigint, audit_log);
