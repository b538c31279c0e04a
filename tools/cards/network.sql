-- become_network --
-- From here on the transaction is the card network's, and has no other right of the application.
select set_config('role', 'tellergraph_network', true)

-- act_for_holder --
-- From here on the transaction works for the card's holder. No row for a card that is not there.
select set_config('app.customer_id', c.customer_id::text, true) from cards c where c.id = %(card)s

-- card_facts --
-- What to decide on. Authorisations of one account take turns from here on.
select card_facts(%(card)s, %(terminal)s, %(minor)s, %(now)s) as facts

-- authorise --
-- The hold, or the declined transaction with its reason; the same again for the same reference.
select id, status, decline_reason
  from authorise_card_payment(%(card)s, %(terminal)s, %(minor)s, %(reference)s, %(contactless)s, %(decision)s, %(now)s)
