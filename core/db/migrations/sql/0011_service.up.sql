-- Who a customer is and wants to be treated; what they ask of people: hand-offs, complaints, appointments, callbacks; and
-- the branches where those people are. What a customer wrote is data: kept within a length, never interpreted.

insert into operation_types (type, posts, limited, step_up) values
    ('change_contact_details', false, false, 'always'),
    ('change_address', false, false, 'always'),
    ('set_preferences', false, false, 'never'),
    ('set_consent', false, false, 'never'),
    -- A person is not refused to somebody without a code. It is a proposal all the same: no text that the assistant reads
    -- can hand a conversation on, only its customer's yes.
    ('request_handoff', false, false, 'never'),
    ('make_complaint', false, false, 'never'),
    ('book_appointment', false, false, 'never'),
    ('cancel_appointment', false, false, 'never'),
    ('request_callback', false, false, 'never');

create function current_operation_id() returns uuid
    language sql stable
    return (select id from banking_operations
             where customer_id = app_customer_id() and status = 'processing' and executed_in = pg_current_xact_id());
comment on function current_operation_id is 'Of the operation that this transaction executes.';

create function new_reference(p_prefix text) returns text
    language sql volatile
    return p_prefix || regexp_replace(upper(left(replace(gen_random_uuid()::text, '-', ''), 12)), '(.{4})', '-\1', 'g');
comment on function new_reference is 'What a customer quotes: tells nothing about how many there are.';

-- Profile ------------------------------------------------------------------------------------------------------------

create trigger needs_operation before update on customers
    for each statement execute function require_operation();
create trigger needs_operation before update on credentials
    for each statement execute function require_operation();
grant update (phone, address_line, city, postcode, country) on customers to tellergraph_app;
grant update (email) on credentials to tellergraph_app;

create function is_login_taken(p_email text) returns boolean
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
    -- The owner check of this function: it answers the customer whose confirmed operation takes that very address, and
    -- nobody else: it cannot be asked around.
    return exists (select from banking_operations
                    where customer_id = app_customer_id() and status = 'processing' and executed_in = pg_current_xact_id()
                      and payload ->> 'email' = p_email)
       and (exists (select from credentials where email = p_email and customer_id <> app_customer_id())
            or exists (select from staff where email = p_email));
revoke execute on function is_login_taken from public;
grant execute on function is_login_taken to tellergraph_app;

create table customer_preferences (
    customer_id        uuid primary key references customers,
    statement_delivery text not null check (statement_delivery in ('online', 'paper')),
    language           text not null check (language in ('en', 'cy')),
    marketing_channel  text not null check (marketing_channel in ('none', 'email', 'text', 'post')),
    updated_at         timestamptz not null
);
comment on table customer_preferences is 'Without a row: online, English, none (tools/sql/profile.sql).';
comment on column customer_preferences.language is 'ISO 639-1: English or Welsh.';
select protect_customer_table('customer_preferences');
select show_to_staff('customer_preferences');
grant select, insert, update (statement_delivery, language, marketing_channel, updated_at) on customer_preferences
    to tellergraph_app;

create table consent_texts (
    name        text not null check (name in ('marketing', 'personalisation', 'research')),
    version     text not null,
    text        text not null,
    active_from timestamptz not null,
    primary key (name, version),
    unique (name, active_from)
);
comment on table consent_texts is 'What customers are asked to agree to. The latest active one is asked about.';
insert into consent_texts (name, version, text, active_from) values
    ('marketing', '2026-01',
     'You may tell me about products and offers of the bank, in the way that I chose.', '2026-01-01'),
    ('personalisation', '2026-01',
     'You may look at my payments to suggest what could suit me.', '2026-01-01'),
    ('research', '2026-01',
     'You may ask me now and then what I think of the bank.', '2026-01-01');

create table consents (
    id           bigint generated always as identity primary key,
    customer_id  uuid not null references customers,
    name         text not null,
    version      text not null,
    is_given     boolean not null,
    operation_id uuid not null unique default current_operation_id() references banking_operations,
    at           timestamptz not null,
    foreign key (name, version) references consent_texts
);
comment on table consents is 'Every yes and every withdrawal. The latest of a name holds.';
create index consents_customer on consents (customer_id, name, id desc);
create index consents_text on consents (name, version);
create trigger consents_append_only before update or delete or truncate on consents
    for each statement execute function refuse_change();
select protect_customer_table('consents');
select show_to_staff('consents');
grant select, insert (customer_id, name, version, is_given, at) on consents to tellergraph_app;

-- Support ------------------------------------------------------------------------------------------------------------

create table handoffs (
    id           uuid primary key default uuidv7(),
    reference    text not null unique default new_reference('H'),
    customer_id  uuid not null references customers,
    operation_id uuid not null unique default current_operation_id() references banking_operations,
    packet       jsonb not null,
    status       text not null default 'open' check (status in ('open', 'taken', 'closed')),
    requested_at timestamptz not null,
    taken_by     uuid references staff,
    taken_at     timestamptz,
    closed_at    timestamptz,
    check ((taken_by is null) = (status = 'open')),
    check ((taken_at is null) = (status = 'open')),
    check ((closed_at is null) = (status <> 'closed'))
);
comment on column handoffs.packet is 'What the colleague gets: tools/service/handoff_packet.py. Masked.';
create unique index handoffs_waiting on handoffs (customer_id) where status = 'open';
create index handoffs_queue on handoffs (requested_at) where status = 'open';
create index handoffs_customer on handoffs (customer_id, requested_at desc);
create index handoffs_taken_by on handoffs (taken_by) where taken_by is not null;
select protect_customer_table('handoffs');
select show_to_staff('handoffs');
grant select, insert (customer_id, packet, requested_at) on handoffs to tellergraph_app;

create function list_waiting_handoffs(p_limit integer) returns table (id uuid, reference text, requested_at timestamptz)
    language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Who may: app_staff_id() with one of these roles. Nothing here says who the customer is.
    perform require_staff('agent', 'supervisor', 'admin');
    return query select h.id, h.reference, h.requested_at from handoffs h
                  where h.status = 'open' order by h.requested_at limit p_limit;
end $$;

create function take_handoff(p_handoff uuid, p_now timestamptz) returns setof handoffs
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    colleague staff := require_staff('agent', 'supervisor', 'admin');
    taken handoffs;
begin
    update handoffs set status = 'taken', taken_by = colleague.id, taken_at = coalesce(taken_at, p_now)
     where id = p_handoff and (status = 'open' or status = 'taken' and taken_by = colleague.id) returning * into taken;
    if found then
        perform open_customer_file(taken.customer_id, 'hand-off ' || taken.reference, p_now);
        return next taken;
    end if;
end $$;
comment on function take_handoff is
    'One colleague takes it, and opens the customer''s file by that; taken again by the same one, it is the same. Nothing '
    'when somebody else has it.';

create function close_handoff(p_handoff uuid, p_now timestamptz) returns setof handoffs
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles, if they took it.
    colleague staff := require_staff('agent', 'supervisor', 'admin');
    closed handoffs;
begin
    update handoffs set status = 'closed', closed_at = coalesce(closed_at, p_now)
     where id = p_handoff and status in ('taken', 'closed') and taken_by = colleague.id returning * into closed;
    if found then
        perform open_customer_file(closed.customer_id, 'hand-off ' || closed.reference || ' closed', p_now);
        return next closed;
    end if;
end $$;
revoke execute on function list_waiting_handoffs, take_handoff, close_handoff from public;
grant execute on function list_waiting_handoffs, take_handoff, close_handoff to tellergraph_staff;

create table complaints (
    id              uuid primary key default uuidv7(),
    reference       text not null unique default new_reference('C'),
    customer_id     uuid not null references customers,
    operation_id    uuid not null unique default current_operation_id() references banking_operations,
    category        text not null check (category in ('payment', 'card', 'account', 'fees', 'lending', 'service', 'other')),
    text            text not null check (length(btrim(text)) between 3 and 2000),
    status          text not null default 'received' check (status in ('received', 'answered')),
    received_at     timestamptz not null,
    acknowledged_by date not null,
    answer_by       date not null,
    answered_at     timestamptz,
    check ((answered_at is null) = (status = 'received'))
);
comment on column complaints.answer_by is 'The last day for the final response: tools/service/complaints.py has the rules.';
create index complaints_customer on complaints (customer_id, received_at desc);
create index complaints_due on complaints (answer_by) where status = 'received';
select protect_customer_table('complaints');
select show_to_staff('complaints');
grant select, insert (customer_id, category, text, received_at, acknowledged_by, answer_by) on complaints to tellergraph_app;

create table callbacks (
    id            uuid primary key default uuidv7(),
    reference     text not null unique default new_reference('K'),
    customer_id   uuid not null references customers,
    operation_id  uuid not null unique default current_operation_id() references banking_operations,
    phone         text not null check (phone ~ '^\+[1-9][0-9]{7,14}$'),
    is_on_file    boolean not null,
    topic         text not null check (length(topic) <= 200),
    starts_at     timestamptz not null,
    ends_at       timestamptz not null check (ends_at > starts_at),
    status        text not null default 'requested' check (status in ('requested', 'done', 'cancelled')),
    requested_at  timestamptz not null
);
comment on column callbacks.is_on_file is
    'Whether it was the customer''s number when they asked. Any other proves nothing about who answers it.';
create index callbacks_customer on callbacks (customer_id, starts_at desc);
create unique index callbacks_once on callbacks (customer_id, starts_at) where status = 'requested';
create index callbacks_due on callbacks (starts_at) where status = 'requested';
select protect_customer_table('callbacks');
select show_to_staff('callbacks');
grant select, insert (customer_id, phone, is_on_file, topic, starts_at, ends_at, requested_at) on callbacks to tellergraph_app;

-- Branches -----------------------------------------------------------------------------------------------------------

create table branches (
    id             integer primary key,
    name           text not null unique,
    address_line   text not null,
    city           text not null,
    postcode       text not null,
    has_quiet_room boolean not null
);
comment on table branches is 'Every branch has a step-free entrance and a hearing loop.';
create index branches_city on branches (lower(city));

create table opening_hours (
    branch_id integer references branches,
    day       text not null check (day in ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday',
                                           'bank_holiday', 'christmas_day')),
    opens     time not null,
    closes    time not null check (closes > opens),
    unique nulls not distinct (branch_id, day)
);
comment on table opening_hours is
    'Local time. Closed on a kind of day that has no row. Without a branch: the phone line and the chat with people.';
grant select on branches, opening_hours, consent_texts to tellergraph_app;
create index terminals_cash on terminals (merchant_id) where kind = 'atm';
create index merchants_city on merchants (lower(city));
create index product_terms_product on product_terms (product, kind);

create table appointments (
    id           uuid primary key default uuidv7(),
    reference    text not null unique default new_reference('A'),
    customer_id  uuid not null references customers,
    operation_id uuid not null unique default current_operation_id() references banking_operations,
    branch_id    integer not null references branches,
    topic        text not null check (length(btrim(topic)) between 3 and 200),
    starts_at    timestamptz not null check (extract(epoch from starts_at)::bigint % 1800 = 0),
    status       text not null default 'booked' check (status in ('booked', 'cancelled')),
    booked_at    timestamptz not null,
    cancelled_at timestamptz,
    check ((cancelled_at is null) = (status = 'booked'))
);
comment on column appointments.starts_at is 'Half an hour each, from the hour or the half hour.';
create index appointments_branch on appointments (branch_id);
create index appointments_customer on appointments (customer_id, starts_at desc);
create unique index appointments_adviser on appointments (branch_id, starts_at) where status = 'booked';
comment on index appointments_adviser is 'A branch has one adviser: nobody is booked twice.';
create unique index appointments_customer_slot on appointments (customer_id, starts_at) where status = 'booked';
select protect_customer_table('appointments');
select show_to_staff('appointments');
grant select, insert (customer_id, branch_id, topic, starts_at, booked_at), update (status, cancelled_at) on appointments
    to tellergraph_app;

create function guard_appointment() returns trigger language plpgsql as $$
begin
    if current_user <> 'tellergraph_owner' and (old.status <> 'booked' or new.status <> 'cancelled') then
        raise exception 'appointment % cannot go from % to %', old.id, old.status, new.status using errcode = 'TG081';
    end if;
    return new;
end $$;
create trigger appointments_status before update on appointments for each row execute function guard_appointment();

create function list_taken_slots(p_branch integer, p_from timestamptz, p_until timestamptz) returns setof timestamptz
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
    -- The owner check of this function: a customer asks, and gets times alone: nothing says whose they are.
begin atomic
    select starts_at from appointments
     where app_customer_id() is not null and branch_id = p_branch and status = 'booked'
       and starts_at >= p_from and starts_at < p_until;
end;
revoke execute on function list_taken_slots from public;
grant execute on function list_taken_slots to tellergraph_app;
