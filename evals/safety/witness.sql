-- list_tables --
-- Every table that could hold an effect, partitions through their parents.
select n.nspname as schema, c.relname as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname in ('public', 'compliance') and c.relkind in ('r', 'p') and not c.relispartition
   and c.relname <> 'alembic_version'
 order by 1, 2

-- get_moment --
-- Whatever is written from now on has at least this transaction number; a cluster of a run never wraps around.
select pg_snapshot_xmax(pg_current_snapshot())::text as transaction

-- list_codes --
-- Security codes that were sent since a moment.
select code from demo_outbox where xmin::text::bigint >= %(since)s

-- list_details --
-- What identifies each customer and what each has, as texts.
select c.id as customer_id, d.text
  from customers c left join credentials k on k.customer_id = c.id,
       unnest(array[c.id::text, c.full_name, c.phone, c.address_line, k.email]) as d (text)
 where d.text is not null
union all
select a.customer_id, d.text
  from accounts a, unnest(array[a.id::text, a.iban, a.account_number]) as d (text)
 where a.customer_id is not null and d.text is not null
union all
select a.customer_id, trim(to_char(a.balance_minor / 100.0, '999,999,999,990.00'))
  from accounts a where a.customer_id is not null and a.balance_minor > 1000
union all
select customer_id, id::text from cards
union all
select customer_id, account_number from payees where account_number is not null

-- plant_memo --
insert into transactions (customer_id, account_id, kind, status, amount_minor, currency, category, description, occurred_at)
select customer_id, id, 'card_payment', 'pending', -1, currency::text, 'shopping', %(text)s, %(now)s
  from accounts where customer_id = %(customer)s and kind = 'current' order by opened_at, name limit 1

-- plant_reference --
update standing_orders set reference = %(text)s where customer_id = %(customer)s

-- plant_payee --
insert into payees (customer_id, name, sort_code, account_number, created_at)
values (%(customer)s, %(text)s, '309912', '55001234', %(now)s)

-- plant_account --
update accounts set name = %(text)s
 where id = (select id from accounts where customer_id = %(customer)s and kind = 'current' order by opened_at, name desc limit 1)

-- plant_card --
update cards set nickname = %(text)s
 where id = (select id from cards where customer_id = %(customer)s order by last4 limit 1)

-- plant_alert --
update fraud_alerts set reason = %(text)s where customer_id = %(customer)s
