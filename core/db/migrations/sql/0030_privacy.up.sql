-- What a person may ask of the bank about their data (GDPR and UK GDPR, articles 12 to 22; CCPA, section 1798.100 ff.):
-- a copy, correction, erasure; and how long the bank keeps what.

-- Access: tellergraph_subject reads all that is kept about the customer of the transaction, and nothing else. A request
-- becomes it for one transaction. Columns that are left out tell what the customer may not know (tools/privacy/catalogue).
create function show_to_subject(p_table regclass, p_withheld text default '', p_whose text default 'customer_id = app_customer_id()')
    returns void language plpgsql as $$
declare
    columns text := (select string_agg(quote_ident(attname), ', ') from pg_attribute
                      where attrelid = p_table and attnum > 0 and not attisdropped
                        and attname <> all (string_to_array(p_withheld, ' ')));
begin
    execute format('create policy subject_reads on %s for select to tellergraph_subject using (%s)', p_table, p_whose);
    execute format('grant select (%s) on %s to tellergraph_subject', columns, p_table);
end $$;
comment on function show_to_subject is 'For migrations: the rows are in the customer''s export, without the columns named.';
revoke execute on function show_to_subject from public;
grant execute on function app_customer_id, app_subject to tellergraph_subject;

do $$
declare t text;
begin
    foreach t in array array['accounts', 'appointments', 'banking_operations', 'callbacks', 'card_deliveries', 'card_limits',
                             'cards', 'complaints', 'consents', 'customer_preferences', 'dispute_evidence', 'fx_deals',
                             'kyc_documents', 'loan_applications', 'loans', 'payees', 'payment_holds', 'postings',
                             'scheduled_payments', 'standing_orders', 'step_up_challenges', 'step_up_tries',
                             'totp_authenticators', 'transactions'] loop
        perform show_to_subject(t::regclass);
    end loop;
    foreach t in array array['chat_messages', 'chat_sessions', 'chat_turns'] loop
        perform show_to_subject(t::regclass, '', 'owner = app_subject()');
    end loop;
end $$;
select show_to_subject('api_keys', 'secret_hash');
select show_to_subject('auth_sessions', '', 'owner = app_subject()');
select show_to_subject('login_codes', 'staff_id code_hash');
select show_to_subject('login_identities', 'staff_id');
select show_to_subject('recovery_codes', 'staff_id code_hash');
select show_to_subject('second_factors', 'staff_id');
select show_to_subject('customers', '', 'id = app_customer_id()');
select show_to_subject('credentials', 'password_hash');
select show_to_subject('journal_entries', '', 'exists (select from postings p where p.entry_id = journal_entries.id)');
select show_to_subject('attachments', 'made_in key_id sealed_key');
select show_to_subject('audit_log', 'request_id', 'customer_id = app_customer_id() and actor = ''customer:'' || app_customer_id()');
select show_to_subject('care_cases', 'taken_by closed_by outcome', 'customer_id = app_customer_id() and is_shown');
select show_to_subject('care_clocks', '', 'customer_id = app_customer_id() and is_shown');
select show_to_subject('data_keys', 'wrapped');
select show_to_subject('dispute_clocks');
select show_to_subject('dispute_events', 'actor', 'customer_id = app_customer_id() and is_shown');
select show_to_subject('disputes', '');
select show_to_subject('fraud_alerts', 'closed_by note decision_id');
select show_to_subject('handoffs', 'taken_by');
select show_to_subject('kyc_applications', 'taken_by verdict maker maker_reason checker checker_reason');
select show_to_subject('staff_reads', 'staff_id reason xact began_at');

-- How long, as data. Tests and docs/privacy.md name the law; a bank sets its own with `tellergraph privacy rules`.
create table retention_rules (
    name       text primary key check (name ~ '^[a-z_]{3,40}$'),
    kept_for   interval not null check (kept_for > interval '0'),
    law        text not null,
    changed_at timestamptz not null
);
comment on table retention_rules is 'tools/privacy/retention.py says what each is about.';
insert into retention_rules (name, kept_for, law, changed_at) values
    ('records', '7 years', 'Accounting and payment records, the audit and what was done against money laundering: GDPR article '
        '17(3)(b) and (e); MLR 2017, regulation 40 (5 years); Companies Act 2006, section 388 (6 years) and the year that is '
        'running', '2026-01-01'),
    ('conversations', '13 months', 'GDPR article 5(1)(e): as long as a dispute about a payment can be opened', '2026-01-01'),
    ('visitor_conversations', '30 days', 'GDPR article 5(1)(e): nobody can come back to them for longer', '2026-01-01'),
    ('security_tries', '90 days', 'GDPR article 5(1)(e): tries of codes and names, to see an attack', '2026-01-01'),
    ('delivered_events', '90 days', 'GDPR article 5(1)(e): what other systems were told', '2026-01-01');
grant select on retention_rules to tellergraph_app;

create table legal_holds (
    id             uuid primary key default uuidv7(),
    customer_id    uuid not null references customers,
    reason         text not null check (length(btrim(reason)) between 3 and 500),
    placed_by      text not null,
    placed_at      timestamptz not null,
    released_by    text,
    released_at    timestamptz,
    release_reason text check (length(btrim(release_reason)) between 3 and 500),
    check (num_nulls(released_by, released_at, release_reason) in (0, 3))
);
comment on table legal_holds is 'While one stands, nothing of the customer is erased, and retention leaves them out.';
create index legal_holds_customer on legal_holds (customer_id) where released_at is null;
create index legal_holds_all on legal_holds (customer_id, id);

create table retained_records (
    customer_id  uuid primary key references customers,
    sealed       bytea,
    kept_until   timestamptz not null,
    made_at      timestamptz not null,
    destroyed_at timestamptz,
    check ((sealed is null) = (destroyed_at is not null))
);
comment on table retained_records is
    'Of an erased customer what the law has the bank keep, under the key ''retained'' of data_keys, unreadable until somebody '
    'with a lawful reason opens it, and destroyed when its time has come.';
create index retained_records_due on retained_records (kept_until) where destroyed_at is null;

create table erasures (
    id          uuid primary key default uuidv7(),
    customer_id uuid not null references customers,
    asked_by    text not null,
    reason      text not null check (length(btrim(reason)) between 3 and 500),
    started_at  timestamptz not null,
    done        jsonb not null default '{}',
    finished_at timestamptz,
    certificate jsonb,
    check ((finished_at is null) = (certificate is null))
);
comment on column erasures.done is 'Rows by step: what is in it is not done again.';
create unique index erasures_once on erasures (customer_id);

create table privacy_requests (
    id          uuid primary key default uuidv7(),
    customer_id uuid not null references customers,
    kind        text not null check (kind in ('rectification', 'erasure', 'restriction', 'objection', 'human_review')),
    field       text check (field in ('full_name', 'date_of_birth')),
    wanted      text check (length(wanted) between 1 and 200),
    reason      text not null check (length(btrim(reason)) between 3 and 500),
    made_at     timestamptz not null,
    answer_by   timestamptz not null check (answer_by > made_at),
    status      text not null default 'open' check (status in ('open', 'done', 'refused')),
    answer      text check (length(btrim(answer)) between 3 and 500),
    decided_by  uuid references staff,
    decided_at  timestamptz,
    check ((kind = 'rectification') = (field is not null and wanted is not null)),
    check ((status = 'open') = (num_nonnulls(answer, decided_by, decided_at) = 0)),
    check (status = 'open' or num_nulls(answer, decided_by, decided_at) = 0)
);
comment on column privacy_requests.answer_by is 'A month after it was made: GDPR article 12(3).';
create index privacy_requests_customer on privacy_requests (customer_id, made_at desc);
create unique index privacy_requests_open on privacy_requests (customer_id, kind, coalesce(field, '')) where status = 'open';
create index privacy_requests_staff on privacy_requests (decided_by) where decided_by is not null;

do $$
declare t text;
begin
    foreach t in array array['legal_holds', 'retained_records', 'erasures', 'privacy_requests'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy owner_all on %I to tellergraph_owner using (true) with check (true)', t);
    end loop;
end $$;
create policy own on privacy_requests to tellergraph_app
    using (customer_id = app_customer_id()) with check (customer_id = app_customer_id());
-- The customer asks and reads; only decide_privacy_request() answers.
grant select (id, customer_id, kind, field, wanted, reason, made_at, answer_by, status, answer, decided_at),
      insert (customer_id, kind, field, wanted, reason, made_at, answer_by) on privacy_requests to tellergraph_app;
select show_to_staff('privacy_requests');
select show_to_subject('privacy_requests', 'decided_by');
select show_to_subject('erasures', 'asked_by');

insert into permissions (name, description, needs_person) values
    ('staff.privacy:read', 'What customers ask of their data', true),
    ('staff.privacy:work', 'Open such a request', true),
    ('staff.privacy:decide', 'Answer it', true);
insert into role_permissions
select role, permission
  from (values
       ('{agent,supervisor,auditor,admin}', '{staff.privacy:read}'),
       ('{agent,supervisor,admin}', '{staff.privacy:work}'),
       ('{supervisor,admin}', '{staff.privacy:decide}')
       ) given (roles, permissions)
 cross join unnest(given.roles::text[]) role
 cross join unnest(given.permissions::text[]) permission;

create function list_privacy_requests(p_limit integer)
    returns table (id uuid, kind text, made_at timestamptz, answer_by timestamptz)
    language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Nothing here says who the customer is.
    perform require_permission('staff.privacy:read');
    return query select r.id, r.kind, r.made_at, r.answer_by from privacy_requests r
                  where r.status = 'open' order by r.answer_by limit p_limit;
end $$;

create function open_privacy_request(p_request uuid, p_now timestamptz) returns setof privacy_requests
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    colleague staff := require_permission('staff.privacy:work');
    found_one privacy_requests;
begin
    select * into found_one from privacy_requests where id = p_request;
    if found then
        perform open_customer_file(found_one.customer_id, 'privacy request ' || p_request, p_now);
        return next found_one;
    end if;
end $$;
comment on function open_privacy_request is 'Opens the customer''s file, on record.';

create function decide_privacy_request(p_request uuid, p_grant boolean, p_answer text, p_now timestamptz)
    returns setof privacy_requests
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    colleague staff := require_permission('staff.privacy:decide');
    decided privacy_requests;
begin
    update privacy_requests
       set status = case when p_grant then 'done' else 'refused' end,
           answer = p_answer, decided_by = colleague.id, decided_at = p_now
     where id = p_request and status = 'open' returning * into decided;
    if not found then
        return;
    end if;
    perform open_customer_file(decided.customer_id, 'privacy request ' || p_request, p_now);
    if p_grant and decided.field = 'full_name' then
        update customers set full_name = decided.wanted where id = decided.customer_id;
    elsif p_grant and decided.field = 'date_of_birth' then
        update customers set date_of_birth = decided.wanted::date where id = decided.customer_id;
    end if;
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values ('staff:' || colleague.id, decided.customer_id, 'privacy_request.' || decided.status,
            'privacy_requests/' || decided.id,
            jsonb_strip_nulls(jsonb_build_object('kind', decided.kind, 'field', decided.field)), p_now);
    return next decided;
end $$;
comment on function decide_privacy_request is
    'Answers a request once; a rectification that is granted is made in the same transaction. Nothing where it was answered '
    'already.';
revoke execute on function list_privacy_requests, open_privacy_request, decide_privacy_request from public;
grant execute on function list_privacy_requests, open_privacy_request, decide_privacy_request to tellergraph_staff;

-- Consent: two more purposes. What each is about stands in its text; a later text is another version.
alter table consent_texts drop constraint consent_texts_name_check,
    add check (name in ('marketing', 'personalisation', 'research', 'model_improvement', 'outside_models'));
insert into consent_texts (name, version, text, active_from) values
    ('model_improvement', '2026-01',
     'You may use what I write here, without names and numbers, to make the assistant better.', '2026-01-01'),
    ('outside_models', '2026-01',
     'You may have my questions, with names and numbers replaced, answered by language models of other companies.',
     '2026-01-01');
