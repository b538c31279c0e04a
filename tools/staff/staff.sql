-- open_file --
-- Opens a customer's file for this transaction, and writes it down.
select open_customer_file(%(customer_id)s, %(reason)s, %(now)s)

-- open_file_of --
-- The same for whoever logs in with an e-mail address; null for nobody. The search is written down too.
select open_customer_file_of(%(email)s, %(reason)s, %(now)s) as customer_id

-- open_register --
-- Opens the audit log or the list of actions for this transaction, and writes it down.
select open_register(%(subject)s, %(reason)s, %(now)s)

-- file_customer --
-- Who the customer of an open file is.
select c.id, c.full_name as name, l.email, c.date_of_birth, c.phone, c.address_line, c.city, c.postcode, c.country,
       c.tier, c.kyc_status, c.kyc_level, c.created_at
  from customers c left join credentials l on l.customer_id = c.id
 where c.id = %(customer_id)s

-- file_accounts --
-- Every account of an open file, also closed ones.
select id, name, kind, currency, status, right(coalesce(account_number, iban, ''), 4) as last4, balance_minor, held_minor,
       overdraft_minor
  from accounts where customer_id = %(customer_id)s order by opened_at, name

-- file_cards --
-- Every card of an open file.
select kind, network, last4, status, expires_on from cards where customer_id = %(customer_id)s order by created_at, last4

-- file_payees --
-- Whom the customer of an open file pays.
select name, currency, right(coalesce(account_number, iban), 4) as last4
  from payees where customer_id = %(customer_id)s and removed_at is null order by name

-- file_transactions --
-- The latest transactions of an open file, with the entries that they were booked by.
select t.id, t.entry_id, a.name as account, t.kind, t.status, t.amount_minor, t.currency, t.description, t.occurred_at
  from transactions t join accounts a on a.id = t.account_id
 where t.customer_id = %(customer_id)s order by t.occurred_at desc, t.id desc limit %(limit)s

-- file_operations --
-- The latest lines of the command log of an open file.
select id, type, status, summary, initiated_by, error_code, created_at, completed_at
  from banking_operations where customer_id = %(customer_id)s order by created_at desc, id desc limit %(limit)s

-- list_audit --
-- The audit log below a line, newest first.
select id, actor, customer_id, action, resource, detail, at from audit_log
 where id < %(below)s order by id desc limit %(limit)s

-- list_audit_of_customer --
-- What the audit log says about one customer below a line, newest first.
select id, actor, customer_id, action, resource, detail, at from audit_log
 where customer_id = %(customer_id)s and id < %(below)s order by id desc limit %(limit)s

-- propose_action --
-- Files what somebody else is to approve, about the customer of an open file; null and a code when it cannot be done.
select action_id, refusal
  from propose_staff_action(%(kind)s, %(account_id)s, %(entry_id)s, %(overdraft_minor)s, %(currency)s, %(held_id)s,
                            %(reason)s, %(now)s, %(expires_at)s)

-- decide_action --
-- Does what was proposed or refuses it; nothing where it is over.
select decide_staff_action(%(action_id)s, %(decision)s, %(remark)s, %(now)s)

-- find_action --
-- One action of an open file, with the names of who proposed and who decided.
select s.id, s.kind, s.customer_id, s.account_id, s.entry_id, s.held_operation_id, s.overdraft_minor, s.currency, s.reason, s.status,
       s.error_code, s.remark, s.operation_id, s.created_at, s.decided_at, s.expires_at, m.full_name as maker,
       p.full_name as approver
  from staff_actions s join staff m on m.id = s.maker left join staff p on p.id = s.approver
 where s.id = %(action_id)s

-- list_actions --
-- The actions in one state, newest first. They do not say whose they are about.
select id, kind, status, maker, approver, created_at, expires_at, decided_at from list_staff_actions(%(status)s, %(limit)s)

-- open_action --
-- Opens the file of the customer that an action is about, and writes it down.
select open_staff_action(%(action_id)s, %(reason)s, %(now)s)

-- list_handoffs --
-- The hand-offs that wait for a colleague, the oldest first. They do not say whose they are.
select id, reference, requested_at from list_waiting_handoffs(%(limit)s)

-- take_handoff --
-- What a colleague gets with the conversation; nothing when somebody else has it. Opens the customer's file.
select id, reference, customer_id, status, requested_at, taken_at, closed_at, packet from take_handoff(%(handoff_id)s, %(now)s)

-- close_handoff --
-- The colleague who took it is done.
select id, reference, customer_id, status, requested_at, taken_at, closed_at, packet from close_handoff(%(handoff_id)s, %(now)s)

-- list_fraud_queue --
-- Fraud alerts in one state, the oldest first. They do not say whose they are.
select id, status, is_card, is_held, outcome, score, created_at, asked_at, answered_at
  from list_fraud_queue(%(status)s, %(limit)s)

-- open_alert --
-- Opens the file of the customer that an alert is about, and writes it down.
select open_alert_file(%(alert_id)s, %(reason)s, %(now)s)

-- move_alert --
-- Asks the customer or closes the alert; the code of the refusal, null for none.
select move_alert(%(alert_id)s, %(to)s, %(note)s, %(now)s) as refusal

-- find_alert --
-- One alert of an open file, with what was decided and why.
select f.id, f.customer_id, f.card_id, f.operation_id, f.transaction_id, f.status, f.reason, f.answer, f.note, f.created_at,
       f.asked_at, f.answered_at, f.closed_at, d.outcome, d.score, d.hits, d.rules_version, d.model_version,
       h.status as hold_status
  from fraud_alerts f
  left join fraud_decisions d on d.id = f.decision_id
  left join payment_holds h on h.operation_id = f.operation_id
 where f.id = %(alert_id)s
