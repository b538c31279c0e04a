-- take_turn --
-- One monitor at a time; the second waits and then finds little to do.
select pg_advisory_xact_lock(hashtext('tellergraph compliance monitor'));

-- add_rule_set --
-- As it is; nothing where that version is there.
insert into compliance.rule_sets (version, active_from, rules, added_at)
values (%(version)s, %(active_from)s, %(rules)s, %(now)s) on conflict (version) do nothing;

-- find_rule_set --
-- The latest that holds on a day.
select version, rules from compliance.rule_sets where active_from <= %(day)s order by active_from desc limit 1;

-- get_rule_set --
-- One version.
select version, rules from compliance.rule_sets where version = %(version)s;

-- find_first_day --
-- Where a monitor that never ran begins.
select (min(booked_at) at time zone 'Europe/London')::date as day from transactions where status = 'booked';

-- find_last_run --
-- How far the monitor has come.
select max(to_day) as day from compliance.runs;

-- forget_days --
-- Before they are summed up again.
delete from compliance.days where day between %(from_day)s and %(to_day)s;

-- sum_up_days --
-- One row for each customer, currency and day. What one customer moves from one account of their own to another is left out:
-- both of its lines are of one entry.
with classes as (
    select m ->> 'kind' as kind, m ->> 'category' as category, m ->> 'is' as class
      from jsonb_array_elements(%(rules)s::jsonb -> 'movements') m
), lines as not materialized (
    select t.customer_id, t.currency, (t.booked_at at time zone 'Europe/London')::date as day, t.amount_minor, t.entry_id,
           coalesce(exact.class, general.class, 'other') as class, t.terminal_id, t.payee_id, t.description
      from transactions t
      left join classes exact on exact.kind = t.kind and exact.category = t.category
      left join classes general on general.kind = t.kind and general.category is null
     where t.status = 'booked' and t.booked_at >= %(from_day)s::date::timestamp at time zone 'Europe/London'
       and t.booked_at < (%(to_day)s::date + 1)::timestamp at time zone 'Europe/London'
), transfers as (
    select l.*, min(amount_minor) over entry < 0 and max(amount_minor) over entry > 0 as is_own
      from lines l where class in ('in', 'out')
    window entry as (partition by entry_id, customer_id)
), known as (
    select customer_id, currency, day, amount_minor, class, terminal_id, abs(amount_minor) as minor, null::bigint as other
      from lines where class not in ('in', 'out', 'ignored')
    union all
    select customer_id, currency, day, amount_minor, class, terminal_id, abs(amount_minor),
           hashtextextended(coalesce(payee_id::text, lower(split_part(description, ', ', 1))), 0)
      from transfers where not is_own
)
insert into compliance.days (customer_id, currency, day, cash_in, cash_out, in_minor, out_minor, in_count, payers, payees,
                             places, transactions)
select customer_id, currency, day,
       coalesce(array_agg(minor) filter (where class = 'cash_in'), '{}'),
       coalesce(array_agg(minor) filter (where class = 'cash_out'), '{}'),
       coalesce(sum(minor) filter (where class in ('in', 'cash_in') and amount_minor > 0), 0),
       coalesce(sum(minor) filter (where class in ('out', 'cash_out') and amount_minor < 0), 0),
       count(*) filter (where class in ('in', 'cash_in') and amount_minor > 0),
       coalesce(array_agg(distinct other) filter (where class = 'in' and amount_minor > 0), '{}'),
       coalesce(array_agg(distinct other) filter (where class = 'out' and amount_minor < 0), '{}'),
       coalesce(array_agg(distinct terminal_id) filter (where class = 'cash_in' and terminal_id is not null), '{}'),
       count(*)
  from known
 group by customer_id, currency, day;

-- look_at_days --
-- Plans are made for what is there now.
analyze compliance.days;

-- find_known_since --
-- The first day of which the monitor knows anything.
select min(day) as day from compliance.days;

-- count_transactions --
-- Of the days of a run.
select coalesce(sum(transactions), 0)::bigint as n from compliance.days where day between %(from_day)s and %(to_day)s;

-- add_run --
-- What a run did, once it has.
insert into compliance.runs (id, from_day, to_day, rule_set, at, transactions, hits, alerts, cases) overriding system value
values (%(run)s, %(from_day)s, %(to_day)s, %(version)s, %(now)s, %(transactions)s, %(hits)s, %(alerts)s, %(cases)s);

-- next_run --
-- The number of the run that is written last.
select nextval(pg_get_serial_sequence('compliance.runs', 'id')) as n;

-- forget_findings --
-- Of the run before.
delete from compliance.findings;

-- find_threshold_report --
-- Cash of one day over the amount that has to be reported.
with cash as (
    select d.customer_id, d.currency, d.day,
           (select coalesce(sum(a), 0) from unnest(d.cash_in) a)::bigint as paid_in,
           (select coalesce(sum(a), 0) from unnest(d.cash_out) a)::bigint as taken_out,
           (%(rules)s::jsonb #>> array['threshold_report', 'over', d.currency::text])::bigint as most
      from compliance.days d
     where d.day between %(from_day)s and %(to_day)s and (d.cash_in <> '{}' or d.cash_out <> '{}')
)
insert into compliance.findings
select 'threshold_report', customer_id, currency, day, day, greatest(paid_in, taken_out),
       jsonb_build_object('cash_in_minor', paid_in, 'cash_out_minor', taken_out, 'over_minor', most)
  from cash where paid_in > most or taken_out > most;

-- find_structuring --
-- Cash just under that amount, again and again, by who does not always do so.
with rule as (
    select (r ->> 'window_days')::integer as window_days, (r ->> 'at_least')::integer as at_least,
           (r ->> 'from_share')::numeric as from_share, r -> 'over' as over, (r ->> 'habit_days')::integer as habit_days,
           (r ->> 'habit_factor')::numeric as habit_factor
      from (select %(rules)s::jsonb -> 'structuring' as r) x
), cash as (
    select d.customer_id, d.currency, d.day, way.name as way, (r.over ->> d.currency::text)::bigint as most,
           s.near, s.near_minor, s.above, s.minor
      from compliance.days d cross join rule r
     cross join lateral (values ('in', d.cash_in), ('out', d.cash_out)) way (name, amounts)
     cross join lateral (
        select count(*) filter (where a >= (r.over ->> d.currency::text)::bigint * r.from_share
                                  and a <= (r.over ->> d.currency::text)::bigint) as near,
               coalesce(sum(a) filter (where a >= (r.over ->> d.currency::text)::bigint * r.from_share
                                         and a <= (r.over ->> d.currency::text)::bigint), 0) as near_minor,
               count(*) filter (where a > (r.over ->> d.currency::text)::bigint) as above, sum(a) as minor
          from unnest(way.amounts) a) s
     where way.amounts <> '{}' and r.over ? d.currency::text
       and d.day between %(from_day)s::date - r.window_days - r.habit_days and %(to_day)s
), seen as (
    select c.*, r.window_days, r.at_least,
           sum(near) over recent as near_all, sum(near_minor) over recent as near_minor_all, sum(above) over recent as above_all,
           coalesce(sum(minor) over before, 0) * r.window_days / r.habit_days * r.habit_factor as usual
      from cash c cross join rule r
    window recent as (partition by customer_id, currency, way order by day
                      range between make_interval(days => %(structuring_days)s) preceding and current row),
           before as (partition by customer_id, currency, way order by day
                      range between make_interval(days => %(structuring_before)s) preceding
                                and make_interval(days => %(structuring_days)s + 1) preceding)
)
insert into compliance.findings
select distinct on (customer_id, currency, day) 'structuring', customer_id, currency, day, day - window_days + 1, near_minor_all,
       jsonb_build_object('way', way, 'count', near_all, 'sum_minor', near_minor_all, 'over_minor', most)
  from seen
 where day between %(from_day)s and %(to_day)s and near > 0 and near_all >= at_least and near_minor_all > most and above_all = 0
   and near_minor_all > usual
 order by customer_id, currency, day, near_minor_all desc;

-- find_rapid_movement --
-- Most of what came in leaves within days, several times a month, by who does not always do so.
with rule as (
    select (r ->> 'window_days')::integer as window_days, (r ->> 'month_days')::integer as month_days,
           (r ->> 'days_in_month')::integer as days_in_month, r -> 'at_least' as at_least, (r ->> 'out_share')::numeric as out_share,
           (r ->> 'out_most')::numeric as out_most, (r ->> 'habit_days')::integer as habit_days,
           (r ->> 'habit_factor')::numeric as habit_factor
      from (select %(rules)s::jsonb -> 'rapid_movement' as r) x
), moved as (
    select d.customer_id, d.currency, d.day, d.in_minor, d.out_minor, (r.at_least ->> d.currency::text)::bigint as at_least
      from compliance.days d cross join rule r
     where (d.in_minor > 0 or d.out_minor > 0) and r.at_least ? d.currency::text
       and d.day between %(from_day)s::date - r.month_days - r.habit_days and %(to_day)s
), seen as (
    select m.*, sum(in_minor) over recent as in_window, sum(out_minor) over recent as out_window,
           count(*) filter (where in_minor >= m.at_least) over month as days_in,
           sum(in_minor) over month as in_month, sum(out_minor) over month as out_month,
           coalesce(sum(in_minor) over before, 0) * r.month_days / r.habit_days * r.habit_factor as usual
      from moved m cross join rule r
    window recent as (partition by customer_id, currency order by day
                      range between make_interval(days => %(rapid_days)s) preceding and current row),
           month as (partition by customer_id, currency order by day
                     range between make_interval(days => %(rapid_month)s - 1) preceding and current row),
           before as (partition by customer_id, currency order by day
                      range between make_interval(days => %(rapid_month)s - 1 + %(rapid_before)s) preceding
                                and make_interval(days => %(rapid_month)s) preceding)
)
insert into compliance.findings
select 'rapid_movement', s.customer_id, s.currency, s.day, s.day - r.month_days + 1, s.in_month,
       jsonb_build_object('in_minor', s.in_month, 'out_minor', s.out_month, 'days', s.days_in)
  from seen s cross join rule r
 where s.day between %(from_day)s and %(to_day)s and s.out_minor > 0 and s.in_window >= s.at_least
   and s.out_window between s.in_window * r.out_share and s.in_window * r.out_most
   and s.days_in >= r.days_in_month and s.out_month between s.in_month * r.out_share and s.in_month * r.out_most
   and s.in_month > s.usual;

-- find_funnel --
-- Many new payers or places, few payees.
with rule as (
    select (r ->> 'window_days')::integer as window_days, (r ->> 'payers')::integer as payers, (r ->> 'payees')::integer as payees,
           (r ->> 'places')::integer as places, (r ->> 'new_for_days')::integer as new_for_days, r -> 'at_least' as at_least,
           (r ->> 'out_share')::numeric as out_share
      from (select %(rules)s::jsonb -> 'funnel' as r) x
), moved as (
    select d.customer_id, d.currency, d.day, d.out_minor, (r.at_least ->> d.currency::text)::bigint as at_least,
           sum(d.in_minor) over recent as in_window, sum(d.out_minor) over recent as out_window,
           sum(d.in_count) over recent as ins, sum(cardinality(d.places)) over recent as ins_at_places
      from compliance.days d cross join rule r
     where (d.in_minor > 0 or d.out_minor > 0) and r.at_least ? d.currency::text
       and d.day between %(from_day)s::date - r.window_days and %(to_day)s
    window recent as (partition by d.customer_id, d.currency order by d.day
                      range between make_interval(days => %(funnel_days)s - 1) preceding and current row)
), maybe as (
    select m.* from moved m cross join rule r
     where m.day between %(from_day)s and %(to_day)s and m.out_minor > 0 and m.in_window >= m.at_least
       and m.out_window >= m.in_window * r.out_share and (m.ins >= r.payers or m.ins_at_places >= r.places)
), counted as (
    select m.*, r.window_days, r.payers as least_payers, r.payees as most_payees, r.places as least_places,
           (select count(distinct p) from compliance.days d cross join unnest(d.payers) p
             where d.customer_id = m.customer_id and d.currency = m.currency and d.day between m.day - r.window_days + 1 and m.day
               and not exists (select from compliance.days e
                                where e.customer_id = m.customer_id and e.currency = m.currency
                                  and e.day between m.day - r.window_days + 1 - r.new_for_days and m.day - r.window_days
                                  and p = any (e.payers))) as payers,
           (select count(distinct p) from compliance.days d cross join unnest(d.payees) p
             where d.customer_id = m.customer_id and d.currency = m.currency
               and d.day between m.day - r.window_days + 1 and m.day) as payees,
           (select count(distinct p) from compliance.days d cross join unnest(d.places) p
             where d.customer_id = m.customer_id and d.currency = m.currency
               and d.day between m.day - r.window_days + 1 and m.day) as places
      from maybe m cross join rule r
)
insert into compliance.findings
select 'funnel', customer_id, currency, day, day - window_days + 1, in_window,
       jsonb_build_object('payers', payers, 'payees', payees, 'places', places, 'in_minor', in_window, 'out_minor', out_window)
  from counted
 where payees <= most_payees and (payers >= least_payers or places >= least_places);

-- find_dormant --
-- Nothing for long, then money comes and goes.
with rule as (
    select (r ->> 'dormant_days')::integer as dormant_days, (r ->> 'window_days')::integer as window_days,
           r -> 'at_least' as at_least, (r ->> 'out_share')::numeric as out_share
      from (select %(rules)s::jsonb -> 'dormant' as r) x
), moved as (
    select d.customer_id, d.currency, d.day, d.out_minor, (r.at_least ->> d.currency::text)::bigint as at_least,
           min(d.day) over recent as woke, sum(d.in_minor) over recent as in_window, sum(d.out_minor) over recent as out_window
      from compliance.days d cross join rule r
     where r.at_least ? d.currency::text and d.day between %(from_day)s::date - r.window_days and %(to_day)s
    window recent as (partition by d.customer_id, d.currency order by d.day
                      range between make_interval(days => %(dormant_days)s - 1) preceding and current row)
)
insert into compliance.findings
select 'dormant', m.customer_id, m.currency, m.day, m.woke, m.in_window,
       jsonb_build_object('in_minor', m.in_window, 'out_minor', m.out_window, 'woke_on', m.woke,
                          'quiet_since', coalesce(last.day, greatest(opened.day, %(known_since)s::date)))
  from moved m cross join rule r
  left join lateral (select max(d.day) as day from compliance.days d
                      where d.customer_id = m.customer_id and d.currency = m.currency and d.day < m.woke) last on true
  left join lateral (select min((a.opened_at at time zone 'Europe/London')::date) as day from accounts a
                      where a.customer_id = m.customer_id and a.currency = m.currency) opened on true
 where m.day between %(from_day)s and %(to_day)s and m.out_minor > 0 and m.in_window >= m.at_least
   and m.out_window >= m.in_window * r.out_share and m.woke - coalesce(last.day, greatest(opened.day, %(known_since)s::date)) >= r.dormant_days;

-- keep_hits --
-- A day of a rule that was found before stays as it was found. What is out of the ordinary can be told only of customers whose
-- ordinary is known: since the records begin, or from the opening of their first account.
insert into compliance.hits (run_id, rule, customer_id, currency, day, window_from, amount_minor, evidence)
select %(run)s, rule, customer_id, currency, day, window_from, amount_minor, evidence from compliance.findings f
 where day - coalesce((%(reaches)s::jsonb ->> rule)::integer, 0) >= %(known_since)s
    or coalesce((%(reaches)s::jsonb ->> rule)::integer, 0) = 0
    or (select min(a.opened_at) from accounts a where a.customer_id = f.customer_id)
       >= %(known_since)s::date::timestamp at time zone 'Europe/London'
on conflict (rule, customer_id, currency, day) do nothing;

-- open_cases --
-- For customers with a new alert and no case.
insert into compliance.cases (customer_id, opened_at, reason)
select h.customer_id, %(now)s, 'Found by the monitor: ' || string_agg(distinct replace(h.rule, '_', ' '), ', ')
  from compliance.hits h
 where h.run_id = %(run)s
   and not exists (select from compliance.hits p
                    where p.rule = h.rule and p.customer_id = h.customer_id and p.currency = h.currency and p.day < h.day
                      and p.day >= h.day - (%(gaps)s::jsonb ->> h.rule)::integer)
 group by h.customer_id
 order by min(h.day), h.customer_id
on conflict (customer_id) where status <> 'closed' do nothing;

-- raise_alerts --
-- The first of hits that follow each other; the rest are seen with it.
insert into compliance.alerts (rule, customer_id, currency, first_day, hit_id, case_id, at)
select h.rule, h.customer_id, h.currency, h.day, h.id, c.id, %(now)s
  from compliance.hits h join compliance.cases c on c.customer_id = h.customer_id and c.status <> 'closed'
 where h.run_id = %(run)s
   and not exists (select from compliance.hits p
                    where p.rule = h.rule and p.customer_id = h.customer_id and p.currency = h.currency and p.day < h.day
                      and p.day >= h.day - (%(gaps)s::jsonb ->> h.rule)::integer)
on conflict (rule, customer_id, currency, first_day) do nothing;

-- write_case_journal --
-- What the monitor added to which case.
insert into compliance.journal (action, case_id, detail, at)
select 'alerted', case_id, jsonb_build_object('rules', jsonb_agg(distinct rule)), %(now)s
  from compliance.alerts where at = %(now)s and hit_id in (select id from compliance.hits where run_id = %(run)s)
 group by case_id;
