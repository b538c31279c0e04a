-- Staff. A staff member's transaction runs as tellergraph_staff and names them in app.staff_id. It sees nothing of any
-- customer until it has opened a file or a register, and opening writes down who, whom, why and when: the database shows
-- rows only to a transaction that holds such a line. What staff change, one proposes and another approves.

create function app_staff_id() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.staff_id', true), '')::uuid;
comment on function app_staff_id is 'The staff member of this transaction, from the verified token. Null opens nothing.';

-- Reading ------------------------------------------------------------------------------------------------------------

create table staff_reads (
    id          bigint generated always as identity primary key,
    staff_id    uuid not null references staff,
    subject     text not null check (subject in ('customer', 'audit_log', 'staff_actions')),
    customer_id uuid references customers,
    reason      text not null check (length(btrim(reason)) between 3 and 500),
    xact        xid8 not null default pg_current_xact_id(),
    began_at    timestamptz not null default transaction_timestamp(),
    at          timestamptz not null,
    check ((subject = 'customer') = (customer_id is not null))
);
comment on table staff_reads is 'Every opening of a customer''s file, of the audit log and of the list of actions.';
comment on column staff_reads.xact is
    'The transaction that it admits, with began_at: numbers of transactions start anew when a bank is restored elsewhere.';
create index staff_reads_xact on staff_reads (xact);
create index staff_reads_customer on staff_reads (customer_id, id desc) where customer_id is not null;
create index staff_reads_staff on staff_reads (staff_id, id desc);
create trigger staff_reads_append_only before update or delete or truncate on staff_reads
    for each statement execute function refuse_change();

-- Internal: only functions of the owner call it.
create function require_staff(variadic p_roles text[]) returns staff
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    who staff;
begin
    select * into who from staff where id = app_staff_id() and role = any (p_roles);
    if not found then
        raise exception 'this is not for that role' using errcode = 'TG020';
    end if;
    return who;
end $$;

create function opened_customers() returns uuid[]
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
    return array(select customer_id from staff_reads
                  where subject = 'customer' and staff_id = app_staff_id()
                    and xact = pg_current_xact_id_if_assigned() and began_at = transaction_timestamp());
comment on function opened_customers is 'Whose files this transaction of this staff member has opened.';

create function has_opened(p_subject text) returns boolean
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
    return exists (select from staff_reads
                    where subject = p_subject and staff_id = app_staff_id()
                      and xact = pg_current_xact_id_if_assigned() and began_at = transaction_timestamp());

create function open_customer_file(p_customer uuid, p_reason text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    reader staff := require_staff('agent', 'supervisor', 'auditor', 'admin');
begin
    if not exists (select from customers where id = p_customer) then
        raise exception 'there is no such customer' using errcode = 'TG021';
    end if;
    insert into staff_reads (staff_id, subject, customer_id, reason, at)
    values (reader.id, 'customer', p_customer, p_reason, p_now);
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values ('staff:' || reader.id, p_customer, 'staff.file_opened', 'customer:' || p_customer,
            jsonb_build_object('role', reader.role, 'reason', p_reason), p_now);
end $$;

create function open_customer_file_of(p_email text, p_reason text, p_now timestamptz) returns uuid
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    reader staff := require_staff('agent', 'supervisor', 'auditor', 'admin');
    found_id uuid;
begin
    select customer_id into found_id from credentials where email = lower(btrim(p_email));
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values ('staff:' || reader.id, found_id, 'staff.searched', 'customers',
            jsonb_build_object('role', reader.role, 'reason', p_reason, 'found', found_id is not null), p_now);
    if found_id is not null then
        perform open_customer_file(found_id, p_reason, p_now);
    end if;
    return found_id;
end $$;
comment on function open_customer_file_of is
    'Null for an address that nobody has. The address itself is not written down: it may be a stranger''s.';

create function open_register(p_subject text, p_reason text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    reader staff;
begin
    -- Who may: app_staff_id() with one of these roles.
    if p_subject = 'audit_log' then
        reader := require_staff('auditor', 'admin');
    else
        reader := require_staff('agent', 'supervisor', 'auditor', 'admin');
    end if;
    insert into staff_reads (staff_id, subject, reason, at) values (reader.id, p_subject, p_reason, p_now);
    insert into audit_log (actor, action, resource, detail, at)
    values ('staff:' || reader.id, 'staff.register_opened', p_subject,
            jsonb_build_object('role', reader.role, 'reason', p_reason), p_now);
end $$;

create function show_to_staff(p_table regclass) returns void language plpgsql as $$
begin
    execute format('create policy staff_file on %s for select to tellergraph_staff
                    using (customer_id = any ((select opened_customers())::uuid[]))', p_table);
    execute format('grant select on %s to tellergraph_staff', p_table);
end $$;
comment on function show_to_staff is 'For migrations: the rows belong to the customer''s file that staff may open.';

do $$
declare t text;
begin
    foreach t in array array['accounts', 'cards', 'payees', 'standing_orders', 'postings', 'transactions', 'fraud_alerts',
                             'banking_operations', 'fx_deals'] loop
        perform show_to_staff(t::regclass);
    end loop;
end $$;
create policy staff_file on customers for select to tellergraph_staff
    using (id = any ((select opened_customers())::uuid[]));
create policy staff_file on journal_entries for select to tellergraph_staff
    using (exists (select from postings p where p.entry_id = journal_entries.id));
create policy staff_file on credentials for select to tellergraph_staff
    using (customer_id = any ((select opened_customers())::uuid[]));
create policy colleagues on staff for select to tellergraph_staff using (app_staff_id() is not null);
create index audit_log_customer on audit_log (customer_id, id desc) where customer_id is not null;
create policy register on audit_log for select to tellergraph_staff using ((select has_opened('audit_log')));
grant select on customers, journal_entries, audit_log, merchants, terminals, currencies, operation_types to tellergraph_staff;
-- Nobody reads what people log in with.
grant select (customer_id, email) on credentials to tellergraph_staff;
grant select (id, email, full_name, role) on staff to tellergraph_staff;

alter table staff_reads enable row level security;
alter table staff_reads force row level security;
create policy owner_all on staff_reads to tellergraph_owner using (true) with check (true);
create policy register on staff_reads for select to tellergraph_staff using ((select has_opened('audit_log')));
grant select on staff_reads to tellergraph_staff;

-- Changing: one proposes, another decides ----------------------------------------------------------------------------

insert into operation_types (type, posts, limited, step_up) values
    ('reverse_entry', false, false, 'never'),
    ('freeze_account', false, false, 'never'),
    ('unfreeze_account', false, false, 'never'),
    ('set_overdraft', false, false, 'never');

create table staff_actions (
    id              uuid primary key default uuidv7(),
    kind            text not null references operation_types
        check (kind in ('reverse_entry', 'freeze_account', 'unfreeze_account', 'set_overdraft')),
    customer_id     uuid not null references customers,
    account_id      uuid references accounts,
    entry_id        bigint references journal_entries,
    overdraft_minor bigint check (overdraft_minor >= 0),
    currency        char(3) references currencies,
    reason          text not null check (length(btrim(reason)) between 3 and 500),
    maker           uuid not null references staff,
    status          text not null default 'pending'
        check (status in ('pending', 'completed', 'failed', 'rejected', 'expired')),
    approver        uuid references staff,
    remark          text check (length(remark) <= 500),
    error_code      text,
    operation_id    uuid references banking_operations,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    decided_at      timestamptz,
    constraint staff_actions_four_eyes check (approver <> maker),
    check ((kind = 'reverse_entry') = (entry_id is not null)),
    check ((kind = 'reverse_entry') = (account_id is null)),
    check ((kind = 'set_overdraft') = (overdraft_minor is not null)),
    check ((overdraft_minor is null) = (currency is null)),
    check ((status = 'pending') = (decided_at is null)),
    check (status in ('pending', 'expired') or approver is not null),
    check (status <> 'pending' or approver is null),
    check ((status = 'failed') = (error_code is not null)),
    check ((status = 'completed') = (operation_id is not null))
);
comment on table staff_actions is 'What staff want done to a customer''s things. Done in the transaction that approves it.';
comment on column staff_actions.customer_id is 'Whose account it is; of a reversal, who paid.';
comment on column staff_actions.approver is 'Who decided, either way. Never the maker: staff_actions_four_eyes.';
comment on column staff_actions.remark is 'What the approver said to it.';
comment on column staff_actions.operation_id is 'The line in the customer''s command log.';
create unique index staff_actions_waiting on staff_actions (kind, account_id, entry_id) nulls not distinct
    where status = 'pending';
create index staff_actions_status on staff_actions (status, created_at desc, id desc);
create index staff_actions_customer on staff_actions (customer_id, created_at desc);
create index staff_actions_account on staff_actions (account_id) where account_id is not null;
create index staff_actions_entry on staff_actions (entry_id) where entry_id is not null;
create index staff_actions_operation on staff_actions (operation_id) where operation_id is not null;
create index staff_actions_maker on staff_actions (maker);
create index staff_actions_approver on staff_actions (approver) where approver is not null;
alter table staff_actions enable row level security;
alter table staff_actions force row level security;
create policy owner_all on staff_actions to tellergraph_owner using (true) with check (true);
create policy staff_file on staff_actions for select to tellergraph_staff
    using (customer_id = any ((select opened_customers())::uuid[]));
grant select on staff_actions to tellergraph_staff;

-- Internal, as all until list_staff_actions: only functions of the owner call them. Null, or why it cannot be done.
create function staff_action_refusal(action staff_actions) returns text
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    account accounts;
begin
    if action.kind = 'reverse_entry' then
        return case
            when exists (select from journal_entries where id = action.entry_id and reverses_id is not null) then 'is_reversal'
            when exists (select from journal_entries where reverses_id = action.entry_id) then 'already_reversed'
            -- What a loan owes is more than its postings: interest and paid instalments are kept beside them.
            when exists (select from journal_entries where id = action.entry_id and kind in ('pay_loan', 'apply_for_loan'))
                then 'loan_entry'
            when exists (select from postings p join accounts a on a.id = p.account_id
                          where p.entry_id = action.entry_id and a.customer_id is not null
                          group by a.id having a.balance_minor - a.held_minor - sum(p.amount_minor) < -a.overdraft_minor)
                then 'below_limit'
            when exists (select from postings p join accounts a on a.id = p.account_id
                          where p.entry_id = action.entry_id and a.status = 'closed') then 'account_closed'
        end;
    end if;
    select * into strict account from accounts where id = action.account_id;
    return case
        when account.status = 'closed' then 'account_closed'
        when action.kind = 'freeze_account' and account.status = 'frozen' then 'already_frozen'
        when action.kind = 'unfreeze_account' and account.status <> 'frozen' then 'not_frozen'
        when action.kind = 'set_overdraft' and account.kind <> 'current' then 'no_overdraft'
        when action.kind = 'set_overdraft' and account.currency <> action.currency then 'wrong_currency'
        when action.kind = 'set_overdraft' and account.balance_minor - account.held_minor < -action.overdraft_minor then 'overdraft_in_use'
    end;
end $$;

create function do_staff_action(action staff_actions, p_now timestamptz) returns text
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    refusal text;
    constraint_hurt text;
begin
    -- A payment that runs meanwhile is waited for, and rows are locked in the order in which payments lock them.
    perform 1 from accounts
      where id = action.account_id or id in (select account_id from postings where entry_id = action.entry_id)
        and customer_id is not null order by id for no key update;
    refusal := staff_action_refusal(action);
    if refusal is not null then return refusal; end if;
    case action.kind
        when 'reverse_entry' then perform reverse_entry(action.entry_id, action.reason, p_now);
        when 'freeze_account' then update accounts set status = 'frozen' where id = action.account_id and status = 'open';
        when 'unfreeze_account' then update accounts set status = 'open' where id = action.account_id and status = 'frozen';
        when 'set_overdraft' then update accounts set overdraft_minor = action.overdraft_minor where id = action.account_id;
    end case;
    return null;
exception when check_violation or unique_violation then
    -- Nothing of the change stays: leaving by an exception undoes this function's statements.
    get stacked diagnostics constraint_hurt = constraint_name;
    case constraint_hurt
        when 'accounts_balance_limit' then return 'below_limit';
        when 'journal_entries_reversed_once' then return 'already_reversed';
        else raise;
    end case;
end $$;

-- The customer sees it among the operations of their bank. The reason is the bank's own: a customer who is suspected of
-- something may not be told.
create function log_staff_action(action staff_actions, p_now timestamptz) returns uuid
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    account_name text := (select name from accounts where id = action.account_id);
    operation uuid;
    reversal bigint := (select id from journal_entries where reverses_id = action.entry_id);
begin
    insert into banking_operations (customer_id, type, status, payload, payload_hash, summary, idempotency_key, initiated_by,
                                    entry_id, created_at, expires_at, completed_at)
    values (action.customer_id, action.kind, 'completed', jsonb_build_object('staff_action_id', action.id), '',
            case action.kind
                when 'reverse_entry' then 'The bank reversed: '
                    || (select description from journal_entries where id = action.entry_id)
                when 'freeze_account' then 'The bank froze your account ' || account_name
                when 'unfreeze_account' then 'The bank unfroze your account ' || account_name
                when 'set_overdraft' then 'The bank changed the overdraft limit of your account ' || account_name
            end,
            'staff:' || action.id, 'staff', reversal, action.created_at, action.expires_at, p_now)
    returning id into operation;
    return operation;
end $$;

create function audit_staff_action(p_actor uuid, action staff_actions, p_now timestamptz) returns void
    language sql set search_path = pg_catalog, public, pg_temp as $$
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values ('staff:' || p_actor, action.customer_id, 'staff_action.' || replace(action.status, 'pending', 'proposed'),
            'staff_action:' || action.id,
            jsonb_build_object('kind', action.kind, 'account_id', action.account_id, 'entry_id', action.entry_id,
                               'overdraft_minor', action.overdraft_minor, 'reason', action.reason, 'maker', action.maker,
                               'remark', action.remark, 'error', action.error_code), p_now);
$$;

create function list_staff_actions(p_status text, p_limit integer)
    returns table (id uuid, kind text, status text, maker text, approver text, created_at timestamptz, expires_at timestamptz,
                   decided_at timestamptz)
    language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Who may: who has opened this register. Nothing here says who the customer is, or what about them.
    perform require_staff('agent', 'supervisor', 'auditor', 'admin');
    return query select s.id, s.kind, s.status, m.full_name, a.full_name, s.created_at, s.expires_at, s.decided_at
                   from staff_actions s join staff m on m.id = s.maker left join staff a on a.id = s.approver
                  where s.status = p_status and has_opened('staff_actions')
                  order by s.created_at desc, s.id desc limit p_limit;
end $$;

create function open_staff_action(p_action uuid, p_reason text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    whose uuid;
begin
    -- Who may: app_staff_id() with one of these roles.
    perform require_staff('agent', 'supervisor', 'auditor', 'admin');
    for whose in select customer_id from staff_actions where id = p_action
                  union
                 select p.customer_id from staff_actions s join postings p on p.entry_id = s.entry_id
                  where s.id = p_action and p.customer_id is not null loop
        perform open_customer_file(whose, p_reason, p_now);
    end loop;
    if not found then
        raise exception 'there is no such action' using errcode = 'TG021';
    end if;
end $$;
comment on function open_staff_action is
    'An action is a part of its customer''s file; what became of a reversal says something about who received the money, too.';

create function propose_staff_action(
    p_kind text, p_account uuid, p_entry bigint, p_overdraft bigint, p_currency text, p_reason text,
    p_now timestamptz, p_expires_at timestamptz, out action_id uuid, out refusal text)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('agent', 'supervisor', 'admin');
    action staff_actions;
    other uuid;
begin
    action.kind := p_kind;
    action.account_id := p_account;
    action.entry_id := p_entry;
    action.overdraft_minor := p_overdraft;
    action.currency := p_currency;
    action.customer_id := case p_kind
        when 'reverse_entry' then (select customer_id from postings where entry_id = p_entry and customer_id is not null
                                    order by amount_minor, id limit 1)
        else (select customer_id from accounts where id = p_account and customer_id is not null) end;
    -- As if it were not there: whoever has not opened the file learns nothing about the customer. What is refused is said
    -- and not raised, so that the opening stays on record.
    if action.customer_id is null or action.customer_id <> all (opened_customers()) then
        refusal := 'not_found';
        return;
    end if;
    -- Whether money can come back says something about who received it.
    for other in select distinct customer_id from postings where entry_id = p_entry and customer_id <> action.customer_id loop
        perform open_customer_file(other, p_reason, p_now);
    end loop;
    update staff_actions set status = 'expired', decided_at = p_now
     where status = 'pending' and expires_at <= p_now and (account_id = p_account or entry_id = p_entry);
    refusal := staff_action_refusal(action);
    if refusal is not null then return; end if;
    insert into staff_actions (kind, customer_id, account_id, entry_id, overdraft_minor, currency, reason, maker, created_at,
                               expires_at)
    values (action.kind, action.customer_id, action.account_id, action.entry_id, action.overdraft_minor, action.currency,
            p_reason, who.id, p_now, p_expires_at)
    on conflict (kind, account_id, entry_id) where status = 'pending' do nothing
    returning * into action;
    if not found then
        refusal := 'already_proposed';
        return;
    end if;
    perform audit_staff_action(who.id, action, p_now);
    action_id := action.id;
end $$;
comment on function propose_staff_action is 'Files an action about the customer whose file this transaction has opened.';

create function decide_staff_action(p_action uuid, p_decision text, p_remark text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('supervisor', 'admin');
    action staff_actions;
    ended text;
    refusal text;
begin
    select * into action from staff_actions where id = p_action for no key update;
    if not found then
        raise exception 'there is no such action' using errcode = 'TG021';
    end if;
    if action.status <> 'pending' then return; end if;
    ended := case when action.expires_at <= p_now then 'expired' when p_decision = 'approve' then 'completed'
                  else 'rejected' end;
    if ended = 'completed' then
        refusal := do_staff_action(action, p_now);
        ended := case when refusal is null then 'completed' else 'failed' end;
    end if;
    update staff_actions
       set status = ended, approver = who.id, decided_at = p_now, remark = p_remark, error_code = refusal,
           operation_id = case when ended = 'completed' then log_staff_action(action, p_now) end
     where id = p_action and status = 'pending' returning * into action;
    perform audit_staff_action(who.id, action, p_now);
end $$;
comment on function decide_staff_action is
    'approve or reject. Does nothing to an action that is over. The maker is refused by staff_actions_four_eyes.';

revoke execute on function require_staff, opened_customers, has_opened, open_customer_file, open_customer_file_of,
    open_register, show_to_staff, staff_action_refusal, do_staff_action, log_staff_action, audit_staff_action,
    list_staff_actions, open_staff_action, propose_staff_action, decide_staff_action from public;
grant execute on function opened_customers, has_opened, open_customer_file, open_customer_file_of, open_register,
    list_staff_actions, open_staff_action, propose_staff_action, decide_staff_action to tellergraph_staff;
