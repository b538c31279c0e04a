-- list_rates --
-- The bank's rates that hold now.
select distinct on (base, quote) base, quote, rate, as_of
  from fx_rates
 where as_of <= %(now)s and (%(base)s::text is null or base = %(base)s) and (%(quote)s::text is null or quote = %(quote)s)
 order by base, quote, as_of desc

-- get_exchange_limits --
-- The published smallest exchange and most of one day, and what the customer exchanged in it, in one currency.
select term_in('exchange.min_amount', %(currency)s, %(now)s) as minimum_minor,
       term_in('exchange.daily_limit', %(currency)s, %(now)s) as daily_minor,
       exchanged_since(%(customer_id)s, %(currency)s, %(since)s) as used_minor
