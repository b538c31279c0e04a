-- What needed an authenticator app, or was about one, is forgotten; payees stay.
drop function check_payee_name, compare_names, is_one_slip, name_words;
drop table name_checks;
drop index payees_customer;
drop table demo_outbox;
drop function remove_totp, use_totp_step, begin_totp;
drop table totp_authenticators;
drop function pass_step_up_try, take_step_up_try, step_up_locked_until, open_step_up_challenge;
alter table payment_policies drop column codes_per_hour;
drop table step_up_tries, step_up_challenges;
delete from confirmation_slips s using banking_operations o where o.id = s.operation_id and o.type = 'add_authenticator';
delete from banking_operations where type = 'add_authenticator';
delete from operation_types where type = 'add_authenticator';
