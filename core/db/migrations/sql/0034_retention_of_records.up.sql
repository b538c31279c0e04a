-- Records that the law no longer asks for go at their old end, on record; and what is sealed can be sealed again, under
-- another key of the server, while nothing else of it changes.

create table record_removals (
    id         bigint generated always as identity primary key,
    made_in    xid8 not null default pg_current_xact_id(),
    began_at   timestamptz not null default transaction_timestamp(),
    before     timestamptz not null,
    checkpoint bigint not null check (checkpoint > 0),
    at         timestamptz not null,
    check (before <= at - interval '6 years')
);
comment on table record_removals is
    'What allows its own transaction to take away old records, and no other (docs/audit.md). Six years are the least: '
    'Companies Act 2006, section 388; Limitation Act 1980, section 5.';
comment on column record_removals.checkpoint is 'The signed line outside of the database that says which places of the chains go.';
comment on column record_removals.began_at is 'Numbers of transactions start anew when a bank is restored elsewhere.';
alter table record_removals enable row level security;
alter table record_removals force row level security;
create policy owner_all on record_removals to tellergraph_owner using (true) with check (true);
create trigger record_removals_append_only before update or delete or truncate on record_removals
    for each statement execute function refuse_change();

create function removes_records() returns record_removals language sql stable set search_path = pg_catalog, public, pg_temp
    return (select r from record_removals r
             where r.made_in = pg_current_xact_id_if_assigned() and r.began_at = transaction_timestamp());
comment on function removes_records is 'Internal: what this transaction said that it takes away.';

create or replace function refuse_change() returns trigger language plpgsql as $$
begin
    if current_user = 'tellergraph_owner' and tg_table_schema = 'public' then
        -- keep_young_record() looks at each row, and audit_links proves itself by its hashes.
        if tg_op = 'DELETE' and tg_table_name in ('audit_log', 'audit_links', 'staff_reads', 'tool_calls') then
            if (public.removes_records()).id is not null then
                return null;
            end if;
        -- keep_attachment_facts() looks at each row.
        elsif tg_op = 'UPDATE' and tg_table_name = 'attachments' then
            return null;
        end if;
    end if;
    raise exception '% is append-only: post a reversing entry instead', tg_table_name using errcode = 'TG001';
end $$;

create function keep_young_record() returns trigger language plpgsql as $$
begin
    if old.at >= coalesce((public.removes_records()).before, '-infinity') then
        raise exception '% is too young to be removed', tg_table_name using errcode = 'TG001';
    end if;
    if exists (select from public.legal_holds h where h.customer_id = old.customer_id and h.released_at is null) then
        raise exception '% is of a customer under a legal hold', tg_table_name using errcode = 'TG001';
    end if;
    return old;
end $$;
comment on function keep_young_record is 'Behind refuse_change(), which asks first whether anything may be removed.';

do $$
declare t text;
begin
    foreach t in array array['audit_log', 'staff_reads', 'tool_calls'] loop
        execute format('create trigger %I before delete on %I for each row execute function keep_young_record()',
                       t || '_young', t);
    end loop;
end $$;

-- A file's own key is sealed again by another key of the server. Nothing else of a file changes.
create function keep_attachment_facts() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) - array['key_id', 'sealed_key'] is distinct from to_jsonb(old) - array['key_id', 'sealed_key'] then
        raise exception 'a file stays as it was sent' using errcode = 'TG001';
    end if;
    return new;
end $$;
create trigger attachments_facts before update on attachments for each row execute function keep_attachment_facts();

-- So is what was said in an application, also in one that was submitted.
do $$
begin
    execute replace(pg_get_functiondef('keep_kyc_application'::regproc),
        'if old.status <> ''draft'' and (new.sealed,',
        'if not (current_user = ''tellergraph_owner'' and to_jsonb(new) - ''sealed'' = to_jsonb(old) - ''sealed'')
       and old.status <> ''draft'' and (new.sealed,');
end $$;

revoke execute on function removes_records, keep_young_record, keep_attachment_facts from public;
