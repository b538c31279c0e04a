-- list_held_payments --
-- Payments of the customer that are being checked, the first to end first.
select h.operation_id, o.summary, o.amount_minor, o.currency::text as currency, o.recipient as payee, h.held_at, h.expires_at
  from payment_holds h join banking_operations o on o.id = h.operation_id
 where h.customer_id = %(customer_id)s and h.status = 'held'
 order by h.expires_at, h.operation_id

-- release_held_payment --
-- Posts the held payment of the operation that is being executed; the code of the refusal, null for none.
select release_held_payment(%(now)s) as refusal

-- cancel_held_payment --
-- Cancels the held payment of the operation that is being executed, which is of that type.
select cancel_held_payment(%(type)s, %(now)s) as refusal
