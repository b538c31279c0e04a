-- list_indexes --
-- What is faster made after loading.
select c.relname, pg_get_indexdef(c.oid)
  from pg_index i join pg_class c on c.oid = i.indexrelid
 where i.indrelid = 'fraud_events'::regclass and not i.indisunique;

-- copy_events --
copy fraud_events (id, customer_id, party, amount_minor, occurred_at) from stdin (format binary);

-- label_events --
insert into fraud_labels (event_id, customer_id, party, merchant, amount_minor, is_large, occurred_at, known_at)
select id, customer_id, party, merchant, amount_minor, is_large_payment(customer_id, amount_minor, occurred_at), occurred_at,
       occurred_at + make_interval(secs => %(days)s * 86400)
  from fraud_events where id = any (%(frauds)s);

-- copy_features --
-- The events in their order, with their features as the binary array that numpy reads; NaN for null.
copy (select e.id, e.customer_id, {features}
        from (select * from fraud_events where id >= {first} and id < {after} {condition} order by id offset 0) e
       cross join lateral fraud_features_at(e.customer_id, e.party, e.merchant, e.amount_minor, e.occurred_at, e.country,
                                            e.device, e.channel, {delay}) f)
  to stdout (format binary);

-- unscored --
and not exists (select from fraud_scores s where s.event_id = fraud_events.id and s.model = {model})

-- forget_scores --
-- Another model's.
delete from fraud_scores where event_id >= %(first)s and event_id < %(after)s and model <> %(model)s;

-- add_scores --
-- The features of all come as one array.
insert into fraud_scores (event_id, customer_id, model, probability, features)
select i.id, i.customer, %(model)s, i.probability,
       (%(features)s::real[])[(i.n - 1) * %(size)s::int + 1 : i.n * %(size)s::int]
  from unnest(%(ids)s::bigint[], %(customers)s::uuid[], %(probabilities)s::real[]) with ordinality
       i (id, customer, probability, n);

-- recent_scores --
-- Of the model's last days, as the batch computed them.
select s.features, s.probability from fraud_scores s join fraud_events e on e.id = s.event_id
 where s.model = %(model)s and e.occurred_at > %(since)s;
