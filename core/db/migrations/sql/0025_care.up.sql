-- What a customer lets be known in passing and the bank must act on: a case with its clocks, opened in the chat and closed
-- by people alone.

create table care_cases (
    id          uuid primary key default uuidv7(),
    reference   text not null unique default new_reference('R'),
    customer_id uuid not null references customers,
    kind        text not null check (kind in ('dispute', 'fraud', 'lost_phone', 'complaint', 'hardship', 'bereavement',
                                              'coercion')),
    is_shown    boolean not null generated always as (kind <> 'coercion') stored,
    said        text not null check (length(btrim(said)) between 1 and 4000),
    turn_id     uuid,
    opened_at   timestamptz not null,
    taken_by    uuid references staff,
    taken_at    timestamptz,
    closed_by   uuid references staff,
    closed_at   timestamptz,
    outcome     text check (length(btrim(outcome)) between 3 and 500),
    check ((taken_by is null) = (taken_at is null)),
    check (num_nulls(closed_by, closed_at, outcome) in (0, 3)),
    unique (id, customer_id, is_shown)
);
comment on column care_cases.said is 'The message, masked as the conversation is.';
comment on column care_cases.is_shown is
    'To the customer. Whoever makes somebody pay may be reading along: such a case is not shown.';
create unique index care_cases_open on care_cases (customer_id, kind) where closed_at is null;
create index care_cases_customer on care_cases (customer_id, opened_at desc);

create index care_cases_taken_by on care_cases (taken_by) where taken_by is not null;
create index care_cases_closed_by on care_cases (closed_by) where closed_by is not null;

create table care_clocks (
    case_id     uuid not null,
    customer_id uuid not null,
    is_shown    boolean not null,
    kind        text not null check (kind ~ '^[a-z_]{3,40}$'),
    rule        text not null check (length(rule) between 3 and 200),
    due_on      date not null,
    primary key (case_id, kind),
    foreign key (case_id, customer_id, is_shown) references care_cases (id, customer_id, is_shown)
);
comment on column care_clocks.is_shown is 'As the case: the key says so.';
comment on column care_clocks.rule is 'The law, the regulator''s rule or the bank''s own promise that it comes from.';
create index care_clocks_customer on care_clocks (customer_id, case_id);
create index care_clocks_case on care_clocks (case_id, customer_id, is_shown);
create trigger care_clocks_append_only before update or delete or truncate on care_clocks
    for each statement execute function refuse_change();

do $$
declare t text;
begin
    foreach t in array array['care_cases', 'care_clocks'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy owner_all on %I to tellergraph_owner using (true) with check (true)', t);
        perform show_to_staff(t::regclass);
    end loop;
end $$;
create policy own on care_cases for select to tellergraph_app using (customer_id = app_customer_id() and is_shown);
create policy own on care_clocks for select to tellergraph_app using (customer_id = app_customer_id() and is_shown);
-- Not who has it, nor what staff wrote.
grant select (id, reference, customer_id, kind, is_shown, said, opened_at, taken_at, closed_at) on care_cases to tellergraph_app;
grant select on care_clocks to tellergraph_app;

-- Only close_care_case() and take_care_case() change a case, and what they leave stays.
create function keep_care_case() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.closed_at is not null
       or (new.customer_id, new.kind, new.said, new.opened_at) is distinct from
          (old.customer_id, old.kind, old.said, old.opened_at)
       or new.closed_at is not null and new.closed_by is distinct from app_staff_id() then
        raise exception 'a case is closed by a member of staff, once, and stays' using errcode = 'TG086';
    end if;
    return new;
end $$;
create trigger care_cases_append_only before update or delete on care_cases for each row execute function keep_care_case();

create function open_care_case(p_kind text, p_said text, p_turn uuid, p_clocks jsonb, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    opened care_cases;
begin
    -- The owner check of this function: a case of the transaction's customer.
    if app_customer_id() is null then
        raise exception 'a case is somebody''s' using errcode = 'TG012';
    end if;
    insert into care_cases (customer_id, kind, said, turn_id, opened_at)
    values (app_customer_id(), p_kind, p_said, p_turn, p_now)
    on conflict (customer_id, kind) where closed_at is null do nothing returning * into opened;
    if opened.id is null then return null; end if;
    insert into care_clocks (case_id, customer_id, is_shown, kind, rule, due_on)
    select opened.id, opened.customer_id, opened.is_shown, c.kind, c.rule, c.due_on
      from jsonb_to_recordset(p_clocks) c (kind text, rule text, due_on date);
    insert into audit_log (actor, customer_id, action, resource, detail, turn_id, at)
    values ('customer:' || opened.customer_id, opened.customer_id, 'care.opened', 'care_case:' || opened.id,
            jsonb_build_object('kind', p_kind), p_turn, p_now);
    return opened.reference;
end $$;
comment on function open_care_case is 'Its reference; null where one of the kind is open already.';

create function list_care_cases(p_limit integer)
    returns table (id uuid, reference text, kind text, opened_at timestamptz, is_taken boolean, next_clock text, next_due_on date)
    language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Who may: app_staff_id() with one of these roles. Nothing here says who the customer is.
    perform require_staff('agent', 'supervisor', 'admin');
    return query
        select c.id, c.reference, c.kind, c.opened_at, c.taken_by is not null, k.kind, k.due_on
          from care_cases c
          left join lateral (select w.kind, w.due_on from care_clocks w where w.case_id = c.id order by w.due_on limit 1) k on true
         where c.closed_at is null order by k.due_on nulls last, c.opened_at limit p_limit;
end $$;

create function take_care_case(p_case uuid, p_now timestamptz) returns setof care_cases
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    colleague staff := require_staff('agent', 'supervisor', 'admin');
    taken care_cases;
begin
    update care_cases set taken_by = colleague.id, taken_at = coalesce(taken_at, p_now)
     where id = p_case and closed_at is null and (taken_by is null or taken_by = colleague.id) returning * into taken;
    if found then
        perform open_customer_file(taken.customer_id, 'care case ' || taken.reference, p_now);
        return next taken;
    end if;
end $$;
comment on function take_care_case is 'One colleague takes it, and opens the customer''s file by that.';

create function close_care_case(p_case uuid, p_outcome text, p_now timestamptz) returns setof care_cases
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles, if they took it.
    colleague staff := require_staff('agent', 'supervisor', 'admin');
    closed care_cases;
begin
    update care_cases set closed_by = colleague.id, closed_at = p_now, outcome = p_outcome
     where id = p_case and closed_at is null and taken_by = colleague.id returning * into closed;
    if found then
        perform open_customer_file(closed.customer_id, 'care case ' || closed.reference || ' closed', p_now);
        insert into audit_log (actor, customer_id, action, resource, detail, at)
        values ('staff:' || colleague.id, closed.customer_id, 'care.closed', 'care_case:' || closed.id,
                jsonb_build_object('kind', closed.kind, 'outcome', p_outcome), p_now);
        return next closed;
    end if;
end $$;
grant execute on function open_care_case to tellergraph_app;
grant execute on function list_care_cases, take_care_case, close_care_case to tellergraph_staff;
