drop table login_identities, recovery_codes, second_factors, staff_authenticators, login_codes, login_tries;
drop trigger totp_authenticators_removed on totp_authenticators;
drop trigger banking_operations_verified on banking_operations;
drop trigger credentials_unverified on credentials;
drop function link_identity, unlink_identity, drop_factor_with_app, drop_second_factor, use_recovery_code,
    require_second_factor, replace_recovery_codes, use_login_step, begin_staff_authenticator, get_second_factor,
    reset_password, verify_login, use_login_code, open_login_code, replace_password, end_login_sessions, pass_login_try, fail_login_try,
    take_login_try, login_pause, audit_login, login_owner, refuse_unverified, begin_unverified, app_login_email;
alter table operation_types drop column needs_verified;
-- Who logs in through another provider only has no password to come back to: none fits this one.
update credentials set password_hash = '' where password_hash is null;
alter table credentials drop column verified_at, alter column password_hash set not null;
