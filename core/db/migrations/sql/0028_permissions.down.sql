-- Functions for staff name their roles again; keys no longer open anything.
drop table api_keys;
drop function keep_api_key;

set local role tellergraph_compliance;
create or replace function compliance.require_officer(p_staff uuid) returns uuid
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
begin
    if not exists (select from staff where id = p_staff and role = 'compliance') then
        raise exception 'this is not for that role' using errcode = 'TG020';
    end if;
    return p_staff;
end $$;
reset role;
revoke select on role_permissions from tellergraph_compliance;

select ask_for_permissions(true);
drop function ask_for_permissions, require_permission;
drop trigger staff_keeps_admin on staff;
drop function keep_last_admin;
drop table role_permissions, permissions, roles;
drop function keep_role_permission, fit_role_permission;
