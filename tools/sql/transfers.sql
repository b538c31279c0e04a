-- quote_exchange --
-- The other side of an amount at the bank's rate now, and the published fee in percent: less for Plus on weekdays.
select r.rate,
       case when %(debit_is_fixed)s then exchanged(%(minor)s, %(debited)s, %(credited)s, r.rate)
            else exchanged(%(minor)s, %(credited)s, %(debited)s, 1 / r.rate) end as other_minor,
       (select percent from terms_at(%(now)s)
         where code = case when %(is_weekend)s then 'exchange.fee.weekend'
                           when (select tier from customers c where c.id = %(customer_id)s) = 'premium'
                               then 'exchange.fee.plus'
                           else 'exchange.fee.weekday' end) as fee_percent
  from (select rate_at(%(debited)s, %(credited)s, %(now)s) as rate) r

-- list_transfers --
-- The customer's transfers and payments, the latest first, with what became of them.
select id, type, status, summary, amount_minor, currency, recipient, error_code, created_at, completed_at
  from banking_operations
 where customer_id = %(customer_id)s
   and type in ('pay_payee', 'transfer_between_accounts', 'exchange_currency')
   and (%(reference)s::uuid is null or id = %(reference)s)
   and (%(payee)s::text is null or lower(recipient) = lower(%(payee)s))
 order by created_at desc, id desc
 limit %(limit)s

-- get_fee --
-- A published fee in the currency of the account that pays it.
select case when t.currency = %(currency)s then t.amount_minor
            else exchanged(t.amount_minor, t.currency, %(currency)s, rate_at(t.currency, %(currency)s, %(now)s)) end as minor
  from terms_at(%(now)s) t where t.code = %(code)s
