-- take_try --
-- Counts a try at the login that the transaction names.
select try_id, retry_at, crowded from take_login_try(%(kind)s, %(address)s, %(now)s)

-- fail_try --
-- The try failed; until when nobody may try again.
select fail_login_try(%(try_id)s, %(now)s) as until

-- pass_try --
-- The try was right.
select pass_login_try(%(try_id)s) as done

-- audit_login --
-- A line about the login that the transaction names.
select audit_login(%(action)s, %(detail)s, %(now)s)

-- replace_password --
-- False when the password is another one by now.
select replace_password(%(old)s, %(new)s, %(but)s, %(action)s, %(now)s) as done

-- open_code --
-- Keeps the hash of a code or token that is to be sent to the login that the transaction names.
select code_id, customer_id, staff_id, retry_at from open_login_code(%(purpose)s, %(hash)s, %(expires_at)s, %(now)s)

-- verify_login --
-- Whether the code was good; then the address is verified.
select verify_login(%(hash)s, %(now)s) as done

-- reset_password --
-- Whether the token was good; then the password is the new one, and every session has ended.
select reset_password(%(hash)s, %(password_hash)s, %(now)s) as done

-- get_second_factor --
-- The app of the login that the transaction names, and whether its codes are asked for.
select authenticator_id, begun_id, required_since, coalesce(recovery_codes_left, 0) as recovery_codes_left
  from get_second_factor()

-- begin_staff_authenticator --
-- A new app of a member of staff; null when there is one in use.
select begin_staff_authenticator(%(now)s) as id

-- use_step --
-- False for a time step that was used.
select use_login_step(%(authenticator_id)s, %(step)s) as done

-- require_second_factor --
-- From now on the app's codes are asked for; false when they are already.
select require_second_factor(%(authenticator_id)s, %(hashes)s, %(now)s) as done

-- replace_recovery_codes --
select replace_recovery_codes(%(hashes)s, %(now)s)

-- use_recovery_code --
-- Whether the code was good: it is not any more.
select use_recovery_code(%(hash)s, %(now)s) as done

-- drop_second_factor --
-- False when none was asked for.
select drop_second_factor(%(now)s) as done

-- find_identity --
-- Whose an identity of another provider is; the transaction names issuer and subject.
select customer_id, staff_id from login_identities where issuer = %(issuer)s and sub = %(sub)s

-- list_identities --
-- The customer's, oldest first.
select provider, issuer, linked_at from login_identities where customer_id = %(customer_id)s order by linked_at

-- link_identity --
-- False when it is somebody's already.
select link_identity(%(issuer)s, %(sub)s, %(provider)s, %(now)s) as done

-- unlink_identity --
-- False when there is none.
select unlink_identity(%(provider)s, %(now)s) as done
