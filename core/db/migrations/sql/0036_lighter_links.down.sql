alter table audit_heads
    alter chain type smallint,
    alter seq type bigint,
    alter hash type bytea,
    add check (chain between 0 and 63),
    add check (seq >= 0),
    add check (length(hash) = 32);
alter table audit_links
    add foreign key (chain) references audit_heads,
    add check (seq > 0),
    add check (length(prev_hash) = 32),
    add check (length(hash) = 32);

-- Netstrings (length, colon, text, comma; "-," for null), so that no two entries have the same bytes. core/audit/entries.py
-- computes the same from the columns: a column more is a version more, in both.
create or replace function audit_bytes(p_chain smallint, p_seq bigint, e audit_log) returns bytea language plpgsql stable as $$
declare
    field text;
    said  text := '';
begin
    -- A loop here costs a sixth of what a function in SQL does, which is planned and started for each field.
    foreach field in array array['tellergraph.audit.1', p_chain::text, p_seq::text, e.id::text,
            (extract(epoch from e.at) * 1000000)::bigint::text, e.actor, e.customer_id::text, e.action, e.resource,
            e.detail::text, e.decision, e.reason, e.policy_version, e.turn_id::text, e.request_id, e.session::text,
            e.ip::text, e.user_agent, encode(e.before_hash, 'hex'), encode(e.after_hash, 'hex')] loop
        said := said || coalesce(octet_length(field) || ':' || field, '-') || ',';
    end loop;
    return convert_to(said, 'UTF8');
end $$;

-- Internal: the next link of a chain that this transaction holds.
create or replace function append_audit_link(head audit_heads, entry audit_log) returns void language plpgsql as $$
declare
    linked constant bytea := sha256(head.hash || audit_bytes(head.chain, head.seq + 1, entry));
begin
    insert into audit_links (chain, seq, entry_id, prev_hash, hash)
    values (head.chain, head.seq + 1, entry.id, head.hash, linked);
    update audit_heads set seq = head.seq + 1, hash = linked where chain = head.chain;
end $$;

create or replace function link_audit_entry() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    head audit_heads;
    own  smallint := nullif(current_setting('app.audit_chain', true), '')::smallint;
begin
    if own is null then
        -- One chain for a transaction, however many entries it has: nobody ever waits for two, so nobody waits in a circle.
        own := pg_backend_pid() % 64;
        select * into head from audit_heads where chain = own for update skip locked;
        if not found then
            select * into head from audit_heads order by chain for update skip locked limit 1;
        end if;
        if found then
            own := head.chain;
        end if;
        perform set_config('app.audit_chain', own::text, true);
    end if;
    if head.chain is null then
        select * into strict head from audit_heads where chain = own for update;
    end if;
    perform append_audit_link(head, new);
    return null;
end $$;

drop domain audit_place, audit_hash, audit_chain;
