-- Screening against lists of sanctioned and politically exposed people. What the lists say is no secret; who was found on
-- one is: no role reads it but the owner's functions, which ask for compliance staff. Nobody may be tipped off.

create table screening_loads (
    generation bigint generated always as identity primary key,
    list       text not null check (list ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    format     text not null check (length(format) between 1 and 80),
    published  date,
    sha256     bytea not null check (length(sha256) = 32),
    added      integer not null,
    changed    integer not null,
    removed    integer not null,
    unchanged  integer not null,
    at         timestamptz not null
);
comment on table screening_loads is 'Each file that was loaded, in the order in which lists changed.';
comment on column screening_loads.sha256 is 'Of the file.';

create table screening_entries (
    id        bigint generated always as identity primary key,
    list      text not null,
    source_id text not null,
    digest    text not null check (digest ~ '^[0-9a-f]{64}$'),
    body      jsonb not null,
    since     bigint not null references screening_loads,
    until     bigint references screening_loads,
    check (until > since)
);
comment on table screening_entries is 'One version of one entry. A changed entry is another row; those of before stay.';
comment on column screening_entries.body is 'ListEntry of tools/compliance/screening/entries.py.';
create unique index screening_entries_current on screening_entries (list, source_id) where until is null;
create index screening_entries_since on screening_entries (since);
create index screening_entries_until on screening_entries (until) where until is not null;
create trigger screening_loads_append_only before update or delete or truncate on screening_loads
    for each statement execute function refuse_change();
grant select on screening_loads, screening_entries to tellergraph_app;

create table screening_subjects (
    kind        text not null check (kind in ('customer', 'application', 'payee', 'operation')),
    subject_id  uuid not null,
    customer_id uuid not null references customers,
    fingerprint bytea not null check (length(fingerprint) = 32),
    generation  bigint not null,
    at          timestamptz not null,
    primary key (kind, subject_id)
);
comment on table screening_subjects is 'Who was screened last with what, against which generation of the lists.';
comment on column screening_subjects.fingerprint is 'SHA-256 of the name, date of birth and country that were screened.';
create index screening_subjects_customer on screening_subjects (customer_id);

create table screening_hits (
    id             uuid primary key default uuidv7(),
    kind           text not null check (kind in ('customer', 'application', 'payee', 'operation')),
    subject_id     uuid not null,
    customer_id    uuid not null references customers,
    fingerprint    bytea not null check (length(fingerprint) = 32),
    name           text not null check (length(name) between 1 and 300),
    entry_id       bigint not null references screening_entries,
    score          real not null check (score between 0 and 100),
    reasons        jsonb not null,
    status         text not null default 'open'
        check (status in ('open', 'proposed', 'true_match', 'false_positive', 'withdrawn')),
    verdict        text check (verdict in ('true_match', 'false_positive')),
    maker          uuid references staff,
    maker_reason   text check (length(btrim(maker_reason)) between 3 and 500),
    checker        uuid references staff,
    checker_reason text check (length(checker_reason) <= 500),
    found_at       timestamptz not null,
    decided_at     timestamptz,
    constraint screening_hits_four_eyes check (checker <> maker),
    check ((maker is null) = (verdict is null) and (maker is null) = (maker_reason is null)),
    check (status <> 'open' or maker is null),
    check (status <> 'proposed' or maker is not null and checker is null),
    check (status not in ('true_match', 'false_positive') or checker is not null and verdict = status),
    check ((status in ('open', 'proposed')) = (decided_at is null)),
    unique (kind, subject_id, fingerprint, entry_id)
);
comment on table screening_hits is
    'A person and a version of an entry that look alike. A false positive stays one until either changes: that is another row.';
create index screening_hits_waiting on screening_hits (status, found_at, id) where status in ('open', 'proposed');
create index screening_hits_customer on screening_hits (customer_id);
create index screening_hits_entry on screening_hits (entry_id);
create index screening_hits_maker on screening_hits (maker) where maker is not null;
create index screening_hits_checker on screening_hits (checker) where checker is not null;

create table screening_events (
    id          bigint generated always as identity primary key,
    hit_id      uuid not null references screening_hits,
    customer_id uuid not null references customers,
    actor       text not null,
    was         text,
    becomes     text not null,
    verdict     text,
    reason      text,
    at          timestamptz not null
);
comment on table screening_events is 'What became of each hit. Written by keep_screening_hit alone.';
create index screening_events_hit on screening_events (hit_id, id);
create index screening_events_customer on screening_events (customer_id);
create trigger screening_events_append_only before update or delete or truncate on screening_events
    for each statement execute function refuse_change();

do $$
declare t text;
begin
    foreach t in array array['screening_subjects', 'screening_hits', 'screening_events'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy owner_all on %I to tellergraph_owner using (true) with check (true)', t);
    end loop;
end $$;

create function keep_screening_hit() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'a hit is never deleted' using errcode = 'TG001';
    end if;
    if tg_op = 'UPDATE' then
        if (new.kind, new.subject_id, new.customer_id, new.fingerprint, new.name, new.entry_id, new.found_at)
           is distinct from (old.kind, old.subject_id, old.customer_id, old.fingerprint, old.name, old.entry_id, old.found_at) then
            raise exception 'what was found does not change' using errcode = 'TG001';
        end if;
        if (old.status, new.status) not in (
            ('open', 'proposed'), ('proposed', 'open'), ('proposed', 'true_match'), ('proposed', 'false_positive'),
            ('open', 'withdrawn'), ('proposed', 'withdrawn'), ('withdrawn', 'open')) then
            raise check_violation using message = format('a hit that is %s does not become %s', old.status, new.status),
                constraint = 'screening_hits_transition';
        end if;
    end if;
    return new;
end $$;
create trigger screening_hits_kept before update or delete on screening_hits
    for each row execute function keep_screening_hit();

create function log_screening_hit() returns trigger language plpgsql as $$
declare
    whoever constant text := case when app_staff_id() is null then 'system' else 'staff:' || app_staff_id() end;
begin
    if tg_op = 'INSERT' then
        insert into screening_events (hit_id, customer_id, actor, becomes, at)
        values (new.id, new.customer_id, whoever, new.status, new.found_at);
    else
        insert into screening_events (hit_id, customer_id, actor, was, becomes, verdict, reason, at)
        values (new.id, new.customer_id, whoever, old.status, new.status, coalesce(new.verdict, old.verdict),
                case when old.status = 'open' then new.maker_reason else new.checker_reason end,
                coalesce(new.decided_at, nullif(current_setting('app.screening_now', true), '')::timestamptz, now()));
    end if;
    return null;
end $$;
create trigger screening_hits_logged after insert or update on screening_hits
    for each row execute function log_screening_hit();

-- Internal: functions of the owner, and commands, call it. What is not decided is over where it was found with other data of
-- the person, or on an entry that had gone from the lists of this screening: an older one may come late.
create function keep_screening(
    p_kind text, p_subject uuid, p_customer uuid, p_name text, p_fingerprint bytea, p_generation bigint, p_hits jsonb,
    p_now timestamptz) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into screening_subjects (kind, subject_id, customer_id, fingerprint, generation, at)
    values (p_kind, p_subject, p_customer, p_fingerprint, p_generation, p_now)
    on conflict (kind, subject_id) do update
       set fingerprint = excluded.fingerprint, generation = excluded.generation, at = excluded.at;
    update screening_hits set status = 'withdrawn', decided_at = p_now
     where kind = p_kind and subject_id = p_subject and status in ('open', 'proposed')
       -- A customer names payees as they like: what was found under one name is not over with another.
       and (fingerprint <> p_fingerprint and kind <> 'payee'
            or exists (select from screening_entries e where e.id = entry_id and e.until <= p_generation));
    insert into screening_hits (kind, subject_id, customer_id, fingerprint, name, entry_id, score, reasons, found_at)
    select p_kind, p_subject, p_customer, p_fingerprint, left(p_name, 300), h.entry_id, h.score, h.reasons, p_now
      from jsonb_to_recordset(p_hits) as h (entry_id bigint, score real, reasons jsonb)
    on conflict (kind, subject_id, fingerprint, entry_id) do update set status = 'open', decided_at = null,
       verdict = null, maker = null, maker_reason = null, checker = null, checker_reason = null
     where screening_hits.status = 'withdrawn';
end $$;

create function record_screening(
    p_kind text, p_subject uuid, p_name text, p_fingerprint bytea, p_generation bigint, p_hits jsonb, p_now timestamptz)
    returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- The owner check of this function: the subject is the transaction's customer, or theirs. It tells nothing.
    if (case p_kind
           when 'customer' then p_subject = app_customer_id()
           when 'application' then exists (select from kyc_applications
                                            where id = p_subject and customer_id = app_customer_id())
           when 'payee' then exists (select from payees where id = p_subject and customer_id = app_customer_id())
           when 'operation' then exists (select from banking_operations
                                          where id = p_subject and customer_id = app_customer_id())
           else false end) is not true then
        raise exception 'there is nobody like that' using errcode = 'TG021';
    end if;
    perform keep_screening(p_kind, p_subject, app_customer_id(), p_name, p_fingerprint, p_generation, p_hits, p_now);
end $$;
comment on function record_screening is 'What tools/compliance/screening found, for staff alone.';

create function screening_standing(p_kind text, p_subject uuid) returns text
    language sql stable set search_path = pg_catalog, public, pg_temp
    return (select case when bool_or(h.status = 'true_match') then 'match'
                        when bool_or(h.status in ('open', 'proposed')) then 'review'
                        else 'clear' end
              from screening_hits h where h.kind = p_kind and h.subject_id = p_subject);
comment on function screening_standing is
    'match, review or clear. For functions of the owner that decide (payments, KYC): no role of the application may ask.';

-- Payments. A held one looks to its customer as any that is held: nothing that they can read says why.
create or replace function must_wait(op banking_operations) returns boolean
    language sql stable set search_path = pg_catalog, public, pg_temp
    return op.payload ->> 'payee_id' is not null and exists (select from screening_loads)
       and (screening_standing('payee', (op.payload ->> 'payee_id')::uuid) <> 'clear'
            or screening_standing('operation', op.id) <> 'clear'
            or not exists (select from screening_subjects s
                            where s.kind = 'payee' and s.subject_id = (op.payload ->> 'payee_id')::uuid));
comment on function must_wait is
    'Whether a payment goes to somebody whom staff have not cleared, or whom nobody has screened though there are lists.';

create function payee_to_screen(p_kind text, p_id uuid, out payee_id uuid, out name text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
    -- The owner check of this function: a payee of the transaction's customer.
    begin atomic
        select p.id, p.name from payees p
         where p.customer_id = app_customer_id() and p.removed_at is null
           and p.id = case p_kind
                   when 'payee' then p_id
                   when 'operation' then (select (o.payload ->> 'payee_id')::uuid from banking_operations o where o.id = p_id)
                   when 'scheduled_payment' then (select s.payee_id from scheduled_payments s where s.id = p_id)
                   when 'standing_order' then (select s.payee_id from standing_orders s where s.id = p_id) end
           and (select max(generation) from screening_loads)
               > coalesce((select k.generation from screening_subjects k where k.kind = 'payee' and k.subject_id = p.id), 0);
    end;
comment on function payee_to_screen is
    'Whom a payment goes to, if they were not compared with the newest lists yet. Nulls where they were, or where there are no lists.';

-- Staff: who reviews hits is no agent, who talks to customers.
alter table staff_reads drop constraint staff_reads_subject_check;
alter table staff_reads add constraint staff_reads_subject_check
    check (subject in ('customer', 'audit_log', 'staff_actions', 'fraud_alerts', 'screening'));

create function open_screening(p_reason text, p_now timestamptz) returns staff
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    reader staff := require_staff('supervisor', 'auditor', 'admin', 'compliance');
begin
    insert into staff_reads (staff_id, subject, reason, at) values (reader.id, 'screening', p_reason, p_now);
    insert into audit_log (actor, action, resource, detail, at)
    values ('staff:' || reader.id, 'screening.opened', 'screening',
            jsonb_build_object('role', reader.role, 'reason', p_reason), p_now);
    return reader;
end $$;

create function list_screening_hits(p_status text, p_limit integer, p_reason text, p_now timestamptz)
    returns table (id uuid, kind text, subject_id uuid, customer_id uuid, name text, list text, source_id text, entry jsonb,
                   score real, reasons jsonb, status text, verdict text, maker text, maker_reason text, checker text,
                   checker_reason text, found_at timestamptz, decided_at timestamptz)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Who may: require_staff() in open_screening(), which writes down who looked.
    if (open_screening(p_reason, p_now)).id is distinct from app_staff_id() then return; end if;
    return query
        select h.id, h.kind, h.subject_id, h.customer_id, h.name, e.list, e.source_id, e.body, h.score, h.reasons, h.status,
               h.verdict, m.full_name, h.maker_reason, c.full_name, h.checker_reason, h.found_at, h.decided_at
          from screening_hits h
          join screening_entries e on e.id = h.entry_id
          left join staff m on m.id = h.maker
          left join staff c on c.id = h.checker
         where h.status = p_status
         order by h.found_at, h.id limit p_limit;
end $$;

create function propose_screening_verdict(p_hit uuid, p_verdict text, p_reason text, p_now timestamptz,
                                          out status text, out is_done boolean)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('supervisor', 'admin', 'compliance');
    hit screening_hits;
begin
    select * into hit from screening_hits h where h.id = p_hit for no key update;
    if not found then
        raise exception 'there is no such hit' using errcode = 'TG021';
    end if;
    status := hit.status;
    is_done := hit.status = 'open';
    if not is_done then return; end if;
    perform set_config('app.screening_now', p_now::text, true);
    update screening_hits h set status = 'proposed', verdict = p_verdict, maker = who.id, maker_reason = p_reason
     where h.id = p_hit;
    status := 'proposed';
    perform audit_screening(who.id, hit, 'proposed', p_verdict, p_reason, p_now);
end $$;

create function decide_screening_verdict(p_hit uuid, p_decision text, p_reason text, p_now timestamptz,
                                          out status text, out is_done boolean)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('supervisor', 'admin', 'compliance');
    hit screening_hits;
begin
    select * into hit from screening_hits h where h.id = p_hit for no key update;
    if not found then
        raise exception 'there is no such hit' using errcode = 'TG021';
    end if;
    status := hit.status;
    is_done := hit.status = 'proposed';
    if not is_done then return; end if;
    if hit.maker = who.id then
        raise check_violation using message = 'four eyes', constraint = 'screening_hits_four_eyes';
    end if;
    perform set_config('app.screening_now', p_now::text, true);
    if p_decision = 'approve' then
        update screening_hits h set status = h.verdict, checker = who.id, checker_reason = p_reason, decided_at = p_now
         where h.id = p_hit returning h.status into status;
    else
        update screening_hits h set status = 'open', verdict = null, maker = null, maker_reason = null
         where h.id = p_hit returning h.status into status;
    end if;
    perform audit_screening(who.id, hit, case p_decision when 'approve' then hit.verdict else 'rejected' end, hit.verdict,
                            p_reason, p_now);
end $$;
comment on function decide_screening_verdict is
    'approve or reject what somebody else proposed. Does nothing to a hit on which nothing is proposed.';

create function audit_screening(p_actor uuid, hit screening_hits, p_action text, p_verdict text, p_reason text, p_now timestamptz)
    returns void
    language sql set search_path = pg_catalog, public, pg_temp as $$
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values ('staff:' || p_actor, hit.customer_id, 'screening.' || p_action, 'screening_hit:' || hit.id,
            jsonb_build_object('entry_id', hit.entry_id, 'verdict', p_verdict, 'reason', p_reason), p_now);
$$;

grant execute on function record_screening, payee_to_screen to tellergraph_app, tellergraph_worker;
grant select on screening_loads, screening_entries to tellergraph_worker;
grant execute on function list_screening_hits, propose_screening_verdict, decide_screening_verdict to tellergraph_staff;

create or replace function may_verify(application kyc_applications) returns boolean
    language sql stable set search_path = pg_catalog, public, pg_temp
    return screening_standing('customer', application.customer_id) = 'clear'
       and screening_standing('application', application.id) = 'clear'
       and not exists (select from screening_loads l
                        where l.added + l.changed > 0
                          and l.generation > coalesce((select s.generation from screening_subjects s
                                                        where s.kind = 'application' and s.subject_id = application.id), 0));
comment on function may_verify is
    'Nobody is verified while screening waits for somebody or has found them, or before they were compared with all lists.';
