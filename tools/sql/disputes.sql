-- get_disputed_payment --
-- The facts that the rules ask about. The first deposit: when money first came into the account.
select t.id, t.kind, t.status, t.amount_minor, t.currency, t.description, coalesce(t.booked_at, t.occurred_at) as booked_at,
       t.card_id is not null as is_card,
       exists (select from transactions o where o.entry_id = t.entry_id and o.customer_id = %(customer_id)s
                  and o.amount_minor > 0) as is_own,
       a.kind = 'credit_card' as is_credit, a.jurisdiction::text as country,
       m.country::text as merchant_country, c.last4 as card_last4,
       coalesce((select f.occurred_at from transactions f
                  where f.account_id = t.account_id and f.customer_id = %(customer_id)s and f.amount_minor > 0
                    and f.status = 'booked' order by f.occurred_at limit 1), a.opened_at) as first_deposit_at
  from transactions t
  join accounts a on a.id = t.account_id
  left join cards c on c.id = t.card_id
  left join merchants m on m.id = t.merchant_id
 where t.id = %(transaction_id)s and t.customer_id = %(customer_id)s

-- file_dispute --
select file_dispute(%(transaction_id)s, %(reason)s, %(amount_minor)s, %(description)s, %(terms)s, %(now)s) as refusal

-- list_disputes --
-- The customer's disputes, the latest first.
select d.id, d.reference, d.reason, d.state, d.kind, d.amount_minor, d.currency, d.opened_at, d.credited_at, d.decided_at,
       d.reversal_entry is not null as is_taken_back, t.description as payment, t.occurred_at as paid_at, d.transaction_id,
       (select c.amount_minor from transactions c
         where c.entry_id = d.credited_entry and c.customer_id = %(customer_id)s) as credited_minor
  from disputes d join transactions t on t.id = d.transaction_id
 where d.customer_id = %(customer_id)s
 order by d.opened_at desc
 limit %(limit)s

-- find_dispute --
-- One of the customer's, by its reference.
select d.id, d.reference, d.reason, d.state, d.kind, d.amount_minor, d.currency, d.opened_at, d.credited_at, d.decided_at,
       d.reversal_entry is not null as is_taken_back, t.description as payment, t.occurred_at as paid_at, d.transaction_id,
       (select c.amount_minor from transactions c
         where c.entry_id = d.credited_entry and c.customer_id = %(customer_id)s) as credited_minor
  from disputes d join transactions t on t.id = d.transaction_id
 where d.customer_id = %(customer_id)s and d.reference = %(reference)s

-- list_dispute_clocks --
-- What the bank and the customer still have to do by when.
select kind, rule, due_on from dispute_clocks
 where dispute_id = %(dispute_id)s and customer_id = %(customer_id)s and ended_at is null
 order by due_at, kind

-- list_dispute_events --
-- What has happened, as the customer sees it, in order.
select kind, detail, at from dispute_events
 where dispute_id = %(dispute_id)s and customer_id = %(customer_id)s
 order by id
 limit %(limit)s

-- add_dispute_evidence --
select add_dispute_evidence(%(dispute_id)s, %(attachment_id)s, %(note)s, %(now)s) as refusal

-- withdraw_dispute --
select withdraw_dispute(%(dispute_id)s, %(now)s) as refusal
