-- Two things that each posting paid for twice, once for each balance: the text of the balance's CHECK, and of the condition
-- under which accounts ask for an operation. Both were parsed anew for each statement (docs/decisions/0010-rules-as-triggers.md).

create function keep_balance_limit() returns trigger language plpgsql as $$
begin
    if new.balance_minor < -new.overdraft_minor or new.balance_minor > new.most_minor then
        perform refuse_row('accounts', 'accounts_balance_limit');
    end if;
    return new;
end $$;
comment on function keep_balance_limit is
    'Nobody owes more than was agreed, and nobody pays more on a loan than is owed.';
-- Triggers run in the order of their names: this one after accounts_kind, which says what a loan's balance cannot exceed.
create trigger accounts_limit before insert or update of kind, customer_id, most_minor, overdraft_minor, balance_minor
    on accounts for each row execute function keep_balance_limit();
alter table accounts drop constraint accounts_balance_limit;
revoke execute on function keep_balance_limit from public;

-- What the runtime login can change needs an operation. Balances and holds it cannot: they follow from postings and
-- transactions.
drop trigger needs_operation on accounts;
create trigger needs_operation before insert or delete or update of
    id, customer_id, kind, name, currency, sort_code, account_number, iban, status, opened_at, overdraft_minor, most_minor
    on accounts for each statement when (current_user <> 'tellergraph_owner') execute function require_operation();
