-- prepare --
-- Customers with two accounts each, and what the loads ask for.
create function bench_id(part int, n bigint) returns uuid immutable language sql
    return ('00000000-0000-0000-' || lpad(part::text, 4, '0') || '-' || lpad(n::text, 12, '0'))::uuid;
create function bench_payload(n bigint) returns jsonb immutable language sql
    return jsonb_build_object('account_id', bench_id(1, n), 'to_account_id', bench_id(2, n), 'debit_minor', 1,
                              'credit_minor', 1, 'debit_currency', 'GBP', 'credit_currency', 'GBP');
grant execute on function bench_id, bench_payload to tellergraph_app;
create table bench_filed (n bigint primary key, operation uuid not null, customer uuid not null);
create sequence bench_next;
grant select on bench_filed to tellergraph_app;
grant usage on sequence bench_next to tellergraph_app;
insert into accounts (kind, name, currency, opened_at)
select 'internal', name, 'GBP', now() from unnest(array['Clearing', 'Fees', 'Exchange']) name;
insert into customers (id, full_name) select bench_id(0, n), 'Customer ' || n from generate_series(1, 5000) n;
insert into accounts (id, customer_id, kind, name, currency, opened_at, overdraft_minor)
select bench_id(k, n), bench_id(0, n), 'current', 'Account ' || k, 'GBP', now(), 100000000
  from generate_series(1, 5000) n, generate_series(1, 2) k;

-- file_operations --
-- Confirmed operations that wait to be executed.
with filed as (
    insert into banking_operations (customer_id, type, payload, payload_hash, summary, amount_minor, currency,
                                    recipient, idempotency_key, initiated_by, created_at, expires_at)
    select bench_id(0, n), 'transfer_between_accounts', bench_payload(n), '', 'A transfer', 1, 'GBP', 'Account 2',
           gen_random_uuid()::text, 'rest', now(), now() + interval '1 hour'
      from (select 1 + mod(i, 5000) as n from generate_series(1, %(number)s::int) i) one
    returning id, customer_id, payload_hash, policy_version
), slips as (
    insert into confirmation_slips (slip_hash, customer_id, operation_id, payload_hash, policy_version, minted_at,
                                    expires_at)
    select sha256(convert_to(id::text, 'UTF8')), customer_id, id, payload_hash, policy_version, now(),
           now() + interval '1 hour'
      from filed
)
insert into bench_filed
select (select coalesce(max(n), 0) from bench_filed) + row_number() over (), id, customer_id from filed;

-- restart_numbers --
-- The next operation is the first that was not executed.
select setval('bench_next', coalesce((select min(f.n) from bench_filed f join banking_operations o on o.id = f.operation
                                       where o.status = 'pending'), 1), false);

-- count_ended --
select count(*) filter (where status = 'completed') as completed,
       count(*) filter (where status not in ('completed', 'pending')) as otherwise from banking_operations;
