-- The bank: customers, double-entry ledger, cards, payees, activity. Every table with customer data forces row-level
-- security on the customer that the transaction names in app.customer_id; the runtime role tellergraph_app owns nothing.

create function app_customer_id() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.customer_id', true), '')::uuid;
comment on function app_customer_id is
    'The customer of this transaction, from set_config(''app.customer_id'', ..., true). Null shows nothing.';

create table customers (
    id              uuid primary key default uuidv7(),
    full_name       text not null check (full_name <> ''),
    date_of_birth   date,
    phone           text,
    address_line    text,
    city            text,
    postcode        text,
    country         text not null default 'GB' check (country ~ '^[A-Z]{2}$'),
    tier            text not null default 'standard' check (tier in ('standard', 'premium')),
    kyc_status      text not null default 'pending' check (kyc_status in ('pending', 'verified', 'rejected', 'expired')),
    kyc_level       smallint not null default 0 check (kyc_level between 0 and 3),
    kyc_document    text check (kyc_document in ('passport', 'driving_licence', 'national_id')),
    kyc_verified_at timestamptz,
    created_at      timestamptz not null default now()
);

-- What a person logs in with. A login is looked up before anybody is known, so its policy also admits the one row
-- whose e-mail address the transaction names in app.login_email.
create table credentials (
    customer_id   uuid primary key references customers on delete cascade,
    email         text not null unique check (email = lower(email)),
    password_hash text not null,
    created_at    timestamptz not null default now()
);

create table staff (
    id            uuid primary key default uuidv7(),
    email         text not null unique check (email = lower(email)),
    full_name     text not null,
    role          text not null check (role in ('agent', 'supervisor', 'auditor', 'admin')),
    password_hash text not null,
    created_at    timestamptz not null default now()
);

-- customer_id is null for the bank's own accounts (clearing, fees, exchange, card settlement).
create table accounts (
    id                 uuid primary key default uuidv7(),
    customer_id        uuid references customers,
    kind               text not null check (kind in ('current', 'savings', 'credit_card', 'internal')),
    name               text not null,
    currency           char(3) not null check (currency ~ '^[A-Z]{3}$'),
    status             text not null default 'open' check (status in ('open', 'frozen', 'closed')),
    sort_code          text,
    account_number     text,
    iban               text,
    balance_minor      bigint not null default 0,
    overdraft_minor    bigint not null default 0 check (overdraft_minor >= 0),
    opened_at          timestamptz not null,
    check ((kind = 'internal') = (customer_id is null)),
    unique (customer_id, name)
);
comment on column accounts.balance_minor is 'Ledger balance: the sum of the postings, kept by trigger, in minor units.';
comment on column accounts.overdraft_minor is 'How far below zero the balance may go; a credit card''s credit limit.';
create unique index accounts_internal_name on accounts (name, currency) where customer_id is null;

create table merchants (
    id       integer primary key,
    name     text not null,
    category text not null,
    mcc      char(4) not null,
    city     text not null,
    country  char(2) not null
);

create table terminals (
    id          integer primary key,
    merchant_id integer not null references merchants,
    kind        text not null check (kind in ('in_store', 'online', 'atm')),
    label       text not null
);

create table cards (
    id                  uuid primary key default uuidv7(),
    customer_id         uuid not null references customers,
    account_id          uuid not null references accounts,
    kind                text not null check (kind in ('debit', 'credit', 'virtual')),
    nickname            text,
    network             text not null check (network in ('visa', 'mastercard')),
    last4               char(4) not null check (last4 ~ '^[0-9]{4}$'),
    status              text not null
        check (status in ('active', 'frozen', 'blocked', 'pending_activation', 'expired', 'closed')),
    expires_on          date not null,
    contactless_enabled boolean not null default true,
    online_enabled      boolean not null default true,
    created_at          timestamptz not null default now()
);
create index cards_customer on cards (customer_id);

create table payees (
    id             uuid primary key default uuidv7(),
    customer_id    uuid not null references customers,
    name           text not null,
    iban           text,
    sort_code      text,
    account_number text,
    currency       char(3) not null default 'GBP',
    created_at     timestamptz not null,
    check (iban is not null or (sort_code is not null and account_number is not null)),
    unique (customer_id, name)
);

create table standing_orders (
    id              uuid primary key default uuidv7(),
    customer_id     uuid not null references customers,
    account_id      uuid not null references accounts,
    payee_id        uuid not null references payees,
    amount_minor    bigint not null check (amount_minor > 0),
    currency        char(3) not null,
    frequency       text not null check (frequency in ('weekly', 'monthly', 'yearly')),
    day_of_month    smallint check (day_of_month between 1 and 31),
    next_run_on     date not null,
    reference       text,
    status          text not null default 'active' check (status in ('active', 'paused', 'cancelled')),
    created_at      timestamptz not null
);
create index standing_orders_customer on standing_orders (customer_id);

-- Double entry. An entry is one balanced set of postings; amounts are signed minor units, a credit to the account
-- positive. Nobody updates or deletes: mistakes are reversed by another entry.
create table journal_entries (
    id          bigint generated always as identity primary key,
    kind        text not null,
    description text not null,
    booked_at   timestamptz not null,
    reverses_id bigint references journal_entries
);
create index journal_entries_reverses on journal_entries (reverses_id) where reverses_id is not null;

create table postings (
    id           bigint generated always as identity primary key,
    entry_id     bigint not null references journal_entries,
    account_id   uuid not null references accounts,
    customer_id  uuid references customers,
    amount_minor bigint not null check (amount_minor <> 0),
    currency     char(3) not null,
    booked_at    timestamptz not null
);
comment on column postings.customer_id is 'The account''s customer, repeated so that row-level security needs no join.';
create index postings_account on postings (account_id, booked_at desc, id desc);
create index postings_entry on postings (entry_id);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: post a reversing entry instead', tg_table_name using errcode = 'TG001';
end $$;
create trigger postings_append_only before update or delete or truncate on postings
    for each statement execute function refuse_change();
create trigger journal_entries_append_only before update or delete or truncate on journal_entries
    for each statement execute function refuse_change();

create function add_postings_to_balances() returns trigger language plpgsql as $$
begin
    if exists (select 1 from added p join accounts a on a.id = p.account_id
               where a.currency <> p.currency or a.customer_id is distinct from p.customer_id) then
        raise exception 'a posting must carry the currency and the customer of its account' using errcode = 'TG002';
    end if;
    update accounts a set balance_minor = a.balance_minor + s.total
      from (select account_id, sum(amount_minor) as total from added group by account_id order by account_id) s
     where a.id = s.account_id;
    return null;
end $$;
create trigger postings_balance after insert on postings referencing new table as added
    for each statement execute function add_postings_to_balances();

-- Deferred to the commit, so that the postings of an entry may come in any order. A bulk load of many entries is
-- checked once per statement through journal_is_balanced() instead; see tools/demo_bank.
create function check_entry_balances() returns trigger language plpgsql as $$
begin
    if exists (select 1 from postings where entry_id = new.entry_id group by currency having sum(amount_minor) <> 0) then
        raise exception 'journal entry % does not sum to zero per currency', new.entry_id using errcode = 'TG003';
    end if;
    return null;
end $$;
create constraint trigger postings_sum_to_zero after insert on postings
    deferrable initially deferred for each row execute function check_entry_balances();

create view ledger_faults with (security_invoker = true) as
    select 'entry does not sum to zero' as fault, entry_id::text as subject
      from postings group by entry_id, currency having sum(amount_minor) <> 0
    union all
    select 'balance differs from postings', a.id::text
      from accounts a left join postings p on p.account_id = a.id
     group by a.id having a.balance_minor <> coalesce(sum(p.amount_minor), 0)
    union all
    select 'balance below its limit', a.id::text
      from accounts a where a.customer_id is not null and a.balance_minor < -a.overdraft_minor;
comment on view ledger_faults is 'Empty in a healthy bank. Read by the owner: checks and tests.';

-- What the customer sees as a transaction: also what is pending or was declined, which has no postings.
create table transactions (
    id              bigint generated always as identity primary key,
    customer_id     uuid not null references customers,
    account_id      uuid not null references accounts,
    card_id         uuid references cards,
    merchant_id     integer references merchants,
    terminal_id     integer references terminals,
    payee_id        uuid references payees,
    entry_id        bigint references journal_entries,
    kind            text not null check (kind in ('card_payment', 'cash_withdrawal', 'transfer_in', 'transfer_out',
                        'salary', 'direct_debit', 'standing_order', 'subscription', 'refund', 'fee', 'interest',
                        'top_up', 'exchange', 'opening')),
    status          text not null check (status in ('booked', 'pending', 'declined', 'reversed')),
    amount_minor    bigint not null check (amount_minor <> 0),
    currency        char(3) not null,
    category        text not null,
    description     text not null,
    decline_reason  text,
    occurred_at     timestamptz not null,
    booked_at       timestamptz,
    check ((status in ('booked', 'reversed')) = (entry_id is not null)),
    check ((status = 'declined') = (decline_reason is not null))
);
comment on column transactions.amount_minor is 'Signed, in the account''s currency: negative is money out.';
create index transactions_customer on transactions (customer_id, occurred_at desc, id desc);
create index transactions_account on transactions (account_id, occurred_at desc, id desc);
create index transactions_entry on transactions (entry_id) where entry_id is not null;
create index transactions_card on transactions (card_id, occurred_at desc, id desc) where card_id is not null;
create index transactions_payee on transactions (payee_id) where payee_id is not null;
create index transactions_held on transactions (account_id) where status = 'pending';

create table fraud_alerts (
    id             uuid primary key default uuidv7(),
    customer_id    uuid not null references customers,
    card_id        uuid not null references cards,
    transaction_id bigint not null references transactions,
    reason         text not null,
    status         text not null default 'open' check (status in ('open', 'confirmed_genuine', 'confirmed_fraud')),
    created_at     timestamptz not null
);
create index fraud_alerts_customer on fraud_alerts (customer_id);
create index fraud_alerts_transaction on fraud_alerts (transaction_id);

-- The bank's published figures: the help centre quotes them, tools read them.
create table product_terms (
    code         text primary key,
    product      text not null,
    kind         text not null check (kind in ('fee', 'limit', 'rate', 'duration', 'requirement')),
    label        text not null,
    amount_minor bigint,
    currency     char(3),
    percent      numeric(7, 3),
    quantity     integer,
    unit         text,
    check (num_nonnulls(amount_minor, percent, quantity) = 1),
    check ((amount_minor is null) = (currency is null)),
    check ((quantity is null) = (unit is null))
);

-- The command log: everything that changes something is first a row here, pending until its customer decides.
create table banking_operations (
    id              uuid primary key default uuidv7(),
    customer_id     uuid not null references customers,
    type            text not null,
    status          text not null default 'pending'
        check (status in ('pending', 'processing', 'completed', 'failed', 'cancelled', 'expired')),
    payload         jsonb not null,
    payload_hash    text not null,
    summary         text not null,
    idempotency_key text not null,
    initiated_by    text not null check (initiated_by in ('chat', 'rest', 'mcp', 'staff')),
    turn_id         uuid,
    error           text,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    completed_at    timestamptz,
    unique (customer_id, idempotency_key)
);
create index banking_operations_customer on banking_operations (customer_id, created_at desc);

create table audit_log (
    id         bigint generated always as identity primary key,
    actor      text not null,
    customer_id uuid,
    action     text not null,
    resource   text not null,
    detail     jsonb not null default '{}',
    turn_id    uuid,
    request_id text,
    at         timestamptz not null
);
create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_change();

do $$
declare t text;
begin
    foreach t in array array['accounts', 'cards', 'payees', 'standing_orders', 'postings', 'transactions',
                             'fraud_alerts', 'banking_operations', 'audit_log'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy own on %I to tellergraph_app
                        using (customer_id = app_customer_id()) with check (customer_id = app_customer_id())', t);
        execute format('create policy owner_all on %I to tellergraph_owner using (true) with check (true)', t);
    end loop;
    foreach t in array array['customers', 'credentials', 'staff', 'journal_entries'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy owner_all on %I to tellergraph_owner using (true) with check (true)', t);
    end loop;
end $$;
create policy own on customers to tellergraph_app using (id = app_customer_id()) with check (id = app_customer_id());
create policy own on credentials to tellergraph_app
    using (customer_id = app_customer_id() or email = nullif(current_setting('app.login_email', true), ''))
    with check (customer_id = app_customer_id());
create policy login on staff for select to tellergraph_app
    using (email = nullif(current_setting('app.login_email', true), '')
           or id = nullif(current_setting('app.staff_id', true), '')::uuid);
create policy own on journal_entries for select to tellergraph_app
    using (exists (select 1 from postings p where p.entry_id = journal_entries.id));

grant select on customers, credentials, staff, accounts, merchants, terminals, cards, payees, standing_orders,
    journal_entries, postings, transactions, fraud_alerts, product_terms, banking_operations to tellergraph_app;
grant insert on customers, credentials, banking_operations, audit_log to tellergraph_app;
grant update (status, error, completed_at) on banking_operations to tellergraph_app;
grant update (status) on cards to tellergraph_app;
