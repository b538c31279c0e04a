-- list_reachable_roles --
-- What the runtime logins are and may become, whether they inherit it or not.
select r.oid from pg_roles r
 where exists (select from pg_roles login
                where login.rolname = any (%(logins)s) and pg_has_role(login.oid, r.oid, 'member'));

-- list_role_faults --
-- Reachable roles that could do more than their grants say.
select r.rolname || ' ' || found.fault
  from pg_roles r
 cross join lateral (values
       (r.rolsuper, 'is a superuser'),
       (r.rolbypassrls, 'bypasses row-level security'),
       (r.rolreplication, 'may replicate, and so read everything'),
       (r.rolcreaterole, 'may create roles'),
       (r.rolcreatedb, 'may create databases'),
       (starts_with(r.rolname, 'pg_'), 'is one of PostgreSQL''s own powerful roles'),
       (r.rolname in ('tellergraph_owner', 'tellergraph_checkpoint', 'tellergraph_graph',
                      'tellergraph_compliance'), 'may change the tables')
       ) found (is_so, fault)
 where r.oid = any (%(roles)s) and found.is_so
union all
select r.rolname || ' owns ' || c.oid::regclass
  from pg_class c join pg_roles r on r.oid = c.relowner
 where r.oid = any (%(roles)s) and c.relkind in ('r', 'p', 'v', 'm', 'f')
union all
select coalesce(r.rolname || ' starts', 'every login starts') || ' with ' || setting
  from pg_db_role_setting s
 cross join lateral unnest(s.setconfig) setting
  left join pg_roles r on r.oid = s.setrole
 where (s.setrole = 0 or s.setrole = any (%(roles)s))
   and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
   and setting ~ '^(app\.|role=|session_replication_role=|row_security=)'
 order by 1;

-- list_unprotected_tables --
-- Tables with customers' data in which row-level security is not forced: all of schema public that are not public, and
-- what the runtime logins reach elsewhere. A materialised view and a foreign table can have none.
select case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname
       || case when c.relkind in ('r', 'p') then ' does not force it' else ' cannot have it' end
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'm', 'f')
   and not (c.relrowsecurity and c.relforcerowsecurity)
   and not (n.nspname = 'public' and c.relname = any (%(public)s))
   and (n.nspname = 'public'
        or n.nspname not in ('pg_catalog', 'information_schema')
           and exists (select from unnest(%(roles)s::oid[]) r (oid)
                        where has_schema_privilege(r.oid, n.oid, 'usage')
                          and (has_any_column_privilege(r.oid, c.oid, 'select, insert, update, references')
                               or has_table_privilege(r.oid, c.oid, 'delete, truncate, trigger'))))
 order by 1;

-- list_missing_policies --
-- What was granted on a table and no policy is about: forgotten, one way or the other.
select distinct c.oid::regclass || ' has no policy for ' || command.name || ' by ' || r.rolname
  from pg_class c
 cross join (values ('select', 'r'), ('insert', 'a'), ('update', 'w'), ('delete', 'd')) command (name, letter)
  join pg_roles r on r.oid = any (%(roles)s)
 where c.relkind in ('r', 'p') and c.relrowsecurity and c.relnamespace <> 'pg_catalog'::regnamespace
   and case command.name when 'delete' then has_table_privilege(r.oid, c.oid, 'delete')
                         else has_any_column_privilege(r.oid, c.oid, command.name) end
   and not exists (select from pg_policy p
                    where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('*', command.letter::"char")
                      and exists (select from unnest(p.polroles) of_role
                                   where of_role = 0 or pg_has_role(r.oid, of_role, 'usage')))
 order by 1;

-- list_open_policies --
-- Policies for the runtime logins that do not ask for whom the transaction works: neither by a function of ours or a
-- setting app.*, nor through another table that has policies itself.
select p.polrelid::regclass || '.' || p.polname || ' asks nobody: ' || said.expression
  from pg_policy p
 cross join lateral (values (pg_get_expr(p.polqual, p.polrelid)), (pg_get_expr(p.polwithcheck, p.polrelid))) said (expression)
 where p.polpermissive and said.expression <> 'false'
   and exists (select from unnest(p.polroles) of_role where of_role = 0 or of_role = any (%(roles)s))
   and p.polrelid::regclass || '.' || p.polname <> all (%(across)s)
   and (said.expression ~* '\mor \(*true\M'
        or said.expression !~ '\m(app_customer_id|app_subject|app_audiences|app_staff_id|opened_customers|has_opened)\(|''app\.'
           and not exists (select from pg_depend d join pg_class c on c.oid = d.refobjid
                            where d.classid = 'pg_policy'::regclass and d.objid = p.oid
                              and d.refclassid = 'pg_class'::regclass and c.oid <> p.polrelid and c.relrowsecurity
                              and said.expression ~ ('\m' || c.relname || '\M')))
 order by 1;

-- list_loose_grants --
-- Rights beyond policies: what everybody was granted, what passes row-level security by, what changes public tables or
-- history, and where the runtime logins could make something of their own.
select 'everybody may ' || lower(a.privilege_type) || ' ' || c.oid::regclass
  from pg_class c cross join lateral aclexplode(c.relacl) a
 where a.grantee = 0 and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
union all
select 'everybody may ' || lower(a.privilege_type) || ' ' || t.attrelid::regclass || '.' || t.attname
  from pg_attribute t join pg_class c on c.oid = t.attrelid cross join lateral aclexplode(t.attacl) a
 where a.grantee = 0 and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
union all
select r.rolname || ' may ' || kind || ' ' || c.oid::regclass
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 cross join unnest(array['truncate', 'trigger', 'maintain', 'references', 'insert', 'update', 'delete']) kind
  join pg_roles r on r.oid = any (%(roles)s)
 where c.relkind in ('r', 'p') and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
   and (kind in ('truncate', 'trigger', 'maintain', 'references')
        or c.relnamespace = 'public'::regnamespace and c.relname = any (%(public)s)
        -- By name: to_regclass() wants a right on the schema, and before compliance has tables nobody has one.
        or kind in ('update', 'delete')
           and case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname = any (%(append_only)s))
   and (has_table_privilege(r.oid, c.oid, kind)
        or kind in ('references', 'insert', 'update') and has_any_column_privilege(r.oid, c.oid, kind))
union all
select r.rolname || ' may insert demo_outbox, where codes lie open, outside demo mode'
  from pg_roles r
 where not %(demo)s and r.oid = any (%(roles)s) and has_any_column_privilege(r.oid, to_regclass('demo_outbox'), 'insert')
union all
select coalesce(r.rolname, 'everybody') || ' may create in schema ' || n.nspname
  from pg_namespace n
 cross join (select oid, rolname from pg_roles where oid = any (%(roles)s)) r
 where has_schema_privilege(r.oid, n.oid, 'create')
union all
select r.rolname || ' may create schemas'
  from pg_roles r
 where r.oid = any (%(roles)s) and has_database_privilege(r.oid, current_database(), 'create')
union all
select r.rolname || ' may use schema ' || hidden.name
  from pg_roles r cross join unnest(array['checkpoints', 'lightrag']) hidden (name)
 where r.oid = any (%(roles)s) and has_schema_privilege(r.oid, to_regnamespace(hidden.name), 'usage')
 order by 1;

-- list_loose_views --
-- Views that would show what their owner sees.
select v.oid::regclass || ' is not security_invoker'
  from pg_class v
 where v.relkind = 'v' and v.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
   and not exists (select from pg_options_to_table(v.reloptions) where option_name = 'security_invoker' and option_value::boolean)
   and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = v.oid and d.deptype = 'e')
 order by 1;

-- list_loose_functions --
-- Functions that everybody may execute, and those that run with their owner's rights without asking for whom: the code,
-- less its comments, must call app_customer_id(), app_subject(), app_staff_id(), app_login_email(), login_owner(),
-- require_staff(), require_permission() or executing_operation().
with ours as (
    select p.oid, p.oid::regprocedure as name, p.prosecdef, p.proconfig, o.rolsuper or o.rolbypassrls as is_mighty,
           regexp_replace(regexp_replace(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), '/\*.*?\*/', '', 'g'),
                          '--[^\n]*', '', 'g') as code,
           exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0) as is_public,
           exists (select from unnest(%(roles)s::oid[]) r (oid) where has_function_privilege(r.oid, p.oid, 'execute'))
               as is_reachable
      from pg_proc p join pg_roles o on o.oid = p.proowner
     where p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
       and p.prorettype <> 'trigger'::regtype
       and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
)
select found.fault
  from ours
 cross join lateral (values
       (is_public, 'everybody may execute ' || name),
       (prosecdef and is_reachable and is_mighty, name || ' runs as a superuser'),
       (prosecdef and is_reachable
            and not coalesce(exists (select from unnest(proconfig) s where s ~ '^search_path=.*pg_temp"?$'), false),
        name || ' runs as its owner and has no search_path that ends in pg_temp'),
       (prosecdef and is_reachable
            and code !~ '\m(app_customer_id|app_subject|app_staff_id|app_login_email|login_owner|require_staff|require_permission|executing_operation)\s*\(',
        name || ' runs as its owner and does not ask for whom')
       ) found (is_so, fault)
 where found.is_so
 order by 1;

-- list_loose_guards --
-- Triggers that keep a promise and are missing or asleep, and constraints that are not enforced.
select g.on_table || ' has no trigger that calls ' || g.function || '()'
  from unnest(%(tables)s::text[], %(functions)s::text[]) g (on_table, function)
  join (select c.oid, case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname as name
          from pg_class c join pg_namespace n on n.oid = c.relnamespace) kept on kept.name = g.on_table
 where not exists (select from pg_trigger t
                    where t.tgrelid = kept.oid and t.tgfoid::regproc = to_regproc(g.function)
                      and t.tgenabled in ('O', 'A')
                      -- Append-only: before update, delete and truncate, for each statement, always.
                      and (g.function <> 'refuse_change'
                           or t.tgtype = 2 + 8 + 16 + 32 and t.tgqual is null and t.tgattr = '')
                      -- Asked for an operation is whoever changes what the runtime login may change.
                      and (g.function <> 'require_operation' or t.tgattr = ''
                           or not exists (select from pg_attribute a
                                           where a.attrelid = t.tgrelid and a.attnum > 0 and not a.attisdropped
                                             and a.attnum <> all (t.tgattr)
                                             and has_column_privilege('tellergraph_app', a.attrelid, a.attnum, 'update'))))
union all
select 'trigger ' || t.tgname || ' of ' || t.tgrelid::regclass || ' is disabled'
  from pg_trigger t join pg_class c on c.oid = t.tgrelid
 where c.relnamespace = 'public'::regnamespace and t.tgenabled not in ('O', 'A')
union all
select 'constraint ' || k.conname || ' of ' || k.conrelid::regclass || ' is not enforced'
  from pg_constraint k
 where k.connamespace = 'public'::regnamespace and not (k.conenforced and k.convalidated)
 order by 1;

-- list_ledger_faults --
select fault, subject from ledger_faults limit %(limit)s;

-- has_ledger --
select to_regclass('public.ledger_faults') is not null;
