-- Posting, faster. An eighth of what its statements took went into CHECK constraints that name two columns: PostgreSQL
-- parses their text again for each statement. On the tables that every payment writes to, such rules are kept by a trigger
-- instead, which is compiled once. They refuse in the same way, with the rule's name: docs/decisions/0010-rules-as-triggers.md.

create domain sha256_digest as bytea check (length(value) = 32);
alter table confirmation_slips drop constraint confirmation_slips_slip_hash_check,
    alter column slip_hash type sha256_digest;

create function refuse_row(p_table text, p_rule text) returns void language plpgsql as $$
begin
    raise exception 'new row for relation "%" violates check constraint "%"', p_table, p_rule
        using errcode = 'check_violation', table = p_table, constraint = p_rule;
end $$;

-- Accounts: looked at when their kind or their customer changes, not with every balance ------------------------------

alter table accounts add column most_minor bigint;
comment on column accounts.most_minor is 'What the balance cannot exceed: nothing on a loan, where a balance above it was '
    'paid in excess. Null for no limit. Kept by trigger.';
create function keep_account_kind() returns trigger language plpgsql as $$
begin
    if (new.kind = 'internal') <> (new.customer_id is null) then
        perform refuse_row('accounts', 'accounts_internal');
    end if;
    new.most_minor := case when new.kind = 'loan' then 0 end;
    return new;
end $$;
create trigger accounts_kind before insert or update of kind, customer_id, most_minor on accounts
    for each row execute function keep_account_kind();
update accounts set most_minor = 0 where kind = 'loan';
alter table accounts drop constraint accounts_check, drop constraint accounts_loan_owes, drop constraint accounts_balance_limit,
    add constraint accounts_balance_limit check (balance_minor >= -overdraft_minor and balance_minor <= most_minor);
comment on constraint accounts_balance_limit on accounts is
    'Nobody owes more than was agreed, and nobody pays more on a loan than is owed.';

-- Transactions -------------------------------------------------------------------------------------------------------

drop trigger transactions_held_insert on transactions;
drop trigger transactions_held_update on transactions;
drop trigger transactions_held_delete on transactions;
drop function hold_pending;
create function keep_transaction() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.status = 'pending' and old.amount_minor < 0 then
        update accounts set held_minor = held_minor + old.amount_minor where id = old.account_id;
    end if;
    if tg_op = 'DELETE' then return old; end if;
    if new.status = 'pending' and new.amount_minor < 0 then
        update accounts set held_minor = held_minor - new.amount_minor where id = new.account_id;
    end if;
    if (new.status in ('booked', 'reversed')) <> (new.entry_id is not null) then
        perform refuse_row('transactions', 'transactions_entry_if_booked');
    end if;
    if (new.status = 'declined') <> (new.decline_reason is not null) then
        perform refuse_row('transactions', 'transactions_reason_if_declined');
    end if;
    if (new.status = 'released') <> (new.released_at is not null) then
        perform refuse_row('transactions', 'transactions_released');
    end if;
    if (new.authorisation is null) <> (new.authorised_minor is null) then
        perform refuse_row('transactions', 'transactions_authorised');
    end if;
    return new;
end $$;
comment on function keep_transaction is 'What is held of the account, and which facts go with which status.';
create trigger transactions_kept before insert or update or delete on transactions
    for each row execute function keep_transaction();
alter table transactions drop constraint transactions_check, drop constraint transactions_check1,
    drop constraint transactions_released, drop constraint transactions_authorised;

-- Operations ---------------------------------------------------------------------------------------------------------

create function keep_operation_status() returns trigger language plpgsql as $$
begin
    if (new.status in ('pending', 'processing')) <> (new.completed_at is null) then
        perform refuse_row('banking_operations', 'banking_operations_over');
    end if;
    if (new.amount_minor is null) <> (new.currency is null) then
        perform refuse_row('banking_operations', 'banking_operations_amount');
    end if;
    return new;
end $$;
create trigger banking_operations_status before insert or update on banking_operations
    for each row execute function keep_operation_status();
alter table banking_operations drop constraint banking_operations_amount, drop constraint banking_operations_over;
revoke execute on function refuse_row, keep_account_kind, keep_transaction, keep_operation_status from public;

-- Postings: found by their entry, so one index serves as key and as way ----------------------------------------------

alter table postings drop constraint postings_pkey, add primary key (entry_id, id);
drop index postings_entry;

-- Executing ----------------------------------------------------------------------------------------------------------
-- Rows that are wanted whole are read whole: a list of thirty columns takes longer to prepare than to fetch.

create or replace function execute_operation(p_operation uuid, p_slip text, p_now timestamptz) returns banking_operations
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
    op := (select o from banking_operations o
            where o.id = p_operation and o.customer_id = app_customer_id() for no key update);
    if op.id is null then
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

create or replace function post_entry(op banking_operations, p_now timestamptz, out refusal text, out entry bigint)
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
        if current_setting('transaction_isolation') <> 'read committed' then
            raise exception 'a snapshot of before the wait has not what was paid meanwhile' using errcode = 'TG019';
        end if;
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
        target := (select a from accounts a where a.id = target_id for no key update);
    end if;
    source := (select a from accounts a where a.id = source_id for no key update);
    if target_id > source_id then
        target := (select a from accounts a where a.id = target_id for no key update);
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

create or replace function write_end(p_operation uuid, p_customer uuid, p_from text, p_to text, p_error_code text, p_entry bigint, p_now timestamptz)
    returns banking_operations language plpgsql as $$
declare
    ended record;
    op    banking_operations;
begin
    update banking_operations o
       set status = p_to, error_code = p_error_code, entry_id = coalesce(p_entry, o.entry_id), completed_at = p_now
     where o.id = p_operation and o.customer_id = p_customer and o.status = p_from
       and (p_from = 'pending' or o.executed_in = pg_current_xact_id())
    returning o into ended;
    if found then
        op := ended.o;
        insert into audit_log (actor, customer_id, action, resource, detail, turn_id, at)
        values (case when op.initiated_by = 'schedule' then 'schedule' else 'customer:' || op.customer_id end, op.customer_id,
                'operation.' || op.status, 'operation:' || op.id,
                jsonb_build_object('type', op.type, 'initiated_by', op.initiated_by, 'error', op.error_code,
                                   'payload_hash', op.payload_hash, 'entry_id', op.entry_id),
                coalesce(nullif(current_setting('app.turn_id', true), '')::uuid, op.turn_id), p_now);
    end if;
    return op;
end $$;
