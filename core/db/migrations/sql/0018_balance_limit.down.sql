drop trigger needs_operation on accounts;
create trigger needs_operation before insert or update or delete on accounts
    for each statement when (current_user <> 'tellergraph_owner') execute function require_operation();

drop trigger accounts_limit on accounts;
drop function keep_balance_limit;
alter table accounts
    add constraint accounts_balance_limit check (balance_minor >= -overdraft_minor and balance_minor <= most_minor);
comment on constraint accounts_balance_limit on accounts is
    'Nobody owes more than was agreed, and nobody pays more on a loan than is owed.';
