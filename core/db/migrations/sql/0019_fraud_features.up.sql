-- What fraud scoring knows. Each feature is defined once, in fraud_features_at(): online it is asked for one event, in batch
-- for each row of a table. It reads nothing younger than the event and no label before it was known, so that both agree.

create function fraud_thing(p_name text) returns uuid language sql immutable parallel safe
    return md5(p_name)::uuid;
comment on function fraud_thing is
    'The short name of a counterparty or a circumstance, such as ''terminal:17'', ''account:20-00-00 12345678'', ''country:GB''.';

create table fraud_events (
    id             bigint generated always as identity primary key,
    customer_id    uuid not null references customers,
    transaction_id bigint unique,
    party          uuid,
    merchant       uuid,
    amount_minor   bigint not null check (amount_minor >= 0),
    occurred_at    timestamptz not null,
    country        uuid,
    device         uuid,
    channel        uuid
);
comment on table fraud_events is
    'Payments that a customer made or tried to make, as fraud scoring remembers them: no names, no words.';
comment on column fraud_events.transaction_id is
    'No foreign key: a transaction of the demo bank may be put back while what was scored stays.';
comment on column fraud_events.party is 'Whom the money went to: fraud_thing() of a terminal or of an account.';
create index fraud_events_customer on fraud_events (customer_id, occurred_at) include (amount_minor, party);
create index fraud_events_party on fraud_events (party, occurred_at) include (amount_minor, id) where party is not null;
create index fraud_events_merchant on fraud_events (merchant, occurred_at) include (amount_minor) where merchant is not null;

-- When a customer first met a counterparty, country, device or channel. The row under the customer's own id says since
-- when the customer is known at all.
create table fraud_firsts (
    customer_id uuid not null references customers,
    thing       uuid not null,
    first_at    timestamptz not null,
    primary key (customer_id, thing)
);

-- Confirmed frauds. What has no row is genuine once the delay is over.
create table fraud_labels (
    event_id     bigint primary key references fraud_events,
    customer_id  uuid not null references customers,
    party        uuid,
    merchant     uuid,
    amount_minor bigint not null,
    is_large     boolean not null,
    occurred_at  timestamptz not null,
    known_at     timestamptz not null,
    withdrawn_at timestamptz,
    check (known_at >= occurred_at and withdrawn_at > known_at)
);
comment on column fraud_labels.known_at is
    'From when on features may know it: never before the delay after the event is over, whenever it was confirmed.';
comment on column fraud_labels.is_large is
    'More than twice what the customer usually paid: that points at the customer''s card, a usual amount at the terminal.';
create index fraud_labels_customer on fraud_labels (customer_id, known_at);
create index fraud_labels_party on fraud_labels (party, known_at) where party is not null;
create index fraud_labels_merchant on fraud_labels (merchant, known_at) where merchant is not null;

-- Running totals of a terminal, an account or a merchant at the beginning (UTC) of each day on which something happened
-- there. A count over a month is the difference of two rows and what happened since midnight, however many they were.
create table fraud_party_days (
    party         uuid not null,
    day           date not null,
    events_before bigint not null,
    amount_before numeric not null,
    primary key (party, day) include (events_before, amount_before)
);
create table fraud_days_settled (
    only_row boolean primary key default true check (only_row),
    until    date not null
);
comment on table fraud_days_settled is 'Up to which day (not included) fraud_party_days is filled. Later events are counted one by one.';
insert into fraud_days_settled (until) values ('-infinity');

select protect_customer_table(t, false) from unnest(array['fraud_events', 'fraud_firsts', 'fraud_labels']::regclass[]) t;
do $$
declare t text;
begin
    -- The runtime login has no right on any of them: it asks the functions below.
    foreach t in array array['fraud_events', 'fraud_firsts', 'fraud_labels'] loop
        execute format('drop policy own on %I', t);
    end loop;
    foreach t in array array['fraud_party_days', 'fraud_days_settled'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy owner_all on %I to tellergraph_owner using (true) with check (true)', t);
    end loop;
end $$;

-- Totals ------------------------------------------------------------------------------------------------------------

do $$
declare kind text;
begin
    foreach kind in array array['party', 'merchant'] loop
        execute format($f$
            create function fraud_%1$s_total(p_thing uuid, p_until timestamptz)
                returns table (events bigint, amount numeric) language sql stable parallel safe rows 1 as $body$
                select coalesce(d.events_before, 0) + r.events, coalesce(d.amount_before, 0) + r.amount
                  from (values (1)) one
                  left join lateral (
                       select d.day, d.events_before, d.amount_before from fraud_party_days d
                        where d.party = p_thing and d.day <= (p_until at time zone 'UTC')::date
                        order by d.day desc limit 1) d on true
                 cross join lateral (
                       select count(*) as events, coalesce(sum(e.amount_minor), 0) as amount from fraud_events e
                        where e.%1$s = p_thing and e.occurred_at <= p_until
                          and e.occurred_at >= coalesce(d.day::timestamp at time zone 'UTC', '-infinity')) r
            $body$ $f$, kind);
        execute format('comment on function fraud_%s_total is ''How many events there were up to a moment, and their sum.''', kind);
    end loop;
end $$;

create function settle_fraud_days(p_until date) returns bigint language plpgsql as $$
declare
    since date;
    added bigint;
begin
    lock table fraud_party_days in share row exclusive mode;
    select until into since from fraud_days_settled for update;
    if p_until <= since then return 0; end if;
    insert into fraud_party_days (party, day, events_before, amount_before)
    select d.party, d.day,
           b.events + coalesce(sum(d.events) over before, 0), b.amount + coalesce(sum(d.amount) over before, 0)
      from (select e.party, e.is_merchant, (e.occurred_at at time zone 'UTC')::date as day, count(*) as events,
                   sum(e.amount_minor) as amount
              from (select party, false as is_merchant, occurred_at, amount_minor from fraud_events where party is not null
                    union all
                    select merchant, true, occurred_at, amount_minor from fraud_events where merchant is not null) e
             where e.occurred_at >= since::timestamp at time zone 'UTC' and e.occurred_at < p_until::timestamp at time zone 'UTC'
             group by 1, 2, 3) d
      left join lateral (
           -- Everything before the first day that is not settled; nothing where nothing is settled yet.
           select coalesce(sum(t.events), 0)::bigint as events, coalesce(sum(t.amount), 0) as amount
             from (select * from fraud_party_total(d.party, since::timestamp at time zone 'UTC' - interval '1 microsecond')
                    where not d.is_merchant
                   union all
                   select * from fraud_merchant_total(d.party, since::timestamp at time zone 'UTC' - interval '1 microsecond')
                    where d.is_merchant) t
            where since > '-infinity') b on true
    window before as (partition by d.party order by d.day rows between unbounded preceding and 1 preceding);
    get diagnostics added = row_count;
    update fraud_days_settled set until = p_until;
    return added;
end $$;

-- Features ------------------------------------------------------------------------------------------------------------
-- Amounts in major units, times in the unit that the name says; null where nothing is known. Windows end at the event and
-- leave it out. What a counterparty's risk counts ends p_delay before it: of what is younger the truth is not known.

create function fraud_features_at(p_customer uuid, p_party uuid, p_merchant uuid, p_amount_minor bigint, p_at timestamptz,
                                  p_country uuid, p_device uuid, p_channel uuid, p_delay interval)
    returns table (
        amount float8, hour float8, is_night float8, is_weekend float8,
        count_1h float8, count_1d float8, count_7d float8, count_30d float8,
        sum_1d float8, mean_1d float8, mean_7d float8, mean_30d float8, deviation_1d float8, deviation_7d float8, deviation_30d float8,
        seconds_since_last float8, median_30d float8, largest_30d float8, largest_7d_to_median float8,
        amount_z float8, amount_to_mean float8, amount_to_median float8, amount_to_largest float8,
        large_7d float8, large_14d float8, large_30d float8, time_of_day_share float8, customer_days float8,
        party_is_new float8, party_days float8, party_visits_30d float8, merchant_is_new float8,
        country_is_new float8, device_is_new float8, channel_is_new float8,
        party_count_1d float8, party_count_7d float8, party_count_30d float8,
        party_risk_1d float8, party_risk_7d float8, party_risk_30d float8, party_risk_recent float8,
        party_frauds_30d float8, party_victims_30d float8, party_last_fraud_days float8, party_first_fraud_days float8,
        party_genuine_since float8, party_last_genuine_days float8,
        party_plain_frauds_30d float8, party_last_plain_days float8, party_first_plain_days float8,
        party_mean_30d float8, amount_to_party_mean float8,
        merchant_count_1d float8, merchant_count_7d float8, merchant_count_30d float8,
        merchant_risk_1d float8, merchant_risk_7d float8, merchant_risk_30d float8,
        customer_frauds_7d float8, customer_frauds_30d float8, customer_last_fraud_days float8,
        customer_first_fraud_days float8, customer_large_frauds_30d float8, customer_first_large_days float8,
        amount_to_customer_frauds float8)
    language sql stable parallel safe rows 1 as $$
select m.amount,
       date_part('hour', m.local_time), (date_part('hour', m.local_time) < 6)::int::float8,
       (date_part('isodow', m.local_time) > 5)::int::float8,
       s.n_1h, s.n_1d, s.n_7d, s.n_30d,
       s.sum_1d / 100, s.sum_1d / nullif(s.n_1d, 0) / 100, s.sum_7d / nullif(s.n_7d, 0) / 100, h.mean,
       sqrt(greatest(s.squares_1d / nullif(s.n_1d, 0) - (s.sum_1d / nullif(s.n_1d, 0)) ^ 2, 0)) / 100,
       sqrt(greatest(s.squares_7d / nullif(s.n_7d, 0) - (s.sum_7d / nullif(s.n_7d, 0)) ^ 2, 0)) / 100,
       h.deviation,
       date_part('epoch', p_at - s.last_at), h.median, s.largest / 100, s.largest_7d / 100 / nullif(h.median, 0),
       (m.amount - h.mean) / nullif(h.deviation, 0), m.amount / nullif(h.mean, 0), m.amount / nullif(h.median, 0),
       m.amount / nullif(s.largest / 100, 0),
       o.n_7d, o.n_14d, o.n_30d, s.near / nullif(s.n_30d, 0), date_part('epoch', p_at - f.customer_at) / 86400,
       (p_party is not null and f.party_at is null)::int::float8, date_part('epoch', p_at - f.party_at) / 86400, s.visits,
       case when p_merchant is not null then (f.merchant_at is null)::int::float8 end,
       case when p_country is not null then (f.country_at is null)::int::float8 end,
       case when p_device is not null then (f.device_at is null)::int::float8 end,
       case when p_channel is not null then (f.channel_at is null)::int::float8 end,
       t.count_1d, t.count_7d, t.count_30d, p.n_1d / greatest(t.count_1d, p.n_1d, 1), p.n_7d / greatest(t.count_7d, p.n_7d, 1),
       p.n_30d / greatest(t.count_30d, p.n_30d, 1), p.recent,
       p.n_30d, p.victims, date_part('epoch', p_at - p.last_at) / 86400, date_part('epoch', p_at - p.first_at) / 86400,
       t.since_fraud, date_part('epoch', p_at - j.last_at) / 86400,
       p.plain, date_part('epoch', p_at - p.last_plain) / 86400, date_part('epoch', p_at - p.first_plain) / 86400,
       t.mean, m.amount / nullif(t.mean, 0),
       g.count_1d, g.count_7d, g.count_30d, g.risk_1d, g.risk_7d, g.risk_30d,
       c.n_7d, c.n_30d, date_part('epoch', p_at - c.last_at) / 86400, date_part('epoch', p_at - c.first_at) / 86400,
       c.large, date_part('epoch', p_at - c.first_large) / 86400, m.amount / nullif(c.mean, 0)
  from (select least(p_amount_minor, 1000000000)::float8 / 100 as amount, p_at at time zone 'Europe/London' as local_time,
               p_at - interval '1 hour' as h1, p_at - interval '24 hours' as d1, p_at - interval '168 hours' as d7,
               p_at - interval '336 hours' as d14, p_at - interval '720 hours' as d30,
               p_at - p_delay as settled offset 0) m
  -- What the customer did in the last thirty days.
 cross join lateral (
       select count(*)::float8 as n_30d, count(*) filter (where e.occurred_at > m.h1)::float8 as n_1h,
              count(*) filter (where e.occurred_at > m.d1)::float8 as n_1d, count(*) filter (where e.occurred_at > m.d7)::float8 as n_7d,
              sum(e.amount)::float8 as sum_30d, sum(e.amount) filter (where e.occurred_at > m.d1)::float8 as sum_1d,
              sum(e.amount) filter (where e.occurred_at > m.d7)::float8 as sum_7d,
              sum(e.amount * e.amount)::float8 as squares_30d,
              sum(e.amount * e.amount) filter (where e.occurred_at > m.d1)::float8 as squares_1d,
              sum(e.amount * e.amount) filter (where e.occurred_at > m.d7)::float8 as squares_7d,
              percentile_disc(0.5) within group (order by e.amount)::float8 as median,
              max(e.amount)::float8 as largest, max(e.amount) filter (where e.occurred_at > m.d7)::float8 as largest_7d,
              max(e.occurred_at) as last_at, count(*) filter (where e.party = p_party)::float8 as visits,
              -- Whole days aside, at most two hours apart.
              count(*) filter (where date_part('hour', p_at - e.occurred_at) in (0, 1, 22, 23))::float8 as near
         from (select least(amount_minor, 1000000000) as amount, occurred_at, party from fraud_events
                where customer_id = p_customer and occurred_at > m.d30 and occurred_at < p_at) e) s
 cross join lateral (
       select s.sum_30d / nullif(s.n_30d, 0) / 100 as mean, s.median / 100 as median,
              sqrt(greatest(s.squares_30d / nullif(s.n_30d, 0) - (s.sum_30d / nullif(s.n_30d, 0)) ^ 2, 0)) / 100 as deviation
       offset 0) h
  -- Payments of more than thrice what is usual.
 cross join lateral (
       select count(*) filter (where e.occurred_at > m.d7)::float8 as n_7d, count(*) filter (where e.occurred_at > m.d14)::float8 as n_14d,
              count(*)::float8 as n_30d
         from fraud_events e
        where e.customer_id = p_customer and e.occurred_at > m.d30 and e.occurred_at < p_at
          and e.amount_minor > 3 * s.median) o
 cross join lateral (
       select min(x.first_at) filter (where x.thing = p_customer) as customer_at,
              min(x.first_at) filter (where x.thing = p_party) as party_at,
              min(x.first_at) filter (where x.thing = p_merchant) as merchant_at,
              min(x.first_at) filter (where x.thing = p_country) as country_at,
              min(x.first_at) filter (where x.thing = p_device) as device_at,
              min(x.first_at) filter (where x.thing = p_channel) as channel_at
         from fraud_firsts x
        where x.customer_id = p_customer and x.thing in (p_customer, p_party, p_merchant, p_country, p_device, p_channel)
          and x.first_at < p_at) f
  -- Frauds at the counterparty that became known in the last thirty days.
 cross join lateral (
       select count(*)::float8 as n_30d, count(*) filter (where l.known_at > m.d1)::float8 as n_1d,
              count(*) filter (where l.known_at > m.d7)::float8 as n_7d, count(distinct l.customer_id)::float8 as victims,
              coalesce(sum(exp(date_part('epoch', l.known_at - p_at) / 604800)), 0) as recent,
              max(l.occurred_at) as last_at, min(l.occurred_at) as first_at,
              count(*) filter (where not l.is_large)::float8 as plain, max(l.occurred_at) filter (where not l.is_large) as last_plain,
              min(l.occurred_at) filter (where not l.is_large) as first_plain,
              -- Each event since thirty days before the delay that is known to be a fraud.
              array_agg(l.event_id) as ids
         from fraud_labels l
        where l.party = p_party and l.known_at > m.d30 and l.known_at <= p_at
          and (l.withdrawn_at is null or l.withdrawn_at > p_at)) p
  -- The same statement for each moment: a plan is set up anew for every call, and costs by its size.
 cross join lateral (
       select t.settled - t.n_1d as count_1d, t.settled - t.n_7d as count_7d, t.settled - t.n_30d as count_30d,
              t.settled - t.last_fraud as since_fraud, t.amount::float8 / 100 / nullif(t.settled - t.n_30d, 0) as mean
         from (select max(x.events) filter (where v.what = 0) as settled, max(x.events) filter (where v.what = 1) as n_1d,
                      max(x.events) filter (where v.what = 7) as n_7d, max(x.events) filter (where v.what = 30) as n_30d,
                      max(x.events) filter (where v.what = -1) as last_fraud,
                      max(x.amount) filter (where v.what = 0) - max(x.amount) filter (where v.what = 30) as amount
                 from (values (0, m.settled), (1, m.d1 - p_delay), (7, m.d7 - p_delay), (30, m.d30 - p_delay),
                              (-1, p.last_at)) v (what, until)
                cross join lateral fraud_party_total(p_party, v.until) x
                where v.until is not null) t
       offset 0) t
  -- A compromised terminal has had none for a while, and a quiet one may have been compromised for longer without a label.
  left join lateral (
       select e.occurred_at as last_at from fraud_events e
        where e.party = p_party and e.occurred_at <= m.settled and e.occurred_at > m.d30 - p_delay
          and e.id <> all (coalesce(p.ids, '{}'))
        order by e.occurred_at desc limit 1) j on true
  left join lateral (
       select u.n_1d as count_1d, u.n_7d as count_7d, u.n_30d as count_30d, l.n_1d / greatest(u.n_1d, l.n_1d, 1) as risk_1d,
              l.n_7d / greatest(u.n_7d, l.n_7d, 1) as risk_7d, l.n_30d / greatest(u.n_30d, l.n_30d, 1) as risk_30d
         from (select max(x.events) filter (where v.days = 0) - max(x.events) filter (where v.days = 1) as n_1d,
                      max(x.events) filter (where v.days = 0) - max(x.events) filter (where v.days = 7) as n_7d,
                      max(x.events) filter (where v.days = 0) - max(x.events) filter (where v.days = 30) as n_30d
                 from (values (0, m.settled), (1, m.d1 - p_delay), (7, m.d7 - p_delay), (30, m.d30 - p_delay)) v (days, until)
                cross join lateral fraud_merchant_total(p_merchant, v.until) x) u
        cross join lateral (
              select count(*)::float8 as n_30d, count(*) filter (where l.known_at > m.d1)::float8 as n_1d,
                     count(*) filter (where l.known_at > m.d7)::float8 as n_7d
                from fraud_labels l
               where l.merchant = p_merchant and l.known_at > m.d30 and l.known_at <= p_at
                 and (l.withdrawn_at is null or l.withdrawn_at > p_at)) l) g on p_merchant is not null
  -- Frauds against the customer that became known in the last thirty days.
 cross join lateral (
       select count(*)::float8 as n_30d, count(*) filter (where l.known_at > m.d7)::float8 as n_7d,
              max(l.occurred_at) as last_at, min(l.occurred_at) as first_at, avg(l.amount_minor)::float8 / 100 as mean,
              count(*) filter (where l.is_large)::float8 as large, min(l.occurred_at) filter (where l.is_large) as first_large
         from fraud_labels l
        where l.customer_id = p_customer and l.known_at > m.d30 and l.known_at <= p_at
          and (l.withdrawn_at is null or l.withdrawn_at > p_at)) c
$$;
comment on function fraud_features_at is
    'The one definition of every feature. No rights of its own: fraud_vector() asks it online, the batch for each row.';

-- Online ----------------------------------------------------------------------------------------------------------------
-- The transaction's customer is about to pay. What is not known is null. The delay is the one that labels are given below.

create function fraud_label_delay() returns interval language sql immutable parallel safe return interval '168 hours';

do $do$
declare
    columns text := (select string_agg('f.' || quote_ident(a.name), ', ' order by a.place)
                       from pg_proc p
                      cross join lateral unnest(p.proargnames, p.proargmodes::text[]) with ordinality a (name, mode, place)
                      where p.oid = 'fraud_features_at'::regproc and a.mode = 't');
begin
    execute format($f$
        create function fraud_vector(p_party text, p_merchant text, p_amount_minor bigint, p_at timestamptz,
                                     p_country text default null, p_device text default null, p_channel text default null)
            returns float8[] language sql stable security definer set search_path = pg_catalog, public, pg_temp as $body$
        select array[%s] from fraud_features_at(app_customer_id(), fraud_thing(p_party), fraud_thing(p_merchant), p_amount_minor, p_at,
                                                fraud_thing('country:' || p_country), fraud_thing('device:' || p_device),
                                                fraud_thing('channel:' || p_channel), fraud_label_delay()) f
        $body$ $f$, columns);
end $do$;
comment on function fraud_vector is
    'What is known at p_at about an event that is not recorded yet: the columns of fraud_features_at() in their order, as one '
    'value, which costs less to hand over than 66.';

-- Internal, as all to the end of the section. Remembers the event for those that come. Once for a transaction: asked again, it returns the same event.
create function record_fraud_event(p_party text, p_merchant text, p_amount_minor bigint, p_at timestamptz,
                                   p_country text default null, p_device text default null, p_channel text default null,
                                   p_transaction bigint default null) returns bigint
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    who     uuid := app_customer_id();
    things  uuid[] := array[who, fraud_thing(p_party), fraud_thing(p_merchant), fraud_thing('country:' || p_country),
                            fraud_thing('device:' || p_device), fraud_thing('channel:' || p_channel)];
    the_day date := (p_at at time zone 'UTC')::date;
    event   bigint;
begin
    insert into fraud_events (customer_id, transaction_id, party, merchant, amount_minor, occurred_at, country, device, channel)
    values (who, p_transaction, things[2], things[3], p_amount_minor, p_at, things[4], things[5], things[6])
    on conflict (transaction_id) do nothing returning id into event;
    if event is null then
        return (select id from fraud_events where transaction_id = p_transaction and customer_id = who);
    end if;
    insert into fraud_firsts as f (customer_id, thing, first_at)
    select who, t, p_at from (select distinct t from unnest(things) t where t is not null) t
    on conflict (customer_id, thing) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    -- Late: a day that is settled already. Otherwise nothing is found.
    if exists (select from fraud_party_days where party in (things[2], things[3]) and day > the_day) then
        update fraud_party_days set events_before = events_before + 1, amount_before = amount_before + p_amount_minor
         where party in (things[2], things[3]) and day > the_day;
    end if;
    return event;
end $$;

create function is_large_payment(p_customer uuid, p_amount_minor bigint, p_at timestamptz) returns boolean
    language sql stable parallel safe as $$
select coalesce(p_amount_minor > 2 * percentile_disc(0.5) within group (order by amount_minor), true) from fraud_events
 where customer_id = p_customer and occurred_at > p_at - interval '720 hours' and occurred_at < p_at
$$;

-- A fraud was confirmed, or, with p_is_fraud false, turned out to be none after all. Returns whether it is news.
create function record_fraud_label(p_event bigint, p_is_fraud boolean, p_at timestamptz) returns boolean
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if p_is_fraud then
        insert into fraud_labels (event_id, customer_id, party, merchant, amount_minor, is_large, occurred_at, known_at)
        select id, customer_id, party, merchant, amount_minor, is_large_payment(customer_id, amount_minor, occurred_at), occurred_at,
               greatest(occurred_at + fraud_label_delay(), p_at)
          from fraud_events where id = p_event and customer_id = app_customer_id()
        on conflict do nothing;
    else
        update fraud_labels set withdrawn_at = greatest(p_at, known_at + interval '1 microsecond')
         where event_id = p_event and customer_id = app_customer_id() and withdrawn_at is null;
    end if;
    return found;
end $$;

-- In batch ----------------------------------------------------------------------------------------------------------------

create function fill_fraud_firsts(p_customer uuid default null) returns bigint language plpgsql as $$
declare added bigint;
begin
    insert into fraud_firsts as f (customer_id, thing, first_at)
    select e.customer_id, t.thing, min(e.occurred_at) from fraud_events e
     cross join lateral unnest(array[e.customer_id, e.party, e.merchant, e.country, e.device, e.channel]) t (thing)
     where t.thing is not null and (p_customer is null or e.customer_id = p_customer) group by 1, 2
    on conflict (customer_id, thing) do update set first_at = excluded.first_at where excluded.first_at < f.first_at;
    get diagnostics added = row_count;
    return added;
end $$;
comment on function fill_fraud_firsts is 'After a bulk load of events: of everybody, or of one customer.';

-- What the bank's customers paid before anybody scored: each transaction that sent money is an event, once.
create function remember_transactions(p_customer uuid default null) returns bigint language plpgsql as $$
declare added bigint;
begin
    insert into fraud_events (customer_id, transaction_id, party, merchant, amount_minor, occurred_at, country, channel)
    select t.customer_id, t.id,
           fraud_thing(case when t.terminal_id is not null then 'terminal:' || t.terminal_id
                            when t.payee_id is not null then 'account:' || coalesce(p.sort_code || ' ' || p.account_number, p.iban) end),
           fraud_thing('merchant:' || t.merchant_id), -t.amount_minor, t.occurred_at,
           fraud_thing('country:' || m.country), fraud_thing('channel:' || n.kind)
      from transactions t
      left join payees p on p.id = t.payee_id
      left join merchants m on m.id = t.merchant_id
      left join terminals n on n.id = t.terminal_id
     where t.amount_minor < 0 and (t.terminal_id is not null or t.payee_id is not null) and t.kind <> 'fee'
       and (p_customer is null or t.customer_id = p_customer)
       and not exists (select from fraud_events e where e.transaction_id = t.id)
       -- Payments that were decided about are events since then, before they had a transaction (0020_fraud_decisions).
       and not exists (select from fraud_decisions d join banking_operations o on o.id = d.operation_id
                        where d.event_id is not null and o.entry_id = t.entry_id)
       and not exists (select from payment_holds h where h.transaction_id = t.id)
     order by t.occurred_at;
    get diagnostics added = row_count;
    perform fill_fraud_firsts(p_customer);
    -- They may be older than what is settled. One customer's, put back, change next to nothing of what all paid.
    if added > 0 and p_customer is null then
        delete from fraud_party_days;
        update fraud_days_settled set until = '-infinity';
    end if;
    return added;
end $$;

create table fraud_scores (
    event_id    bigint primary key references fraud_events,
    customer_id uuid not null references customers,
    model       text not null,
    probability real not null check (probability between 0 and 1),
    features    real[] not null
);
comment on table fraud_scores is 'What the batch computed for past events. What was decided online is stored with the decision.';
create index fraud_scores_customer on fraud_scores (customer_id);
select protect_customer_table('fraud_scores', false);
drop policy own on fraud_scores;

grant execute on function fraud_vector to tellergraph_app;
