-- insert_rate --
-- By the operator.
insert into fx_rates (base, quote, rate, as_of) values (%(base)s, %(quote)s, %(rate)s, %(now)s)
