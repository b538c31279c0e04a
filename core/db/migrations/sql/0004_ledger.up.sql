-- Money moves in one place: execute_operation(), which takes a confirmed operation and posts it. The runtime role may
-- file operations and has no right to post; what it may change of a customer's things, it may change only while an
-- operation of that customer is being executed in the same transaction.

-- ISO 4217 -----------------------------------------------------------------------------------------------------------

create table currencies (
    code         char(3) primary key check (code ~ '^[A-Z]{3}$'),
    minor_digits smallint not null check (minor_digits between 0 and 4)
);
comment on table currencies is 'ISO 4217, active codes with a minor unit. core/money.py holds the same list.';
insert into currencies (code, minor_digits)
select code, 2 from unnest(string_to_array(
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE '
    'CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR '
    'KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB '
    'PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY '
    'TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG', ' ')) code
union all select code, 0 from unnest(string_to_array('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF', ' ')) code
union all select code, 3 from unnest(string_to_array('BHD IQD JOD KWD LYD OMR TND', ' ')) code
union all select code, 4 from unnest(string_to_array('CLF UYW', ' ')) code;
grant select on currencies to tellergraph_app;

-- Closed lists -------------------------------------------------------------------------------------------------------
-- As domains, for the tables that every payment writes to: PostgreSQL parses the text of a table's CHECK again for each
-- statement, which cost a fifth of a posting's time; a domain's is kept compiled, and looked at for what was assigned.

create domain currency_code as char(3) check (value ~ '^[A-Z]{3}$');
create domain minor_units_not_zero as bigint check (value <> 0);
create domain minor_units_not_negative as bigint check (value >= 0);
create domain minor_units_positive as bigint check (value > 0);
create domain account_kind as text check (value in ('current', 'savings', 'credit_card', 'loan', 'internal'));
create domain account_status as text check (value in ('open', 'frozen', 'closed'));
create domain transaction_kind as text check (value in ('card_payment', 'cash_withdrawal', 'transfer_in', 'transfer_out',
    'salary', 'direct_debit', 'standing_order', 'subscription', 'refund', 'fee', 'interest', 'top_up', 'exchange', 'opening'));
create domain transaction_status as text check (value in ('booked', 'pending', 'declined', 'reversed', 'released'));
create domain operation_status as text
    check (value in ('pending', 'processing', 'completed', 'failed', 'cancelled', 'expired'));
create domain operation_source as text check (value in ('chat', 'rest', 'mcp', 'staff', 'schedule'));

drop view ledger_faults;
alter table accounts
    drop constraint accounts_kind_check, drop constraint accounts_status_check, drop constraint accounts_currency_check,
    drop constraint accounts_overdraft_minor_check,
    alter column kind type account_kind, alter column status type account_status,
    alter column currency type currency_code, alter column overdraft_minor type minor_units_not_negative;
alter table transactions
    drop constraint transactions_kind_check, drop constraint transactions_status_check,
    drop constraint transactions_amount_minor_check,
    alter column kind type transaction_kind, alter column status type transaction_status,
    alter column amount_minor type minor_units_not_zero;
alter table postings
    drop constraint postings_amount_minor_check, alter column amount_minor type minor_units_not_zero;
alter table banking_operations
    drop constraint banking_operations_status_check, drop constraint banking_operations_initiated_by_check,
    alter column status type operation_status, alter column initiated_by type operation_source;

-- Accounts: what is held back, and a balance that cannot fall below its limit ----------------------------------------

alter table accounts add column held_minor minor_units_not_negative not null default 0;
comment on column accounts.held_minor is 'Holds: what pending transactions will take. Kept by trigger.';
comment on column accounts.balance_minor is
    'Ledger balance of a customer''s account: the sum of its postings, kept by trigger. Not kept for the bank''s own '
    'accounts, where every payment of the bank would wait for one row: see internal_balances.';
update accounts set balance_minor = 0 where customer_id is null;
alter table accounts
    add constraint accounts_currency foreign key (currency) references currencies,
    add constraint accounts_balance_limit check (balance_minor >= -overdraft_minor);
comment on constraint accounts_balance_limit on accounts is 'Nobody owes more than was agreed.';
-- A demo bank of before may hold a number twice: the second gets one that nobody has.
with twice as (
    select id, row_number() over (order by id) as place
      from (select id, row_number() over (partition by sort_code, account_number order by opened_at, id) as time
              from accounts where sort_code is not null) one
     where time > 1
), free as (
    select number, row_number() over (order by number) as place
      from (select lpad(n::text, 8, '0') as number from generate_series(1, 99999) n) one
     where not exists (select 1 from accounts a where a.account_number = one.number)
)
update accounts a set account_number = f.number, iban = null from twice t join free f using (place) where a.id = t.id;
create unique index accounts_domestic on accounts (sort_code, account_number) where sort_code is not null;
create unique index accounts_iban on accounts (iban) where iban is not null;

-- An entry is whole when its transaction ends: one check for each entry at the commit, and nothing is added later.
alter table journal_entries add column made_in xid8 not null default pg_current_xact_id();
comment on column journal_entries.made_in is 'The transaction that wrote it, and alone may add postings to it.';
drop trigger postings_sum_to_zero on postings;
create or replace function check_entry_balances() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    if exists (select 1 from postings where entry_id = new.id group by currency having sum(amount_minor) <> 0) then
        raise exception 'journal entry % does not sum to zero per currency', new.id using errcode = 'TG003';
    end if;
    return null;
end $$;
create constraint trigger journal_entries_sum_to_zero after insert on journal_entries
    deferrable initially deferred for each row execute function check_entry_balances();

drop trigger postings_balance on postings;
drop function add_postings_to_balances;
create function add_posting_to_balance() returns trigger language plpgsql as $$
begin
    if new.customer_id is null then
        perform 1 from accounts a, journal_entries e
         where a.id = new.account_id and a.currency = new.currency and a.customer_id is null
           and e.id = new.entry_id and e.made_in = pg_current_xact_id();
    else
        update accounts a set balance_minor = a.balance_minor + new.amount_minor from journal_entries e
         where a.id = new.account_id and a.currency = new.currency and a.customer_id = new.customer_id
           and e.id = new.entry_id and e.made_in = pg_current_xact_id();
    end if;
    if found then return new; end if;
    perform 1 from journal_entries where id = new.entry_id and made_in = pg_current_xact_id();
    if not found then
        raise exception 'nothing is added to an entry of before: post a new one' using errcode = 'TG001';
    end if;
    raise exception 'a posting must carry the currency and the customer of its account' using errcode = 'TG002';
end $$;
create trigger postings_balance before insert on postings for each row execute function add_posting_to_balance();
-- Room on the page for the next balance: no index then hears of it.
alter table accounts set (fillfactor = 70);
-- The trigger has looked at entry and account already; a foreign key would look again. Entries are never deleted, and
-- accounts not while they have postings.
alter table postings drop constraint postings_customer_id_fkey, drop constraint postings_account_id_fkey,
    drop constraint postings_entry_id_fkey;
create function keep_posted_account() returns trigger language plpgsql as $$
begin
    if exists (select 1 from postings where account_id = old.id) then
        raise exception 'an account with postings stays' using errcode = 'TG001';
    end if;
    return old;
end $$;
create trigger accounts_keep_posted before delete on accounts for each row execute function keep_posted_account();
-- One key instead of two, and a stronger one: the account is that customer's.
alter table accounts add constraint accounts_id_customer unique (id, customer_id);
alter table transactions drop constraint transactions_customer_id_fkey, drop constraint transactions_account_id_fkey,
    drop constraint transactions_entry_id_fkey,
    add constraint transactions_account foreign key (account_id, customer_id) references accounts (id, customer_id);

create function hold_pending() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.status = 'pending' and old.amount_minor < 0 then
        update accounts set held_minor = held_minor + old.amount_minor where id = old.account_id;
    end if;
    if tg_op <> 'DELETE' and new.status = 'pending' and new.amount_minor < 0 then
        update accounts set held_minor = held_minor - new.amount_minor where id = new.account_id;
    end if;
    return null;
end $$;
-- With conditions, so that what was never pending, most rows, costs nothing.
create trigger transactions_held_insert after insert on transactions
    for each row when (new.status = 'pending') execute function hold_pending();
create trigger transactions_held_update after update on transactions
    for each row when (old.status = 'pending' or new.status = 'pending') execute function hold_pending();
create trigger transactions_held_delete after delete on transactions
    for each row when (old.status = 'pending') execute function hold_pending();
update accounts a set held_minor = s.held
  from (select account_id, sum(-amount_minor) as held from transactions
         where status = 'pending' and amount_minor < 0 group by account_id) s
 where a.id = s.account_id;

create view internal_balances with (security_invoker = true) as
    select a.id, a.name, a.currency, coalesce(sum(p.amount_minor), 0)::bigint as balance_minor
      from accounts a left join postings p on p.account_id = a.id
     where a.customer_id is null group by a.id;
comment on view internal_balances is 'The bank''s own accounts. Read by the owner.';

create view ledger_faults with (security_invoker = true) as
    select 'entry does not sum to zero' as fault, entry_id::text as subject
      from postings group by entry_id, currency having sum(amount_minor) <> 0
    union all
    select 'balance differs from postings', a.id::text
      from accounts a left join postings p on p.account_id = a.id
     where a.customer_id is not null
     group by a.id having a.balance_minor <> coalesce(sum(p.amount_minor), 0)
    union all
    select 'holds differ from pending transactions', a.id::text
      from accounts a left join transactions t on t.account_id = a.id and t.status = 'pending' and t.amount_minor < 0
     group by a.id having a.held_minor <> coalesce(-sum(t.amount_minor), 0)
    union all
    select 'entry reversed twice', reverses_id::text
      from journal_entries where reverses_id is not null group by reverses_id having count(*) > 1
    union all
    select 'transaction of an entry that is not there', t.id::text
      from transactions t where t.entry_id is not null and not exists (select 1 from journal_entries e where e.id = t.entry_id);

-- Exchange -----------------------------------------------------------------------------------------------------------

create table fx_rates (
    base  char(3) not null references currencies,
    quote char(3) not null references currencies,
    rate  numeric(18, 8) not null check (rate > 0),
    as_of timestamptz not null,
    primary key (base, quote, as_of),
    check (base <> quote)
);
comment on table fx_rates is 'What one unit of base buys of quote. The latest row holds until the next.';
grant select on fx_rates to tellergraph_app;

create table fx_deals (
    entry_id      bigint primary key references journal_entries,
    customer_id   uuid not null references customers,
    from_currency char(3) not null,
    from_minor    bigint not null check (from_minor > 0),
    to_currency   char(3) not null,
    to_minor      bigint not null check (to_minor > 0),
    rate          numeric(18, 8) not null
);
create index fx_deals_customer on fx_deals (customer_id);
comment on table fx_deals is 'The rate of every entry that crosses currencies, through the bank''s Exchange accounts.';
create trigger fx_deals_append_only before update or delete or truncate on fx_deals
    for each statement execute function refuse_change();

create function rate_at(p_base text, p_quote text, p_at timestamptz) returns numeric
    language sql stable
    return (select r.rate from fx_rates r where r.base = p_base and r.quote = p_quote and r.as_of <= p_at
             order by r.as_of desc limit 1);
create function exchanged(p_minor bigint, p_base text, p_quote text, p_rate numeric) returns bigint
    language sql stable
    return round(p_minor * p_rate * power(10::numeric,
        (select minor_digits from currencies where code = p_quote) - (select minor_digits from currencies where code = p_base)));
comment on function exchanged is 'Minor units of quote for minor units of base, half away from zero.';

-- Policy -------------------------------------------------------------------------------------------------------------

create table payment_policies (
    version            text primary key,
    active_from        timestamptz not null unique,
    currency           char(3) not null references currencies,
    step_up_over_minor bigint not null check (step_up_over_minor >= 0)
);
comment on table payment_policies is 'The latest active one holds. What was proposed under another must be proposed again.';
create table payment_limits (
    policy_version   text not null references payment_policies,
    tier             text not null check (tier in ('standard', 'premium')),
    per_payment_minor bigint not null check (per_payment_minor > 0),
    per_day_minor    bigint not null check (per_day_minor > 0),
    primary key (policy_version, tier)
);
create function policy_at(p_at timestamptz) returns text
    language sql stable
    return (select version from payment_policies where active_from <= p_at order by active_from desc limit 1);
-- As the help centre publishes them: payment.domestic.daily_limit and payment.step_up.threshold.
insert into payment_policies values ('2026-11', '2020-01-01', 'GBP', 25000);
insert into payment_limits values ('2026-11', 'standard', 1000000, 1000000), ('2026-11', 'premium', 1000000, 1000000);

create table operation_types (
    type    text primary key,
    posts   boolean not null,
    limited boolean not null,
    step_up text not null check (step_up in ('never', 'over', 'always'))
);
comment on column operation_types.posts is 'Moves money when it is executed: post_entry() does it.';
comment on column operation_types.limited is 'Counts towards the customer''s payment limits.';
comment on column operation_types.step_up is 'Whether a code is asked for: never, over the policy''s amount, always.';
insert into operation_types (type, posts, limited, step_up) values
    ('freeze_card', false, false, 'never'),
    ('unfreeze_card', false, false, 'never'),
    ('transfer_between_accounts', true, false, 'never'),
    ('pay_payee', true, true, 'over'),
    ('exchange_currency', true, false, 'never'),
    ('add_payee', false, false, 'always'),
    ('change_payee', false, false, 'always'),
    ('remove_payee', false, false, 'never');
grant select on payment_policies, payment_limits, operation_types to tellergraph_app;

-- The command log ----------------------------------------------------------------------------------------------------

alter table banking_operations
    add constraint banking_operations_type foreign key (type) references operation_types,
    add column amount_minor   minor_units_positive,
    add column currency       char(3) references currencies,
    add column recipient      text,
    add column policy_version text references payment_policies,
    add column posts          boolean not null default false,
    add column step_up        boolean not null default false,
    add column limit_minor    bigint,
    add column entry_id       bigint,
    add column error_code     text,
    add column chat_message_id bigint,
    add column executed_in    xid8,
    add column request_hash   text,
    add column proposed       jsonb not null default '{}',
    add constraint banking_operations_amount check ((amount_minor is null) = (currency is null)),
    add constraint banking_operations_over check ((completed_at is null) = (status in ('pending', 'processing')));
comment on column banking_operations.payload_hash is
    'SHA-256 of the type and the payload. jsonb is canonical: keys sorted, each once.';
comment on column banking_operations.posts is 'As its type does: execute_operation() looks at nothing else.';
comment on column banking_operations.limit_minor is 'The amount in the policy''s currency, as limits count it.';
comment on column banking_operations.executed_in is 'The transaction that executes it.';
-- A request that is sent again may find the world changed, the card frozen or the money gone by its own doing: the key is
-- compared with the request, not with what it would prepare now.
comment on column banking_operations.request_hash is
    'SHA-256 of the tool and the arguments under the caller''s own idempotency key; null where the key is ours.';
comment on column banking_operations.proposed is 'What the customer was asked, field by field: the answer to the request.';
create index banking_operations_spent on banking_operations (customer_id, completed_at)
    where status = 'completed' and limit_minor is not null;
create index banking_operations_executing on banking_operations (customer_id) where status = 'processing';

create function payload_hash(p_type text, p_payload jsonb) returns text
    language sql stable
    return encode(sha256(convert_to(p_type || ' ' || p_payload::text, 'UTF8')), 'hex');
update banking_operations set policy_version = policy_at(created_at), payload_hash = payload_hash(type, payload);

create function complete_proposal() returns trigger language plpgsql as $$
declare
    kind operation_types;
    policy payment_policies;
begin
    if current_user <> 'tellergraph_owner' then
        -- Whoever files an operation files a proposal, and in a customer's name.
        if new.initiated_by = 'schedule' then
            raise exception 'only the schedule itself pays on schedule' using errcode = 'TG018';
        end if;
        new.status := 'pending';
        new.entry_id := null;
        new.error_code := null;
        new.executed_in := null;
        new.completed_at := null;
    end if;
    select * into strict kind from operation_types where type = new.type;
    select * into strict policy from payment_policies where version = policy_at(new.created_at);
    new.policy_version := policy.version;
    new.posts := kind.posts;
    new.payload_hash := payload_hash(new.type, new.payload);
    new.limit_minor := case when new.amount_minor is null then null
        when new.currency = policy.currency then new.amount_minor
        else exchanged(new.amount_minor, new.currency, policy.currency, rate_at(new.currency, policy.currency, new.created_at)) end;
    if new.amount_minor is not null and new.limit_minor is null then
        raise exception 'there is no rate for %', new.currency using errcode = 'TG013';
    end if;
    if kind.step_up = 'over' and new.payload ->> 'payee_id' is not null
       and new.amount_minor is distinct from coalesce(new.payload ->> 'amount_minor', new.amount_minor::text)::bigint
       or kind.step_up = 'over' and new.payload ->> 'payee_id' is not null and new.amount_minor is null then
        raise exception 'what the step-up looks at must be what is paid' using errcode = 'TG018';
    end if;
    new.step_up := kind.step_up = 'always'
        or kind.step_up = 'over' and coalesce(new.limit_minor, 0) > policy.step_up_over_minor;
    if not kind.limited then
        new.limit_minor := null;
    end if;
    return new;
end $$;
alter table banking_operations alter column policy_version set not null;
create trigger banking_operations_complete before insert on banking_operations
    for each row execute function complete_proposal();

create table confirmation_slips (
    slip_hash      bytea primary key check (length(slip_hash) = 32),
    customer_id    uuid not null references customers,
    operation_id   uuid not null references banking_operations,
    payload_hash   text not null,
    policy_version text not null,
    minted_at      timestamptz not null,
    expires_at     timestamptz not null,
    used_at        timestamptz
) with (fillfactor = 80);
create index confirmation_slips_operation on confirmation_slips (operation_id);
comment on table confirmation_slips is
    'A customer''s yes to one operation as it stood. Minted by mint_slip(), used once by execute_operation(). Only the '
    'hash is kept.';

-- Who owns what ------------------------------------------------------------------------------------------------------

create function require_operation() returns trigger language plpgsql as $$
begin
    if current_user <> 'tellergraph_owner' and not exists (
        select 1 from banking_operations
         where customer_id = app_customer_id() and status = 'processing' and executed_in = pg_current_xact_id()) then
        raise exception '% changes only when a confirmed operation is executed', tg_table_name using errcode = 'TG012';
    end if;
    return null;
end $$;
comment on function require_operation is 'The model proposes, the customer disposes: also if the code forgot.';

create function protect_customer_table(p_table regclass, p_needs_operation boolean default true) returns void
language plpgsql as $$
begin
    execute format('alter table %s enable row level security', p_table);
    execute format('alter table %s force row level security', p_table);
    execute format('create policy own on %s to tellergraph_app
                    using (customer_id = app_customer_id()) with check (customer_id = app_customer_id())', p_table);
    execute format('create policy owner_all on %s to tellergraph_owner using (true) with check (true)', p_table);
    if p_needs_operation then
        execute format('create trigger needs_operation before insert or update or delete on %s
                        for each statement when (current_user <> ''tellergraph_owner'')
                        execute function require_operation()', p_table);
    end if;
end $$;
comment on function protect_customer_table is
    'For migrations: the table has customer_id; its rows are the customer''s, and change only through operations.';
revoke execute on function protect_customer_table from public;

select protect_customer_table('fx_deals', false);
select protect_customer_table('confirmation_slips', false);
grant select on fx_deals to tellergraph_app;
do $$
declare t text;
begin
    foreach t in array array['accounts', 'cards', 'payees', 'standing_orders'] loop
        execute format('create trigger needs_operation before insert or update or delete on %I
                        for each statement when (current_user <> ''tellergraph_owner'')
                        execute function require_operation()', t);
    end loop;
end $$;

alter table payees
    add column reference text,
    add column removed_at timestamptz,
    drop constraint payees_customer_id_name_key;
create unique index payees_name on payees (customer_id, lower(name)) where removed_at is null;
comment on column payees.removed_at is 'Payments keep pointing at a payee that was removed.';
grant update (chat_message_id) on banking_operations to tellergraph_app;
grant insert on payees to tellergraph_app;
grant update (name, iban, sort_code, account_number, currency, reference, removed_at) on payees to tellergraph_app;

-- Executing ----------------------------------------------------------------------------------------------------------

-- Internal: only functions of the owner call it. Null, or the code of a refusal, before anything was written.
create function post_entry(op banking_operations, p_now timestamptz, out refusal text, out entry bigint)
    language plpgsql as $$
declare
    source  accounts;
    target  accounts;
    payee   payees;
    source_id uuid := (op.payload ->> 'account_id')::uuid;
    target_id uuid := (op.payload ->> 'to_account_id')::uuid;
    debit   bigint := (op.payload ->> 'debit_minor')::bigint;
    credit  bigint := (op.payload ->> 'credit_minor')::bigint;
    fee     bigint := coalesce((op.payload ->> 'fee_minor')::bigint, 0);
    credit_currency text := op.payload ->> 'credit_currency';
    reference text := nullif(op.payload ->> 'reference', '');
    is_own  boolean := op.payload ? 'to_account_id';
    crosses boolean;
    rate    numeric;
    paid    text;
    payer   text;
begin
    if op.limit_minor is not null or op.payload ->> 'debit_currency' <> credit_currency then
        -- Limited payments and exchanges of one customer take turns: a day's limit is one sum.
        perform 1 from customers where id = op.customer_id for no key update;
    end if;
    if not is_own then
        select * into payee from payees
         where id = (op.payload ->> 'payee_id')::uuid and customer_id = op.customer_id and removed_at is null
           for share;
        if not found then refusal := 'payee_gone'; return; end if;
        if (payee.iban, payee.sort_code, payee.account_number) is distinct from
           (op.payload ->> 'iban', op.payload ->> 'sort_code', op.payload ->> 'account_number') then
            refusal := 'payee_changed'; return;
        end if;
        select id into target_id from accounts
         where sort_code = payee.sort_code and account_number = payee.account_number and customer_id is not null;
        if not found and payee.iban is not null then
            select id into target_id from accounts where iban = payee.iban and customer_id is not null;
        end if;
    end if;
    -- Always in the order of their ids: two payments that cross each other wait, and none is ended in the other's favour.
    if target_id < source_id then
        select * into target from accounts where id = target_id for no key update;
    end if;
    select * into source from accounts where id = source_id for no key update;
    if target_id > source_id then
        select * into target from accounts where id = target_id for no key update;
    end if;

    refusal := case
        when source.id is null or source.customer_id <> op.customer_id then 'account_unknown'
        when is_own and (target.id is null or target.customer_id is distinct from op.customer_id) then 'account_unknown'
        when not is_own and target.customer_id = op.customer_id then 'own_account'
        when source.kind not in ('current', 'savings') then 'account_cannot_pay'
        when source.status <> 'open' then 'account_' || source.status
        when is_own and target.status <> 'open' then 'account_' || target.status
        when is_own and target.kind = 'loan' then 'loan_payment_needed'
        when target.status <> 'open' then 'recipient_cannot_receive'
        when source.currency <> op.payload ->> 'debit_currency' then 'wrong_currency'
        when target.id is not null and target.currency <> credit_currency then 'wrong_currency'
        when debit <= 0 or credit <= 0 or fee < 0 then 'wrong_amount'
        -- What limits and the step-up look at is what is posted.
        when ((op.amount_minor, op.currency) in ((debit, source.currency), (credit, credit_currency))) is not true
            then 'wrong_amount'
        when is_own <> (op.type in ('transfer_between_accounts', 'exchange_currency')) then 'wrong_type'
        when op.type = 'exchange_currency' and source.currency = credit_currency then 'wrong_type'
    end;
    if refusal is not null then return; end if;

    crosses := source.currency <> credit_currency;
    if crosses then
        rate := rate_at(source.currency, credit_currency, op.created_at);
        if rate is null or rate <> (op.payload ->> 'rate')::numeric then refusal := 'rate_changed'; return; end if;
        -- The customer fixed one side; the other is that side at the rate, rounded once.
        if credit <> exchanged(debit, source.currency, credit_currency, rate)
           and debit <> exchanged(credit, credit_currency, source.currency, 1 / rate) then
            refusal := 'wrong_amount'; return;
        end if;
    elsif credit <> debit then
        refusal := 'wrong_amount'; return;
    end if;
    if op.limit_minor is not null then
        refusal := refuse_over_limit(op, p_now);
        if refusal is not null then return; end if;
    end if;
    if source.balance_minor - source.held_minor + source.overdraft_minor < debit + fee then
        refusal := 'insufficient_funds'; return;
    end if;

    insert into journal_entries (kind, description, booked_at) values (op.type, op.summary, p_now) returning id into entry;
    if crosses then
        insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at) values
            (entry, source.id, source.customer_id, -debit, source.currency, p_now),
            (entry, internal_account('Exchange', source.currency), null, debit, source.currency, p_now),
            (entry, internal_account('Exchange', credit_currency), null, -credit, credit_currency, p_now),
            (entry, coalesce(target.id, internal_account('Clearing', credit_currency)), target.customer_id, credit,
             credit_currency, p_now);
        insert into fx_deals values (entry, op.customer_id, source.currency, debit, credit_currency, credit, rate);
    else
        insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at) values
            (entry, source.id, source.customer_id, -debit, source.currency, p_now),
            (entry, coalesce(target.id, internal_account('Clearing', credit_currency)), target.customer_id, credit,
             credit_currency, p_now);
    end if;
    paid := case when op.initiated_by = 'schedule' and op.payload ? 'standing_order_id' then 'standing_order'
                 when crosses then 'exchange' else 'transfer_out' end;
    if target.id is null then
        insert into transactions (customer_id, account_id, payee_id, entry_id, kind, status, amount_minor, currency, category,
                                  description, occurred_at, booked_at)
        values (source.customer_id, source.id, payee.id, entry, paid, 'booked', -debit, source.currency,
                case when crosses then 'exchange' else 'transfers' end,
                left(payee.name || coalesce(', ' || reference, ''), 200), p_now, p_now);
    else
        if not is_own then
            select full_name into payer from customers where id = op.customer_id;
        end if;
        insert into transactions (customer_id, account_id, payee_id, entry_id, kind, status, amount_minor, currency, category,
                                  description, occurred_at, booked_at)
        values (source.customer_id, source.id, payee.id, entry, paid, 'booked', -debit, source.currency,
                case when crosses then 'exchange' else 'transfers' end,
                left(coalesce(payee.name, 'To ' || target.name) || coalesce(', ' || reference, ''), 200), p_now, p_now),
               (target.customer_id, target.id, null, entry, case when is_own and crosses then 'exchange' else 'transfer_in' end,
                'booked', credit, credit_currency, case when is_own and crosses then 'exchange' else 'transfers' end,
                left(coalesce(payer, 'From ' || source.name) || coalesce(', ' || reference, ''), 200), p_now, p_now);
    end if;
    if fee > 0 then
        insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at) values
            (entry, source.id, source.customer_id, -fee, source.currency, p_now),
            (entry, internal_account('Fees', source.currency), null, fee, source.currency, p_now);
        insert into transactions (customer_id, account_id, payee_id, entry_id, kind, status, amount_minor, currency,
                                  category, description, occurred_at, booked_at)
        values (source.customer_id, source.id, payee.id, entry, 'fee', 'booked', -fee, source.currency, 'fees',
                left(coalesce(op.payload ->> 'fee_label', 'Fee'), 200), p_now, p_now);
    end if;
end $$;

create function internal_account(p_name text, p_currency text) returns uuid
    language plpgsql stable as $$
declare found_id uuid;
begin
    select id into found_id from accounts where name = p_name and currency = p_currency and customer_id is null;
    if found_id is null then
        raise exception 'the bank has no account % in %', p_name, p_currency using errcode = 'TG014';
    end if;
    return found_id;
end $$;

create function refuse_over_limit(op banking_operations, p_now timestamptz) returns text
    language plpgsql stable as $$
declare
    limits payment_limits;
    day_starts timestamptz := date_trunc('day', p_now, 'Europe/London');
begin
    select l.* into strict limits from payment_limits l join customers c on c.tier = l.tier
     where c.id = op.customer_id and l.policy_version = op.policy_version;
    if op.limit_minor > limits.per_payment_minor then return 'over_payment_limit'; end if;
    if op.limit_minor + coalesce((select sum(limit_minor) from banking_operations
            where customer_id = op.customer_id and status = 'completed' and limit_minor is not null
              and completed_at >= day_starts), 0) > limits.per_day_minor then
        return 'over_daily_limit';
    end if;
    return null;
end $$;
revoke execute on function post_entry, internal_account, refuse_over_limit from public;

create function mint_slip(p_operation uuid, p_slip_hash bytea, p_now timestamptz, p_expires_at timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    op banking_operations;
begin
    -- The owner check of this function: an operation of the transaction's customer.
    select * into op from banking_operations where id = p_operation and customer_id = app_customer_id() for share;
    if not found or op.status <> 'pending' or op.expires_at <= p_now then
        raise exception 'there is nothing to confirm' using errcode = 'TG015';
    end if;
    if op.step_up and not exists (select 1 from step_up_challenges c
            where c.operation_id = op.id and c.payload_hash = op.payload_hash and c.verified_at is not null) then
        raise exception 'a code is needed' using errcode = 'TG011';
    end if;
    insert into confirmation_slips (slip_hash, customer_id, operation_id, payload_hash, policy_version, minted_at, expires_at)
    values (p_slip_hash, op.customer_id, op.id, op.payload_hash, op.policy_version, p_now, least(p_expires_at, op.expires_at));
end $$;

create function execute_operation(p_operation uuid, p_slip text, p_now timestamptz) returns banking_operations
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
    -- Planning the posting anew costs as much as posting; and a plan made while a table was empty must not scan it
    -- for the rest of the session.
    set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
    op banking_operations;
    policy text;
    posted record;
begin
    -- The owner check of this function: an operation of the transaction's customer.
    select * into op from banking_operations where id = p_operation and customer_id = app_customer_id() for no key update;
    if not found then
        raise exception 'there is no such operation' using errcode = 'TG016';
    end if;
    if op.status <> 'pending' then return op; end if;
    if op.expires_at <= p_now then
        return end_operation(op.id, 'pending', 'expired', 'expired', p_now);
    end if;
    update confirmation_slips set used_at = p_now
     where slip_hash = sha256(convert_to(p_slip, 'UTF8')) and operation_id = op.id and customer_id = op.customer_id
       and payload_hash = op.payload_hash and policy_version = op.policy_version
       and used_at is null and expires_at > p_now
    returning (select version from payment_policies where active_from <= p_now order by active_from desc limit 1) into policy;
    if not found then
        raise exception 'the confirmation does not count' using errcode = 'TG010';
    end if;
    if op.policy_version <> policy then
        return end_operation(op.id, 'pending', 'cancelled', 'policy_changed', p_now);
    end if;
    if not op.posts then
        update banking_operations set status = 'processing', executed_in = pg_current_xact_id()
         where id = op.id and status = 'pending' returning * into op;
        return op;
    end if;
    -- From pending to its end at once: between the two nobody could see it.
    posted := post_entry(op, p_now);
    return write_end(op.id, op.customer_id, 'pending', case when posted.refusal is null then 'completed' else 'failed' end,
                     posted.refusal, posted.entry, p_now);
end $$;

create function preview_operation(p_operation uuid, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    op banking_operations;
    refusal text;
begin
    -- The owner check of this function: an operation of the transaction's customer.
    select * into op from banking_operations where id = p_operation and customer_id = app_customer_id() and status = 'pending';
    if not found or not (select posts from operation_types where type = op.type) then return null; end if;
    begin
        select posted.refusal into refusal from post_entry(op, p_now) posted;
        raise exception 'only a look' using errcode = 'TG099';
    exception when sqlstate 'TG099' then null;
    end;
    return refusal;
end $$;
comment on function preview_operation is
    'The code of the refusal that posting would meet now: the posting itself is tried and undone. Null for none.';

-- Internal: a customer's operation ends, and its end is written down. What is processing is ended by the transaction that
-- executes it.
create function write_end(p_operation uuid, p_customer uuid, p_from text, p_to text, p_error_code text, p_entry bigint, p_now timestamptz)
    returns banking_operations language plpgsql as $$
declare
    op banking_operations;
begin
    update banking_operations
       set status = p_to, error_code = p_error_code, entry_id = coalesce(p_entry, entry_id), completed_at = p_now
     where id = p_operation and customer_id = p_customer and status = p_from
       and (p_from = 'pending' or executed_in = pg_current_xact_id())
    returning * into op;
    if found then
        insert into audit_log (actor, customer_id, action, resource, detail, turn_id, at)
        values (case when op.initiated_by = 'schedule' then 'schedule' else 'customer:' || op.customer_id end, op.customer_id,
                'operation.' || op.status, 'operation:' || op.id,
                jsonb_build_object('type', op.type, 'initiated_by', op.initiated_by, 'error', op.error_code,
                                   'payload_hash', op.payload_hash, 'entry_id', op.entry_id),
                coalesce(nullif(current_setting('app.turn_id', true), '')::uuid, op.turn_id), p_now);
    end if;
    return op;
end $$;

create function end_operation(p_operation uuid, p_from text, p_to text, p_error_code text, p_now timestamptz)
    returns banking_operations
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if (p_from, p_to) not in (('processing', 'completed'), ('processing', 'failed'),
                              ('pending', 'failed'), ('pending', 'cancelled'), ('pending', 'expired')) then
        raise exception 'no operation goes from % to %', p_from, p_to using errcode = 'TG017';
    end if;
    -- The owner check of this function: an operation of the transaction's customer.
    return write_end(p_operation, app_customer_id(), p_from, p_to, p_error_code, null, p_now);
end $$;
comment on function end_operation is 'Null when the operation is not the customer''s or not in that state.';

-- Mistakes are reversed by another entry. Internal: only functions of the owner call it.
create unique index journal_entries_reversed_once on journal_entries (reverses_id) where reverses_id is not null;
drop index journal_entries_reverses;
create function reverse_entry(p_entry bigint, p_reason text, p_now timestamptz) returns bigint
    language plpgsql as $$
declare
    reversal bigint;
begin
    perform 1 from accounts where id in (select account_id from postings where entry_id = p_entry) and customer_id is not null
      order by id for no key update;
    insert into journal_entries (kind, description, booked_at, reverses_id)
    values ('reversal', p_reason, p_now, p_entry) returning id into reversal;
    insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
    select reversal, account_id, customer_id, -amount_minor, currency, p_now from postings where entry_id = p_entry order by id;
    insert into transactions (customer_id, account_id, card_id, merchant_id, terminal_id, payee_id, entry_id, kind, status,
                              amount_minor, currency, category, description, occurred_at, booked_at)
    select customer_id, account_id, card_id, merchant_id, terminal_id, payee_id, reversal, 'refund', 'booked', -amount_minor,
           currency, category, left('Reversal: ' || description, 200), p_now, p_now
      from transactions where entry_id = p_entry and status = 'booked' order by id;
    update transactions set status = 'reversed' where entry_id = p_entry and status = 'booked';
    return reversal;
end $$;
revoke execute on function reverse_entry from public;

revoke execute on function write_end, mint_slip, execute_operation, preview_operation, end_operation from public;
grant execute on function mint_slip, execute_operation, preview_operation, end_operation to tellergraph_app;
revoke update (status, error, completed_at) on banking_operations from tellergraph_app;
alter table banking_operations drop column error;
