-- find_waiting_proposal --
-- What else waits for the customer's yes, in the conversation of a turn or, without one, anywhere.
select o.id from banking_operations o
 where o.customer_id = %(customer_id)s and o.status = 'pending' and o.expires_at > %(now)s and o.type <> 'request_handoff'
   and (%(turn_id)s::uuid is null
        or o.turn_id in (select other.id from chat_turns this join chat_turns other on other.session_id = this.session_id
                          where this.id = %(turn_id)s))
 order by o.created_at desc
 limit 1

-- find_open_handoff --
select h.reference, h.requested_at from handoffs h where h.customer_id = %(customer_id)s and h.status = 'open'

-- get_handoff_of_operation --
select h.reference, h.requested_at from handoffs h
 where h.customer_id = %(customer_id)s and h.operation_id = %(operation_id)s

-- list_handoff_messages --
-- The conversation from which the hand-off that is being executed was asked for, the latest first, with the tools of each
-- answer. Masked, as it is stored.
select m.role, m.content, m.citations, m.created_at, m.turn_id,
       coalesce(t.outcome -> 'tool_calls', '[]') as tool_calls
  from banking_operations o
  join chat_turns asked on asked.id = o.turn_id
  join chat_messages m on m.session_id = asked.session_id
  join chat_turns t on t.id = m.turn_id
 where o.customer_id = %(customer_id)s and o.id = current_operation_id()
 order by m.id desc
 limit %(limit)s

-- list_handoff_operations --
-- What was prepared or done in that conversation, and what waited when the hand-off was asked for.
select o.id, o.type, o.status, o.summary, o.created_at, o.completed_at, c.verified_at is not null as has_code
  from banking_operations o
  left join step_up_challenges c on c.operation_id = o.id
 where o.customer_id = %(customer_id)s
   and (o.id = %(proposal_id)s::uuid
        or o.turn_id in (select other.id from banking_operations h
                           join chat_turns this on this.id = h.turn_id
                           join chat_turns other on other.session_id = this.session_id
                          where h.customer_id = %(customer_id)s and h.id = current_operation_id()))
   and o.id <> current_operation_id()
 order by o.created_at
 limit %(limit)s

-- insert_handoff --
-- Nothing while another one waits.
insert into handoffs (customer_id, packet, requested_at)
values (%(customer_id)s, %(packet)s, %(now)s)
on conflict do nothing

-- insert_complaint --
insert into complaints (customer_id, category, text, received_at, acknowledged_by, answer_by)
values (%(customer_id)s, %(category)s, %(text)s, %(now)s, %(acknowledged_by)s, %(answer_by)s)

-- list_complaints --
-- The customer's complaints, the latest first, with those that were heard in passing and have a case.
select c.reference, c.category, c.text, c.status, c.received_at, c.acknowledged_by, c.answer_by
  from complaints c
 where c.customer_id = %(customer_id)s
union all
select c.reference, 'other', c.said, case when c.closed_at is null then 'received' else 'answered' end, c.opened_at,
       min(k.due_on), max(k.due_on)
  from care_cases c
  join care_clocks k on k.case_id = c.id
 where c.customer_id = %(customer_id)s and c.kind = 'complaint'
 group by c.id, c.reference, c.said, c.closed_at, c.opened_at
 order by received_at desc
 limit %(limit)s

-- list_taken_slots --
-- Times at which a branch's adviser has somebody, whoever that is.
select starts_at from list_taken_slots(%(branch_id)s, %(since)s, %(until)s) starts_at

-- list_appointments --
-- What the customer has booked and what lies ahead of them, the next first.
select a.id, a.reference, b.name as branch, b.address_line || ', ' || b.city || ' ' || b.postcode as address, a.topic,
       a.starts_at
  from appointments a join branches b on b.id = a.branch_id
 where a.customer_id = %(customer_id)s and a.status = 'booked' and a.starts_at > %(now)s
 order by a.starts_at

-- insert_appointment --
-- Nothing where somebody was quicker, or the customer is elsewhere then.
insert into appointments (customer_id, branch_id, topic, starts_at, booked_at)
values (%(customer_id)s, %(branch_id)s, %(topic)s, %(starts_at)s, %(now)s)
on conflict do nothing

-- cancel_appointment --
update appointments set status = 'cancelled', cancelled_at = %(now)s
 where id = %(appointment_id)s and customer_id = %(customer_id)s and status = 'booked' and starts_at > %(now)s

-- insert_callback --
-- Nothing where the customer is called at that time already.
insert into callbacks (customer_id, phone, is_on_file, topic, starts_at, ends_at, requested_at)
values (%(customer_id)s, %(phone)s, %(is_on_file)s, %(topic)s, %(starts_at)s, %(ends_at)s, %(now)s)
on conflict do nothing
