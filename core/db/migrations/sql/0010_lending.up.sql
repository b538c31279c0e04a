-- Personal loans: what customers apply for, the account that holds what is owed, and payments with their interest.
-- Exchange of one day has its published maximum.

create table lending_policies (
    version         text primary key,
    active_from     timestamptz not null unique,
    approve_percent numeric(5, 2) not null check (approve_percent >= 0),
    refuse_percent  numeric(5, 2) not null,
    check (approve_percent <= refuse_percent)
);
comment on table lending_policies is
    'How much of what is left of a customer''s income each month a loan''s payment may take: up to approve_percent the '
    'rules approve, above refuse_percent they refuse, and in between a person looks. The latest active one holds.';
insert into lending_policies values ('2026-11', '2020-01-01', 40, 80);
grant select on lending_policies to tellergraph_app;

create function lending_policy_at(p_at timestamptz) returns lending_policies
    language sql stable
    return (select p from lending_policies p where active_from <= p_at order by active_from desc limit 1);

create table loan_applications (
    id              uuid primary key default uuidv7(),
    customer_id     uuid not null references customers,
    operation_id    uuid not null unique references banking_operations,
    account_id      uuid not null references accounts,
    status          text not null check (status in ('approved', 'in_review', 'withdrawn')),
    amount_minor    bigint not null check (amount_minor > 0),
    currency        char(3) not null references currencies,
    months          smallint not null check (months > 0),
    apr             numeric(6, 3) not null check (apr >= 0),
    payment_minor   bigint not null check (payment_minor > 0),
    purpose         text not null,
    policy_version  text not null references lending_policies,
    created_at      timestamptz not null,
    decided_at      timestamptz,
    check ((status = 'in_review') = (decided_at is null))
);
comment on column loan_applications.account_id is 'The current account that the money goes to.';
comment on column loan_applications.apr is 'Percent a year, the fixed effective rate.';
create index loan_applications_customer on loan_applications (customer_id, created_at desc);
create index loan_applications_account on loan_applications (account_id);
select protect_customer_table('loan_applications');
grant select on loan_applications to tellergraph_app;
grant update (status, decided_at) on loan_applications to tellergraph_app;

create function guard_application_status() returns trigger language plpgsql as $$
begin
    if current_user <> 'tellergraph_owner' and (old.status, new.status) <> ('in_review', 'withdrawn') then
        raise exception 'application % cannot go from % to %', old.id, old.status, new.status using errcode = 'TG050';
    end if;
    return new;
end $$;
create trigger loan_applications_status before update of status on loan_applications
    for each row execute function guard_application_status();

create table loans (
    account_id      uuid primary key references accounts,
    customer_id     uuid not null references customers,
    application_id  uuid not null unique references loan_applications,
    principal_minor bigint not null check (principal_minor > 0),
    months          smallint not null check (months > 0),
    apr             numeric(6, 3) not null check (apr >= 0),
    payment_minor   bigint not null check (payment_minor > 0),
    paid_out_on     date not null,
    first_due_on    date not null check (first_due_on > paid_out_on),
    paid_minor      bigint not null default 0 check (paid_minor >= 0),
    interest_minor  bigint not null default 0 check (interest_minor >= 0),
    interest_to     date not null,
    settled_at      timestamptz
);
comment on column loans.payment_minor is 'The monthly payment. The last one settles what is left.';
comment on column loans.interest_minor is 'Accrued up to interest_to and not paid yet; it bears no interest itself.';
create index loans_customer on loans (customer_id);
select protect_customer_table('loans');
grant select on loans to tellergraph_app;

alter table accounts add constraint accounts_loan_owes check (kind <> 'loan' or balance_minor <= 0);
comment on constraint accounts_loan_owes on accounts is 'Nobody pays more on a loan than is owed.';

create function loan_interest(p_minor bigint, p_apr numeric, p_from date, p_to date) returns bigint
    language plpgsql immutable set search_path = pg_catalog, public, pg_temp as $$
declare
    whole_months integer := (extract(year from p_to) - extract(year from p_from)) * 12
                           + extract(month from p_to) - extract(month from p_from);
    days integer;
begin
    if p_to <= p_from then return 0; end if;
    if (p_from + make_interval(months => whole_months))::date > p_to then
        whole_months := whole_months - 1;
    end if;
    days := p_to - (p_from + make_interval(months => whole_months))::date;
    return round(p_minor * (power(1 + p_apr / 100, whole_months / 12::numeric + days / 365::numeric) - 1));
end $$;
comment on function loan_interest is
    'Interest in minor units, half away from zero, at an effective yearly rate in percent. Time is counted as the APR '
    'formula counts it (Directive 2008/48/EC, Annex I; FCA Handbook, CONC App 1.2): whole months as twelfths of a year, '
    'further days as 365ths. tools/lending/maths.py has the same.';

insert into operation_types (type, posts, limited, step_up) values
    ('apply_for_loan', false, false, 'always'),
    ('withdraw_loan_application', false, false, 'never'),
    ('pay_loan', false, false, 'never');

create function executing_operation(p_type text) returns banking_operations
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    op banking_operations;
begin
    select * into op from banking_operations
     where customer_id = app_customer_id() and status = 'processing' and executed_in = pg_current_xact_id() and type = p_type;
    if not found then
        raise exception 'no % is being executed', p_type using errcode = 'TG012';
    end if;
    return op;
end $$;
comment on function executing_operation is 'The operation of that type that this transaction executes for its customer.';

create function file_loan_application(p_approved boolean, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: what this transaction executes for its customer, as the customer confirmed it.
    op      constant banking_operations := executing_operation('apply_for_loan');
    amount  constant bigint := (op.payload ->> 'amount_minor')::bigint;
    target  accounts;
    policy  lending_policies := lending_policy_at(p_now);
    refusal text;
    filed   uuid;
begin
    -- Applications of one customer take turns: what is owed in all is one sum.
    perform 1 from customers where id = op.customer_id for no key update;
    select * into target from accounts
     where id = (op.payload ->> 'account_id')::uuid and customer_id = op.customer_id for no key update;
    refusal := case
        when target.id is null or target.kind <> 'current' then 'account_unknown'
        when target.status <> 'open' then 'account_' || target.status
        when target.currency <> op.payload ->> 'currency' then 'wrong_currency'
        when op.payload ->> 'policy_version' <> policy.version then 'policy_changed'
        when not exists (select 1 from customers where id = op.customer_id and kyc_status = 'verified') then 'identity_unverified'
        when amount + coalesce((select sum(-balance_minor) from accounts where customer_id = op.customer_id and kind = 'loan'), 0)
             > (select amount_minor from product_terms where code = 'loan.personal.max_amount') then 'over_loan_limit'
        when exists (select 1 from loan_applications where customer_id = op.customer_id and status = 'in_review')
             then 'application_open'
    end;
    if refusal is not null then return refusal; end if;
    insert into loan_applications (customer_id, operation_id, account_id, status, amount_minor, currency, months, apr,
                                   payment_minor, purpose, policy_version, created_at, decided_at)
    values (op.customer_id, op.id, target.id, case when p_approved then 'approved' else 'in_review' end, amount,
            target.currency, (op.payload ->> 'months')::smallint, (op.payload ->> 'apr')::numeric,
            (op.payload ->> 'payment_minor')::bigint, op.payload ->> 'purpose', policy.version, p_now,
            case when p_approved then p_now end)
    returning id into filed;
    if p_approved then
        perform pay_out_loan(filed, op, target, p_now);
    end if;
    return null;
end $$;
comment on function file_loan_application is
    'Stores the application that the customer confirmed; an approved one opens the loan and pays it out. Null, or the '
    'code of a refusal, before anything was written.';

-- Internal: only functions of the owner call it.
create function pay_out_loan(p_application uuid, op banking_operations, target accounts, p_now timestamptz) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    application loan_applications;
    today constant date := (p_now at time zone 'Europe/London')::date;
    -- Payments are due on a day that every month has, whole months apart: interest starts there (tools/lending/maths.py).
    starts constant date := case when extract(day from today) <= 28 then today
                                 else (date_trunc('month', today) + interval '1 month')::date end;
    entry bigint;
    loan_id constant uuid := uuidv7();
    loan_name text;
begin
    select * into strict application from loan_applications where id = p_application;
    select 'Personal loan' || case when n = 1 then '' else ' ' || n end into loan_name
      from generate_series(1, 100) n
     where not exists (select 1 from accounts a where a.customer_id = op.customer_id and a.status <> 'closed'
                          and lower(a.name) = 'personal loan' || case when n = 1 then '' else ' ' || n end)
     order by n limit 1;
    insert into accounts (id, customer_id, kind, name, currency, account_number, overdraft_minor, opened_at)
    values (loan_id, op.customer_id, 'loan', loan_name, application.currency, nextval('account_numbers')::text,
            application.amount_minor, p_now);
    insert into loans (account_id, customer_id, application_id, principal_minor, months, apr, payment_minor, paid_out_on,
                       first_due_on, interest_to)
    values (loan_id, op.customer_id, application.id, application.amount_minor, application.months, application.apr,
            application.payment_minor, today, (starts + interval '1 month')::date, starts);
    insert into journal_entries (kind, description, booked_at)
    values (op.type, op.summary, p_now) returning id into entry;
    insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
    values (entry, loan_id, op.customer_id, -application.amount_minor, application.currency, p_now),
           (entry, target.id, op.customer_id, application.amount_minor, application.currency, p_now);
    insert into transactions (customer_id, account_id, entry_id, kind, status, amount_minor, currency, category, description,
                              occurred_at, booked_at)
    values (op.customer_id, loan_id, entry, 'transfer_out', 'booked', -application.amount_minor, application.currency,
            'loans', 'Paid out to ' || target.name, p_now, p_now),
           (op.customer_id, target.id, entry, 'transfer_in', 'booked', application.amount_minor, application.currency,
            'loans', loan_name || ' paid out', p_now, p_now);
    update banking_operations set entry_id = entry where id = op.id;
end $$;

create function post_loan_payment(p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: what this transaction executes for its customer, as the customer confirmed it.
    op      constant banking_operations := executing_operation('pay_loan');
    amount  constant bigint := (op.payload ->> 'amount_minor')::bigint;
    today   constant date := (p_now at time zone 'Europe/London')::date;
    loan    loans;
    account accounts;
    source  accounts;
    debt    accounts;
    accrued bigint;
    interest bigint;
    refusal text;
    entry   bigint;
begin
    perform 1 from customers where id = op.customer_id for no key update;
    for account in select * from accounts
                    where id in ((op.payload ->> 'account_id')::uuid, (op.payload ->> 'loan_account_id')::uuid)
                      and customer_id = op.customer_id order by id for no key update loop
        if account.kind = 'loan' then debt := account; else source := account; end if;
    end loop;
    select * into loan from loans where account_id = debt.id for no key update;
    accrued := loan.interest_minor + loan_interest(-debt.balance_minor, loan.apr, loan.interest_to, today);
    refusal := case
        when source.id is null or loan.account_id is null then 'account_unknown'
        when loan.settled_at is not null then 'loan_settled'
        when source.kind <> 'current' then 'account_cannot_pay'
        when source.status <> 'open' then 'account_' || source.status
        when source.currency <> debt.currency then 'wrong_currency'
        when amount <= 0 then 'wrong_amount'
        when (op.payload ->> 'in_full')::boolean and amount <> accrued - debt.balance_minor then 'payoff_changed'
        when amount > accrued - debt.balance_minor then 'more_than_owed'
        when source.balance_minor - source.held_minor + source.overdraft_minor < amount then 'insufficient_funds'
    end;
    if refusal is not null then return refusal; end if;
    interest := least(amount, accrued);

    insert into journal_entries (kind, description, booked_at)
    values (op.type, op.summary, p_now) returning id into entry;
    insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
    select entry, p.account_id, p.customer_id, p.amount_minor, source.currency, p_now
      from (values (source.id, op.customer_id, -interest),
                   (internal_account('Interest', source.currency), null, interest),
                   (source.id, op.customer_id, interest - amount),
                   (debt.id, op.customer_id, amount - interest)) as p (account_id, customer_id, amount_minor)
     where p.amount_minor <> 0;
    insert into transactions (customer_id, account_id, entry_id, kind, status, amount_minor, currency, category, description,
                              occurred_at, booked_at)
    select op.customer_id, t.account_id, entry, t.kind, 'booked', t.amount_minor, source.currency, t.category, t.description,
           p_now, p_now
      from (values (source.id, 'interest', -interest, 'interest', 'Interest on ' || debt.name),
                   (source.id, 'transfer_out', interest - amount, 'loans', 'To ' || debt.name),
                   (debt.id, 'transfer_in', amount - interest, 'loans', 'From ' || source.name))
           as t (account_id, kind, amount_minor, category, description)
     where t.amount_minor <> 0;
    update loans set paid_minor = paid_minor + amount, interest_minor = accrued - interest, interest_to = greatest(interest_to, today),
                     settled_at = case when amount = accrued - debt.balance_minor then p_now end
     where account_id = debt.id;
    -- What was paid back cannot be drawn again.
    update accounts set overdraft_minor = -balance_minor,
                        status = case when amount = accrued - debt.balance_minor then 'closed' else status end
     where id = debt.id;
    update banking_operations set entry_id = entry where id = op.id;
    return null;
end $$;
comment on function post_loan_payment is
    'Takes the payment that the customer confirmed: interest first, as its own line, then what is owed. A loan that is '
    'paid is closed. Null, or the code of a refusal, before anything was written.';

create function check_exchange_limit() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    most product_terms;
    day_starts timestamptz;
begin
    select * into most from product_terms where code = 'exchange.daily_limit';
    select date_trunc('day', booked_at, 'Europe/London') into day_starts from journal_entries
     where id = new.entry_id and kind in ('exchange_currency', 'transfer_between_accounts');
    if exchanged_since(new.customer_id, most.currency, day_starts) > most.amount_minor then
        raise exception 'more than % is exchanged in one day', most.amount_minor using errcode = 'TG051';
    end if;
    return null;
end $$;
create function exchanged_since(p_customer uuid, p_currency text, p_since timestamptz) returns bigint
    language sql stable
begin atomic
    select coalesce(sum(case when d.from_currency = p_currency then d.from_minor
                             when d.to_currency = p_currency then d.to_minor
                             else exchanged(d.from_minor, d.from_currency, p_currency,
                                            rate_at(d.from_currency, p_currency, e.booked_at)) end), 0)::bigint
      from fx_deals d join journal_entries e on e.id = d.entry_id
     where d.customer_id = p_customer and e.kind in ('exchange_currency', 'transfer_between_accounts')
       and e.booked_at >= p_since;
end;
comment on function exchanged_since is
    'Minor units that a customer exchanged between own accounts. Payments in other currencies are no exchanges. Sees '
    'what its caller sees.';
create constraint trigger fx_deals_limit after insert on fx_deals
    deferrable initially immediate for each row execute function check_exchange_limit();

revoke execute on function executing_operation, file_loan_application, pay_out_loan, post_loan_payment from public;
grant execute on function file_loan_application, post_loan_payment to tellergraph_app;
