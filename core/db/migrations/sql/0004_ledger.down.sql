-- What was posted stays posted; operations lose what only this revision knows of them.
drop function reverse_entry, execute_operation, preview_operation, mint_slip, end_operation, write_end, post_entry, refuse_over_limit, internal_account;
drop trigger banking_operations_complete on banking_operations;
drop function complete_proposal, payload_hash;

do $$
declare t text;
begin
    foreach t in array array['accounts', 'cards', 'payees', 'standing_orders'] loop
        execute format('drop trigger needs_operation on %I', t);
    end loop;
end $$;
drop table confirmation_slips, fx_deals;
drop function protect_customer_table, require_operation, exchanged, rate_at;
drop table fx_rates;

delete from payees where removed_at is not null and not exists (select 1 from transactions where payee_id = payees.id);
drop index payees_name;
revoke insert, update (name, iban, sort_code, account_number, currency, reference, removed_at) on payees from tellergraph_app;
alter table payees drop column reference, drop column removed_at,
    add constraint payees_customer_id_name_key unique (customer_id, name);

drop index banking_operations_spent, banking_operations_executing;
delete from banking_operations where initiated_by = 'schedule' or type not in ('freeze_card', 'unfreeze_card');
alter table banking_operations
    drop constraint banking_operations_type, drop constraint banking_operations_amount,
    drop constraint banking_operations_over,
    drop column amount_minor, drop column currency, drop column recipient,
    drop column policy_version, drop column posts, drop column step_up, drop column limit_minor, drop column entry_id,
    drop column error_code, drop column chat_message_id, drop column executed_in, drop column request_hash,
    drop column proposed,
    add column error text;
grant update (status, error, completed_at) on banking_operations to tellergraph_app;
drop table operation_types, payment_limits;
drop function policy_at;
drop table payment_policies;

drop index journal_entries_reversed_once;
create index journal_entries_reverses on journal_entries (reverses_id) where reverses_id is not null;

drop view internal_balances;
drop trigger transactions_held_insert on transactions;
drop trigger transactions_held_update on transactions;
drop trigger transactions_held_delete on transactions;
drop function hold_pending;
alter table transactions drop constraint transactions_account,
    add constraint transactions_entry_id_fkey foreign key (entry_id) references journal_entries,
    add constraint transactions_customer_id_fkey foreign key (customer_id) references customers,
    add constraint transactions_account_id_fkey foreign key (account_id) references accounts;
alter table accounts drop constraint accounts_id_customer;
drop trigger journal_entries_sum_to_zero on journal_entries;
alter table journal_entries drop column made_in;
alter function check_entry_balances() reset all;
create or replace function check_entry_balances() returns trigger language plpgsql as $$
begin
    if exists (select 1 from postings where entry_id = new.entry_id group by currency having sum(amount_minor) <> 0) then
        raise exception 'journal entry % does not sum to zero per currency', new.entry_id using errcode = 'TG003';
    end if;
    return null;
end $$;
create constraint trigger postings_sum_to_zero after insert on postings
    deferrable initially deferred for each row execute function check_entry_balances();
drop trigger accounts_keep_posted on accounts;
drop function keep_posted_account;
alter table postings add constraint postings_customer_id_fkey foreign key (customer_id) references customers,
    add constraint postings_account_id_fkey foreign key (account_id) references accounts,
    add constraint postings_entry_id_fkey foreign key (entry_id) references journal_entries;
drop view ledger_faults;
alter table accounts
    drop constraint accounts_balance_limit, drop constraint accounts_currency, drop column held_minor,
    alter column kind type text, alter column status type text, alter column currency type char(3),
    alter column overdraft_minor type bigint, reset (fillfactor),
    add constraint accounts_kind_check check (kind in ('current', 'savings', 'credit_card', 'internal')),
    add constraint accounts_status_check check (status in ('open', 'frozen', 'closed')),
    add constraint accounts_currency_check check (currency ~ '^[A-Z]{3}$'),
    add constraint accounts_overdraft_minor_check check (overdraft_minor >= 0);
alter table transactions
    alter column kind type text, alter column status type text, alter column amount_minor type bigint,
    add constraint transactions_kind_check check (kind in ('card_payment', 'cash_withdrawal', 'transfer_in', 'transfer_out',
        'salary', 'direct_debit', 'standing_order', 'subscription', 'refund', 'fee', 'interest', 'top_up', 'exchange', 'opening')),
    add constraint transactions_status_check check (status in ('booked', 'pending', 'declined', 'reversed')),
    add constraint transactions_amount_minor_check check (amount_minor <> 0);
alter table postings
    alter column amount_minor type bigint, add constraint postings_amount_minor_check check (amount_minor <> 0);
alter table banking_operations
    alter column status type text, alter column initiated_by type text,
    add constraint banking_operations_status_check
        check (status in ('pending', 'processing', 'completed', 'failed', 'cancelled', 'expired')),
    add constraint banking_operations_initiated_by_check check (initiated_by in ('chat', 'rest', 'mcp', 'staff'));
drop domain currency_code, minor_units_not_zero, minor_units_not_negative, minor_units_positive, account_kind, account_status,
    transaction_kind, transaction_status, operation_status, operation_source;
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
drop index accounts_domestic, accounts_iban;
comment on column accounts.balance_minor is 'Ledger balance: the sum of the postings, kept by trigger, in minor units.';
drop trigger postings_balance on postings;
drop function add_posting_to_balance;
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
update accounts a set balance_minor = s.total
  from (select account_id, sum(amount_minor) as total from postings where customer_id is null group by account_id) s
 where a.id = s.account_id;
drop table currencies;
