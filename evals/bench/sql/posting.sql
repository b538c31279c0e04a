-- prepare --
-- Customers with two accounts each, and what the loads ask for.
create function bench_id(part int, n bigint) returns uuid immutable language sql
    return ('00000000-0000-0000-' || lpad(part::text, 4, '0') || '-' || (100000000000 + n))::uuid;
create function bench_payload(n bigint) returns jsonb immutable language sql
    return jsonb_build_object('account_id', bench_id(1, n), 'to_account_id', bench_id(2, n), 'debit_minor', 1,
                              'credit_minor', 1, 'debit_currency', 'GBP', 'credit_currency', 'GBP');
create function bench_decision() returns jsonb immutable language sql
    return jsonb_build_object('outcome', 'allow', 'rules_version', 'bench', 'features', '{}'::jsonb, 'hits', '[]'::jsonb);
grant execute on function bench_id, bench_payload, bench_decision to tellergraph_app;
insert into accounts (kind, name, currency, opened_at)
select 'internal', name, 'GBP', now() from unnest(array['Clearing', 'Fees', 'Exchange']) name;
insert into customers (id, full_name) select bench_id(0, n), 'Customer ' || n from generate_series(0, 4999) n;
insert into accounts (id, customer_id, kind, name, currency, opened_at, overdraft_minor)
select bench_id(k, n), bench_id(0, n), 'current', 'Account ' || k, 'GBP', now(), 100000000
  from generate_series(0, 4999) n, generate_series(1, 2) k;

-- file_operations --
-- Decided and confirmed operations that wait to be executed, numbered from one.
with filed as (
    insert into banking_operations (id, customer_id, type, payload, payload_hash, summary, amount_minor, currency,
                                    recipient, idempotency_key, initiated_by, created_at, expires_at)
    select bench_id(3, i), bench_id(0, mod(i, 5000)), 'transfer_between_accounts', bench_payload(mod(i, 5000)), '',
           'A transfer', 1, 'GBP', 'Account 2', 'filed-' || i, 'rest', now(), now() + interval '1 hour'
      from generate_series(%(first)s::bigint, %(first)s::bigint + %(number)s::bigint - 1) i
    returning id, customer_id, payload_hash, policy_version
), decided as (
    insert into fraud_decisions (customer_id, operation_id, payload_hash, policy_version, rules_version, outcome, features, hits,
                                 decided_at, valid_until)
    select customer_id, id, payload_hash, policy_version, 'bench', 'allow', '{}', '[]', now(), now() + interval '1 hour' from filed
)
insert into confirmation_slips (slip_hash, customer_id, operation_id, payload_hash, policy_version, minted_at, expires_at)
select sha256(convert_to(id::text, 'UTF8')), customer_id, id, payload_hash, policy_version, now(),
       now() + interval '1 hour'
  from filed;

-- count_ended --
select count(*) filter (where status = 'completed') as completed,
       count(*) filter (where status not in ('completed', 'pending')) as otherwise from banking_operations;
