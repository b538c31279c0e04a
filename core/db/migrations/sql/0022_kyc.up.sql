-- Who customers are, and how sure the bank is of it: applications with states that only go where the trigger lets them, the
-- documents that belong to them, and what became of each. What limits read is customers.kyc_level.

create table kyc_levels (
    level        smallint primary key check (level between 0 and 3),
    name         text not null,
    sections     text[] not null,
    documents    smallint not null check (documents between 0 and 2),
    valid_months smallint not null check (valid_months between 1 and 120)
);
comment on table kyc_levels is 'What a level of identification takes, and for how long it holds. Limits by level: the policy.';
comment on column kyc_levels.sections is 'Of an application: tools/kyc/application.py.';
comment on column kyc_levels.documents is 'Kinds of pictures needed: 1 of the identity document, 2 also of the address.';
insert into kyc_levels (level, name, sections, documents, valid_months) values
    (0, 'not identified', '{}', 0, 120),
    (1, 'basic', '{identity,address}', 0, 12),
    (2, 'full', '{identity,address,document,tax,exposure}', 1, 60),
    (3, 'enhanced', '{identity,address,document,tax,exposure,risk}', 2, 36);
grant select on kyc_levels to tellergraph_app, tellergraph_staff;

create table kyc_applications (
    id             uuid primary key default uuidv7(),
    reference      text not null unique default new_reference('K'),
    customer_id    uuid not null references customers,
    level          smallint not null references kyc_levels check (level between 1 and 3),
    status         text not null default 'draft'
        check (status in ('draft', 'submitted', 'in_review', 'verified', 'rejected', 'expired')),
    sections       text[] not null default '{}',
    sealed         text not null check (length(sealed) between 1 and 40000),
    message        text check (message in ('document_unreadable', 'document_expired', 'details_differ', 'more_needed',
                                           'cannot_offer')),
    created_at     timestamptz not null,
    changed_at     timestamptz not null,
    submitted_at   timestamptz,
    taken_by       uuid references staff,
    verdict        text check (verdict in ('verified', 'rejected', 'draft')),
    maker          uuid references staff,
    maker_reason   text check (length(btrim(maker_reason)) between 3 and 500),
    checker        uuid references staff,
    checker_reason text check (length(checker_reason) <= 500),
    decided_at     timestamptz,
    valid_until    date,
    constraint kyc_applications_four_eyes check (checker <> maker),
    check ((maker is null) = (verdict is null) and (maker is null) = (maker_reason is null)),
    check (status not in ('verified', 'rejected') or checker is not null and verdict = status and decided_at is not null),
    check ((status = 'verified') <= (valid_until is not null)),
    check (status in ('draft', 'expired') or submitted_at is not null),
    check (status <> 'in_review' or taken_by is not null)
);
comment on column kyc_applications.sealed is 'What the customer said: core/security/sealing.py, JSON inside.';
comment on column kyc_applications.message is 'What the customer is told. Why, in maker_reason, they are not.';
comment on column kyc_applications.verdict is 'draft: back to the customer, who is told with message what to mend.';
create unique index kyc_applications_open on kyc_applications (customer_id)
    where status in ('draft', 'submitted', 'in_review');
create index kyc_applications_customer on kyc_applications (customer_id, created_at desc);
create index kyc_applications_queue on kyc_applications (submitted_at) where status in ('submitted', 'in_review');
create index kyc_applications_valid on kyc_applications (valid_until) where status = 'verified';
create index kyc_applications_taken_by on kyc_applications (taken_by) where taken_by is not null;
create index kyc_applications_maker on kyc_applications (maker) where maker is not null;
create index kyc_applications_checker on kyc_applications (checker) where checker is not null;
create index kyc_applications_level on kyc_applications (level);

create table kyc_documents (
    application_id uuid not null references kyc_applications,
    kind           text not null check (kind in ('identity', 'address')),
    customer_id    uuid not null references customers,
    attachment_id  uuid not null,
    added_at       timestamptz not null,
    primary key (application_id, kind),
    foreign key (attachment_id, customer_id) references attachments (id, customer_id)
);
create index kyc_documents_customer on kyc_documents (customer_id);
create index kyc_documents_attachment on kyc_documents (attachment_id, customer_id);

create table kyc_events (
    id             bigint generated always as identity primary key,
    application_id uuid not null references kyc_applications,
    customer_id    uuid not null references customers,
    actor          text not null,
    was            text,
    becomes        text not null,
    at             timestamptz not null
);
comment on table kyc_events is 'Each state of each application. Written by log_kyc_application alone.';
create index kyc_events_application on kyc_events (application_id, id);
create index kyc_events_customer on kyc_events (customer_id);
create trigger kyc_events_append_only before update or delete or truncate on kyc_events
    for each statement execute function refuse_change();

select protect_customer_table('kyc_applications');
select protect_customer_table('kyc_documents');
select protect_customer_table('kyc_events', false);
do $$
declare t text;
begin
    foreach t in array array['kyc_applications', 'kyc_documents', 'kyc_events'] loop
        perform show_to_staff(t::regclass);
    end loop;
end $$;
-- Of the review a customer learns its end and the message, not who said what.
grant select (id, reference, customer_id, level, status, sections, sealed, message, created_at, changed_at, submitted_at,
              decided_at, valid_until),
      insert (customer_id, level, sections, sealed, created_at, changed_at),
      update (level, status, sections, sealed, message, changed_at, submitted_at) on kyc_applications to tellergraph_app;
grant select, insert, update (attachment_id, added_at) on kyc_documents to tellergraph_app;
grant select (id, application_id, customer_id, was, becomes, at) on kyc_events to tellergraph_app;

insert into operation_types (type, posts, limited, step_up) values
    ('fill_identity_details', false, false, 'never'),
    ('add_identity_document', false, false, 'never'),
    ('submit_identity_application', false, false, 'never');
insert into operation_effects (type, changes) values
    ('fill_identity_details', 'kyc_applications'),
    ('add_identity_document', 'kyc_applications'),
    ('add_identity_document', 'kyc_documents'),
    ('submit_identity_application', 'kyc_applications');

create function keep_kyc_application() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'an application is never deleted' using errcode = 'TG001';
    end if;
    if tg_op = 'INSERT' then
        if new.status <> 'draft' then
            raise check_violation using message = 'an application begins as a draft', constraint = 'kyc_applications_begin';
        end if;
        return new;
    end if;
    if (new.id, new.customer_id, new.reference, new.created_at)
       is distinct from (old.id, old.customer_id, old.reference, old.created_at) then
        raise exception 'an application stays whose it is' using errcode = 'TG001';
    end if;
    if old.status <> new.status and (old.status, new.status) not in (
        ('draft', 'submitted'), ('draft', 'expired'), ('submitted', 'in_review'), ('in_review', 'verified'),
        ('in_review', 'rejected'), ('in_review', 'draft'), ('verified', 'expired')) then
        raise check_violation using message = format('an application that is %s does not become %s', old.status, new.status),
            constraint = 'kyc_applications_transition';
    end if;
    -- What was handed in is what is looked at: it changes in a draft alone.
    if old.status <> 'draft' and (new.sealed, new.sections, new.level, new.submitted_at)
       is distinct from (old.sealed, old.sections, old.level, old.submitted_at) and new.status <> 'draft' then
        raise check_violation using message = 'what was submitted does not change', constraint = 'kyc_applications_submitted';
    end if;
    -- Customers' transactions submit and no more; everything else is staff's and the clock's.
    if current_user = 'tellergraph_app' and old.status <> new.status and (old.status, new.status) <> ('draft', 'submitted') then
        raise check_violation using message = 'that is not for customers', constraint = 'kyc_applications_by_customer';
    end if;
    if old.status = 'draft' and new.status = 'submitted' and not exists (
        select from kyc_levels l where l.level = new.level and l.sections <@ new.sections
           and l.documents <= (select count(*) from kyc_documents d where d.application_id = new.id)) then
        raise check_violation using message = 'something is missing', constraint = 'kyc_applications_complete';
    end if;
    return new;
end $$;
create trigger kyc_applications_kept before insert or update or delete on kyc_applications
    for each row execute function keep_kyc_application();

create function keep_kyc_document() returns trigger language plpgsql as $$
begin
    if not exists (select from kyc_applications where id = new.application_id and customer_id = new.customer_id
                      and status = 'draft') then
        raise check_violation using message = 'documents are added to a draft', constraint = 'kyc_documents_draft';
    end if;
    return null;
end $$;
-- Behind the policy, which says first whose a row may be.
create trigger kyc_documents_kept after insert or update on kyc_documents
    for each row execute function keep_kyc_document();

create function log_kyc_application() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if tg_op = 'INSERT' or old.status <> new.status then
        insert into kyc_events (application_id, customer_id, actor, was, becomes, at)
        values (new.id, new.customer_id,
                case when app_staff_id() is not null then 'staff:' || app_staff_id()
                     when app_customer_id() is not null then 'customer:' || app_customer_id() else 'system' end,
                case when tg_op = 'UPDATE' then old.status end, new.status, new.changed_at);
    end if;
    return null;
end $$;
create trigger kyc_applications_logged after insert or update on kyc_applications
    for each row execute function log_kyc_application();

-- Whatever says who a customer is follows from the application, in the same statement. screening_standing comes with
-- 0023_screening, which puts the same question into decide_kyc_application.
create function verified_level(p_customer uuid) returns smallint
    language sql stable set search_path = pg_catalog, public, pg_temp
    return coalesce((select max(level) from kyc_applications where customer_id = p_customer and status = 'verified'), 0)::smallint;

create function follow_kyc_application() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if new.status = 'verified' and old.status <> 'verified' then
        -- A level that no application gave is the bank's own, and has no end.
        update customers set kyc_status = 'verified', kyc_verified_at = new.decided_at,
               kyc_level = greatest(verified_level(new.customer_id), case when kyc_status = 'verified' and not exists (
                   select from kyc_applications a where a.customer_id = new.customer_id and a.id <> new.id
                      and a.valid_until is not null) then kyc_level else 0 end)
         where id = new.customer_id;
        -- A higher one that holds goes on to its own end: less does not renew it.
        update kyc_applications set status = 'expired', changed_at = new.changed_at
         where customer_id = new.customer_id and status = 'verified' and id <> new.id and level <= new.level;
    elsif new.status = 'rejected' and old.status <> 'rejected' then
        update customers set kyc_status = 'rejected', kyc_level = 0
         where id = new.customer_id and kyc_status <> 'verified';
    elsif new.status = 'expired' and old.status = 'verified' then
        update customers set kyc_status = case verified_level(new.customer_id) when 0 then 'expired' else kyc_status end,
               kyc_level = verified_level(new.customer_id)
         where id = new.customer_id
           and not exists (select from kyc_applications a where a.customer_id = new.customer_id and a.status = 'verified'
                              and a.level >= new.level);
    end if;
    return null;
end $$;
create trigger kyc_applications_followed after update on kyc_applications
    for each row execute function follow_kyc_application();

create function expire_kyc(p_now timestamptz, p_limit integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    ended integer;
begin
    -- The owner check of this function: it is nobody's transaction, and tells how many alone.
    if app_customer_id() is not null then return 0; end if;
    update kyc_applications set status = 'expired', changed_at = p_now
     where id in (select id from kyc_applications
                   where status = 'verified' and valid_until < timezone('Europe/London', p_now)::date
                   order by valid_until limit p_limit for update skip locked);
    get diagnostics ended = row_count;
    return ended;
end $$;
comment on function expire_kyc is
    'By the worker and the operator (tellergraph kyc expire): what held until a day before today.';

-- Staff ---------------------------------------------------------------------------------------------------------------

create function list_waiting_kyc(p_limit integer)
    returns table (id uuid, reference text, level smallint, status text, submitted_at timestamptz, taken_by text,
                   verdict text, maker text)
    language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Who may: app_staff_id() with one of these roles. Nothing here says who the customer is.
    perform require_staff('agent', 'supervisor', 'admin');
    return query select a.id, a.reference, a.level, a.status, a.submitted_at, t.full_name, a.verdict, m.full_name
                   from kyc_applications a
                   left join staff t on t.id = a.taken_by left join staff m on m.id = a.maker
                  where a.status in ('submitted', 'in_review') order by a.submitted_at limit p_limit;
end $$;

create function take_kyc_application(p_application uuid, p_now timestamptz) returns uuid
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('agent', 'supervisor', 'admin');
    application kyc_applications;
begin
    select * into application from kyc_applications
     where id = p_application and status in ('submitted', 'in_review') for no key update;
    if not found then
        raise exception 'there is no such application' using errcode = 'TG021';
    end if;
    perform open_customer_file(application.customer_id, 'identity ' || application.reference, p_now);
    if application.status = 'submitted' then
        update kyc_applications set status = 'in_review', taken_by = who.id, changed_at = p_now where id = p_application;
    end if;
    return application.customer_id;
end $$;
comment on function take_kyc_application is 'Opens the customer''s file, and begins the review if nobody has.';

create function propose_kyc_verdict(p_application uuid, p_verdict text, p_message text, p_reason text, p_now timestamptz,
                                    out status text, out is_done boolean)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('agent', 'supervisor', 'admin');
    application kyc_applications;
begin
    select * into application from kyc_applications a where a.id = p_application for no key update;
    if not found then
        raise exception 'there is no such application' using errcode = 'TG021';
    end if;
    status := application.status;
    is_done := application.status = 'in_review' and application.maker is null;
    if not is_done then return; end if;
    update kyc_applications a set verdict = p_verdict, message = p_message, maker = who.id, maker_reason = p_reason,
           changed_at = p_now where a.id = p_application;
    perform audit_kyc(who.id, application, 'proposed', p_verdict, p_reason, p_now);
end $$;

create function decide_kyc_application(p_application uuid, p_decision text, p_reason text, p_now timestamptz,
                                       out status text, out is_done boolean)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('supervisor', 'admin');
    application kyc_applications;
begin
    select * into application from kyc_applications a where a.id = p_application for no key update;
    if not found then
        raise exception 'there is no such application' using errcode = 'TG021';
    end if;
    status := application.status;
    is_done := application.status = 'in_review' and application.maker is not null;
    if not is_done then return; end if;
    if application.maker = who.id then
        raise check_violation using message = 'four eyes', constraint = 'kyc_applications_four_eyes';
    end if;
    if p_decision = 'approve' and application.verdict = 'verified' and not may_verify(application) then
        status := 'screening_waits';
        is_done := false;
        return;
    end if;
    if p_decision <> 'approve' then
        update kyc_applications a set verdict = null, message = null, maker = null, maker_reason = null, changed_at = p_now
         where a.id = p_application returning a.status into status;
    elsif application.verdict = 'draft' then
        update kyc_applications a set status = 'draft', verdict = null, maker = null, maker_reason = null, taken_by = null,
               submitted_at = null, changed_at = p_now where a.id = p_application returning a.status into status;
    else
        update kyc_applications a set status = a.verdict, checker = who.id, checker_reason = p_reason, decided_at = p_now,
               changed_at = p_now,
               valid_until = case when a.verdict = 'verified' then
                   (timezone('Europe/London', p_now)
                    + make_interval(months => (select l.valid_months from kyc_levels l where l.level = a.level)))::date end
         where a.id = p_application returning a.status into status;
    end if;
    perform audit_kyc(who.id, application, case p_decision when 'approve' then 'approved' else 'refused' end,
                      application.verdict, p_reason, p_now);
end $$;

create function may_verify(application kyc_applications) returns boolean
    language sql stable set search_path = pg_catalog, public, pg_temp
    return application.id is not null;
comment on function may_verify is 'Replaced by 0023_screening: nobody is verified while screening waits for somebody.';

create function audit_kyc(p_actor uuid, application kyc_applications, p_action text, p_verdict text, p_reason text,
                          p_now timestamptz) returns void
    language sql set search_path = pg_catalog, public, pg_temp as $$
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values ('staff:' || p_actor, application.customer_id, 'kyc.' || p_action, 'kyc_application:' || application.id,
            jsonb_build_object('verdict', p_verdict, 'reason', p_reason, 'maker', application.maker), p_now);
$$;

revoke execute on function keep_kyc_application, keep_kyc_document, log_kyc_application, verified_level, follow_kyc_application,
    expire_kyc,
    list_waiting_kyc, take_kyc_application, propose_kyc_verdict, decide_kyc_application, may_verify, audit_kyc from public;
grant execute on function list_waiting_kyc, take_kyc_application, propose_kyc_verdict, decide_kyc_application
    to tellergraph_staff;
grant execute on function expire_kyc to tellergraph_worker;
