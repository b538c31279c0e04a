-- get_jurisdiction --
-- Of the customer's oldest account that is open; the bank's own for who has none.
select coalesce((select a.jurisdiction::text from accounts a
                  where a.customer_id = %(customer_id)s and a.status <> 'closed' order by a.opened_at limit 1), 'GB') as country

-- open_care_case --
-- Null where one of the kind is open already.
select open_care_case(%(kind)s, %(said)s, %(turn_id)s, %(clocks)s, %(now)s) as reference
