-- get_lending_policy --
-- The policy that holds now.
select (p).version, (p).approve_percent, (p).refuse_percent from (select lending_policy_at(%(now)s) as p) one

-- get_borrower --
-- What lending rules look at: who the customer is, what came in and went out in some whole months, what is owed.
select c.kyc_status, c.country, c.date_of_birth,
       exists (select 1 from accounts a where a.customer_id = %(customer_id)s and a.kind = 'current'
                  and a.status = 'open' and a.currency = %(currency)s) as has_current_account,
       exists (select 1 from loan_applications l where l.customer_id = %(customer_id)s and l.status = 'in_review')
           as has_open_application,
       round(coalesce(moved.income, 0) / %(months)s)::bigint as monthly_income,
       round(coalesce(moved.bills, 0) / %(months)s)::bigint as monthly_bills,
       coalesce(owed.loans, 0)::bigint as loans_owed,
       coalesce((select sum(l.payment_minor) from loans l
                  where l.customer_id = %(customer_id)s and l.settled_at is null), 0)::bigint as monthly_loan_payments,
       coalesce(owed.cards, 0)::bigint as cards_owed
  from customers c
  left join lateral (
      select sum(t.amount_minor) filter (where t.kind = 'salary') as income,
             sum(-t.amount_minor) filter (where t.kind <> 'salary') as bills
        from transactions t
       where t.customer_id = %(customer_id)s and t.occurred_at >= %(since)s and t.occurred_at < %(until)s
         and t.status = 'booked' and t.currency = %(currency)s
         and t.kind in ('salary', 'standing_order', 'direct_debit', 'subscription')) moved on true
  left join lateral (
      select sum(-a.balance_minor) filter (where a.kind = 'loan') as loans,
             sum(-a.balance_minor) filter (where a.kind = 'credit_card') as cards
        from accounts a
       where a.customer_id = %(customer_id)s and a.balance_minor < 0 and a.currency = %(currency)s) owed on true
 where c.id = %(customer_id)s

-- file_loan_application --
-- Stores the application that this transaction executes; pays out an approved one.
select file_loan_application(%(approved)s, %(now)s) as error_code

-- find_open_application --
-- The application that a person is looking at.
select id, amount_minor, currency, months
  from loan_applications
 where customer_id = %(customer_id)s and status = 'in_review'
 order by created_at
 limit 1

-- withdraw_application --
-- One that nobody has decided.
update loan_applications set status = 'withdrawn', decided_at = %(now)s
 where id = %(application_id)s and customer_id = %(customer_id)s and status = 'in_review'

-- list_loans --
-- The customer's loans, running ones first, with what is owed and the interest up to today.
select a.name, right(a.account_number, 4) as last4, l.account_id, a.currency, l.principal_minor,
       -a.balance_minor as owed_minor,
       l.interest_minor + loan_interest(-a.balance_minor, l.apr, l.interest_to, %(today)s) as accrued_minor,
       l.paid_minor, l.payment_minor, l.months, l.apr, l.paid_out_on, l.first_due_on, l.settled_at
  from loans l join accounts a on a.id = l.account_id
 where l.customer_id = %(customer_id)s
 order by l.settled_at is not null, l.paid_out_on, a.name

-- list_loan_applications --
-- The latest first.
select id, status, amount_minor, currency, months, apr, payment_minor, purpose, created_at
  from loan_applications
 where customer_id = %(customer_id)s
 order by created_at desc
 limit 20

-- post_loan_payment --
-- Takes the payment that this transaction executes.
select post_loan_payment(%(now)s) as error_code

-- lock_customer --
-- Until the transaction ends, nothing else that counts what the customer owes or spends goes on.
select id from customers where id = %(customer_id)s for no key update
