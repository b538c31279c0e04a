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

create or replace function write_end(p_operation uuid, p_customer uuid, p_from text, p_to text, p_error_code text, p_entry bigint, p_now timestamptz)
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

create index postings_entry on postings (entry_id);
alter table postings drop constraint postings_pkey, add primary key (id);

alter table banking_operations
    add constraint banking_operations_amount check ((amount_minor is null) = (currency is null)),
    add constraint banking_operations_over check ((completed_at is null) = (status in ('pending', 'processing')));
drop trigger banking_operations_status on banking_operations;

alter table transactions
    add constraint transactions_check check ((status in ('booked', 'reversed')) = (entry_id is not null)),
    add constraint transactions_check1 check ((status = 'declined') = (decline_reason is not null)),
    add constraint transactions_authorised check ((authorisation is null) = (authorised_minor is null)),
    add constraint transactions_released check ((status = 'released') = (released_at is not null));
drop trigger transactions_kept on transactions;
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

drop trigger accounts_kind on accounts;
alter table accounts drop constraint accounts_balance_limit, drop column most_minor,
    add constraint accounts_check check ((kind = 'internal') = (customer_id is null)),
    add constraint accounts_balance_limit check (balance_minor >= -overdraft_minor),
    add constraint accounts_loan_owes check (kind <> 'loan' or balance_minor <= 0);
comment on constraint accounts_balance_limit on accounts is 'Nobody owes more than was agreed.';
comment on constraint accounts_loan_owes on accounts is 'Nobody pays more on a loan than is owed.';

alter table confirmation_slips alter column slip_hash type bytea,
    add constraint confirmation_slips_slip_hash_check check (length(slip_hash) = 32);
drop function keep_operation_status, keep_transaction, keep_account_kind, refuse_row;
drop domain sha256_digest;
