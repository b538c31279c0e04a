-- list_terms --
-- Published figures by their codes.
select code, label, amount_minor, currency, percent, quantity, unit from product_terms where code = any (%(codes)s)
