-- lock_ledger --
-- Writers wait; readers do not.
lock table journal_entries, postings, transactions in share row exclusive mode

-- set_patience --
-- How long to wait for any lock.
select set_config('lock_timeout', %(milliseconds)s || 'ms', true)

-- list_own_entries --
-- Entries that touch the customer, and whether another customer is in them too.
select e.entry_id as id,
       exists (select 1 from postings o where o.entry_id = e.entry_id and o.customer_id <> %(customer)s) as shared
  from (select distinct p.entry_id from postings p
         where p.account_id in (select id from accounts where customer_id = %(customer)s)) e

-- hand_over_postings --
-- In an entry shared with another customer, clearing takes this customer's side: the other keeps what happened to them.
update postings p set account_id = c.id, customer_id = null
  from accounts c
 where c.customer_id is null and c.name = %(clearing)s and c.currency = p.currency
   and p.entry_id = any (%(entries)s) and p.customer_id = %(customer)s

-- delete_postings --
-- Also the bank's side. The customer's balances go with the accounts, and the bank's are sums.
delete from postings where entry_id = any (%(entries)s)

-- delete_entries --
delete from journal_entries where id = any (%(entries)s)

-- delete_conversations --
-- Turns and messages go with their sessions.
delete from chat_sessions where owner = %(subject)s

-- reserve_numbers --
select nextval(pg_get_serial_sequence(%(table)s, 'id')) as number from generate_series(1, %(count)s)

-- remember_own --
-- What the customer paid, as events of fraud scoring.
select remember_transactions(%(customer)s)

-- record_reset --
insert into audit_log (actor, customer_id, action, resource, at)
values ('operator', %(customer)s::uuid, 'demo.reset', 'customer:' || %(customer)s::text, %(now)s)
