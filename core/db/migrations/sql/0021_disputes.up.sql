-- Files that customers send, encrypted, and disputes of payments: what was opened, by when the law wants what done, and the
-- money that comes back. Clocks that run out are the worker's; what people decide, one proposes and another approves.

-- Attachments --------------------------------------------------------------------------------------------------------

create table attachments (
    id          uuid primary key,
    customer_id uuid not null references customers,
    purpose     text not null check (purpose in ('dispute', 'identity')),
    name        text not null check (length(name) between 1 and 120),
    media_type  text not null
        check (media_type in ('application/pdf', 'image/png', 'image/jpeg', 'image/webp', 'image/heic')),
    size_bytes  integer not null check (size_bytes between 1 and 10000000),
    sha256      bytea not null check (length(sha256) = 32),
    key_id      text not null check (key_id ~ '^[0-9a-f]{16}$'),
    sealed_key  bytea not null check (length(sealed_key) = 60),
    created_at  timestamptz not null,
    made_in     xid8 not null default pg_current_xact_id(),
    unique (id, customer_id)
);
comment on table attachments is 'Files that customers sent: tools/attachments. Never changed.';
comment on column attachments.sha256 is 'Of the content in the clear.';
comment on column attachments.key_id is 'Which key of the server sealed the file''s own.';
comment on column attachments.made_in is 'The transaction that wrote it, and alone may add its chunks.';
create index attachments_customer on attachments (customer_id, created_at desc);

create table attachment_chunks (
    attachment_id uuid not null,
    customer_id   uuid not null,
    n             smallint not null check (n >= 0),
    content       bytea not null check (length(content) between 17 and 262160),
    primary key (attachment_id, n),
    foreign key (attachment_id, customer_id) references attachments (id, customer_id)
);
comment on column attachment_chunks.content is '256 KiB of the file, the last fewer, and 16 bytes of authentication.';
create index attachment_chunks_customer on attachment_chunks (customer_id, attachment_id);
alter table attachment_chunks alter column content set storage external;

do $$
declare t text;
begin
    foreach t in array array['attachments', 'attachment_chunks'] loop
        perform protect_customer_table(t::regclass, false);
        perform show_to_staff(t::regclass);
        execute format('create trigger %I before update or delete or truncate on %I
                        for each statement execute function refuse_change()', t || '_append_only', t);
    end loop;
end $$;
grant select, insert (id, customer_id, purpose, name, media_type, size_bytes, sha256, key_id, sealed_key, created_at)
    on attachments to tellergraph_app;
grant select, insert on attachment_chunks to tellergraph_app;

create function keep_attachment_chunk() returns trigger language plpgsql as $$
begin
    if not exists (select from attachments
                    where id = new.attachment_id and customer_id = new.customer_id and made_in = pg_current_xact_id()) then
        raise exception 'nothing is added to a file of before' using errcode = 'TG001';
    end if;
    return null;
end $$;
-- Behind the policy, which says first whose a row may be.
create trigger attachment_chunks_kept after insert on attachment_chunks
    for each row execute function keep_attachment_chunk();

create function keep_attachment() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    kept record;
begin
    -- One after the other: a quota is one sum.
    perform 1 from customers where id = new.customer_id for no key update;
    select count(*) as files, coalesce(sum(size_bytes), 0) as bytes into kept
      from attachments where customer_id = new.customer_id;
    if kept.files >= 200 or kept.bytes + new.size_bytes > 500000000 then
        raise exception 'that is more than is kept of one customer' using errcode = 'TG082';
    end if;
    return new;
end $$;
create trigger attachments_kept before insert on attachments for each row execute function keep_attachment();

create function check_attachment_whole() returns trigger language plpgsql as $$
begin
    if (select coalesce(sum(length(content) - 16), 0) from attachment_chunks where attachment_id = new.id) <> new.size_bytes then
        raise exception 'a file is stored whole or not at all' using errcode = 'TG083';
    end if;
    return null;
end $$;
create constraint trigger attachments_whole after insert on attachments
    deferrable initially deferred for each row execute function check_attachment_whole();
revoke execute on function keep_attachment_chunk, keep_attachment, check_attachment_whole from public;

-- Whose law ----------------------------------------------------------------------------------------------------------
-- A domain, as 0004_ledger says: every posting writes to accounts.

create domain country_code as text check (value ~ '^[A-Z]{2}$');
alter table accounts add column jurisdiction country_code not null default 'GB';
comment on column accounts.jurisdiction is 'ISO 3166-1: the country whose law protects payments from it. A bank loads it.';

alter domain transaction_kind drop constraint transaction_kind_check;
alter domain transaction_kind add constraint transaction_kind_check
    check (value in ('card_payment', 'cash_withdrawal', 'transfer_in', 'transfer_out', 'salary', 'direct_debit',
    'standing_order', 'subscription', 'refund', 'fee', 'interest', 'top_up', 'exchange', 'opening', 'provisional_credit',
    'provisional_credit_reversal', 'dispute_refund'));

-- Disputes -----------------------------------------------------------------------------------------------------------

insert into operation_types (type, posts, limited, step_up) values
    ('open_dispute', false, false, 'never'),
    ('add_evidence', false, false, 'never'),
    ('withdraw_dispute', false, false, 'never');
insert into operation_effects (type, changes) values
    ('open_dispute', 'disputes'), ('add_evidence', 'dispute_evidence'), ('withdraw_dispute', 'disputes'),
    ('confirm_fraud', 'disputes');

create domain dispute_state as text check (value in ('open', 'awaiting_evidence', 'investigating', 'provisionally_credited',
    'resolved_for_customer', 'resolved_for_merchant', 'withdrawn'));

create table disputes (
    id             uuid primary key default uuidv7(),
    reference      text not null unique default new_reference('D'),
    customer_id    uuid not null references customers,
    account_id     uuid not null references accounts,
    transaction_id bigint not null references transactions,
    operation_id   uuid not null references banking_operations,
    kind           text not null check (kind in ('card', 'transfer')),
    reason         text not null check (reason ~ '^[a-z_]{3,40}$'),
    regime         text not null check (regime ~ '^[a-z0-9_]{2,20}$'),
    jurisdiction   country_code not null,
    amount_minor   bigint not null check (amount_minor > 0),
    currency       char(3) not null references currencies,
    description    text check (length(btrim(description)) between 3 and 2000),
    liability_minor bigint check (liability_minor between 0 and amount_minor),
    state          dispute_state not null default 'open',
    credited_entry bigint unique references journal_entries,
    credited_at    timestamptz,
    reversal_entry bigint unique references journal_entries,
    opened_at      timestamptz not null,
    decided_at     timestamptz,
    unique (id, customer_id),
    check ((credited_entry is null) = (credited_at is null)),
    check (reversal_entry is null or credited_entry is not null and state = 'resolved_for_merchant'),
    check ((decided_at is not null) = (state in ('resolved_for_customer', 'resolved_for_merchant', 'withdrawn'))),
    check (state <> 'provisionally_credited' or credited_entry is not null)
);
comment on column disputes.reason is 'tools/disputes/reasons.toml.';
comment on column disputes.regime is 'Whose rules hold: tools/disputes/rules.toml.';
comment on column disputes.liability_minor is 'The most that the law lets the customer bear; null where it says nothing.';
create unique index disputes_transaction on disputes (transaction_id) where state <> 'withdrawn';
create index disputes_customer on disputes (customer_id, opened_at desc);
create index disputes_account on disputes (account_id);
create index disputes_all_of_transaction on disputes (transaction_id);
create index disputes_operation on disputes (operation_id);
create index disputes_open on disputes (opened_at)
    where state in ('open', 'awaiting_evidence', 'investigating', 'provisionally_credited');

create table dispute_events (
    id          bigint generated always as identity primary key,
    dispute_id  uuid not null,
    customer_id uuid not null,
    kind        text not null check (kind ~ '^[a-z_]{3,40}$'),
    actor       text not null,
    is_shown    boolean not null,
    detail      jsonb not null default '{}',
    at          timestamptz not null,
    foreign key (dispute_id, customer_id) references disputes (id, customer_id)
);
comment on column dispute_events.is_shown is 'To the customer. What would tell them that they are suspected is not.';
create index dispute_events_customer on dispute_events (customer_id, dispute_id, id);
create index dispute_events_dispute on dispute_events (dispute_id, customer_id);
create trigger dispute_events_append_only before update or delete or truncate on dispute_events
    for each statement execute function refuse_change();

create table dispute_clocks (
    id          uuid primary key default uuidv7(),
    dispute_id  uuid not null,
    customer_id uuid not null,
    kind        text not null check (kind in ('refund', 'provisional_credit', 'acknowledgement', 'decision', 'results', 'debit',
                                              'filing', 'evidence')),
    rule        text not null check (length(rule) between 3 and 200),
    due_on      date not null,
    due_at      timestamptz not null,
    ended_at    timestamptz,
    outcome     text check (outcome in ('met', 'late', 'missed', 'stopped', 'not_needed', 'not_possible')),
    foreign key (dispute_id, customer_id) references disputes (id, customer_id),
    check ((ended_at is null) = (outcome is null))
);
comment on column dispute_clocks.rule is 'The law, the scheme or the bank''s own promise that it comes from.';
comment on column dispute_clocks.due_on is 'The last day on which it is in time.';
comment on column dispute_clocks.due_at is
    'When the worker does it: noon of that day where it posts; else when that day is over, and it is missed.';
create index dispute_clocks_customer on dispute_clocks (customer_id, dispute_id);
create index dispute_clocks_dispute on dispute_clocks (dispute_id, customer_id);
create unique index dispute_clocks_running on dispute_clocks (dispute_id, kind) where ended_at is null;
create index dispute_clocks_due on dispute_clocks (due_at) where ended_at is null;

create table dispute_evidence (
    id            uuid primary key default uuidv7(),
    dispute_id    uuid not null,
    customer_id   uuid not null,
    attachment_id uuid,
    note          text check (length(btrim(note)) between 3 and 2000),
    operation_id  uuid not null unique references banking_operations,
    at            timestamptz not null,
    foreign key (dispute_id, customer_id) references disputes (id, customer_id),
    foreign key (attachment_id, customer_id) references attachments (id, customer_id),
    check (num_nonnulls(attachment_id, note) > 0)
);
create index dispute_evidence_customer on dispute_evidence (customer_id, dispute_id);
create index dispute_evidence_dispute on dispute_evidence (dispute_id, customer_id);
create unique index dispute_evidence_once on dispute_evidence (dispute_id, attachment_id) where attachment_id is not null;
create index dispute_evidence_attachment on dispute_evidence (attachment_id, customer_id) where attachment_id is not null;
create trigger dispute_evidence_append_only before update or delete or truncate on dispute_evidence
    for each statement execute function refuse_change();

create table dispute_actions (
    id          uuid primary key default uuidv7(),
    dispute_id  uuid not null,
    customer_id uuid not null,
    kind        text not null check (kind in ('credit', 'resolve_for_customer', 'resolve_for_merchant', 'suspend_refund')),
    reason      text not null check (length(btrim(reason)) between 3 and 500),
    maker       uuid not null references staff,
    status      text not null default 'pending' check (status in ('pending', 'completed', 'failed', 'rejected', 'expired')),
    approver    uuid references staff,
    remark      text check (length(remark) <= 500),
    error_code  text,
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    decided_at  timestamptz,
    foreign key (dispute_id, customer_id) references disputes (id, customer_id),
    constraint dispute_actions_four_eyes check (approver <> maker),
    check ((status = 'pending') = (decided_at is null)),
    check (status in ('pending', 'expired') or approver is not null),
    check (status <> 'pending' or approver is null),
    check ((status = 'failed') = (error_code is not null))
);
comment on table dispute_actions is 'What staff want done about a dispute. Done in the transaction that approves it.';
create unique index dispute_actions_waiting on dispute_actions (dispute_id) where status = 'pending';
create index dispute_actions_dispute on dispute_actions (dispute_id, customer_id);
create index dispute_actions_customer on dispute_actions (customer_id, created_at desc);
create index dispute_actions_maker on dispute_actions (maker);
create index dispute_actions_approver on dispute_actions (approver) where approver is not null;

select protect_customer_table('disputes');
select protect_customer_table('dispute_evidence');
do $$
declare t text;
begin
    foreach t in array array['dispute_events', 'dispute_clocks', 'dispute_actions'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy owner_all on %I to tellergraph_owner using (true) with check (true)', t);
    end loop;
    foreach t in array array['disputes', 'dispute_events', 'dispute_clocks', 'dispute_evidence', 'dispute_actions'] loop
        perform show_to_staff(t::regclass);
    end loop;
end $$;
create policy own on dispute_events for select to tellergraph_app using (customer_id = app_customer_id() and is_shown);
create policy own on dispute_clocks for select to tellergraph_app
    using (customer_id = app_customer_id() and outcome is distinct from 'stopped');
grant select on disputes, dispute_clocks, dispute_evidence to tellergraph_app;
-- Not who of the bank did it.
grant select (id, dispute_id, customer_id, kind, is_shown, detail, at) on dispute_events to tellergraph_app;
create policy worker_sees on dispute_clocks for select to tellergraph_worker using (ended_at is null);
grant select (id, customer_id, due_at, ended_at) on dispute_clocks to tellergraph_worker;

create function keep_dispute_state() returns trigger language plpgsql as $$
begin
    if new.state <> old.state and (old.state, new.state) not in (
        ('open', 'awaiting_evidence'), ('open', 'investigating'), ('open', 'provisionally_credited'),
        ('open', 'resolved_for_customer'), ('open', 'resolved_for_merchant'), ('open', 'withdrawn'),
        ('awaiting_evidence', 'investigating'), ('awaiting_evidence', 'provisionally_credited'),
        ('awaiting_evidence', 'resolved_for_customer'), ('awaiting_evidence', 'resolved_for_merchant'),
        ('awaiting_evidence', 'withdrawn'),
        ('investigating', 'awaiting_evidence'), ('investigating', 'provisionally_credited'),
        ('investigating', 'resolved_for_customer'), ('investigating', 'resolved_for_merchant'), ('investigating', 'withdrawn'),
        ('provisionally_credited', 'resolved_for_customer'), ('provisionally_credited', 'resolved_for_merchant')) then
        raise exception 'dispute % cannot go from % to %', old.id, old.state, new.state using errcode = 'TG084';
    end if;
    if (new.customer_id, new.account_id, new.transaction_id, new.amount_minor, new.currency, new.reason, new.opened_at)
       is distinct from
       (old.customer_id, old.account_id, old.transaction_id, old.amount_minor, old.currency, old.reason, old.opened_at)
       or old.credited_entry is not null and new.credited_entry is distinct from old.credited_entry
       or old.reversal_entry is not null and new.reversal_entry is distinct from old.reversal_entry then
        raise exception 'what dispute % is about stays' , old.id using errcode = 'TG084';
    end if;
    return new;
end $$;
create trigger disputes_state before update on disputes for each row execute function keep_dispute_state();

-- Internal, as all until open_dispute's: only functions of the owner call them ---------------------------------------

create function note_dispute(d disputes, p_kind text, p_actor text, p_shown boolean, p_detail jsonb, p_now timestamptz)
    returns void language sql set search_path = pg_catalog, public, pg_temp as $$
    insert into dispute_events (dispute_id, customer_id, kind, actor, is_shown, detail, at)
    values (d.id, d.customer_id, p_kind, p_actor, p_shown, p_detail, p_now);
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values (p_actor, d.customer_id, 'dispute.' || p_kind, 'dispute:' || d.id, p_detail, p_now);
$$;

create function move_dispute(p_dispute uuid, p_to text, p_actor text, p_detail jsonb, p_now timestamptz) returns disputes
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    d disputes;
begin
    update disputes set state = p_to,
           decided_at = case when p_to in ('resolved_for_customer', 'resolved_for_merchant', 'withdrawn') then p_now end
     where id = p_dispute returning * into strict d;
    perform note_dispute(d, p_to, p_actor, true, p_detail, p_now);
    return d;
end $$;

create function start_dispute_clocks(d disputes, p_clocks jsonb, p_now timestamptz) returns void
    language sql set search_path = pg_catalog, public, pg_temp as $$
    insert into dispute_clocks (dispute_id, customer_id, kind, rule, due_on, due_at, ended_at, outcome)
    select d.id, d.customer_id, c.kind, c.rule, c.due_on, c.due_at, case when c.is_met then p_now end,
           case when c.is_met then 'met' end
      from jsonb_to_recordset(p_clocks) c (kind text, rule text, due_on date, due_at timestamptz, is_met boolean)
    on conflict (dispute_id, kind) where ended_at is null do update set rule = excluded.rule, due_on = excluded.due_on,
        due_at = excluded.due_at;
$$;

create function end_dispute_clocks(p_dispute uuid, p_kinds text[], p_outcome text, p_now timestamptz) returns void
    language sql set search_path = pg_catalog, public, pg_temp as $$
    update dispute_clocks
       set ended_at = p_now,
           outcome = case when p_outcome = 'met' and p_now >= due_at + case
                          when kind in ('refund', 'provisional_credit', 'debit') then interval '12 hours' else interval '0' end
                     then 'late' else p_outcome end
     where dispute_id = p_dispute and ended_at is null and (p_kinds is null or kind = any (p_kinds));
$$;
comment on function end_dispute_clocks is 'Of these kinds, or all. What the worker posts is due at noon: twelve hours later the day is over.';

create function dispute_account(p_currency text, p_now timestamptz) returns uuid
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into accounts (kind, name, currency, opened_at) values ('internal', 'Disputes', p_currency, p_now)
    on conflict (name, currency) where customer_id is null do nothing;
    return internal_account('Disputes', p_currency);
end $$;
comment on function dispute_account is 'Where the bank carries what it credited and may get back from a merchant or scheme.';

-- Credits a dispute's amount, or takes it back (p_reverses). The account is locked by the caller.
create function post_dispute(d disputes, p_kind text, p_minor bigint, p_reverses bigint, p_now timestamptz) returns bigint
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    disputed transactions;
    label constant text := case p_kind when 'provisional_credit' then 'Provisional credit: '
                                       when 'dispute_refund' then 'Refund after dispute: '
                                       else 'Provisional credit taken back: ' end;
    entry bigint;
begin
    select * into strict disputed from transactions where id = d.transaction_id;
    insert into journal_entries (kind, description, booked_at, reverses_id)
    values (p_kind, left(label || d.reference, 200), p_now, p_reverses) returning id into entry;
    insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at) values
        (entry, d.account_id, d.customer_id, p_minor, d.currency, p_now),
        (entry, dispute_account(d.currency, p_now), null, -p_minor, d.currency, p_now);
    insert into transactions (customer_id, account_id, card_id, merchant_id, entry_id, kind, status, amount_minor, currency,
                              category, description, occurred_at, booked_at)
    values (d.customer_id, d.account_id, disputed.card_id, disputed.merchant_id, entry, p_kind, 'booked', p_minor, d.currency,
            disputed.category, left(label || disputed.description, 200), p_now, p_now);
    return entry;
end $$;

create function credit_refusal(d disputes) returns text
    language sql stable set search_path = pg_catalog, public, pg_temp as $$
    select case when d.credited_entry is not null then 'already_credited'
                when d.state in ('resolved_for_customer', 'resolved_for_merchant', 'withdrawn') then 'dispute_over'
                when t.status = 'pending' then 'payment_pending'
                when t.status <> 'booked' then 'nothing_taken'
                when a.status = 'closed' then 'account_closed' end
      from transactions t join accounts a on a.id = t.account_id where t.id = d.transaction_id;
$$;

create function credit_dispute(d disputes, p_kind text, p_now timestamptz) returns text
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    refusal text;
    taken   bigint;
begin
    perform 1 from accounts where id = d.account_id for no key update;
    refusal := credit_refusal(d);
    if refusal is not null then return refusal; end if;
    -- A payment that was disputed while it was pending may have been booked smaller.
    taken := (select least(d.amount_minor, -amount_minor) from transactions where id = d.transaction_id);
    update disputes set credited_entry = post_dispute(d, p_kind, taken, null, p_now), credited_at = p_now where id = d.id;
    return null;
end $$;
comment on function credit_dispute is 'Null, or why nothing was credited.';

create function credited_minor(p_dispute uuid) returns bigint
    language sql stable set search_path = pg_catalog, public, pg_temp
    return coalesce((select p.amount_minor from disputes d
                       join postings p on p.entry_id = d.credited_entry and p.account_id = d.account_id
                      where d.id = p_dispute), 0);
comment on function credited_minor is 'What a dispute has credited, also if it was taken back.';

create function take_back_credit(d disputes, p_now timestamptz) returns text
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    account accounts;
begin
    select * into strict account from accounts where id = d.account_id for no key update;
    if d.reversal_entry is not null or d.credited_entry is null then return 'nothing_to_take_back'; end if;
    if account.status = 'closed' then return 'account_closed'; end if;
    if account.balance_minor - account.held_minor - credited_minor(d.id) < -account.overdraft_minor then return 'below_limit'; end if;
    update disputes
       set reversal_entry = post_dispute(d, 'provisional_credit_reversal', -credited_minor(d.id), d.credited_entry, p_now)
     where id = d.id;
    return null;
exception when unique_violation then
    return 'already_reversed';
end $$;

create function lock_dispute(p_dispute uuid, p_customer uuid) returns disputes
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    d disputes;
begin
    select * into d from disputes where id = p_dispute and customer_id = p_customer for no key update;
    return d;
end $$;

create or replace function entry_in_dispute(p_entry bigint) returns boolean
    language sql stable set search_path = pg_catalog, public, pg_temp
    return exists (select from disputes d join transactions t on t.id = d.transaction_id
                    where t.entry_id = p_entry and d.credited_entry is not null and d.reversal_entry is null)
        or exists (select from disputes where credited_entry = p_entry or reversal_entry = p_entry);
comment on function entry_in_dispute is
    'Of a payment that a dispute has credited, or what a dispute has posted: staff do not reverse it besides.';

create function is_disputable(t transactions) returns boolean
    language sql stable set search_path = pg_catalog, public, pg_temp
    return t.amount_minor < 0 and t.status in ('booked', 'pending')
       and t.kind in ('card_payment', 'subscription', 'cash_withdrawal', 'transfer_out', 'standing_order', 'direct_debit',
                      'exchange')
       and not exists (select from postings p
                        where p.entry_id = t.entry_id and p.customer_id = t.customer_id and p.amount_minor > 0);
comment on function is_disputable is
    'What somebody else was paid. Not what the bank books itself, such as a fee or a credit that it takes back, and not what '
    'went to an account of the customer''s own.';

-- The customer's -----------------------------------------------------------------------------------------------------

create function file_dispute(p_transaction bigint, p_reason text, p_amount bigint, p_description text, p_terms jsonb,
                             p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    op banking_operations;
    t  transactions;
    d  disputes;
    refusal text;
begin
    -- The owner check of this function: an operation of the transaction's customer that opens disputes, being executed.
    select o.* into op from banking_operations o join operation_effects e on e.type = o.type and e.changes = 'disputes'
     where o.customer_id = app_customer_id() and o.status = 'processing' and o.executed_in = pg_current_xact_id()
       and o.type <> 'withdraw_dispute';
    if not found then
        raise exception 'nothing that opens a dispute is being executed' using errcode = 'TG012';
    end if;
    select * into t from transactions where id = p_transaction and customer_id = op.customer_id for no key update;
    refusal := case
        when t.id is null then 'transaction_unknown'
        when not is_disputable(t) then 'not_disputable'
        when p_amount is null or p_amount not between 1 and -t.amount_minor then 'wrong_amount'
        when (select jurisdiction from accounts where id = t.account_id) <> p_terms ->> 'jurisdiction' then 'account_changed'
    end;
    if refusal is not null then return refusal; end if;
    insert into disputes (customer_id, account_id, transaction_id, operation_id, kind, reason, regime, jurisdiction,
                          amount_minor, currency, description, liability_minor, opened_at)
    values (op.customer_id, t.account_id, t.id, op.id, p_terms ->> 'kind', p_reason, p_terms ->> 'regime',
            p_terms ->> 'jurisdiction', p_amount, t.currency, p_description,
            least((p_terms ->> 'liability_minor')::bigint, p_amount), p_now)
    on conflict (transaction_id) where state <> 'withdrawn' do nothing
    returning * into d;
    if d.id is null then return 'dispute_open'; end if;
    perform start_dispute_clocks(d, p_terms -> 'clocks', p_now);
    perform note_dispute(d, 'opened', 'customer:' || d.customer_id, true, jsonb_build_object('reason', p_reason), p_now);
    return null;
end $$;
comment on function file_dispute is
    'Opens a dispute of the customer whose operation is being executed. Null, or why not, before anything was written. '
    'p_terms: kind, regime, jurisdiction, liability_minor, clocks [{kind, rule, due_on, due_at, is_met}] (tools/disputes/deadlines.py).';

create function add_dispute_evidence(p_dispute uuid, p_attachment uuid, p_note text, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    op constant banking_operations := executing_operation('add_evidence');
    d  disputes := lock_dispute(p_dispute, op.customer_id);
begin
    if d.id is null then return 'dispute_unknown'; end if;
    if d.decided_at is not null then return 'dispute_over'; end if;
    if p_attachment is not null and not exists (select from attachments
            where id = p_attachment and customer_id = op.customer_id and purpose = 'dispute') then
        return 'file_unknown';
    end if;
    insert into dispute_evidence (dispute_id, customer_id, attachment_id, note, operation_id, at)
    values (d.id, d.customer_id, p_attachment, p_note, op.id, p_now) on conflict do nothing;
    if not found then return 'evidence_given'; end if;
    perform note_dispute(d, 'evidence_added', 'customer:' || d.customer_id, true, '{}', p_now);
    perform end_dispute_clocks(d.id, array['evidence'], 'met', p_now);
    if d.state = 'awaiting_evidence' then
        perform move_dispute(d.id, 'investigating', 'customer:' || d.customer_id, '{}', p_now);
    end if;
    return null;
end $$;

create function withdraw_dispute(p_dispute uuid, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    op constant banking_operations := executing_operation('withdraw_dispute');
    d  disputes := lock_dispute(p_dispute, op.customer_id);
begin
    if d.id is null then return 'dispute_unknown'; end if;
    if d.decided_at is not null then return 'dispute_over'; end if;
    if d.credited_entry is not null then return 'dispute_credited'; end if;
    perform move_dispute(d.id, 'withdrawn', 'customer:' || d.customer_id, '{}', p_now);
    perform end_dispute_clocks(d.id, null, 'not_needed', p_now);
    update dispute_actions set status = 'expired', decided_at = p_now where dispute_id = d.id and status = 'pending';
    return null;
end $$;

-- The worker's -------------------------------------------------------------------------------------------------------

create function run_dispute_clock(p_clock uuid, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    clock   dispute_clocks;
    d       disputes;
    refusal text;
begin
    -- The owner check of this function: a clock of the transaction's customer. The dispute is locked before it, as staff do.
    d := lock_dispute((select dispute_id from dispute_clocks where id = p_clock), app_customer_id());
    select * into clock from dispute_clocks
     where id = p_clock and dispute_id = d.id and ended_at is null and due_at <= p_now for no key update;
    if not found then return null; end if;
    if clock.kind in ('refund', 'provisional_credit') then
        refusal := credit_dispute(d, 'provisional_credit', p_now);
        if refusal = 'payment_pending' then
            -- Nothing has left the account yet; a hold is looked at again until it is booked or released.
            update dispute_clocks set due_at = p_now + interval '1 hour' where id = clock.id;
            return 'clock_waits';
        end if;
        if refusal is null then
            perform move_dispute(d.id, 'provisionally_credited', 'schedule',
                                 jsonb_build_object('amount_minor', credited_minor(d.id), 'rule', clock.rule), p_now);
        end if;
    elsif clock.kind = 'debit' then
        refusal := take_back_credit(d, p_now);
        if refusal is null then
            perform note_dispute(d, 'credit_taken_back', 'schedule', true,
                                 jsonb_build_object('amount_minor', credited_minor(d.id), 'rule', clock.rule), p_now);
        end if;
    else
        perform note_dispute(d, 'deadline_passed', 'schedule', false,
                             jsonb_build_object('clock', clock.kind, 'rule', clock.rule, 'due_on', clock.due_on), p_now);
        if clock.kind = 'evidence' and d.state = 'awaiting_evidence' then
            perform move_dispute(d.id, 'investigating', 'schedule', '{}', p_now);
        end if;
        perform end_dispute_clocks(d.id, array[clock.kind], 'missed', p_now);
        return 'clock_missed';
    end if;
    if refusal is not null then
        perform note_dispute(d, clock.kind || '_not_possible', 'schedule', false,
                             jsonb_build_object('reason', refusal, 'rule', clock.rule), p_now);
    end if;
    perform end_dispute_clocks(d.id, array[clock.kind], case when refusal is null then 'met' else 'not_possible' end, p_now);
    return case when refusal is null then 'clock_met' else 'clock_not_possible' end;
end $$;
comment on function run_dispute_clock is
    'Does what a clock that has run out asks for, once: credit or its reversal and the end of the clock are one transaction. '
    'Null where it is not due any more.';

-- Staff --------------------------------------------------------------------------------------------------------------

create function list_open_disputes(p_limit integer)
    returns table (id uuid, reference text, state text, reason text, regime text, opened_at timestamptz, next_clock text,
                   next_due_on date)
    language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Who may: app_staff_id() with one of these roles. Nothing here says who the customer is.
    perform require_staff('agent', 'supervisor', 'admin');
    return query
        select d.id, d.reference, d.state::text, d.reason, d.regime, d.opened_at, c.kind, c.due_on
          from disputes d
          left join lateral (select k.kind, k.due_on from dispute_clocks k
                              where k.dispute_id = d.id and k.ended_at is null order by k.due_at limit 1) c on true
         where d.state in ('open', 'awaiting_evidence', 'investigating', 'provisionally_credited')
         order by c.due_on nulls last, d.opened_at limit p_limit;
end $$;

create function open_dispute_file(p_dispute uuid, p_reason text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    whose uuid := (select customer_id from disputes where id = p_dispute);
begin
    -- Who may: open_customer_file() asks for app_staff_id() with its role.
    perform require_staff('agent', 'supervisor', 'auditor', 'admin');
    if whose is null then
        raise exception 'there is no such dispute' using errcode = 'TG021';
    end if;
    perform open_customer_file(whose, p_reason, p_now);
end $$;
comment on function open_dispute_file is 'A dispute is a part of its customer''s file.';

create function work_on_dispute(p_dispute uuid, p_to text, p_request text, p_clocks jsonb, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles, who has opened the file.
    who staff := require_staff('agent', 'supervisor', 'admin');
    d   disputes;
begin
    select * into d from disputes where id = p_dispute and customer_id = any (opened_customers()) for no key update;
    if not found then return 'not_found'; end if;
    if d.decided_at is not null then return 'dispute_over'; end if;
    if p_to = 'investigating' then
        if d.state not in ('open', 'awaiting_evidence') then return 'already_investigated'; end if;
        perform move_dispute(d.id, 'investigating', 'staff:' || who.id, '{}', p_now);
        return null;
    end if;
    perform note_dispute(d, 'evidence_requested', 'staff:' || who.id, true, jsonb_build_object('request', p_request), p_now);
    if d.state in ('open', 'investigating') then
        perform move_dispute(d.id, 'awaiting_evidence', 'staff:' || who.id, '{}', p_now);
    end if;
    perform start_dispute_clocks(d, p_clocks, p_now);
    return null;
end $$;

create function dispute_action_refusal(d disputes, p_kind text) returns text
    language sql stable set search_path = pg_catalog, public, pg_temp as $$
    select case
        when d.decided_at is not null then 'dispute_over'
        when p_kind = 'credit' then credit_refusal(d)
        -- What was never taken, or has come back, is found for the customer without a posting.
        when p_kind = 'resolve_for_customer' and d.credited_entry is null then nullif(credit_refusal(d), 'nothing_taken')
        when p_kind = 'suspend_refund' and not exists (select from dispute_clocks
            where dispute_id = d.id and kind = 'refund' and ended_at is null) then 'no_refund_clock' end;
$$;

create function propose_dispute_action(p_dispute uuid, p_kind text, p_reason text, p_now timestamptz, p_expires_at timestamptz,
                                       out action_id uuid, out refusal text)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles, who has opened the file.
    who staff := require_staff('agent', 'supervisor', 'admin');
    d   disputes;
begin
    select * into d from disputes where id = p_dispute and customer_id = any (opened_customers());
    if not found then refusal := 'not_found'; return; end if;
    refusal := dispute_action_refusal(d, p_kind);
    if refusal is not null then return; end if;
    update dispute_actions set status = 'expired', decided_at = p_now
     where dispute_id = d.id and status = 'pending' and expires_at <= p_now;
    insert into dispute_actions (dispute_id, customer_id, kind, reason, maker, created_at, expires_at)
    values (d.id, d.customer_id, p_kind, p_reason, who.id, p_now, p_expires_at)
    on conflict (dispute_id) where status = 'pending' do nothing
    returning id into action_id;
    if action_id is null then refusal := 'already_proposed'; return; end if;
    perform note_dispute(d, 'action_proposed', 'staff:' || who.id, false,
                         jsonb_build_object('action', action_id, 'kind', p_kind, 'reason', p_reason), p_now);
end $$;

create function decide_dispute_action(p_action uuid, p_decision text, p_remark text, p_clocks jsonb, p_now timestamptz)
    returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who     staff := require_staff('supervisor', 'admin');
    action  dispute_actions;
    d       disputes;
    ended   text;
    refusal text;
begin
    select dispute_id, customer_id into action.dispute_id, action.customer_id from dispute_actions where id = p_action;
    d := lock_dispute(action.dispute_id, action.customer_id);
    select * into action from dispute_actions where id = p_action for no key update;
    if not found then
        raise exception 'there is no such action' using errcode = 'TG021';
    end if;
    if action.status <> 'pending' then return; end if;
    ended := case when action.expires_at <= p_now then 'expired' when p_decision = 'approve' then 'completed'
                  else 'rejected' end;
    if ended = 'completed' then
        refusal := do_dispute_action(action, d, 'staff:' || who.id, p_clocks, p_now);
        ended := case when refusal is null then 'completed' else 'failed' end;
    end if;
    update dispute_actions set status = ended, approver = who.id, decided_at = p_now, remark = p_remark, error_code = refusal
     where id = action.id;
    perform note_dispute(d, 'action_' || ended, 'staff:' || who.id, false,
                         jsonb_build_object('action', action.id, 'kind', action.kind, 'remark', p_remark, 'error', refusal),
                         p_now);
end $$;
comment on function decide_dispute_action is
    'approve or reject. Does nothing to an action that is over. The maker is refused by dispute_actions_four_eyes.';

create function do_dispute_action(action dispute_actions, d disputes, p_actor text, p_clocks jsonb, p_now timestamptz)
    returns text language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    refusal text := dispute_action_refusal(d, action.kind);
begin
    if refusal is not null then return refusal; end if;
    case action.kind
    when 'suspend_refund' then
        perform end_dispute_clocks(d.id, array['refund'], 'stopped', p_now);
        perform note_dispute(d, 'refund_suspended', p_actor, false, jsonb_build_object('reason', action.reason), p_now);
    when 'credit' then
        refusal := credit_dispute(d, 'provisional_credit', p_now);
        if refusal is not null then return refusal; end if;
        perform move_dispute(d.id, 'provisionally_credited', p_actor, jsonb_build_object('amount_minor', credited_minor(d.id)), p_now);
        perform end_dispute_clocks(d.id, array['refund', 'provisional_credit'], 'met', p_now);
    when 'resolve_for_customer' then
        if d.credited_entry is null then
            refusal := nullif(credit_dispute(d, 'dispute_refund', p_now), 'nothing_taken');
            if refusal is not null then return refusal; end if;
        end if;
        perform move_dispute(d.id, 'resolved_for_customer', p_actor, jsonb_build_object('amount_minor', credited_minor(d.id)), p_now);
        perform end_dispute_clocks(d.id, array['refund', 'provisional_credit', 'decision'], 'met', p_now);
        perform end_dispute_clocks(d.id, null, 'not_needed', p_now);
        perform start_dispute_clocks(d, (select coalesce(jsonb_agg(c), '[]') from jsonb_array_elements(p_clocks) c
                                          where c ->> 'kind' <> 'debit'), p_now);
    when 'resolve_for_merchant' then
        perform move_dispute(d.id, 'resolved_for_merchant', p_actor, jsonb_build_object('explanation', action.reason), p_now);
        perform end_dispute_clocks(d.id, array['decision'], 'met', p_now);
        perform end_dispute_clocks(d.id, null, 'not_needed', p_now);
        perform start_dispute_clocks(d, (select coalesce(jsonb_agg(c), '[]') from jsonb_array_elements(p_clocks) c
                                          where c ->> 'kind' <> 'debit' or d.credited_entry is not null), p_now);
    end case;
    return null;
end $$;

revoke execute on function keep_dispute_state, note_dispute, move_dispute, start_dispute_clocks, end_dispute_clocks,
    dispute_account, post_dispute, credited_minor, is_disputable, credit_refusal, credit_dispute, take_back_credit, lock_dispute, file_dispute,
    add_dispute_evidence, withdraw_dispute, run_dispute_clock, list_open_disputes, open_dispute_file, work_on_dispute,
    dispute_action_refusal, propose_dispute_action, decide_dispute_action, do_dispute_action from public;
grant execute on function file_dispute, add_dispute_evidence, withdraw_dispute to tellergraph_app;
grant execute on function run_dispute_clock to tellergraph_worker;
grant execute on function list_open_disputes, open_dispute_file, work_on_dispute, propose_dispute_action, decide_dispute_action
    to tellergraph_staff;
