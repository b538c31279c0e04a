-- What customers do with their accounts: open, close, rename.

insert into operation_types (type, posts, limited, step_up) values
    ('open_account', false, false, 'never'),
    ('close_account', false, false, 'never'),
    ('rename_account', false, false, 'never');

-- A closed account keeps its name in old statements; the name is free for another.
alter table accounts drop constraint accounts_customer_id_name_key;
create unique index accounts_name on accounts (customer_id, lower(name)) where status <> 'closed';
create index accounts_customer on accounts (customer_id);

create sequence account_numbers as integer minvalue 10000000 maxvalue 99999999;
comment on sequence account_numbers is
    'Account numbers under the sort code of accounts that customers open themselves (tools/accounts/numbers.py).';
-- Goes on where it was, should this revision have been here before.
select setval('account_numbers', max(account_number::integer)) from accounts where sort_code = '09-18-28'
having count(*) > 0;

create function guard_account_status() returns trigger language plpgsql as $$
begin
    if current_user <> 'tellergraph_owner' and (new.status <> 'closed' or old.status <> 'open'
        or new.kind not in ('current', 'savings') or new.balance_minor <> 0 or new.held_minor <> 0) then
        raise exception 'account % cannot go from % to %', old.id, old.status, new.status using errcode = 'TG040';
    end if;
    return new;
end $$;
comment on function guard_account_status is 'A customer''s operation closes what is open and empty. Freezing is the bank''s.';
create trigger accounts_status before update of status on accounts
    for each row when (new.status <> old.status) execute function guard_account_status();

grant usage on sequence account_numbers to tellergraph_app;
grant insert (id, customer_id, kind, name, currency, sort_code, account_number, iban, opened_at) on accounts to tellergraph_app;
grant update (name, status) on accounts to tellergraph_app;
