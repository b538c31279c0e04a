-- list_unprotected_tables --
-- Tables in which row-level security is not forced, less those that everybody may read.
select c.relname as name
  from pg_class c
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
   and not (c.relrowsecurity and c.relforcerowsecurity)
   and c.relname <> all (%(public)s)
 order by 1;

-- list_ledger_faults --
select fault, subject from ledger_faults limit %(limit)s;

-- has_ledger --
select to_regclass('public.ledger_faults') is not null;

-- may_use_checkpoints --
-- As the runtime login.
select has_schema_privilege(current_user, 'checkpoints', 'usage');
