-- get_jurisdiction --
-- Of the customer's oldest account that is open; the bank's own for who has none.
select coalesce((select a.jurisdiction::text from accounts a
                  where a.customer_id = %(customer_id)s and a.status <> 'closed' order by a.opened_at limit 1), 'GB') as country

-- open_care_case --
-- Null where one of the kind is open already.
select open_care_case(%(kind)s, %(said)s, %(turn_id)s, %(clocks)s, %(now)s) as reference

-- list_own_care_cases --
-- The customer's own, those that are not closed first. Nothing that staff wrote.
select c.reference, c.kind, c.opened_at, c.taken_at, c.closed_at,
       coalesce((select jsonb_agg(jsonb_build_object('kind', k.kind, 'rule', k.rule, 'due_on', k.due_on) order by k.due_on)
                   from care_clocks k where k.case_id = c.id), '[]') as clocks
  from care_cases c
 where c.customer_id = %(customer_id)s
 order by c.closed_at is not null, c.opened_at desc, c.id
 limit %(limit)s
