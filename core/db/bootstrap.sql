-- find_shortcomings --
-- Why the current login must not serve customers; no rows for one that may.
select 'it is a superuser, or may become one' as reason
 where exists (select 1 from pg_roles r where r.rolsuper and pg_has_role(current_user, r.oid, 'member'))
union all
select 'it bypasses row-level security, or may become a role that does'
 where exists (select 1 from pg_roles r where r.rolbypassrls and pg_has_role(current_user, r.oid, 'member'))
union all
select 'it owns tables, or may become their owner'
 where exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where c.relkind in ('r', 'p') and n.nspname in ('public', 'checkpoints', 'lightrag', 'compliance')
                  and pg_has_role(current_user, c.relowner, 'member'))
union all
select 'it may become tellergraph_owner'
 where exists (select 1 from pg_roles r
                where r.rolname = 'tellergraph_owner' and pg_has_role(current_user, r.oid, 'member'))
union all
select 'it may become tellergraph_worker'
 where exists (select 1 from pg_roles r
                where r.rolname = 'tellergraph_worker' and pg_has_role(current_user, r.oid, 'member'))
union all
select 'it inherits tellergraph_staff, which it may only become'
 where exists (select 1 from pg_roles r
                where r.rolname = 'tellergraph_staff' and pg_has_role(current_user, r.oid, 'usage'))
union all
select 'it inherits tellergraph_network, which it may only become'
 where exists (select 1 from pg_roles r
                where r.rolname = 'tellergraph_network' and pg_has_role(current_user, r.oid, 'usage'))
union all
select 'it inherits tellergraph_subject, which it may only become'
 where exists (select 1 from pg_roles r
                where r.rolname = 'tellergraph_subject' and pg_has_role(current_user, r.oid, 'usage'))
union all
select 'it is no member of tellergraph_app, whose rights it needs'
 where not exists (select 1 from pg_roles r
                    where r.rolname = 'tellergraph_app' and pg_has_role(current_user, r.oid, 'usage'));

-- find_gaps --
-- What the current login of the owner lacks; no rows for one that can migrate.
select role || ' is not granted to it' as reason
  from unnest(array['tellergraph_owner', 'tellergraph_checkpoint', 'tellergraph_worker', 'tellergraph_graph',
                  'tellergraph_compliance']) role
 where not coalesce(pg_has_role(current_user, to_regrole(role), 'set'), false)
union all
select role || ' is not granted to tellergraph_app'
  from unnest(array['tellergraph_staff', 'tellergraph_network', 'tellergraph_subject']) role
 where not coalesce(pg_has_role(to_regrole('tellergraph_app'), to_regrole(role), 'set'), false)
union all
select 'schema ' || name || ' is missing' from unnest(array['checkpoints', 'lightrag', 'compliance']) name
 where to_regnamespace(name) is null
union all
select 'extension vector is missing' where not exists (select 1 from pg_extension where extname = 'vector')
union all
select 'tellergraph_owner may not create in schema public'
 where exists (select 1 from pg_roles r where r.rolname = 'tellergraph_owner'
                and not has_schema_privilege(r.oid, 'public', 'create'));

-- is_prepared --
-- Whether the roles, the schemas of other libraries' tables and the extension are there.
select to_regnamespace('checkpoints') is not null and to_regnamespace('lightrag') is not null
   and to_regnamespace('compliance') is not null
   and (select count(*) = 6 from pg_roles
         where rolname in ('tellergraph_owner', 'tellergraph_app', 'tellergraph_checkpoint', 'tellergraph_worker',
                           'tellergraph_graph', 'tellergraph_compliance'))
   and coalesce(pg_has_role(to_regrole('tellergraph_app'), to_regrole('tellergraph_staff'), 'set'), false)
   and coalesce(pg_has_role(to_regrole('tellergraph_app'), to_regrole('tellergraph_network'), 'set'), false)
   and coalesce(pg_has_role(to_regrole('tellergraph_app'), to_regrole('tellergraph_subject'), 'set'), false)
   and exists (select 1 from pg_extension where extname = 'vector') as prepared;

-- server_version --
select current_setting('server_version_num')::int / 10000 as major,
       exists (select 1 from pg_available_extensions where name = 'vector') as has_vector;

-- try_lock --
-- Two processes that prepare or migrate one database take turns.
select pg_try_advisory_lock(7326543120771);

-- unlock --
select pg_advisory_unlock(7326543120771);

-- find_role --
select rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname = %(role)s;

-- grant_assumed --
grant tellergraph_staff, tellergraph_network, tellergraph_subject to tellergraph_app with inherit false, set true;
-- Migrations make its tables.
grant tellergraph_compliance to tellergraph_owner with inherit false, set true;

-- am_superuser --
select rolsuper from pg_roles where rolname = current_user;

-- prepare_schemas --
-- As the administrator, in Tellergraph's own database. The runtime login may use schema public and create nothing.
create extension if not exists vector;
grant usage, create on schema public to tellergraph_owner;
revoke create on schema public from public;
grant usage on schema public to tellergraph_app, tellergraph_worker, tellergraph_staff, tellergraph_network,
    tellergraph_subject;
create schema if not exists checkpoints authorization tellergraph_checkpoint;
alter role tellergraph_checkpoint set search_path = checkpoints;
create schema if not exists lightrag authorization tellergraph_graph;
-- The extension's types are in public.
alter role tellergraph_graph set search_path = lightrag, public;
create schema if not exists compliance authorization tellergraph_compliance;
do $$
begin
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant connect on database %I to tellergraph_owner, tellergraph_app, tellergraph_checkpoint, '
                   'tellergraph_worker, tellergraph_graph, tellergraph_compliance', current_database());
end $$;
