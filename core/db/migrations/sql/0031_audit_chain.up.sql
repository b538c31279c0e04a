-- The audit log proves itself: each entry says from which request it came and what was decided, and is linked by its hash
-- to the one before. Decision 0027 has the reasons, docs/audit.md how it is checked.

alter table audit_log
    add column decision       text check (decision in ('allow', 'deny')),
    add column reason         text,
    add column policy_version text,
    add column ip             inet,
    add column user_agent     text check (length(user_agent) <= 200),
    add column session        uuid,
    add column before_hash    bytea check (length(before_hash) = 32),
    add column after_hash     bytea check (length(after_hash) = 32);
comment on column audit_log.customer_id is 'The subject: whose data or money it is about.';
comment on column audit_log.before_hash is
    'SHA-256 over the rows as they were that this transaction changed since its entry before (note_change()).';

-- Where an entry comes from is told by the transaction (core/db/database.py), what an effect writes itself stands.
create function complete_audit_entry() returns trigger language plpgsql as $$
begin
    -- Functions of the owner name the actor; who writes directly writes as the one whom the transaction works for.
    if current_user <> 'tellergraph_owner'
       and not coalesce(new.actor in (app_subject(), 'customer:' || app_customer_id(), 'staff:' || app_staff_id()), false) then
        raise exception 'nobody writes the audit log in another''s name' using errcode = 'TG020';
    end if;
    new.request_id := coalesce(new.request_id, nullif(current_setting('app.request_id', true), ''));
    new.turn_id := coalesce(new.turn_id, nullif(current_setting('app.turn_id', true), '')::uuid);
    new.ip := coalesce(new.ip, nullif(current_setting('app.ip', true), '')::inet);
    new.user_agent := coalesce(new.user_agent, nullif(left(current_setting('app.user_agent', true), 200), ''));
    new.session := coalesce(new.session, nullif(current_setting('app.session', true), '')::uuid);
    new.decision := coalesce(new.decision,
        case when nullif(new.detail ->> 'error', '') is not null
                  or new.action ~ '\.(failed|refused|rejected|denied|blocked|cancelled|expired)$' then 'deny' else 'allow' end);
    new.reason := coalesce(new.reason, nullif(new.detail ->> 'error', ''), new.detail ->> 'reason');
    if new.policy_version is null and starts_with(new.resource, 'operation:') then
        select o.policy_version::text into new.policy_version from banking_operations o
         where o.id = substr(new.resource, 11)::uuid;
    end if;
    new.before_hash := coalesce(new.before_hash, decode(nullif(current_setting('app.before_hash', true), ''), 'hex'));
    new.after_hash := coalesce(new.after_hash, decode(nullif(current_setting('app.after_hash', true), ''), 'hex'));
    if new.before_hash is not null or new.after_hash is not null then
        perform set_config('app.before_hash', '', true), set_config('app.after_hash', '', true);
    end if;
    return new;
end $$;
create trigger audit_log_complete before insert on audit_log for each row execute function complete_audit_entry();

-- What an operation changes is hashed as it was and as it is, row after row, for the entry that the transaction writes.
create function note_change() returns trigger
    language plpgsql set timezone = 'UTC' set datestyle = 'ISO' as $$
begin
    if tg_op <> 'INSERT' then
        perform set_config('app.before_hash', encode(sha256(
            decode(coalesce(current_setting('app.before_hash', true), ''), 'hex')
            || convert_to(tg_table_name || ' ' || old::text, 'UTF8')), 'hex'), true);
    end if;
    if tg_op <> 'DELETE' then
        perform set_config('app.after_hash', encode(sha256(
            decode(coalesce(current_setting('app.after_hash', true), ''), 'hex')
            || convert_to(tg_table_name || ' ' || new::text, 'UTF8')), 'hex'), true);
    end if;
    return null;
end $$;
do $$
declare t text;
begin
    for t in select c.relname from pg_trigger g join pg_class c on c.oid = g.tgrelid
              where g.tgfoid = 'require_operation'::regproc and c.relnamespace = 'public'::regnamespace
                and not g.tgisinternal group by c.relname order by c.relname loop
        execute format('create trigger note_change after insert or update or delete on %I for each row
                        when (concat(current_setting(''app.customer_id'', true), current_setting(''app.staff_id'', true)) <> '''')
                        execute function note_change()', t);
    end loop;
end $$;

-- The chains. A transaction continues one of them, at its commit; while it does, others take the others.
create table audit_heads (
    chain smallint primary key check (chain between 0 and 63),
    seq   bigint not null default 0 check (seq >= 0),
    hash  bytea not null default decode(repeat('00', 32), 'hex') check (length(hash) = 32)
) with (fillfactor = 50);
comment on table audit_heads is 'The last link of each chain. What is signed and kept outside (docs/audit.md).';
insert into audit_heads (chain) select generate_series(0, 63);

create table audit_links (
    chain     smallint not null references audit_heads,
    seq       bigint not null check (seq > 0),
    entry_id  bigint not null,
    prev_hash bytea not null check (length(prev_hash) = 32),
    hash      bytea not null check (length(hash) = 32),
    primary key (chain, seq)
);
comment on table audit_links is 'The place of each entry of audit_log in its chain, and its hash over everything before.';
create unique index audit_links_entry on audit_links (entry_id);
create trigger audit_links_append_only before update or delete or truncate on audit_links
    for each statement execute function refuse_change();

do $$
declare t text;
begin
    foreach t in array array['audit_heads', 'audit_links'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy owner_all on %I to tellergraph_owner using (true) with check (true)', t);
    end loop;
end $$;
-- Who signs the heads sees no entry.
create policy worker_sees on audit_heads for select to tellergraph_worker using (true);
grant select on audit_heads to tellergraph_worker;

-- Netstrings (length, colon, text, comma; "-," for null), so that no two entries have the same bytes. core/audit/entries.py
-- computes the same from the columns: a column more is a version more, in both.
create function audit_bytes(p_chain smallint, p_seq bigint, e audit_log) returns bytea language plpgsql stable as $$
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
create function append_audit_link(head audit_heads, entry audit_log) returns void language plpgsql as $$
declare
    linked constant bytea := sha256(head.hash || audit_bytes(head.chain, head.seq + 1, entry));
begin
    insert into audit_links (chain, seq, entry_id, prev_hash, hash)
    values (head.chain, head.seq + 1, entry.id, head.hash, linked);
    update audit_heads set seq = head.seq + 1, hash = linked where chain = head.chain;
end $$;

create function link_audit_entry() returns trigger
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
comment on function link_audit_entry is
    'At commit: the chain is held for as long as the commit takes, and given back with a rollback as if never taken.';
create constraint trigger audit_log_link after insert on audit_log
    deferrable initially deferred for each row execute function link_audit_entry();

-- What was written before there were chains is the beginning of the first.
do $$
declare
    entry audit_log;
    head  audit_heads;
begin
    for entry in select * from audit_log order by id loop
        select * into head from audit_heads where chain = 0;
        perform append_audit_link(head, entry);
    end loop;
end $$;

-- In a customer's copy of their data (tools/privacy/catalogue.py).
grant select (decision, ip, user_agent, session) on audit_log to tellergraph_subject;
