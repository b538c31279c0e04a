-- list_care_cases --
-- What is open, the next clock first. It does not say whose it is.
select id, reference, kind, opened_at, is_taken, next_clock, next_due_on from list_care_cases(%(limit)s)

-- take_care_case --
select id, reference, customer_id, kind, said, opened_at, taken_at, closed_at, outcome from take_care_case(%(case_id)s, %(now)s)

-- close_care_case --
select id, reference, customer_id, kind, said, opened_at, taken_at, closed_at, outcome
  from close_care_case(%(case_id)s, %(outcome)s, %(now)s)
