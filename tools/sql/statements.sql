-- get_holder --
-- What stands at the top of a statement.
select c.full_name, c.address_line, c.city, c.postcode, a.sort_code, a.account_number, a.iban,
       (select quantity from terms_at(%(now)s) where code = 'statement.history') as years
  from accounts a join customers c on c.id = a.customer_id
 where a.id = %(account_id)s and a.customer_id = %(customer_id)s

-- list_closed_accounts --
-- As list_accounts, of those that are closed.
select a.id, a.name, a.kind, a.currency, a.status, a.balance_minor, a.overdraft_minor,
       right(coalesce(a.account_number, a.iban, ''), 4) as last4, a.held_minor
  from accounts a
 where a.customer_id = %(customer_id)s and a.status = 'closed'
 order by a.opened_at desc, a.id

-- get_statement --
-- The postings of a period, oldest first, each with the transaction that it is the other side of; nulls when there are
-- none. The opening balance is the sum of what was before; the closing one is the balance that the ledger keeps, less
-- what came after. One statement, so that nothing is booked in between.
with bounds as (
    select (select coalesce(sum(p.amount_minor), 0)::bigint from postings p
             where p.account_id = a.id and p.booked_at < %(since)s and p.customer_id = %(customer_id)s) as opening_minor,
           a.balance_minor - (select coalesce(sum(p.amount_minor), 0)::bigint from postings p
             where p.account_id = a.id and p.booked_at >= %(until)s and p.customer_id = %(customer_id)s) as closing_minor
      from accounts a
     where a.id = %(account_id)s and a.customer_id = %(customer_id)s
), booked as (
    select p.id, p.entry_id, p.amount_minor, p.booked_at,
           row_number() over (partition by p.entry_id, p.amount_minor order by p.id) as nth
      from postings p
     where p.account_id = %(account_id)s and p.booked_at >= %(since)s and p.booked_at < %(until)s
       and p.customer_id = %(customer_id)s
     order by p.booked_at, p.id
     limit %(limit)s
), said as (
    select t.id, t.entry_id, t.amount_minor, t.description, t.kind,
           row_number() over (partition by t.entry_id, t.amount_minor order by t.id) as nth
      from transactions t
     where t.entry_id in (select entry_id from booked) and t.account_id = %(account_id)s
       and t.customer_id = %(customer_id)s
)
select u.opening_minor, u.closing_minor, b.amount_minor, b.booked_at,
       coalesce(s.description, e.description) as description, coalesce(s.kind, e.kind) as kind, s.id as transaction_id
  from bounds u
  left join booked b on true
  left join said s on s.entry_id = b.entry_id and s.amount_minor = b.amount_minor and s.nth = b.nth
  left join journal_entries e on e.id = b.entry_id and s.id is null
 order by b.booked_at, b.id
