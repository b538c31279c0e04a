-- list_cards --
-- The customer's cards that are not closed.
select c.id, c.kind, c.nickname, c.network, c.last4, c.status, c.expires_on, a.name as account
  from cards c join accounts a on a.id = c.account_id
 where c.customer_id = %(customer_id)s and c.status <> 'closed'
 order by c.created_at, c.last4

-- set_card_status --
-- Moves one card of the customer out of a named state.
update cards set status = %(to_status)s
 where id = %(card_id)s and customer_id = %(customer_id)s and status = %(from_status)s
