-- What was paid stays paid.
drop function expire_operation, postpone_due_payment, run_due_payment, move_due_payment, lock_due_payment;
drop type due_payment;

drop index transactions_pending_since, banking_operations_waiting;
revoke select on product_terms from tellergraph_worker;
revoke select (id, customer_id, status, expires_at) on banking_operations from tellergraph_worker;
drop policy worker_sees on banking_operations;
revoke select (id, customer_id, card_id, kind, category, status, occurred_at) on transactions from tellergraph_worker;
drop policy worker_sees on transactions;
revoke select (id, customer_id, to_account_id, currency, frequency, starts_on, ends_on, next_run_on, not_before, due_at, status),
    update (not_before) on standing_orders from tellergraph_worker;
drop policy worker_sees on standing_orders;
drop policy worker_locks on standing_orders;
revoke insert (customer_id, account_id, payee_id, to_account_id, amount_minor, currency, fee_minor, frequency, starts_on,
    next_run_on, ends_on, reference, created_at),
    update (amount_minor, frequency, starts_on, next_run_on, not_before, ends_on, status) on standing_orders from tellergraph_app;

drop trigger standing_orders_status on standing_orders;
drop table scheduled_payments;
drop function guard_schedule_status;

drop index standing_orders_due, standing_orders_account, standing_orders_to_account, standing_orders_payee;
delete from standing_orders where payee_id is null;
update standing_orders set status = 'cancelled' where status = 'ended';
update standing_orders set frequency = case when frequency = 'quarterly' then 'monthly' else 'weekly' end, status = 'paused'
 where frequency in ('fortnightly', 'four_weekly', 'quarterly');
alter table standing_orders
    drop constraint standing_orders_frequency_check,
    drop constraint standing_orders_status_check,
    drop constraint standing_orders_recipient,
    add column day_of_month smallint check (day_of_month between 1 and 31),
    alter column payee_id set not null,
    add constraint standing_orders_frequency_check check (frequency in ('weekly', 'monthly', 'yearly')),
    add constraint standing_orders_status_check check (status in ('active', 'paused', 'cancelled'));
update standing_orders set day_of_month = extract(day from starts_on) where frequency = 'monthly';
alter table standing_orders
    drop column due_at,
    drop column to_account_id,
    drop column fee_minor,
    drop column starts_on,
    drop column ends_on,
    drop column not_before;

do $$
declare
    gone uuid[] := array(select id from banking_operations where type in (
        'schedule_payment', 'cancel_scheduled_payment', 'create_standing_order', 'change_standing_order',
        'cancel_standing_order'));
begin
    delete from demo_outbox where operation_id = any (gone);
    delete from step_up_tries where operation_id = any (gone);
    delete from step_up_challenges where operation_id = any (gone);
    delete from confirmation_slips where operation_id = any (gone);
    delete from banking_operations where id = any (gone);
end $$;
delete from operation_types where type in (
    'schedule_payment', 'cancel_scheduled_payment', 'create_standing_order', 'change_standing_order', 'cancel_standing_order');
