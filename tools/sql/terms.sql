-- list_terms --
-- Published figures by their codes.
select code, label, amount_minor, currency, percent, quantity, unit from terms_at(%(now)s) where code = any (%(codes)s)
