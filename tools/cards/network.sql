-- card_facts --
-- What to decide on.
select ask_card_facts(%(card)s, %(terminal)s, %(minor)s, %(now)s) as facts

-- authorise --
-- The hold, or the declined transaction with its reason; the same again for the same reference.
select id, status, decline_reason
  from ask_authorisation(%(card)s, %(terminal)s, %(minor)s, %(reference)s, %(contactless)s, %(decision)s, %(now)s)
