-- What the bank allows, to whom, how much, for which fee and under which words: versions of data, of which the latest that
-- has begun holds. One set of functions answers "what may I do" and is asked again when money moves. A version that was
-- published is never changed: docs/policy.md.

alter table operation_types add column initiator text not null default 'customer' check (initiator in ('customer', 'staff'));
comment on column operation_types.initiator is 'Who asks for it: what staff do is in no customer''s policy.';
update operation_types set initiator = 'staff'
 where type in ('reverse_entry', 'freeze_account', 'unfreeze_account', 'set_overdraft');

comment on table payment_policies is 'Versions of the policy; the latest that has begun holds, by the bank''s clock.';

create table policy_limits (
    policy_version text not null references payment_policies,
    number         smallint not null,
    operation      text not null references operation_types,
    tier           text check (tier in ('standard', 'premium')),
    kyc_level      smallint check (kyc_level between 0 and 3),
    channel        operation_source,
    period         text not null check (period in ('payment', 'day', 'month')),
    most_minor     bigint check (most_minor >= 0),
    term_code      text,
    primary key (policy_version, number),
    constraint policy_limits_figure check (num_nonnulls(most_minor, term_code) = 1),
    constraint policy_limits_exchange check (operation <> 'exchange_currency' or period = 'day' and channel is null)
);
comment on table policy_limits is
    'Each row that fits a customer and a channel holds, so the lowest does: no row takes another back. Null fits all.';
comment on column policy_limits.channel is 'Counts what came in by this channel alone.';
comment on column policy_limits.period is 'Of one payment, or of a calendar day or month in London.';
comment on column policy_limits.term_code is 'The published figure that is the limit, instead of an amount.';
create index policy_limits_operation on policy_limits (operation);

create table policy_eligibility (
    policy_version text not null references payment_policies,
    operation      text not null references operation_types,
    offered        boolean not null default true,
    min_kyc_level  smallint check (min_kyc_level between 0 and 3),
    min_age        smallint check (min_age between 1 and 120),
    tiers          text[],
    channels       text[],
    countries      text[],
    primary key (policy_version, operation)
);
comment on table policy_eligibility is 'Who may do it: all that is asked for here. Nothing is asked where there is no row.';
create index policy_eligibility_operation on policy_eligibility (operation);

create table policy_fees (
    policy_version    text not null references payment_policies,
    number            smallint not null,
    operation         text not null references operation_types,
    term_code         text not null,
    tier              text check (tier in ('standard', 'premium')),
    crosses           boolean,
    weekend           boolean,
    unless_currencies text[] not null default '{}',
    primary key (policy_version, number)
);
comment on table policy_fees is
    'Which published fees an operation costs: the sum of all rows that fit. An operation without rows has no fee of the '
    'policy''s, and none is compared.';
comment on column policy_fees.crosses is 'Whether two currencies are exchanged; null for either.';
comment on column policy_fees.weekend is 'From 10pm on Friday to 10pm on Sunday in London; null for always.';
comment on column policy_fees.unless_currencies is 'Free of it if what arrives is in one of these.';
create index policy_fees_operation on policy_fees (operation);

create table policy_disclosures (
    policy_version text not null references payment_policies,
    number         smallint not null,
    operation      text not null references operation_types,
    text           text not null check (length(text) between 1 and 500),
    primary key (policy_version, number)
);
comment on table policy_disclosures is 'What the customer is told before they confirm.';
create index policy_disclosures_operation on policy_disclosures (operation);

create table policy_terms (
    policy_version text not null references payment_policies,
    code           text not null,
    amount_minor   bigint,
    currency       char(3),
    percent        numeric(7, 3),
    quantity       integer,
    unit           text,
    primary key (code, policy_version),
    constraint policy_terms_value check (num_nonnulls(amount_minor, percent, quantity) = 1),
    constraint policy_terms_currency check ((amount_minor is null) = (currency is null)),
    constraint policy_terms_unit check ((quantity is null) = (unit is null))
);
comment on table policy_terms is 'New values of published figures from a version on. What no version names stands in product_terms.';
create index policy_terms_version on policy_terms (policy_version);

insert into policy_limits (policy_version, number, operation, tier, period, most_minor)
select policy_version, row_number() over (partition by policy_version order by tier, period), 'pay_payee', tier, period, most
  from payment_limits
 cross join lateral (values ('payment', per_payment_minor), ('day', per_day_minor)) as figure (period, most);
insert into policy_limits (policy_version, number, operation, kyc_level, period, most_minor)
select version, 101 + level, 'pay_payee', level, 'day', most
  from payment_policies, (values (0, 50000), (1, 250000)) as figure (level, most);
insert into policy_limits (policy_version, number, operation, period, term_code)
select version, 111, 'exchange_currency', 'day', 'exchange.daily_limit' from payment_policies;
insert into policy_fees (policy_version, number, operation, term_code, tier, crosses, weekend, unless_currencies)
select version, row_number() over (partition by version order by operation, term_code), operation, term_code, tier, crosses,
       weekend, unless
  from payment_policies,
       (select operation, term_code, tier, true, weekend, '{}'::text[]
          from unnest(array['pay_payee', 'transfer_between_accounts', 'exchange_currency']) operation,
               (values ('exchange.fee.weekend', null, true), ('exchange.fee.plus', 'premium', false),
                       ('exchange.fee.weekday', 'standard', false)) as fee (term_code, tier, weekend)
        union all
        select 'pay_payee', 'payment.swift.fee', null, null, null, array['GBP', 'EUR'])
       as fee (operation, term_code, tier, crosses, weekend, unless);
insert into policy_eligibility (policy_version, operation, min_age)
select version, 'apply_for_loan', 18 from payment_policies;
insert into policy_disclosures (policy_version, number, operation, text)
select version, row_number() over (partition by version order by operation), operation, text
  from payment_policies,
       (values ('pay_payee', 'A payment that has been made cannot be called back. Check name and number before you confirm.'),
               ('exchange_currency', 'The rate holds for ten minutes. At weekends the fee is higher, as markets are closed.'),
               ('apply_for_loan', 'Borrowing costs money: you pay back more than you receive. You can withdraw within 14 days.'))
       as said (operation, text);
drop table payment_limits;

do $$
declare t text;
begin
    foreach t in array array['payment_policies', 'policy_limits', 'policy_eligibility', 'policy_fees', 'policy_disclosures',
                             'policy_terms'] loop
        execute format('create trigger %I before update or delete or truncate on %I
                        for each statement execute function refuse_change()', t || '_append_only', t);
        execute format('grant select on %I to tellergraph_app, tellergraph_staff, tellergraph_worker', t);
    end loop;
end $$;

-- Published figures --------------------------------------------------------------------------------------------------

create function terms_at(p_at timestamptz) returns setof product_terms
    language sql stable
begin atomic
    select t.code, t.product, t.kind, t.label,
           case when n.code is null then t.amount_minor else n.amount_minor end,
           case when n.code is null then t.currency else n.currency end,
           case when n.code is null then t.percent else n.percent end,
           case when n.code is null then t.quantity else n.quantity end,
           case when n.code is null then t.unit else n.unit end
      from product_terms t
      left join lateral (select c.* from policy_terms c join payment_policies p on p.version = c.policy_version
                          where c.code = t.code and p.active_from <= p_at
                          order by p.active_from desc limit 1) n on true;
end;
comment on function terms_at is 'The published figures as they hold at a moment.';

create or replace function term_in(p_code text, p_currency text, p_at timestamptz) returns bigint
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    term product_terms;
    rate numeric;
begin
    select * into term from terms_at(p_at) where code = p_code;
    if not found or term.currency = p_currency then return term.amount_minor; end if;
    rate := rate_at(term.currency, p_currency, p_at);
    if rate is null then
        raise exception 'there is no rate for %', p_currency using errcode = 'TG013';
    end if;
    return exchanged(term.amount_minor, term.currency, p_currency, rate);
end $$;

-- The engine ---------------------------------------------------------------------------------------------------------
-- All of it sees what its caller sees: the customer's own rows for the runtime login, all for the posting.

create function is_fee_weekend(p_at timestamptz) returns boolean
    language sql immutable
    return extract(isodow from (p_at at time zone 'Europe/London') + interval '2 hours') >= 6;
comment on function is_fee_weekend is 'From 10pm on Friday to 10pm on Sunday. tools/payments/fx.py has the same.';

create function eligibility_refusal(p_customer uuid, p_operation text, p_channel text, p_version text, p_at timestamptz)
    returns text language sql stable
begin atomic
    select case
            when not e.offered then 'not_offered'
            when p_channel <> all (e.channels) then 'channel_not_allowed'
            when c.country <> all (e.countries) then 'country_not_allowed'
            when c.tier <> all (e.tiers) then 'tier_needed'
            when (c.date_of_birth + make_interval(years => e.min_age)
                  <= (p_at at time zone 'Europe/London')) is not true and e.min_age is not null then 'age_needed'
            when c.kyc_level < e.min_kyc_level then 'identity_level_needed'
           end
      from policy_eligibility e join customers c on c.id = p_customer
     where e.policy_version = p_version and e.operation = p_operation;
end;
comment on function eligibility_refusal is 'Null, or the code of what the customer lacks.';

create type policy_limit as (
    period     text,
    most_minor bigint,
    used_minor bigint
);
create function limits_of(p_customer uuid, p_operation text, p_channel text, p_version text, p_at timestamptz)
    returns setof policy_limit
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    rule  policy_limits;
    found_limit policy_limit;
    in_currency text := (select currency from payment_policies where version = p_version);
    begins timestamptz;
begin
    for rule in
        select l.* from policy_limits l join customers c on c.id = p_customer
         where l.policy_version = p_version and l.operation = p_operation and (l.tier is null or l.tier = c.tier)
           and (l.kyc_level is null or l.kyc_level = c.kyc_level) and (l.channel is null or l.channel = p_channel)
         order by l.period = 'month', l.period = 'day', l.number loop
        found_limit.period := rule.period;
        found_limit.most_minor := coalesce(rule.most_minor, term_in(rule.term_code, in_currency, p_at));
        found_limit.used_minor := 0;
        if rule.period <> 'payment' then
            begins := date_trunc(rule.period, p_at, 'Europe/London');
            if p_operation = 'exchange_currency' then
                found_limit.used_minor := exchanged_since(p_customer, in_currency, begins);
            else
                select coalesce(sum(limit_minor), 0) into found_limit.used_minor from banking_operations
                 where customer_id = p_customer and status = 'completed' and limit_minor is not null
                   and completed_at >= begins and (rule.channel is null or initiated_by = rule.channel);
            end if;
        end if;
        return next found_limit;
    end loop;
end $$;
comment on function limits_of is
    'What limits hold for a customer''s operation by a channel, in minor units of the policy''s currency, and what of them is '
    'used. A figure that is not published is null and limits nothing.';

create function limit_refusal(
    p_customer uuid, p_operation text, p_channel text, p_minor bigint, p_version text, p_at timestamptz) returns text
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    held   policy_limit;
    by_day boolean := false;
begin
    for held in select * from limits_of(p_customer, p_operation, p_channel, p_version, p_at) loop
        by_day := by_day or held.period = 'day';
        if p_minor + held.used_minor > held.most_minor then
            return case when p_operation = 'exchange_currency' then 'over_exchange_limit'
                        when held.period = 'payment' then 'over_payment_limit'
                        when held.period = 'day' then 'over_daily_limit'
                        else 'over_monthly_limit' end;
        end if;
    end loop;
    -- A payment for which the policy has no limit of a day is one that nobody thought of.
    if not by_day and (select limited from operation_types where type = p_operation) then
        return 'not_offered';
    end if;
    return null;
end $$;
comment on function limit_refusal is 'Null, or over which limit an amount in the policy''s currency would go.';

create function policy_step_up(p_operation text, p_minor bigint, p_version text) returns boolean
    language sql stable
    return (select t.step_up = 'always' or t.step_up = 'over' and coalesce(p_minor, 0) > p.step_up_over_minor
              from operation_types t, payment_policies p where t.type = p_operation and p.version = p_version);

create function policy_fee_terms(
    p_customer uuid, p_operation text, p_debit_currency text, p_credit_currency text, p_version text, p_at timestamptz)
    returns setof product_terms language sql stable
begin atomic
    select t.* from policy_fees f join terms_at(p_at) t on t.code = f.term_code
     where f.policy_version = p_version and f.operation = p_operation
       and (f.tier is null or f.tier = (select tier from customers where id = p_customer))
       and (f.crosses is null or f.crosses = (p_debit_currency <> p_credit_currency))
       and (f.weekend is null or f.weekend = is_fee_weekend(p_at))
       and p_credit_currency <> all (f.unless_currencies)
     order by f.number;
end;
comment on function policy_fee_terms is 'The published fees that an operation costs a customer at a moment.';

create function policy_fee(
    p_customer uuid, p_operation text, p_debit_minor bigint, p_debit_currency text, p_credit_currency text, p_version text,
    p_at timestamptz) returns bigint language sql stable
begin atomic
    select case when exists (select from policy_fees where policy_version = p_version and operation = p_operation)
                then coalesce(sum(case when t.percent is not null then round(p_debit_minor * t.percent / 100)
                                       else term_in(t.code, p_debit_currency, p_at) end), 0)::bigint end
      from policy_fee_terms(p_customer, p_operation, p_debit_currency, p_credit_currency, p_version, p_at) t;
end;
comment on function policy_fee is
    'Minor units of the debited currency, each fee rounded half away from zero. Null where the policy says nothing.';

create function disclosures_of(p_operation text, p_version text) returns text[]
    language sql stable
    return array(select text from policy_disclosures where policy_version = p_version and operation = p_operation order by number);

create function counted_minor(op banking_operations) returns bigint
    language sql stable
    return case when op.currency = (select currency from payment_policies where version = op.policy_version) then op.amount_minor
                else exchanged(op.amount_minor, op.currency, (select currency from payment_policies where version = op.policy_version),
                               rate_at(op.currency, (select currency from payment_policies where version = op.policy_version),
                                       op.created_at)) end;
comment on function counted_minor is 'An operation''s amount in the policy''s currency, as at its proposal.';

-- Internal, as the rest: only functions of the owner call it.
create function policy_fee_of(op banking_operations, p_version text, p_at timestamptz) returns bigint
    language sql stable
    return case when op.posts then policy_fee(op.customer_id, op.type, (op.payload ->> 'debit_minor')::bigint,
        op.payload ->> 'debit_currency', op.payload ->> 'credit_currency', p_version, p_at) end;

create function policy_matters(op banking_operations, p_version text, p_now timestamptz) returns boolean
    language sql stable
    return policy_step_up(op.type, counted_minor(op), p_version) and not op.step_up
        or disclosures_of(op.type, p_version) <> disclosures_of(op.type, op.policy_version)
        or policy_fee_of(op, p_version, p_now) <> coalesce((op.payload ->> 'fee_minor')::bigint, 0);
comment on function policy_matters is
    'Whether a confirmed operation is another one under another version: a code would be asked for, other words said, another '
    'fee taken. Limits and eligibility are asked for anew in any case.';

create or replace function policy_refusal(op banking_operations, p_now timestamptz) returns text
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    holding constant text := policy_at(p_now);
begin
    if op.policy_version <> holding and policy_matters(op, holding, p_now) then return 'policy_changed'; end if;
    if policy_fee_of(op, op.policy_version, op.created_at) <> coalesce((op.payload ->> 'fee_minor')::bigint, 0) then
        return 'fee_changed';
    end if;
    return eligibility_refusal(op.customer_id, op.type, op.initiated_by, holding, p_now);
end $$;
comment on function policy_refusal is
    'What execute_operation() asks before it does anything: null, policy_changed, or why the policy does not allow it.';

create or replace function due_fee(due due_payment, p_now timestamptz) returns bigint
    language sql stable set search_path = pg_catalog, public, pg_temp
    return coalesce(policy_fee(due.customer_id,
                               case when due.payee_id is null then 'transfer_between_accounts' else 'pay_payee' end,
                               due.amount_minor, due.currency, due.currency, policy_at(p_now), p_now), due.fee_minor);
comment on function due_fee is 'What a payment of this day costs: by the policy that holds now, whatever was stored with it.';

create function fee_prices(op banking_operations, p_at timestamptz) returns text[]
    language sql stable set search_path = pg_catalog, public, pg_temp
    return array(select concat_ws(' ', t.code, t.amount_minor, t.currency, t.percent)
                   from policy_fee_terms(op.customer_id, op.type, op.payload ->> 'debit_currency',
                                         op.payload ->> 'credit_currency', policy_at(p_at), p_at) t
                  order by t.code);
create or replace function due_refusal(op banking_operations, p_confirmed_fee bigint, p_arranged timestamptz, p_now timestamptz)
    returns text language sql stable set search_path = pg_catalog, public, pg_temp
    return case when coalesce((op.payload ->> 'fee_minor')::bigint, 0) > p_confirmed_fee
                     and fee_prices(op, p_arranged) <> fee_prices(op, p_now) then 'fee_changed'
                else policy_refusal(op, p_now) end;
comment on function due_refusal is
    'Nobody is there to agree to a higher price than the one that was published when the payment was arranged: it is refused. A '
    'lower one, and the same one at another rate, is the price of the day.';

create or replace function refuse_over_limit(op banking_operations, p_now timestamptz) returns text
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    holding constant text := policy_at(p_now);
begin
    return coalesce(eligibility_refusal(op.customer_id, op.type, op.initiated_by, holding, p_now),
                    limit_refusal(op.customer_id, op.type, op.initiated_by, op.limit_minor, holding, p_now));
end $$;
comment on function refuse_over_limit is 'Asked by post_entry(), while the customer''s other payments wait.';

create function refuse_proposal() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if new.status = 'pending' then
        perform refuse_by_policy(eligibility_refusal(new.customer_id, new.type, new.initiated_by, new.policy_version, new.created_at));
    end if;
    return new;
end $$;
comment on function refuse_proposal is 'What the policy does not allow is not even proposed.';
create function refuse_by_policy(p_code text) returns void language plpgsql as $$
begin
    if p_code is not null then
        raise exception 'the policy does not allow it: %', p_code using errcode = 'TG090', constraint = p_code;
    end if;
end $$;
-- Triggers run in the order of their names: this one after banking_operations_complete, which names the policy.
create trigger banking_operations_eligible before insert on banking_operations
    for each row execute function refuse_proposal();

create or replace function check_exchange_limit() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    booked timestamptz;
begin
    select booked_at into booked from journal_entries
     where id = new.entry_id and kind in ('exchange_currency', 'transfer_between_accounts');
    if exists (select from limits_of(new.customer_id, 'exchange_currency', '', policy_at(booked), booked)
                where used_minor > most_minor) then
        raise exception 'more is exchanged in one day than the policy allows' using errcode = 'TG051';
    end if;
    return null;
end $$;

create type allowed_operation as (
    operation          text,
    refusal            text,
    currency           text,
    per_payment_minor  bigint,
    left_today_minor   bigint,
    left_month_minor   bigint,
    asks_code          text,
    code_over_minor    bigint,
    fees               text[],
    disclosures        text[],
    policy_version     text
);
create function what_may_i_do(p_customer uuid, p_channel text, p_operation text, p_minor bigint, p_at timestamptz)
    returns setof allowed_operation language sql stable
begin atomic
    select t.type,
           coalesce(eligibility_refusal(p_customer, t.type, p_channel, v.version, p_at),
                    case when t.limited or t.type = 'exchange_currency'
                         then limit_refusal(p_customer, t.type, p_channel, coalesce(p_minor, 1), v.version, p_at) end),
           p.currency::text, l.per_payment, l.today, l.month,
           t.step_up, case when t.step_up = 'over' then p.step_up_over_minor end,
           array(select distinct f.term_code from policy_fees f
                  where f.policy_version = v.version and f.operation = t.type
                    and (f.tier is null or f.tier = (select tier from customers where id = p_customer))
                    and (f.weekend is null or f.weekend = is_fee_weekend(p_at))
                  order by 1),
           disclosures_of(t.type, v.version), v.version
      from (select policy_at(p_at) as version) v
      join payment_policies p on p.version = v.version
      join operation_types t on t.initiator = 'customer' and (p_operation is null or t.type = p_operation)
     cross join lateral (
        select min(most_minor) filter (where period = 'payment') as per_payment,
               min(greatest(most_minor - used_minor, 0)) filter (where period = 'day' and most_minor is not null) as today,
               min(greatest(most_minor - used_minor, 0)) filter (where period = 'month' and most_minor is not null) as month
          from limits_of(p_customer, t.type, p_channel, v.version, p_at)) l
     order by t.type;
end;
comment on function what_may_i_do is
    'For each of a customer''s operations: null or why not (for an amount in the policy''s currency, or the smallest there is), '
    'what limits are left, whether a code is asked for, fees and disclosures. By the functions that refuse_over_limit() and '
    'policy_refusal() ask.';

-- Publishing: one proposes, another decides --------------------------------------------------------------------------

create function policy_document(p_version text) returns jsonb
    language sql stable
    return (select to_jsonb(p) - 'version' - 'active_from' || jsonb_build_object(
        'limits', coalesce((select jsonb_agg(to_jsonb(l) - 'policy_version' - 'number' order by number)
                              from policy_limits l where policy_version = p_version), '[]'),
        'eligibility', coalesce((select jsonb_agg(to_jsonb(e) - 'policy_version' order by operation)
                                   from policy_eligibility e where policy_version = p_version), '[]'),
        'fees', coalesce((select jsonb_agg(to_jsonb(f) - 'policy_version' - 'number' order by number)
                            from policy_fees f where policy_version = p_version), '[]'),
        'disclosures', coalesce((select jsonb_agg(to_jsonb(d) - 'policy_version' - 'number' order by number)
                                   from policy_disclosures d where policy_version = p_version), '[]'),
        'terms', coalesce((select jsonb_agg(to_jsonb(t) - 'policy_version' order by code)
                             from policy_terms t where policy_version = p_version), '[]'))
      from payment_policies p where p.version = p_version);
comment on function policy_document is 'A version as one object: what a proposal of the next begins with.';

-- Internal, as all to the end of the section that is not granted below.
create function write_policy(p_version text, p_active_from timestamptz, p_document jsonb) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    -- What a document does not say of the version itself stays as it is.
    written payment_policies := (select p from payment_policies p where version = policy_at(p_active_from));
begin
    -- What counts towards a limit was counted in the currency of its day.
    if p_document ->> 'currency' <> written.currency then
        raise exception 'the policy keeps its currency' using errcode = 'TG091', constraint = 'policy_currency';
    end if;
    written := jsonb_populate_record(written, p_document - 'version' - 'active_from');
    written.version := p_version;
    written.active_from := p_active_from;
    insert into payment_policies values (written.*);
    insert into policy_limits
    select p_version, n, r.operation, r.tier, r.kyc_level, r.channel, r.period, r.most_minor, r.term_code
      from jsonb_array_elements(p_document -> 'limits') with ordinality as e (row, n),
           jsonb_populate_record(null::policy_limits, row) r;
    insert into policy_eligibility
    select p_version, r.operation, coalesce(r.offered, true), r.min_kyc_level, r.min_age, r.tiers, r.channels, r.countries
      from jsonb_populate_recordset(null::policy_eligibility, p_document -> 'eligibility') r;
    insert into policy_fees
    select p_version, n, r.operation, r.term_code, r.tier, r.crosses, r.weekend, coalesce(r.unless_currencies, '{}')
      from jsonb_array_elements(p_document -> 'fees') with ordinality as e (row, n),
           jsonb_populate_record(null::policy_fees, row) r;
    insert into policy_disclosures
    select p_version, n, r.operation, r.text
      from jsonb_array_elements(p_document -> 'disclosures') with ordinality as e (row, n),
           jsonb_populate_record(null::policy_disclosures, row) r;
    insert into policy_terms
    select p_version, r.code, r.amount_minor, r.currency, r.percent, r.quantity, r.unit
      from jsonb_populate_recordset(null::policy_terms, p_document -> 'terms') r;
    if exists (select from policy_terms c left join product_terms t on t.code = c.code
                where c.policy_version = p_version
                  and ((c.amount_minor is null) <> (t.amount_minor is null) or (c.percent is null) <> (t.percent is null)
                       or c.currency is distinct from t.currency or t.code is null)) then
        raise exception 'a term is not published, or is of another kind' using errcode = 'TG091', constraint = 'policy_term';
    end if;
end $$;

create table policy_proposals (
    id           uuid primary key default uuidv7(),
    version      text not null check (version ~ '^[A-Za-z0-9._-]{1,40}$'),
    effective_on date not null,
    document     jsonb not null,
    reason       text not null check (length(btrim(reason)) between 3 and 500),
    maker        uuid not null references staff,
    status       text not null default 'pending' check (status in ('pending', 'published', 'rejected')),
    approver     uuid references staff,
    remark       text check (length(remark) <= 500),
    created_at   timestamptz not null,
    decided_at   timestamptz,
    constraint policy_proposals_four_eyes check (approver <> maker),
    check ((status = 'pending') = (decided_at is null)),
    check ((status = 'pending') = (approver is null))
);
comment on table policy_proposals is 'Versions that a member of staff wants published, and who decided.';
comment on column policy_proposals.effective_on is 'From the beginning of this day in London.';
create unique index policy_proposals_version on policy_proposals (version) where status <> 'rejected';
create index policy_proposals_maker on policy_proposals (maker);
create index policy_proposals_approver on policy_proposals (approver) where approver is not null;
alter table policy_proposals enable row level security;
alter table policy_proposals force row level security;
create policy owner_all on policy_proposals to tellergraph_owner using (true) with check (true);
create policy colleagues on policy_proposals for select to tellergraph_staff using (app_staff_id() is not null);
grant select on policy_proposals to tellergraph_staff;

create function policy_begins(p_day date) returns timestamptz
    language sql stable
    return p_day::timestamp at time zone 'Europe/London';

create function audit_policy(p_actor uuid, p_action text, proposal policy_proposals, p_now timestamptz) returns void
    language sql set search_path = pg_catalog, public, pg_temp as $$
    insert into audit_log (actor, action, resource, detail, at)
    values ('staff:' || p_actor, 'policy.' || p_action, 'policy:' || proposal.version,
            jsonb_build_object('proposal', proposal.id, 'effective_on', proposal.effective_on, 'reason', proposal.reason,
                               'maker', proposal.maker, 'remark', proposal.remark,
                               'sha256', encode(sha256(convert_to(proposal.document::text, 'UTF8')), 'hex')), p_now);
$$;

create function propose_policy(p_version text, p_effective_on date, p_document jsonb, p_reason text, p_now timestamptz)
    returns uuid language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('supervisor', 'admin', 'compliance');
    proposal policy_proposals;
begin
    if policy_begins(p_effective_on) <= p_now then
        raise exception 'a policy begins on a day to come' using errcode = 'TG091', constraint = 'policy_past';
    end if;
    begin
        perform write_policy(p_version, policy_begins(p_effective_on), p_document);
        raise exception 'only a look' using errcode = 'TG099';
    exception when sqlstate 'TG099' then null;
    end;
    insert into policy_proposals (version, effective_on, document, reason, maker, created_at)
    values (p_version, p_effective_on, p_document, p_reason, who.id, p_now) returning * into proposal;
    perform audit_policy(who.id, 'proposed', proposal, p_now);
    return proposal.id;
end $$;

create function decide_policy(p_proposal uuid, p_decision text, p_remark text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('supervisor', 'admin', 'compliance');
    proposal policy_proposals;
begin
    select * into proposal from policy_proposals where id = p_proposal for no key update;
    if not found then
        raise exception 'there is no such proposal' using errcode = 'TG021';
    end if;
    if proposal.status <> 'pending' then return; end if;
    update policy_proposals
       set status = case p_decision when 'approve' then 'published' else 'rejected' end, approver = who.id, remark = p_remark,
           decided_at = p_now
     where id = p_proposal returning * into proposal;
    if proposal.status = 'published' then
        if policy_begins(proposal.effective_on) <= p_now then
            raise exception 'a policy begins on a day to come' using errcode = 'TG091', constraint = 'policy_past';
        end if;
        perform write_policy(proposal.version, policy_begins(proposal.effective_on), proposal.document);
    end if;
    perform audit_policy(who.id, proposal.status, proposal, p_now);
end $$;
comment on function decide_policy is
    'Publishes or rejects; does nothing where that was decided. The maker is refused by policy_proposals_four_eyes.';

grant execute on function terms_at, is_fee_weekend, eligibility_refusal, limits_of, limit_refusal, policy_step_up,
    policy_fee_terms, policy_fee, disclosures_of, refuse_by_policy, what_may_i_do to tellergraph_app;
grant execute on function terms_at to tellergraph_worker, tellergraph_staff;
grant execute on function policy_document, propose_policy, decide_policy to tellergraph_staff;

-- Watching for money laundering ---------------------------------------------------------------------------------------
-- In a schema of a role of its own. The runtime login can use nothing in it, so nothing that serves a customer can know that
-- somebody looks at them (tipping off: Proceeds of Crime Act 2002, section 333A; 31 USC 5318(g)(2)). No foreign key leads out
-- of it: one would lock a customer's row when a case is opened, and refuse to delete it, and both can be noticed.

alter table staff drop constraint staff_role_check,
    add constraint staff_role_check check (role in ('agent', 'supervisor', 'auditor', 'admin', 'compliance'));

do $$
declare t text;
begin
    foreach t in array array['customers', 'accounts', 'transactions', 'postings'] loop
        execute format('create policy monitor_reads on %I for select to tellergraph_compliance using (true)', t);
        execute format('grant select on %I to tellergraph_compliance', t);
    end loop;
end $$;
create policy monitor_reads on staff for select to tellergraph_compliance using (true);
grant select (id, full_name, role) on staff to tellergraph_compliance;
grant select on merchants, terminals, currencies to tellergraph_compliance;
grant execute on function refuse_change, app_staff_id to tellergraph_compliance;
grant usage on schema public to tellergraph_compliance;
create index transactions_booked on transactions using brin (booked_at);

set local role tellergraph_compliance;
-- To name what is in it, which checks do; no right to look into any.
grant usage on schema compliance to tellergraph_owner;

create table compliance.rule_sets (
    version     text primary key check (version ~ '^[A-Za-z0-9._-]{1,40}$'),
    active_from date not null,
    rules       jsonb not null,
    added_at    timestamptz not null
);
comment on table compliance.rule_sets is 'Thresholds of the rules: tools/compliance/aml/rules.toml. Never changed.';
create unique index rule_sets_active on compliance.rule_sets (active_from);

create table compliance.runs (
    id           bigint generated always as identity primary key,
    from_day     date not null,
    to_day       date not null check (to_day >= from_day),
    rule_set     text not null references compliance.rule_sets,
    at           timestamptz not null,
    transactions bigint not null,
    hits         integer not null,
    alerts       integer not null,
    cases        integer not null
);
create index runs_to_day on compliance.runs (to_day desc);
create index runs_rule_set on compliance.runs (rule_set);

-- Made again for the days of each run; what rules read of a window costs a row a day.
create table compliance.days (
    customer_id  uuid not null,
    currency     char(3) not null,
    day          date not null,
    cash_in      bigint[] not null default '{}',
    cash_out     bigint[] not null default '{}',
    in_minor     bigint not null default 0,
    out_minor    bigint not null default 0,
    in_count     integer not null default 0,
    payers       bigint[] not null default '{}',
    payees       bigint[] not null default '{}',
    places       integer[] not null default '{}',
    transactions integer not null,
    primary key (customer_id, currency, day)
);
comment on table compliance.days is 'What a customer did in a currency on a day in London, without transfers between own accounts.';
comment on column compliance.days.cash_in is 'Amounts of cash paid in, minor units.';
comment on column compliance.days.in_minor is 'All that came in from others, cash too, without what rules leave out such as salaries.';
comment on column compliance.days.payers is 'Hashes of who paid.';
comment on column compliance.days.places is 'Terminals at which cash was paid in.';
create index days_day on compliance.days (day);

create table compliance.hits (
    id           bigint generated always as identity primary key,
    run_id       bigint not null references compliance.runs deferrable initially deferred,
    rule         text not null,
    customer_id  uuid not null,
    currency     char(3) not null,
    day          date not null,
    window_from  date not null,
    amount_minor bigint not null,
    evidence     jsonb not null,
    unique (rule, customer_id, currency, day)
);
comment on table compliance.hits is 'Days on which a rule found something in the window that ends there. Never changed.';
create index hits_run on compliance.hits (run_id);
create index hits_customer on compliance.hits (customer_id);

create unlogged table compliance.findings (
    rule         text not null,
    customer_id  uuid not null,
    currency     char(3) not null,
    day          date not null,
    window_from  date not null,
    amount_minor bigint not null,
    evidence     jsonb not null
);
comment on table compliance.findings is 'What a run has found so far, until it is kept as hits.';

create sequence compliance.case_numbers;
create table compliance.cases (
    id          uuid primary key default uuidv7(),
    reference   text not null unique default 'AML-' || lpad(nextval('compliance.case_numbers')::text, 7, '0'),
    customer_id uuid not null,
    status      text not null default 'open' check (status in ('open', 'closing', 'closed')),
    opened_by   uuid,
    opened_at   timestamptz not null,
    reason      text not null check (length(btrim(reason)) between 3 and 2000),
    assigned_to uuid,
    outcome     text check (outcome in ('no_suspicion', 'report_filed')),
    proposed_by uuid,
    decided_by  uuid,
    closed_at   timestamptz,
    constraint cases_four_eyes check (decided_by is null or decided_by <> proposed_by and decided_by is distinct from opened_by),
    constraint cases_closing check (case status when 'open' then num_nonnulls(outcome, proposed_by, decided_by, closed_at) = 0
                                                when 'closing' then num_nonnulls(outcome, proposed_by) = 2 and num_nonnulls(decided_by, closed_at) = 0
                                                else num_nonnulls(outcome, proposed_by, decided_by, closed_at) = 4 end)
);
comment on column compliance.cases.opened_by is 'Null: the monitor.';
comment on constraint cases_four_eyes on compliance.cases is 'Who opened it, or wants it closed, does not decide that it is.';
create unique index cases_of_customer on compliance.cases (customer_id) where status <> 'closed';
create index cases_status on compliance.cases (status, opened_at, id);

create table compliance.alerts (
    id          bigint generated always as identity primary key,
    rule        text not null,
    customer_id uuid not null,
    currency    char(3) not null,
    first_day   date not null,
    hit_id      bigint not null references compliance.hits,
    case_id     uuid not null references compliance.cases,
    at          timestamptz not null,
    unique (rule, customer_id, currency, first_day)
);
comment on table compliance.alerts is 'The first of hits of one rule that follow each other without a gap as long as the window.';
create index alerts_case on compliance.alerts (case_id);
create index alerts_hit on compliance.alerts (hit_id);

create table compliance.notes (
    id      bigint generated always as identity primary key,
    case_id uuid not null references compliance.cases,
    author  uuid not null,
    text    text not null check (length(btrim(text)) between 1 and 8000),
    at      timestamptz not null
);
create index notes_case on compliance.notes (case_id, id);

create table compliance.journal (
    id      bigint generated always as identity primary key,
    actor   uuid,
    action  text not null,
    case_id uuid references compliance.cases,
    detail  jsonb not null default '{}',
    at      timestamptz not null
);
comment on table compliance.journal is 'Who did and read what here. The bank''s audit log, which others read, says nothing of it.';
create index journal_case on compliance.journal (case_id, id);

create function compliance.keep_case() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if tg_op = 'DELETE' or old.status = 'closed'
       or (new.id, new.reference, new.customer_id, new.opened_at, new.reason) is distinct from
          (old.id, old.reference, old.customer_id, old.opened_at, old.reason)
       or new.opened_by is distinct from old.opened_by
       or new.status = 'closed' and (old.status <> 'closing' or new.proposed_by <> old.proposed_by or new.outcome <> old.outcome) then
        raise exception 'a case that is over stays, and one is closed as it was proposed' using errcode = 'TG092';
    end if;
    return new;
end $$;
create trigger cases_kept before update or delete on compliance.cases for each row execute function compliance.keep_case();
do $$
declare t text;
begin
    foreach t in array array['rule_sets', 'runs', 'hits', 'alerts', 'notes', 'journal'] loop
        execute format('create trigger %I before update or delete or truncate on compliance.%I
                        for each statement execute function public.refuse_change()', t || '_append_only', t);
    end loop;
end $$;

-- For officers: the staff door may call these functions and see no table. ----------------------------------------------

create function compliance.require_officer(p_staff uuid) returns uuid
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
begin
    if not exists (select from staff where id = p_staff and role = 'compliance') then
        raise exception 'this is not for that role' using errcode = 'TG020';
    end if;
    return p_staff;
end $$;
comment on function compliance.require_officer is 'As require_staff(), of the columns that the owner of this schema may read.';

create function compliance.write_journal(p_actor uuid, p_action text, p_case uuid, p_detail jsonb, p_now timestamptz) returns void
    language sql set search_path = pg_catalog, public, pg_temp as $$
    insert into compliance.journal (actor, action, case_id, detail, at) values (p_actor, p_action, p_case, p_detail, p_now);
$$;

-- Internal. The case, locked, or an error where it is not there or over.
create function compliance.take_case(p_case uuid) returns compliance.cases
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    found_case compliance.cases;
begin
    select * into found_case from compliance.cases where id = p_case for no key update;
    if not found then
        raise exception 'there is no such case' using errcode = 'TG021';
    end if;
    if found_case.status = 'closed' then
        raise exception 'the case is closed' using errcode = 'TG092';
    end if;
    return found_case;
end $$;

create function compliance.list_cases(p_status text, p_limit integer, p_now timestamptz)
    returns table (id uuid, reference text, status text, opened_at timestamptz, assigned_to text, rules text[], alerts integer)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with this role.
    who uuid := compliance.require_officer(app_staff_id());
begin
    perform compliance.write_journal(who, 'listed', null, jsonb_build_object('status', p_status), p_now);
    return query select c.id, c.reference, c.status, c.opened_at, s.full_name, a.rules, a.n
                   from compliance.cases c left join staff s on s.id = c.assigned_to
                  cross join lateral (select coalesce(array_agg(distinct rule order by rule), '{}') as rules, count(*)::integer as n
                                        from compliance.alerts where case_id = c.id) a
                  where c.status = p_status order by c.opened_at, c.id limit p_limit;
end $$;
comment on function compliance.list_cases is 'The oldest first. The list does not say whose they are.';

create function compliance.get_case(p_case uuid, p_action text, p_reason text, p_now timestamptz) returns jsonb
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with this role.
    who uuid := compliance.require_officer(app_staff_id());
    found_case compliance.cases;
begin
    select * into found_case from compliance.cases where id = p_case;
    if not found then
        raise exception 'there is no such case' using errcode = 'TG021';
    end if;
    perform compliance.write_journal(who, p_action, p_case, jsonb_build_object('reason', p_reason), p_now);
    return jsonb_build_object(
        'id', found_case.id, 'reference', found_case.reference, 'status', found_case.status, 'reason', found_case.reason,
        'outcome', found_case.outcome, 'opened_at', found_case.opened_at, 'closed_at', found_case.closed_at,
        'opened_by', (select full_name from staff where id = found_case.opened_by),
        'assigned_to', (select full_name from staff where id = found_case.assigned_to),
        'proposed_by', (select full_name from staff where id = found_case.proposed_by),
        'decided_by', (select full_name from staff where id = found_case.decided_by),
        'customer', (select jsonb_build_object('id', c.id, 'name', c.full_name, 'date_of_birth', c.date_of_birth, 'phone', c.phone,
                            'address_line', c.address_line, 'city', c.city, 'postcode', c.postcode, 'country', c.country,
                            'kyc_status', c.kyc_status, 'kyc_level', c.kyc_level, 'since', c.created_at)
                       from customers c where c.id = found_case.customer_id),
        'accounts', coalesce((select jsonb_agg(jsonb_build_object('kind', a.kind, 'currency', a.currency, 'status', a.status,
                                     'number', coalesce(a.sort_code || ' ' || a.account_number, a.iban), 'opened_at', a.opened_at)
                                     order by a.opened_at, a.id)
                                from accounts a where a.customer_id = found_case.customer_id), '[]'),
        'alerts', coalesce((select jsonb_agg(jsonb_build_object('rule', a.rule, 'currency', a.currency, 'first_day', a.first_day,
                                   'at', a.at, 'rule_set', r.rule_set, 'window_from', h.window_from, 'amount_minor', h.amount_minor,
                                   'evidence', h.evidence,
                                   'last_day', (select max(o.day) from compliance.hits o
                                                 where o.rule = a.rule and o.customer_id = a.customer_id and o.currency = a.currency
                                                   and o.day >= a.first_day
                                                   and o.day < coalesce((select min(n.first_day) from compliance.alerts n
                                                                          where n.rule = a.rule and n.customer_id = a.customer_id
                                                                            and n.currency = a.currency and n.first_day > a.first_day),
                                                                        'infinity')))
                                   order by a.id)
                              from compliance.alerts a join compliance.hits h on h.id = a.hit_id
                              join compliance.runs r on r.id = h.run_id where a.case_id = p_case), '[]'),
        'transactions', coalesce((select jsonb_agg(to_jsonb(l) order by l.booked_at, l.id) from (
                              select distinct t.id, t.booked_at, t.kind, t.category, t.amount_minor, t.currency, t.description
                                from transactions t
                                join compliance.alerts a on a.case_id = p_case and a.currency = t.currency
                                join compliance.hits h on h.id = a.hit_id
                               where t.customer_id = found_case.customer_id and t.status = 'booked'
                                 and t.occurred_at >= (h.window_from - 5)::timestamp at time zone 'Europe/London'
                                 and t.booked_at >= h.window_from::timestamp at time zone 'Europe/London'
                                 and t.booked_at < (h.day + 1)::timestamp at time zone 'Europe/London'
                                 and t.kind not in ('card_payment', 'subscription', 'interest', 'fee')
                               order by t.booked_at, t.id limit 500) l), '[]'),
        'notes', coalesce((select jsonb_agg(jsonb_build_object('author', s.full_name, 'text', n.text, 'at', n.at) order by n.id)
                             from compliance.notes n left join staff s on s.id = n.author where n.case_id = p_case), '[]'));
end $$;
comment on function compliance.get_case is 'A case with all that a report needs. Reading it is on record.';

create function compliance.open_case(p_customer uuid, p_reason text, p_now timestamptz) returns uuid
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with this role.
    who uuid := compliance.require_officer(app_staff_id());
    opened uuid;
begin
    if not exists (select from customers where id = p_customer) then
        raise exception 'there is no such customer' using errcode = 'TG021';
    end if;
    insert into compliance.cases (customer_id, opened_by, opened_at, reason) values (p_customer, who, p_now, p_reason)
    on conflict (customer_id) where status <> 'closed' do nothing returning id into opened;
    if opened is null then
        raise exception 'there is a case of that customer' using errcode = 'TG093';
    end if;
    perform compliance.write_journal(who, 'opened', opened, jsonb_build_object('reason', p_reason), p_now);
    return opened;
end $$;

create function compliance.add_note(p_case uuid, p_text text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with this role.
    who uuid := compliance.require_officer(app_staff_id());
begin
    perform compliance.take_case(p_case);
    insert into compliance.notes (case_id, author, text, at) values (p_case, who, p_text, p_now);
    perform compliance.write_journal(who, 'noted', p_case, '{}', p_now);
end $$;

create function compliance.assign_case(p_case uuid, p_to uuid, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with this role.
    who uuid := compliance.require_officer(app_staff_id());
begin
    perform compliance.take_case(p_case);
    if not exists (select from staff where id = p_to and role = 'compliance') then
        raise exception 'there is no such officer' using errcode = 'TG021';
    end if;
    update compliance.cases set assigned_to = p_to where id = p_case;
    perform compliance.write_journal(who, 'assigned', p_case, jsonb_build_object('to', p_to), p_now);
end $$;

create function compliance.propose_closing(p_case uuid, p_outcome text, p_reason text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with this role.
    who uuid := compliance.require_officer(app_staff_id());
    taken compliance.cases := compliance.take_case(p_case);
begin
    if taken.status <> 'open' then
        raise exception 'its closing waits already' using errcode = 'TG093';
    end if;
    update compliance.cases set status = 'closing', outcome = p_outcome, proposed_by = who where id = p_case;
    insert into compliance.notes (case_id, author, text, at) values (p_case, who, p_reason, p_now);
    perform compliance.write_journal(who, 'closing_proposed', p_case, jsonb_build_object('outcome', p_outcome), p_now);
end $$;

create function compliance.decide_closing(p_case uuid, p_decision text, p_remark text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with this role. The proposer and the opener are refused by cases_four_eyes.
    who uuid := compliance.require_officer(app_staff_id());
    taken compliance.cases := compliance.take_case(p_case);
begin
    if taken.status <> 'closing' then
        raise exception 'nobody wants it closed' using errcode = 'TG094';
    end if;
    if p_decision = 'approve' then
        update compliance.cases set status = 'closed', decided_by = who, closed_at = p_now where id = p_case;
    else
        update compliance.cases set status = 'open', outcome = null, proposed_by = null where id = p_case;
    end if;
    insert into compliance.notes (case_id, author, text, at) values (p_case, who, p_remark, p_now);
    perform compliance.write_journal(who, 'closing_' || p_decision || 'd', p_case, '{}', p_now);
end $$;

revoke execute on all functions in schema compliance from public;
grant usage on schema compliance to tellergraph_staff;
grant execute on function compliance.list_cases, compliance.get_case, compliance.open_case, compliance.add_note,
    compliance.assign_case, compliance.propose_closing, compliance.decide_closing to tellergraph_staff;
reset role;
