-- What staff changed stays changed; that they did it remains in the audit log.
drop function decide_staff_action, propose_staff_action, open_staff_action, list_staff_actions, audit_staff_action,
    log_staff_action, do_staff_action,
    staff_action_refusal;
drop table staff_actions;
delete from banking_operations where type in ('reverse_entry', 'freeze_account', 'unfreeze_account', 'set_overdraft');
delete from operation_types where type in ('reverse_entry', 'freeze_account', 'unfreeze_account', 'set_overdraft');

do $$
declare t text;
begin
    foreach t in array array['customers', 'credentials', 'accounts', 'cards', 'payees', 'standing_orders', 'postings',
                             'transactions', 'fraud_alerts', 'banking_operations', 'fx_deals', 'journal_entries'] loop
        execute format('drop policy staff_file on %I', t);
        execute format('revoke select on %I from tellergraph_staff', t);
    end loop;
end $$;
drop policy colleagues on staff;
drop policy register on audit_log;
drop index audit_log_customer;
revoke select on audit_log, merchants, terminals, currencies, operation_types from tellergraph_staff;
revoke select (customer_id, email) on credentials from tellergraph_staff;
revoke select (id, email, full_name, role) on staff from tellergraph_staff;
drop policy register on staff_reads;
drop function show_to_staff, open_register, open_customer_file_of, open_customer_file, has_opened, opened_customers,
    require_staff;
drop table staff_reads;
drop function app_staff_id;
