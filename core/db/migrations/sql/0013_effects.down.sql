drop trigger credentials_apart on credentials;
drop trigger staff_apart on staff;
drop function keep_logins_apart;
create or replace function require_operation() returns trigger language plpgsql as $$
begin
    if current_user <> 'tellergraph_owner' and not exists (
        select 1 from banking_operations
         where customer_id = app_customer_id() and status = 'processing' and executed_in = pg_current_xact_id()) then
        raise exception '% changes only when a confirmed operation is executed', tg_table_name using errcode = 'TG012';
    end if;
    return null;
end $$;
drop table operation_effects;
