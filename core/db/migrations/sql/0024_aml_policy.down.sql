-- What was found goes with its tables; staff of compliance become auditors.
set local role tellergraph_compliance;
revoke usage on schema compliance from tellergraph_staff, tellergraph_owner;
drop function compliance.list_cases, compliance.get_case, compliance.open_case, compliance.add_note, compliance.assign_case,
    compliance.propose_closing, compliance.decide_closing, compliance.take_case, compliance.write_journal, compliance.require_officer;
drop table compliance.journal, compliance.notes, compliance.alerts, compliance.cases, compliance.findings, compliance.hits, compliance.days,
    compliance.runs, compliance.rule_sets;
drop sequence compliance.case_numbers;
drop function compliance.keep_case;
reset role;
drop index transactions_booked;
do $$
declare t text;
begin
    foreach t in array array['customers', 'accounts', 'transactions', 'postings', 'staff'] loop
        execute format('drop policy monitor_reads on %I', t);
        execute format('revoke select on %I from tellergraph_compliance', t);
    end loop;
end $$;
revoke select on merchants, terminals, currencies from tellergraph_compliance;
revoke execute on function refuse_change, app_staff_id from tellergraph_compliance;
update staff set role = 'auditor' where role = 'compliance';
alter table staff drop constraint staff_role_check,
    add constraint staff_role_check check (role in ('agent', 'supervisor', 'auditor', 'admin'));

drop function decide_policy, propose_policy, audit_policy, policy_begins;
drop table policy_proposals;
drop trigger banking_operations_eligible on banking_operations;
drop function refuse_proposal, refuse_by_policy, write_policy, policy_document, what_may_i_do;
drop type allowed_operation;
create or replace function policy_refusal(op banking_operations, p_now timestamptz) returns text
    language sql stable
    return case when op.policy_version <> policy_at(p_now) then 'policy_changed' end;
alter function policy_refusal reset all;
create or replace function due_fee(due due_payment, p_now timestamptz) returns bigint
    language sql stable set search_path = pg_catalog, public, pg_temp
    return due.fee_minor;
comment on function due_fee is 'Replaced by 0024_aml_policy: the fee of the policy that holds on the day.';
create or replace function due_refusal(op banking_operations, p_confirmed_fee bigint, p_arranged timestamptz, p_now timestamptz)
    returns text language sql stable set search_path = pg_catalog, public, pg_temp
    return policy_refusal(op, p_now);
comment on function due_refusal is 'Replaced by 0024_aml_policy: why a payment is not made at the price of the day.';
drop function fee_prices;
drop function policy_matters, policy_fee_of, counted_minor, disclosures_of, policy_fee, policy_fee_terms, policy_step_up;

create table payment_limits (
    policy_version    text not null references payment_policies,
    tier              text not null check (tier in ('standard', 'premium')),
    per_payment_minor bigint not null check (per_payment_minor > 0),
    per_day_minor     bigint not null check (per_day_minor > 0),
    primary key (policy_version, tier)
);
-- The lowest that holds for all of a tier; where there is none, the highest there can be.
insert into payment_limits
select p.version, t.tier,
       coalesce(min(l.most_minor) filter (where l.period = 'payment' and l.most_minor > 0), 9007199254740991),
       coalesce(min(l.most_minor) filter (where l.period = 'day' and l.most_minor > 0), 9007199254740991)
  from payment_policies p cross join unnest(array['standard', 'premium']) t (tier)
  left join policy_limits l on l.policy_version = p.version and l.operation = 'pay_payee' and l.channel is null
                           and l.kyc_level is null and (l.tier is null or l.tier = t.tier)
 group by p.version, t.tier;
grant select on payment_limits to tellergraph_app;

create or replace function refuse_over_limit(op banking_operations, p_now timestamptz) returns text
    language plpgsql stable as $$
declare
    limits payment_limits;
    day_starts timestamptz := date_trunc('day', p_now, 'Europe/London');
begin
    select l.* into strict limits from payment_limits l join customers c on c.tier = l.tier
     where c.id = op.customer_id and l.policy_version = op.policy_version;
    if op.limit_minor > limits.per_payment_minor then return 'over_payment_limit'; end if;
    if op.limit_minor + coalesce((select sum(limit_minor) from banking_operations
            where customer_id = op.customer_id and status = 'completed' and limit_minor is not null
              and completed_at >= day_starts), 0) > limits.per_day_minor then
        return 'over_daily_limit';
    end if;
    return null;
end $$;
alter function refuse_over_limit reset all;
create or replace function check_exchange_limit() returns trigger
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
create or replace function term_in(p_code text, p_currency text, p_at timestamptz) returns bigint
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    term product_terms;
    rate numeric;
begin
    select * into term from product_terms where code = p_code;
    if not found or term.currency = p_currency then return term.amount_minor; end if;
    rate := rate_at(term.currency, p_currency, p_at);
    if rate is null then
        raise exception 'there is no rate for %', p_currency using errcode = 'TG013';
    end if;
    return exchanged(term.amount_minor, term.currency, p_currency, rate);
end $$;
drop function limit_refusal, limits_of, eligibility_refusal, is_fee_weekend, terms_at;
drop type policy_limit;
drop trigger payment_policies_append_only on payment_policies;
comment on table payment_policies is 'The latest active one holds. What was proposed under another must be proposed again.';
drop table policy_terms, policy_disclosures, policy_fees, policy_eligibility, policy_limits;
revoke select on payment_policies from tellergraph_staff, tellergraph_worker;
alter table operation_types drop column initiator;
