-- open_dispute_file --
-- Opens the file of the dispute's customer for this transaction, and writes it down.
select open_dispute_file(%(dispute_id)s, %(reason)s, %(now)s)

-- list_open_disputes --
-- What is not decided, the next deadline first. It does not say whose it is.
select id, reference, state, reason, regime, opened_at, next_clock, next_due_on from list_open_disputes(%(limit)s)

-- get_dispute --
-- Of an open file.
select d.id, d.reference, d.customer_id, d.reason, d.state, d.kind, d.regime, d.jurisdiction::text as jurisdiction,
       d.amount_minor, d.currency, d.description, d.liability_minor, d.opened_at, d.credited_at, d.decided_at,
       d.credited_entry, d.reversal_entry, t.id as transaction_id, t.entry_id, t.description as payment,
       t.status as payment_status, t.occurred_at as paid_at
  from disputes d join transactions t on t.id = d.transaction_id
 where d.id = %(dispute_id)s

-- list_clocks --
-- Every clock of a dispute of an open file.
select kind, rule, due_on, ended_at, outcome from dispute_clocks where dispute_id = %(dispute_id)s order by due_at, kind

-- list_events --
-- Everything that happened, also what the customer is not shown.
select kind, actor, is_shown, detail, at from dispute_events where dispute_id = %(dispute_id)s order by id

-- list_evidence --
-- What the customer sent.
select e.attachment_id, e.note, e.at, a.name, a.media_type, a.size_bytes
  from dispute_evidence e left join attachments a on a.id = e.attachment_id
 where e.dispute_id = %(dispute_id)s order by e.at

-- find_evidence --
-- Whose file it is, if it was sent for this dispute.
select customer_id from dispute_evidence where dispute_id = %(dispute_id)s and attachment_id = %(attachment_id)s

-- list_actions --
-- What staff proposed, the latest first.
select s.id, s.kind, s.status, s.reason, m.full_name as maker, p.full_name as approver, s.remark, s.error_code, s.created_at,
       s.expires_at, s.decided_at
  from dispute_actions s join staff m on m.id = s.maker left join staff p on p.id = s.approver
 where s.dispute_id = %(dispute_id)s order by s.created_at desc

-- work_on_dispute --
select work_on_dispute(%(dispute_id)s, %(to)s, %(request)s, %(clocks)s, %(now)s) as refusal

-- propose_dispute_action --
select action_id, refusal
  from propose_dispute_action(%(dispute_id)s, %(kind)s, %(reason)s, %(now)s, %(expires_at)s)

-- find_dispute_of_action --
-- Of an open file.
select id as action_id, dispute_id, kind, status, error_code from dispute_actions
 where id = %(action_id)s and dispute_id = %(dispute_id)s

-- decide_dispute_action --
select decide_dispute_action(%(action_id)s, %(decision)s, %(remark)s, %(clocks)s, %(now)s)
