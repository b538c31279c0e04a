-- insert_tool_call --
-- A line of the customer's ledger; none for somebody who is no longer there, and who is told so by what they asked for.
insert into tool_calls (customer_id, tool, door, outcome, turn_id, at)
select %(customer_id)s, %(tool)s, %(door)s, %(outcome)s, %(turn_id)s, %(now)s
 where exists (select from customers where id = %(customer_id)s)

-- list_activity --
-- What was done for the customer, newest first, below a place in the list.
select key, at, kind, subject, door, outcome, turn_id
  from list_activity(%(before)s::timestamptz, %(before_key)s::text, %(limit)s::integer)
