-- sum_top_ups --
-- Top-ups of today and of this month that count towards limits, in one currency.
select coalesce(sum(t.minor) filter (where t.occurred_at >= %(day)s), 0)::bigint as today_minor,
       count(*) filter (where t.occurred_at >= %(day)s) as today_count,
       coalesce(sum(t.minor), 0)::bigint as month_minor
  from (select occurred_at,
               case when currency = %(currency)s then amount_minor
                    else exchanged(amount_minor, currency, %(currency)s, rate_at(currency, %(currency)s, %(now)s)) end as minor
          from transactions
         where customer_id = %(customer_id)s and occurred_at >= %(month)s and kind = 'top_up'
           and status in ('booked', 'pending')) t

-- list_top_ups --
-- The customer's top-ups, the latest first.
select t.amount_minor, t.currency, a.name as account, t.status, t.description, t.decline_reason, t.occurred_at
  from transactions t join accounts a on a.id = t.account_id
 where t.customer_id = %(customer_id)s and t.kind = 'top_up'
 order by t.occurred_at desc, t.id desc
 limit %(limit)s
