-- Who may do what, as data: roles, permissions, and which role has which. The routes read it (api/scopes.py), and so do the
-- functions that serve staff: from here on they ask for a permission where they named roles. And the keys with which a
-- customer's programs sign in.

create table roles (
    name        text primary key check (name ~ '^[a-z]{3,20}$'),
    of_account  text not null check (of_account in ('customer', 'staff', 'visitor')),
    description text not null
);
comment on table roles is 'Of customers (by tier), of staff (staff.role), and of those who have not signed in.';

create table permissions (
    name         text primary key check (name ~ '^(staff\.)?[a-z]+(-[a-z]+)*:[a-z]+$'),
    description  text not null,
    needs_person boolean not null default false,
    kept_by      text references roles
);
comment on column permissions.name is 'Those that begin with staff. are about other people''s things, and for staff alone.';
comment on column permissions.needs_person is 'No API key carries it: a program may ask and propose, and a person decides.';
comment on column permissions.kept_by is 'The role that cannot lose it, or nobody could mend what was taken from whom.';
create index permissions_kept_by on permissions (kept_by) where kept_by is not null;

create table role_permissions (
    role       text not null references roles,
    permission text not null references permissions,
    primary key (role, permission)
);
create index role_permissions_permission on role_permissions (permission);
grant select on roles, permissions, role_permissions to tellergraph_app, tellergraph_staff;

insert into roles values
    ('visitor', 'visitor', 'Has not signed in'),
    ('customer', 'customer', 'Customer of the standard tier'),
    ('premium', 'customer', 'Customer of the premium tier'),
    ('agent', 'staff', 'Helps customers and proposes'),
    ('supervisor', 'staff', 'An agent who also decides about what others proposed'),
    ('auditor', 'staff', 'Reads, also the audit log, and changes nothing'),
    ('compliance', 'staff', 'Officer of financial crime'),
    ('admin', 'staff', 'Administrator');

insert into permissions (name, description) values
    ('chat:use', 'Ask the assistant, and follow its answers'),
    ('chat:history', 'Read and delete one''s conversations'),
    ('knowledge:read', 'Search and read the help centre'),
    ('accounts:read', 'Accounts, balances and statements'),
    ('accounts:write', 'Prepare to open, rename and close accounts'),
    ('transactions:read', 'Transactions, and what is found in them'),
    ('cards:read', 'Cards, limits and deliveries'),
    ('cards:write', 'Prepare what changes a card'),
    ('payees:read', 'Payees, and whether a name fits an account'),
    ('payees:write', 'Prepare to add, change and remove payees'),
    ('standing-orders:read', 'Standing orders and scheduled payments'),
    ('standing-orders:write', 'Prepare what changes them'),
    ('transfers:read', 'How transfers and held payments stand'),
    ('transfers:write', 'Prepare payments and transfers'),
    ('loans:read', 'Loans and what they would cost'),
    ('loans:write', 'Prepare applications and repayments'),
    ('savings:read', 'Rates of savings accounts'),
    ('exchange:read', 'Exchange rates'),
    ('exchange:write', 'Prepare to exchange currencies'),
    ('top-ups:read', 'Top-ups'),
    ('cash:read', 'Cash limits and withdrawals'),
    ('fraud:read', 'One''s fraud alerts'),
    ('fraud:write', 'Prepare the answer to an alert'),
    ('disputes:read', 'One''s disputes'),
    ('disputes:write', 'Prepare what one says in a dispute'),
    ('profile:read', 'One''s details, and how one is identified'),
    ('profile:write', 'Prepare changes of one''s details'),
    ('support:read', 'Complaints, cases and appointments'),
    ('support:write', 'Prepare requests for people'),
    ('bank:read', 'Branches, fees and opening hours'),
    ('attachments:read', 'Files that one sent'),
    ('attachments:write', 'Send files'),
    ('operations:read', 'What was prepared, and what became of it');
insert into permissions (name, description, needs_person) values
    ('chat:confirm', 'Say yes or no to what a turn of the chat proposed', true),
    ('operations:confirm', 'Say yes or no to what was prepared', true),
    ('credentials:write', 'What one signs in with, and where codes come from', true),
    ('api-keys:write', 'Keys for one''s programs', true),
    ('demo:read', 'What the demo bank sends: codes, in demo mode', true);
insert into permissions (name, description, needs_person, kept_by) values
    ('staff.customers:open', 'Open a customer''s file, with a reason', true, 'admin'),
    ('staff.audit:read', 'The audit log, with a reason', true, 'admin'),
    ('staff.roles:read', 'Roles and what they may do', true, 'admin'),
    ('staff.actions:read', 'What colleagues proposed', true, 'admin'),
    ('staff.actions:propose', 'Propose a change to a customer''s things', true, null),
    ('staff.actions:decide', 'Approve or reject what somebody else proposed', true, 'admin'),
    ('staff.handoffs:work', 'Take over conversations', true, null),
    ('staff.care:work', 'Care cases', true, null),
    ('staff.documents:read', 'The bank''s documents, drafts too', true, null),
    ('staff.documents:upload', 'Upload documents', true, null),
    ('staff.documents:publish', 'Publish and retire documents', true, null),
    ('staff.fraud:read', 'The queue of fraud alerts', true, null),
    ('staff.fraud:work', 'Work on fraud alerts', true, null),
    ('staff.fraud:decide', 'Drop a question that nobody answered', true, null),
    ('staff.disputes:read', 'One dispute, with a reason', true, null),
    ('staff.disputes:work', 'Work on disputes and propose outcomes', true, null),
    ('staff.disputes:decide', 'Decide about proposed outcomes', true, null),
    ('staff.kyc:work', 'Look at applications for identification', true, null),
    ('staff.kyc:decide', 'Decide about them', true, null),
    ('staff.screening:read', 'Hits of sanctions lists', true, null),
    ('staff.screening:work', 'Propose a verdict on a hit', true, null),
    ('staff.screening:decide', 'Decide about a verdict', true, null),
    ('staff.policies:read', 'The bank''s policies, proposed ones too', true, null),
    ('staff.policies:propose', 'Propose a policy', true, null),
    ('staff.policies:decide', 'Publish or reject a policy', true, null),
    ('staff.compliance:work', 'Cases of money laundering', true, null);

insert into role_permissions
select r.name, p.name from roles r cross join permissions p
 where r.of_account = 'customer' and not starts_with(p.name, 'staff.')
    or r.of_account in ('staff', 'visitor') and p.name in ('chat:use', 'chat:history', 'chat:confirm', 'knowledge:read')
    or r.of_account = 'staff' and p.name in ('staff.documents:read', 'staff.policies:read');
insert into role_permissions
select role, permission
  from (values
       ('{agent,supervisor,auditor,admin}', '{staff.customers:open,staff.actions:read,staff.fraud:read,staff.disputes:read}'),
       ('{agent,supervisor,admin}', '{staff.actions:propose,staff.handoffs:work,staff.care:work,staff.documents:upload,'
        'staff.fraud:work,staff.disputes:work,staff.kyc:work}'),
       ('{supervisor,admin}', '{staff.actions:decide,staff.documents:publish,staff.fraud:decide,staff.disputes:decide,'
        'staff.kyc:decide}'),
       ('{auditor,admin}', '{staff.audit:read,staff.roles:read}'),
       ('{supervisor,auditor,admin,compliance}', '{staff.screening:read}'),
       ('{supervisor,admin,compliance}', '{staff.screening:work,staff.screening:decide,staff.policies:propose,'
        'staff.policies:decide}'),
       ('{compliance}', '{staff.compliance:work}')
       ) given (roles, permissions)
 cross join unnest(given.roles::text[]) role
 cross join unnest(given.permissions::text[]) permission;

create function keep_role_permission() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if exists (select from permissions where name = old.permission and kept_by = old.role) then
        raise exception 'the role keeps this permission' using errcode = 'TG071';
    end if;
    return old;
end $$;
create trigger role_permissions_kept before update or delete on role_permissions
    for each row execute function keep_role_permission();

create function fit_role_permission() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if starts_with(new.permission, 'staff.')
       and (select of_account from roles where name = new.role) is distinct from 'staff' then
        raise exception 'this permission is for staff' using errcode = 'TG072';
    end if;
    return new;
end $$;
create trigger role_permissions_fit before insert or update on role_permissions
    for each row execute function fit_role_permission();

create function keep_last_admin() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    -- One after the other, or two could each leave the other to be the last.
    perform pg_advisory_xact_lock(hashtextextended('keep_last_admin', 0));
    if old.role = 'admin' and (tg_op = 'DELETE' or new.role <> 'admin')
       and not exists (select from staff where role = 'admin' and id <> old.id) then
        raise exception 'somebody has to be an administrator' using errcode = 'TG073';
    end if;
    return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger staff_keeps_admin before update of role or delete on staff
    for each row when (old.role = 'admin') execute function keep_last_admin();

-- The functions for staff ------------------------------------------------------------------------------------------------

-- Internal: only functions of the owner call it.
create function require_permission(p_permission text) returns staff
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    who staff;
begin
    select s.* into who from staff s join role_permissions given on given.role = s.role
     where s.id = app_staff_id() and given.permission = p_permission;
    if not found then
        raise exception 'this is not for that role' using errcode = 'TG020', detail = p_permission;
    end if;
    return who;
end $$;
comment on function require_permission is 'The member of staff of this transaction, whose role has the permission now.';

create function ask_for_permissions(p_backwards boolean) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    reading  constant text := $q$require_staff('agent', 'supervisor', 'auditor', 'admin')$q$;
    working  constant text := $q$require_staff('agent', 'supervisor', 'admin')$q$;
    deciding constant text := $q$require_staff('supervisor', 'admin')$q$;
    policing constant text := $q$require_staff('supervisor', 'admin', 'compliance')$q$;
    one record;
    definition text;
begin
    for one in
        select of_function, roles, asked from (values
            ('open_customer_file', reading, 'staff.customers:open'),
            ('open_customer_file_of', reading, 'staff.customers:open'),
            ('open_register', $q$require_staff('auditor', 'admin')$q$, 'staff.audit:read'),
            ('list_staff_actions', reading, 'staff.actions:read'),
            ('open_staff_action', reading, 'staff.actions:read'),
            ('propose_staff_action', working, 'staff.actions:propose'),
            ('decide_staff_action', deciding, 'staff.actions:decide'),
            ('list_waiting_handoffs', working, 'staff.handoffs:work'),
            ('take_handoff', working, 'staff.handoffs:work'),
            ('close_handoff', working, 'staff.handoffs:work'),
            ('upload_document', working, 'staff.documents:upload'),
            ('publish_document', deciding, 'staff.documents:publish'),
            ('retire_document', deciding, 'staff.documents:publish'),
            ('list_fraud_queue', reading, 'staff.fraud:read'),
            ('open_alert_file', reading, 'staff.fraud:read'),
            ('move_alert', working, 'staff.fraud:work'),
            ('move_alert', deciding, 'staff.fraud:decide'),
            ('list_open_disputes', working, 'staff.disputes:work'),
            ('open_dispute_file', reading, 'staff.disputes:read'),
            ('work_on_dispute', working, 'staff.disputes:work'),
            ('propose_dispute_action', working, 'staff.disputes:work'),
            ('decide_dispute_action', deciding, 'staff.disputes:decide'),
            ('list_waiting_kyc', working, 'staff.kyc:work'),
            ('take_kyc_application', working, 'staff.kyc:work'),
            ('propose_kyc_verdict', working, 'staff.kyc:work'),
            ('decide_kyc_application', deciding, 'staff.kyc:decide'),
            ('open_screening', $q$require_staff('supervisor', 'auditor', 'admin', 'compliance')$q$, 'staff.screening:read'),
            ('propose_screening_verdict', policing, 'staff.screening:work'),
            ('decide_screening_verdict', policing, 'staff.screening:decide'),
            ('propose_policy', policing, 'staff.policies:propose'),
            ('decide_policy', policing, 'staff.policies:decide'),
            ('list_care_cases', working, 'staff.care:work'),
            ('take_care_case', working, 'staff.care:work'),
            ('close_care_case', working, 'staff.care:work')
        ) of_functions (of_function, roles, permission)
        cross join lateral (values (format('require_permission(%L)', permission))) written (asked)
        union all
        select 'open_register', reading,
               $q$require_permission(case p_subject when 'fraud_alerts' then 'staff.fraud:read' else 'staff.actions:read' end)$q$
    loop
        definition := pg_get_functiondef(to_regproc(one.of_function));
        if p_backwards then
            definition := replace(definition, one.asked, one.roles);
        elsif strpos(definition, one.roles) = 0 then
            raise exception '% does not name its roles as %', one.of_function, one.roles;
        else
            definition := replace(definition, one.roles, one.asked);
        end if;
        execute definition;
    end loop;
end $$;
select ask_for_permissions(false);
revoke execute on function require_permission, ask_for_permissions, keep_role_permission, fit_role_permission,
    keep_last_admin from public, tellergraph_app, tellergraph_staff, tellergraph_worker;

grant select on role_permissions to tellergraph_compliance;
set local role tellergraph_compliance;
create or replace function compliance.require_officer(p_staff uuid) returns uuid
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
begin
    if not exists (select from staff s join role_permissions given on given.role = s.role
                    where s.id = p_staff and given.permission = 'staff.compliance:work') then
        raise exception 'this is not for that role' using errcode = 'TG020', detail = 'staff.compliance:work';
    end if;
    return p_staff;
end $$;
reset role;

-- API keys ----------------------------------------------------------------------------------------------------------------

create table api_keys (
    id           uuid primary key default uuidv7(),
    customer_id  uuid not null references customers,
    name         text not null check (length(btrim(name)) between 1 and 60),
    prefix       text not null check (prefix ~ '^tg_[0-9A-Za-z]{6}$'),
    secret_hash  bytea not null unique check (octet_length(secret_hash) = 32),
    permissions  text[] not null check (cardinality(permissions) between 1 and 100),
    created_at   timestamptz not null,
    expires_at   timestamptz not null check (expires_at >= created_at and expires_at <= created_at + interval '366 days'),
    last_used_at timestamptz,
    revoked_at   timestamptz,
    replaces     uuid unique references api_keys
);
comment on column api_keys.secret_hash is 'SHA-256 of the whole key, of 256 random bits: nothing can be guessed from it.';
comment on column api_keys.permissions is 'At most these. What counts is what the owner has of them when the key is used.';
comment on column api_keys.replaces is 'The key that it was rotated from, which ends a while later.';
create index api_keys_customer on api_keys (customer_id, created_at desc);
select protect_customer_table('api_keys', false);
-- Whoever presents a key is not known yet: its hash finds its own row, and none else.
create policy presented on api_keys for select to tellergraph_app
    using (secret_hash = decode(nullif(current_setting('app.api_key', true), ''), 'hex'));
grant select on api_keys to tellergraph_app;
grant insert (customer_id, name, prefix, secret_hash, permissions, created_at, expires_at, replaces) on api_keys
    to tellergraph_app;
grant update (expires_at, last_used_at, revoked_at) on api_keys to tellergraph_app;

create function keep_api_key() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        -- One after the other, or two at once would both be the last that is allowed.
        perform pg_advisory_xact_lock(hashtextextended('api_keys:' || new.customer_id, 0));
        if (select count(*) from api_keys k
             where k.customer_id = new.customer_id and k.revoked_at is null and k.expires_at > new.created_at
               and k.id is distinct from new.replaces
               and not exists (select from api_keys r where r.replaces = k.id)) >= 10 then
            raise exception 'that many keys are enough' using errcode = 'TG074';
        end if;
        return new;
    end if;
    -- A key ends, sooner than was said; nothing brings one back.
    if new.expires_at > old.expires_at
       or (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at) then
        raise exception 'a key that ends, ends' using errcode = 'TG075';
    end if;
    return new;
end $$;
create trigger api_keys_kept before insert or update on api_keys for each row execute function keep_api_key();
revoke execute on function keep_api_key from public, tellergraph_app, tellergraph_staff, tellergraph_worker;
