-- An operation that is being executed opens the tables that its type changes, and no other.

create table operation_effects (
    type    text not null references operation_types,
    changes text not null,
    primary key (type, changes)
);
comment on table operation_effects is 'Which customers'' tables the runtime role may change while it executes what.';
insert into operation_effects (type, changes) values
    ('freeze_card', 'cards'), ('unfreeze_card', 'cards'), ('activate_card', 'cards'), ('report_card_lost', 'cards'),
    ('replace_card', 'cards'), ('replace_card', 'card_deliveries'), ('replace_card', 'card_limits'),
    ('create_virtual_card', 'cards'), ('set_card_switch', 'cards'), ('request_pin_change', 'card_deliveries'),
    ('raise_card_limit', 'card_limits'), ('lower_card_limit', 'card_limits'),
    ('add_payee', 'payees'), ('change_payee', 'payees'), ('remove_payee', 'payees'),
    ('schedule_payment', 'scheduled_payments'), ('cancel_scheduled_payment', 'scheduled_payments'),
    ('create_standing_order', 'standing_orders'), ('change_standing_order', 'standing_orders'),
    ('cancel_standing_order', 'standing_orders'),
    ('open_account', 'accounts'), ('rename_account', 'accounts'), ('close_account', 'accounts'), ('close_account', 'cards'),
    ('withdraw_loan_application', 'loan_applications'),
    ('change_contact_details', 'customers'), ('change_contact_details', 'credentials'), ('change_address', 'customers'),
    ('set_preferences', 'customer_preferences'), ('set_consent', 'consents'), ('set_consent', 'customer_preferences'),
    ('add_authenticator', 'totp_authenticators'),
    ('request_handoff', 'handoffs'), ('make_complaint', 'complaints'), ('request_callback', 'callbacks'),
    ('book_appointment', 'appointments'), ('cancel_appointment', 'appointments');
grant select on operation_effects to tellergraph_app, tellergraph_staff, tellergraph_worker;

create or replace function require_operation() returns trigger language plpgsql as $$
begin
    if current_user <> 'tellergraph_owner' and not exists (
        select 1 from banking_operations o join operation_effects e on e.type = o.type and e.changes = tg_table_name
         where o.customer_id = app_customer_id() and o.status = 'processing' and o.executed_in = pg_current_xact_id()) then
        raise exception '% changes only when a confirmed operation that changes it is executed', tg_table_name
            using errcode = 'TG012';
    end if;
    return null;
end $$;

-- A customer who registers with a staff member's address, or the other way round, would take over the login.
create function keep_logins_apart() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if tg_table_name = 'credentials' and exists (select 1 from staff where email = new.email)
       or tg_table_name = 'staff' and exists (select 1 from credentials where email = new.email) then
        raise unique_violation using message = 'that address is a login already', constraint = 'logins_email';
    end if;
    return new;
end $$;
revoke execute on function keep_logins_apart from public;
create trigger credentials_apart before insert or update of email on credentials
    for each row execute function keep_logins_apart();
create trigger staff_apart before insert or update of email on staff
    for each row execute function keep_logins_apart();
