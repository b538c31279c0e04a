-- Payments of a later day and standing orders. Scheduling is an operation that its customer confirms and that then is
-- complete; the payment on its day is another, which the worker starts: run_due_payment() makes it once.

insert into operation_types (type, posts, limited, step_up) values
    ('schedule_payment', false, false, 'over'),
    ('cancel_scheduled_payment', false, false, 'never'),
    ('create_standing_order', false, false, 'over'),
    ('change_standing_order', false, false, 'over'),
    ('cancel_standing_order', false, false, 'never');

create table scheduled_payments (
    id            uuid primary key default uuidv7(),
    customer_id   uuid not null references customers,
    account_id    uuid not null references accounts,
    payee_id      uuid references payees,
    to_account_id uuid references accounts,
    amount_minor  bigint not null check (amount_minor > 0),
    currency      char(3) not null references currencies,
    fee_minor     bigint not null default 0 check (fee_minor >= 0),
    reference     text,
    due_on        date not null,
    not_before    timestamptz,
    due_at        timestamptz not null
        generated always as (coalesce(not_before, timezone('Europe/London', due_on + time '06:00'))) stored,
    status        text not null default 'scheduled' check (status in ('scheduled', 'paid', 'failed', 'cancelled')),
    scheduled_by  uuid not null references banking_operations,
    paid_by       uuid references banking_operations,
    error_code    text,
    created_at    timestamptz not null,
    check (num_nonnulls(payee_id, to_account_id) = 1),
    check ((paid_by is not null) = (status in ('paid', 'failed'))),
    check ((error_code is not null) = (status = 'failed'))
);
comment on column scheduled_payments.due_on is 'The day on which it leaves: a day on which payments of its kind run.';
comment on column scheduled_payments.not_before is
    'Set where the worker came after the cut-off, or found too little money and tries once more.';
comment on column scheduled_payments.due_at is 'Payments leave from six in the morning, London time.';
comment on column scheduled_payments.scheduled_by is 'The operation that its customer confirmed.';
comment on column scheduled_payments.paid_by is 'The operation that paid it, or could not.';
create index scheduled_payments_customer on scheduled_payments (customer_id, due_on);
create index scheduled_payments_due on scheduled_payments (due_at) where status = 'scheduled';
create index scheduled_payments_account on scheduled_payments (account_id);
create index scheduled_payments_to_account on scheduled_payments (to_account_id) where to_account_id is not null;
create index scheduled_payments_payee on scheduled_payments (payee_id) where payee_id is not null;
create index scheduled_payments_scheduled_by on scheduled_payments (scheduled_by);
create index scheduled_payments_paid_by on scheduled_payments (paid_by) where paid_by is not null;
select protect_customer_table('scheduled_payments');

alter table standing_orders
    drop constraint standing_orders_frequency_check,
    drop constraint standing_orders_status_check,
    alter column payee_id drop not null,
    add column to_account_id uuid references accounts,
    add column fee_minor     bigint not null default 0 check (fee_minor >= 0),
    add column starts_on     date,
    add column ends_on       date,
    add column not_before    timestamptz,
    add column due_at        timestamptz not null
        generated always as (coalesce(not_before, timezone('Europe/London', next_run_on + time '06:00'))) stored,
    add constraint standing_orders_frequency_check
        check (frequency in ('weekly', 'fortnightly', 'four_weekly', 'monthly', 'quarterly', 'yearly')),
    add constraint standing_orders_status_check check (status in ('active', 'paused', 'cancelled', 'ended')),
    add constraint standing_orders_recipient check (num_nonnulls(payee_id, to_account_id) = 1);
update standing_orders set starts_on = next_run_on;
alter table standing_orders
    alter column starts_on set not null,
    drop column day_of_month,
    add constraint standing_orders_end check (ends_on >= starts_on);
comment on column standing_orders.starts_on is
    'Its rhythm counts from here: monthly from the 31st is the last day of each month (tools/calendar.py).';
comment on column standing_orders.next_run_on is 'As scheduled_payments.due_on.';
comment on column standing_orders.not_before is 'As scheduled_payments.not_before.';
create index standing_orders_due on standing_orders (due_at) where status = 'active';
create index standing_orders_account on standing_orders (account_id);
create index standing_orders_to_account on standing_orders (to_account_id) where to_account_id is not null;
create index standing_orders_payee on standing_orders (payee_id) where payee_id is not null;

create function guard_schedule_status() returns trigger language plpgsql as $$
begin
    if current_user <> 'tellergraph_owner' and (new.status <> 'cancelled' or old.status not in ('scheduled', 'active')) then
        raise exception '% % cannot go from % to %', tg_table_name, old.id, old.status, new.status using errcode = 'TG060';
    end if;
    return new;
end $$;
comment on function guard_schedule_status is 'A customer''s operation cancels. Paying is run_due_payment()''s.';
create trigger scheduled_payments_status before update of status on scheduled_payments
    for each row when (new.status <> old.status) execute function guard_schedule_status();
create trigger standing_orders_status before update of status on standing_orders
    for each row when (new.status <> old.status) execute function guard_schedule_status();

grant select, insert (customer_id, account_id, payee_id, to_account_id, amount_minor, currency, fee_minor, reference, due_on,
    scheduled_by, created_at), update (status) on scheduled_payments to tellergraph_app;
grant insert (customer_id, account_id, payee_id, to_account_id, amount_minor, currency, fee_minor, frequency, starts_on,
    next_run_on, ends_on, reference, created_at),
    update (amount_minor, frequency, starts_on, next_run_on, not_before, ends_on, status) on standing_orders to tellergraph_app;

-- The worker ---------------------------------------------------------------------------------------------------------
-- It may see whose what is due when: no amounts, no payees, no words. It may lock these rows and change none: what it may
-- do is call the functions below, for one customer at a time.

create policy worker_sees on scheduled_payments for select to tellergraph_worker using (status = 'scheduled');
create policy worker_locks on scheduled_payments for update to tellergraph_worker using (status = 'scheduled') with check (false);
grant select (id, customer_id, to_account_id, currency, due_on, not_before, due_at, status), update (not_before)
    on scheduled_payments to tellergraph_worker;
create policy worker_sees on standing_orders for select to tellergraph_worker using (status = 'active');
create policy worker_locks on standing_orders for update to tellergraph_worker using (status = 'active') with check (false);
grant select (id, customer_id, to_account_id, currency, frequency, starts_on, ends_on, next_run_on, not_before, due_at, status),
    update (not_before) on standing_orders to tellergraph_worker;
create policy worker_sees on transactions for select to tellergraph_worker using (status = 'pending');
grant select (id, customer_id, card_id, kind, category, status, occurred_at) on transactions to tellergraph_worker;
create policy worker_sees on banking_operations for select to tellergraph_worker using (status = 'pending');
grant select (id, customer_id, status, expires_at) on banking_operations to tellergraph_worker;
grant select on product_terms to tellergraph_worker;
create index transactions_pending_since on transactions (occurred_at) where status = 'pending';
create index banking_operations_waiting on banking_operations (expires_at) where status = 'pending';

create type due_payment as (
    id            uuid,
    customer_id   uuid,
    account_id    uuid,
    payee_id      uuid,
    to_account_id uuid,
    amount_minor  bigint,
    currency      text,
    fee_minor     bigint,
    reference     text
);

-- Internal: the payment, locked, or null where it is not due (any more).
create function lock_due_payment(p_kind text, p_id uuid, p_customer uuid, p_due date, p_now timestamptz) returns due_payment
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    due due_payment;
begin
    case p_kind
    when 'scheduled_payment' then
        select id, customer_id, account_id, payee_id, to_account_id, amount_minor, currency, fee_minor, reference into due
          from scheduled_payments
         where id = p_id and customer_id = p_customer and due_on = p_due and status = 'scheduled' and due_at <= p_now
           for no key update;
    when 'standing_order' then
        select id, customer_id, account_id, payee_id, to_account_id, amount_minor, currency, fee_minor, reference into due
          from standing_orders
         where id = p_id and customer_id = p_customer and next_run_on = p_due and status = 'active' and due_at <= p_now
           for no key update;
    end case;
    return due;
end $$;

create function run_due_payment(
    p_kind text, p_id uuid, p_due date, p_next_due date, p_retry_at timestamptz, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: lock_due_payment() finds only what is the transaction's customer's.
    due       due_payment := lock_due_payment(p_kind, p_id, app_customer_id(), p_due, p_now);
    key       constant text := p_kind || ':' || p_id || ':' || to_char(p_due, 'YYYY-MM-DD');
    payee     payees;
    recipient text;
    op        banking_operations;
    posted    record;
    refusal   text;
begin
    if due.id is null then return null; end if;
    if p_next_due <= p_due or p_retry_at <= p_now then
        raise exception 'a payment moves forward in time' using errcode = 'TG061';
    end if;
    select * into payee from payees where id = due.payee_id;
    recipient := coalesce(payee.name, (select name from accounts where id = due.to_account_id));
    insert into banking_operations (customer_id, type, status, payload, payload_hash, summary, amount_minor, currency, recipient,
                                    idempotency_key, initiated_by, created_at, expires_at, executed_in)
    values (due.customer_id, case when due.payee_id is null then 'transfer_between_accounts' else 'pay_payee' end, 'processing',
            jsonb_strip_nulls(jsonb_build_object(
                'account_id', due.account_id, 'to_account_id', due.to_account_id, 'payee_id', due.payee_id,
                'iban', payee.iban, 'sort_code', payee.sort_code, 'account_number', payee.account_number,
                'debit_minor', due.amount_minor, 'debit_currency', due.currency,
                'credit_minor', due.amount_minor, 'credit_currency', due.currency,
                'fee_minor', nullif(due.fee_minor, 0), 'fee_label', case when due.fee_minor > 0 then 'Payment fee' end,
                'reference', due.reference, 'standing_order_id', case p_kind when 'standing_order' then due.id end)),
            '', case p_kind when 'standing_order' then 'Standing order' else 'Scheduled payment' end || ' to ' || recipient,
            due.amount_minor, due.currency, recipient, key, 'schedule', p_now, p_now, pg_current_xact_id())
    on conflict (customer_id, idempotency_key) do nothing
    returning * into op;
    if found then
        select * into posted from post_entry(op, p_now);
        refusal := posted.refusal;
        if refusal = 'insufficient_funds' and p_retry_at is not null then
            delete from banking_operations where id = op.id;
            perform move_due_payment(p_kind, due, p_retry_at, 'payment.retry', p_now);
            return 'retry';
        end if;
        op := write_end(op.id, op.customer_id, 'processing', case when refusal is null then 'completed' else 'failed' end,
                        refusal, posted.entry, p_now);
    else
        -- Made already; or a key of the customer's own choice is in the way, and there is no telling.
        select * into strict op from banking_operations
         where customer_id = due.customer_id and idempotency_key = key;
        refusal := case when op.status <> 'completed' or op.initiated_by <> 'schedule' then coalesce(op.error_code, 'not_allowed') end;
    end if;
    if p_kind = 'scheduled_payment' then
        update scheduled_payments
           set status = case when refusal is null then 'paid' else 'failed' end, paid_by = op.id, error_code = refusal,
               not_before = null
         where id = due.id;
    else
        update standing_orders
           set next_run_on = coalesce(p_next_due, next_run_on), not_before = null,
               status = case when p_next_due is null then 'ended' else status end
         where id = due.id;
    end if;
    return case when refusal is null then 'paid' else 'failed' end;
end $$;
comment on function run_due_payment is
    'Makes a payment of this day, once: operation, posting and the step to the next day (null: there is none) are one '
    'transaction, and the kind, id and day are the operation''s idempotency key. paid, failed, retry (there was too little '
    'money, and it is due again at p_retry_at), or null where it was not due.';

-- Internal.
create function move_due_payment(p_kind text, p_due due_payment, p_until timestamptz, p_action text, p_now timestamptz)
    returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if p_kind = 'scheduled_payment' then
        update scheduled_payments set not_before = p_until where id = p_due.id;
    else
        update standing_orders set not_before = p_until where id = p_due.id;
    end if;
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values ('schedule', p_due.customer_id, p_action, p_kind || ':' || p_due.id, jsonb_build_object('until', p_until), p_now);
end $$;

create function postpone_due_payment(p_kind text, p_id uuid, p_due date, p_until timestamptz, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: lock_due_payment() finds only what is the transaction's customer's.
    due due_payment := lock_due_payment(p_kind, p_id, app_customer_id(), p_due, p_now);
begin
    if due.id is null or p_until <= p_now then return false; end if;
    perform move_due_payment(p_kind, due, p_until, 'payment.postponed', p_now);
    return true;
end $$;
comment on function postpone_due_payment is 'For a day on which payments of its kind run before their cut-off.';

create function expire_operation(p_operation uuid, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    op banking_operations;
begin
    -- The owner check of this function: an operation of the transaction's customer.
    perform 1 from banking_operations
      where id = p_operation and customer_id = app_customer_id() and status = 'pending' and expires_at <= p_now;
    if not found then return false; end if;
    op := end_operation(p_operation, 'pending', 'expired', 'expired', p_now);
    return op.id is not null;
end $$;
comment on function expire_operation is 'False for one that is over, or whose time has not come.';

revoke execute on function lock_due_payment, run_due_payment, move_due_payment, postpone_due_payment, expire_operation from public;
grant execute on function run_due_payment, postpone_due_payment, expire_operation to tellergraph_worker;
