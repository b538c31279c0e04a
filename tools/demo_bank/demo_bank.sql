-- lock_loading --
-- One loader or reset at a time; the second waits and then finds the work done.
select pg_advisory_xact_lock(hashtext('tellergraph demo bank'))

-- open_outbox --
-- Under the loaders' lock: processes that start together would grant at the same moment, which PostgreSQL refuses.
do $$
begin
    if not has_table_privilege('tellergraph_app', 'demo_outbox', 'insert') then
        perform pg_advisory_xact_lock(hashtext('tellergraph demo bank'));
        grant insert on demo_outbox to tellergraph_app;
    end if;
end $$

-- close_outbox --
-- As open_outbox.
do $$
begin
    if has_table_privilege('tellergraph_app', 'demo_outbox', 'insert') then
        perform pg_advisory_xact_lock(hashtext('tellergraph demo bank'));
        revoke insert on demo_outbox from tellergraph_app;
    end if;
end $$

-- is_loaded --
select exists (select 1 from customers where id = %(alex)s) as loaded

-- list_forced --
-- Tables whose owner is held to row-level security: COPY refuses them.
select relname from pg_class where oid = any (%(tables)s::regclass[]) and relforcerowsecurity order by relname

-- list_foreign_keys --
select conrelid::regclass::text as table_name, conname as name, pg_get_constraintdef(oid) as definition
  from pg_constraint where contype = 'f' and conrelid = any (%(tables)s::regclass[]) order by conname

-- list_secondary_indexes --
-- Indexes that no constraint needs.
select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
  from pg_index i
 where i.indrelid = any (%(tables)s::regclass[])
   and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)
 order by 1

-- add_internal_account --
-- The bank's own account, made now if it is missing.
insert into accounts (id, kind, name, currency, opened_at) values (%(id)s, 'internal', %(name)s, %(currency)s, %(now)s)
on conflict (name, currency) where customer_id is null do nothing

-- list_internal_accounts --
select name, currency, id::text as id from accounts where customer_id is null

-- last_numbers --
select coalesce((select max(id) from journal_entries), 0) as entry,
       coalesce((select max(id) from postings), 0) as posting,
       coalesce((select max(id) from transactions), 0) as transaction

-- set_last_numbers --
select setval(pg_get_serial_sequence('journal_entries', 'id'), %(entry)s),
       setval(pg_get_serial_sequence('postings', 'id'), %(posting)s),
       setval(pg_get_serial_sequence('transactions', 'id'), %(transaction)s)

-- add_up_balances --
-- What the trigger does for each posting, once for all.
update accounts a set balance_minor = s.total
  from (select account_id, sum(amount_minor) as total from postings where customer_id is not null group by account_id) s
 where a.id = s.account_id and a.balance_minor <> s.total

-- list_misplaced --
-- The first posting whose currency or customer is not its account's.
select 'posting is not of its account''s currency or customer' as fault, min(p.id)::text as subject
  from postings p join accounts a on a.id = p.account_id
 where a.currency <> p.currency or a.customer_id is distinct from p.customer_id
having count(*) > 0

-- list_faults --
select fault, subject from ledger_faults limit 5

-- remember_payments --
-- As events of fraud scoring, with the totals of days that are over.
select settle_fraud_days(%(settled)s) from remember_transactions()

-- count_rows --
select (select count(*) from customers) as customers, (select count(*) from accounts) as accounts,
       (select count(*) from cards) as cards, (select count(*) from transactions) as transactions,
       (select count(*) from postings) as postings

-- add_missing_terms --
insert into product_terms (code, product, kind, label, amount_minor, currency, percent, quantity, unit)
select code, product, kind, label, amount_minor, currency, percent, quantity, unit
  from jsonb_populate_recordset(null::product_terms, %(terms)s)
on conflict (code) do nothing

-- add_first_rates --
-- Of a bank that has none.
insert into fx_rates (base, quote, rate, as_of)
select base, quote, rate, as_of from jsonb_populate_recordset(null::fx_rates, %(rates)s)
 where not exists (select 1 from fx_rates)
on conflict (base, quote, as_of) do nothing

-- add_first_branches --
-- Of a bank that has none, with their opening hours.
with added as (
    insert into branches (id, name, address_line, city, postcode, has_quiet_room)
    select id, name, address_line, city, postcode, has_quiet_room
      from jsonb_populate_recordset(null::branches, %(branches)s)
     where not exists (select 1 from branches)
    on conflict do nothing
    returning id
)
insert into opening_hours (branch_id, day, opens, closes)
select branch_id, day, opens, closes
  from jsonb_populate_recordset(null::opening_hours, %(hours)s)
 where (select count(*) from added) > 0
on conflict do nothing
