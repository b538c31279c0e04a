-- add_customers --
-- Each with a current and a savings account, a card and three payees. Ids are as scattered as those of the demo bank.
insert into customers (id, full_name, kyc_status)
select md5('c' || n)::uuid, 'Customer ' || n, 'verified' from generate_series(1, %(customers)s) n;

-- add_accounts --
-- Two each.
insert into accounts (id, customer_id, kind, name, currency, balance_minor, sort_code, account_number, opened_at)
select md5(kind || n)::uuid, md5('c' || n)::uuid, kind, initcap(kind), 'GBP', 100000 + n %% 777,
       case kind when 'current' then '09-18-29' else '09-18-30' end, lpad(n::text, 8, '0'),
       %(now)s::timestamptz - interval '3 years'
  from generate_series(1, %(customers)s) n, unnest(array['current', 'savings']) kind;

-- add_cards --
-- One each.
insert into cards (id, customer_id, account_id, kind, network, last4, status, expires_on)
select md5('k' || n)::uuid, md5('c' || n)::uuid, md5('current' || n)::uuid, 'debit', 'visa', lpad((n %% 10000)::text, 4, '0'),
       'active', %(now)s::timestamptz + interval '2 years'
  from generate_series(1, %(customers)s) n;

-- add_payees --
-- Three each.
insert into payees (id, customer_id, name, sort_code, account_number, created_at)
select md5('p' || n || ' ' || k)::uuid, md5('c' || n)::uuid, 'Payee ' || k, '20-00-00', lpad(n::text, 8, '0'), %(now)s
  from generate_series(1, %(customers)s) n, generate_series(1, 3) k;

-- add_merchants --
-- One in five answers to "lane".
insert into merchants (id, name, category, mcc, city, country)
select n, (array['Harvest Lane', 'Copper Kettle', 'Kestrel Fuel', 'Marlow and Finch', 'Noodle Yard'])[1 + n %% 5] || ' ' || n,
       (array['groceries', 'eating_out', 'transport', 'shopping', 'entertainment', 'health'])[1 + n %% 6], '5411', 'Leeds', 'GB'
  from generate_series(1, %(merchants)s) n;

-- add_terminals --
insert into terminals (id, merchant_id, kind, label)
select id, id, 'in_store', name || ' 1' from merchants;

-- add_transactions --
-- Two years in the order of time, each of any customer: the lines of one customer lie far apart, as in a bank that lived
-- through them. Nothing is posted: the queries measured read no postings.
insert into transactions (customer_id, account_id, card_id, merchant_id, terminal_id, payee_id, entry_id, kind, status,
                          amount_minor, currency, category, description, occurred_at, booked_at)
select x.customer_id, x.account_id, case when g.is_card then x.card_id end, m.id, m.id,
       case when g.kind = 'transfer_out' then md5('p' || x.n || ' ' || 1 + g.g %% 3)::uuid end, g.g, g.kind, 'booked',
       case when g.kind in ('salary', 'transfer_in') then 1 else -1 end * (100 + g.hash %% 9000), 'GBP',
       coalesce(m.category, 'transfers'), coalesce(m.name, 'Payment ' || g.hash %% 1000), g.at, g.at
  from (select g, hash, hash %% 100 < 75 as is_card,
               case when hash %% 100 < 65 then 'card_payment' when hash %% 100 < 75 then 'subscription'
                    when hash %% 100 < 85 then 'direct_debit' when hash %% 100 < 93 then 'transfer_out'
                    when hash %% 100 < 96 then 'salary' else 'transfer_in' end as kind,
               %(now)s::timestamptz - interval '2 years' * (1 - g / %(transactions)s::float8) as at
          from (select g, abs(hashint8(g)::bigint) as hash from generate_series(1, %(transactions)s) g) h) g
  join (select n, md5('c' || n)::uuid as customer_id, md5('current' || n)::uuid as account_id, md5('k' || n)::uuid as card_id
          from generate_series(1, %(customers)s) n) x on x.n = 1 + abs(hashint8(g.g * 31 + 7)::bigint) %% %(customers)s
  left join merchants m on m.id = 1 + g.hash / 100 %% %(merchants)s and g.hash %% 100 < 85
 order by g.g;

-- list_customers --
-- Some at random, the same ones in every run.
select id from customers order by md5(id::text || 'bench') limit %(limit)s;

-- count_rows --
select (select count(*) from customers) as customers, (select count(*) from transactions) as transactions,
       pg_database_size(current_database()) as bytes;
