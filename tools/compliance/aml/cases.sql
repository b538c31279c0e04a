-- list_cases --
-- The oldest first. They do not say whose they are.
select id, reference, status, opened_at, assigned_to, rules, alerts
  from compliance.list_cases(%(status)s, %(limit)s, %(now)s)

-- get_case --
-- Reading is on record.
select compliance.get_case(%(case_id)s, %(action)s, %(reason)s, %(now)s) as document

-- open_case --
select compliance.open_case(%(customer_id)s, %(reason)s, %(now)s) as id

-- add_note --
select compliance.add_note(%(case_id)s, %(text)s, %(now)s)

-- assign_case --
select compliance.assign_case(%(case_id)s, %(to)s, %(now)s)

-- propose_closing --
select compliance.propose_closing(%(case_id)s, %(outcome)s, %(reason)s, %(now)s)

-- decide_closing --
select compliance.decide_closing(%(case_id)s, %(decision)s, %(remark)s, %(now)s)
