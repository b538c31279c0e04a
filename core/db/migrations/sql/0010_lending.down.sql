-- What was posted stays posted; what is owed on a loan is owed on an account with a limit.
drop trigger fx_deals_limit on fx_deals;
drop function check_exchange_limit, exchanged_since;
drop function post_loan_payment, pay_out_loan, file_loan_application, executing_operation, loan_interest;
alter table accounts drop constraint accounts_loan_owes;
drop table loans, loan_applications;
update accounts set kind = 'credit_card' where kind = 'loan';
drop function guard_application_status, lending_policy_at;
drop table lending_policies;

do $$
declare
    gone uuid[] := array(select id from banking_operations
                          where type in ('apply_for_loan', 'withdraw_loan_application', 'pay_loan'));
begin
    delete from demo_outbox where operation_id = any (gone);
    delete from step_up_tries where operation_id = any (gone);
    delete from step_up_challenges where operation_id = any (gone);
    delete from confirmation_slips where operation_id = any (gone);
    delete from banking_operations where id = any (gone);
end $$;
delete from operation_types where type in ('apply_for_loan', 'withdraw_loan_application', 'pay_loan');
