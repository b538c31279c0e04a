-- list_accounts --
-- The customer's accounts that are not closed, with ledger balance and holds.
select a.id, a.name, a.kind, a.currency, a.status, a.balance_minor, a.overdraft_minor,
       right(coalesce(a.account_number, a.iban, ''), 4) as last4, a.held_minor
  from accounts a
 where a.customer_id = %(customer_id)s and a.status <> 'closed'
 order by array_position(array['current', 'savings', 'credit_card', 'loan'], a.kind), a.opened_at, a.name

-- get_account_details --
-- What a list does not show: numbers, cards, the day it was opened.
select a.sort_code, a.account_number, a.iban, a.opened_at,
       array(select c.last4::text from cards c
              where c.account_id = a.id and c.status <> 'closed' and c.customer_id = %(customer_id)s
              order by c.created_at, c.last4) as cards
  from accounts a
 where a.id = %(account_id)s and a.customer_id = %(customer_id)s

-- get_holdings --
-- What the rules for another account look at.
select c.kyc_status, h.names, h.savings, h.current_currencies,
       (select quantity from terms_at(%(now)s) where code = 'account.savings.max') as most_savings
  from customers c,
       (select coalesce(array_agg(lower(a.name)), '{}') as names,
               count(*) filter (where a.kind = 'savings') as savings,
               coalesce(array_agg(a.currency::text) filter (where a.kind = 'current'), '{}') as current_currencies
          from accounts a where a.customer_id = %(customer_id)s and a.status <> 'closed') h
 where c.id = %(customer_id)s

-- lock_accounts --
-- One change of a customer's accounts at a time; who refers to one of them waits.
select a.id from accounts a where a.customer_id = %(customer_id)s order by a.id for update

-- take_account_number --
select nextval('account_numbers') as number

-- insert_account --
insert into accounts (id, customer_id, kind, name, currency, sort_code, account_number, iban, opened_at)
values (%(id)s, %(customer_id)s, %(kind)s, %(name)s, %(currency)s, %(sort_code)s, %(account_number)s, %(iban)s, %(now)s)

-- get_closing_facts --
-- What the rules for closing an account look at.
select a.name, a.kind, a.currency::text as currency, a.status, a.balance_minor, a.held_minor,
       array(select coalesce(p.name, o.name) from standing_orders s
               left join payees p on p.id = s.payee_id left join accounts o on o.id = s.to_account_id
              where a.id in (s.account_id, s.to_account_id) and s.status in ('active', 'paused')
                and s.customer_id = %(customer_id)s
              order by 1) as standing_orders,
       array(select coalesce(p.name, o.name) from scheduled_payments s
               left join payees p on p.id = s.payee_id left join accounts o on o.id = s.to_account_id
              where a.id in (s.account_id, s.to_account_id) and s.status = 'scheduled'
                and s.customer_id = %(customer_id)s
              order by 1) as scheduled,
       array(select c.last4::text from cards c
              where c.account_id = a.id and c.status = 'active' and c.customer_id = %(customer_id)s
              order by c.last4) as active_cards,
       array(select d.reference from disputes d
              where d.account_id = a.id and d.customer_id = %(customer_id)s
                and (d.decided_at is null
                     or d.state = 'resolved_for_merchant' and d.credited_entry is not null and d.reversal_entry is null)
              order by d.opened_at) as disputes,
       (select count(*) from accounts o
         where o.customer_id = %(customer_id)s and o.kind = 'current' and o.status <> 'closed' and o.id <> a.id
       ) as other_current_accounts
  from accounts a
 where a.id = %(account_id)s and a.customer_id = %(customer_id)s and a.status <> 'closed'

-- close_cards_of_account --
-- Those that could come back.
update cards set status = 'closed'
 where account_id = %(account_id)s and customer_id = %(customer_id)s and status in ('frozen', 'pending_activation')

-- close_account --
update accounts set status = 'closed' where id = %(account_id)s and customer_id = %(customer_id)s and status = 'open'

-- rename_account --
update accounts set name = %(name)s
 where id = %(account_id)s and customer_id = %(customer_id)s and name = %(from_name)s and status <> 'closed'
