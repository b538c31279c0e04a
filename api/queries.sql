-- find_customer_login --
-- The customer who signs in with an e-mail address; the transaction names it in app.login_email.
select customer_id as id, password_hash, 'customer' as role from credentials where email = %(email)s

-- find_staff_login --
-- The member of staff who signs in with an e-mail address.
select id, password_hash, role from staff where email = %(email)s

-- insert_customer --
-- A new customer, not yet identified.
insert into customers (id, full_name, created_at) values (%(customer_id)s, %(full_name)s, %(now)s)

-- insert_credentials --
-- What the new customer signs in with.
insert into credentials (customer_id, email, password_hash, created_at)
values (%(customer_id)s, %(email)s, %(password_hash)s, %(now)s)

-- get_customer --
-- The signed-in customer.
select c.id, c.full_name as name, l.email, c.tier, c.kyc_status, l.verified_at is not null as verified
  from customers c join credentials l on l.customer_id = c.id where c.id = %(customer_id)s

-- get_staff --
-- The signed-in member of staff.
select id, full_name as name, email, role from staff where id = %(staff_id)s

-- list_roles --
-- Each role with what it may do.
select r.name, r.of_account, r.description,
       array(select p.permission from role_permissions p where p.role = r.name order by 1) as permissions
  from roles r order by r.of_account, r.name
