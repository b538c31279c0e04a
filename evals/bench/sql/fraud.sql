-- list_cards --
-- Some at random, the same ones in every run.
select id as card, customer_id as customer from cards order by md5(id::text) limit 5000;

-- file_payments --
-- A payment to a payee of the customer, proposed and not decided about; each of another customer as long as there are enough.
insert into banking_operations (customer_id, type, payload, payload_hash, summary, amount_minor, currency, recipient,
                                idempotency_key, initiated_by, created_at, expires_at)
select p.customer_id, 'pay_payee',
       jsonb_build_object('account_id', c.account_id, 'payee_id', p.id, 'sort_code', p.sort_code,
                          'account_number', p.account_number, 'debit_minor', 2000, 'debit_currency', 'GBP', 'credit_minor', 2000,
                          'credit_currency', 'GBP', 'reference', 'Dinner'),
       '', 'A payment', 2000, 'GBP', p.name, 'bench ' || p.id, 'rest', %(now)s, %(now)s::timestamptz + interval '1 hour'
  from payees p join cards c on c.customer_id = p.customer_id order by md5(p.id::text) limit %(limit)s
returning id as operation, customer_id as customer;

-- read_features --
-- As card_facts() asks for them. The statement is the transaction: it says for whom it works and asks, in this order.
select fraud_vector('terminal:' || %(terminal)s::int, 'merchant:' || %(terminal)s::int, %(minor)s, %(now)s, 'GB', null,
                    'in_store') as features
  from (select set_config('app.customer_id', %(customer)s, true) as customer offset 0) scope
 where scope.customer <> '';

-- operation_facts --
select operation_facts(%(operation)s, %(now)s) as facts;
