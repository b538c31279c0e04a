-- list_role_permissions --
-- What every role may do.
select role, permission from role_permissions;

-- list_person_permissions --
-- What no API key carries.
select name from permissions where needs_person;

-- list_roles --
-- Each role with what it may do, and how many of the staff have it.
select r.name, r.of_account, r.description,
       array(select p.permission from role_permissions p where p.role = r.name order by 1) as permissions,
       (select count(*) from staff s where s.role = r.name) as members
  from roles r order by r.of_account, r.name;

-- grant_permission --
-- Nothing where the role has it already.
with given as (
    insert into role_permissions (role, permission) values (%(role)s, %(permission)s) on conflict do nothing
    returning role, permission
)
insert into audit_log (actor, action, resource, detail, at)
select 'operator', 'role.granted', 'role:' || role, jsonb_build_object('permission', permission), %(now)s from given;

-- revoke_permission --
-- Nothing where the role does not have it.
with taken as (
    delete from role_permissions where role = %(role)s and permission = %(permission)s returning role, permission
)
insert into audit_log (actor, action, resource, detail, at)
select 'operator', 'role.revoked', 'role:' || role, jsonb_build_object('permission', permission), %(now)s from taken;

-- assign_role --
-- One of the staff gets another role; nothing where they have it already.
with was as (
    select id, role from staff where email = lower(btrim(%(email)s)) and role <> %(role)s for no key update
), changed as (
    update staff s set role = %(role)s from was where s.id = was.id returning s.id, was.role as before, s.role
)
insert into audit_log (actor, action, resource, detail, at)
select 'operator', 'role.assigned', 'staff:' || id, jsonb_build_object('before', before, 'role', role), %(now)s
  from changed;

-- find_staff --
select id, role from staff where email = lower(btrim(%(email)s));

-- is_role --
select 1 from roles where name = %(role)s and (%(account)s::text is null or of_account = %(account)s);

-- is_permission --
select 1 from permissions where name = %(permission)s;
