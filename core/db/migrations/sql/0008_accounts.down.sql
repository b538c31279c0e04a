-- Accounts that were opened stay.
revoke update (name, status) on accounts from tellergraph_app;
revoke insert (id, customer_id, kind, name, currency, sort_code, account_number, iban, opened_at) on accounts
    from tellergraph_app;
drop trigger accounts_status on accounts;
drop function guard_account_status;
drop sequence account_numbers;
drop index accounts_customer, accounts_name;
update accounts a set name = a.name || ' (closed, ' || a.id || ')'
 where a.status = 'closed' and exists (select 1 from accounts o
         where o.customer_id = a.customer_id and o.name = a.name and o.id <> a.id);
alter table accounts add constraint accounts_customer_id_name_key unique (customer_id, name);
delete from confirmation_slips s using banking_operations o
 where o.id = s.operation_id and o.type in ('open_account', 'close_account', 'rename_account');
delete from banking_operations where type in ('open_account', 'close_account', 'rename_account');
delete from operation_types where type in ('open_account', 'close_account', 'rename_account');
