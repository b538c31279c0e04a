-- list_branches --
-- Those of a town or a postcode area, or under a name; all for null.
select id, name, address_line, city, postcode, has_quiet_room
  from branches
 where %(place)s::text is null or lower(city) = lower(%(place)s) or lower(name) = lower(%(place)s)
    or substring(postcode from '^[A-Z]+') = %(area)s
 order by city, name

-- list_branch_cities --
select distinct city from branches order by city

-- list_opening_hours --
-- Of every branch and, without a branch, of the phone line.
select branch_id, day, opens, closes from opening_hours

-- list_atms --
-- Cash machines of a town, or of a postcode area by the town of its branch.
select t.label, m.name as operator, m.city
  from merchants m join terminals t on t.merchant_id = m.id and t.kind = 'atm'
 where lower(m.city) = lower(%(place)s)
    or lower(m.city) in (select lower(b.city) from branches b where substring(b.postcode from '^[A-Z]+') = %(area)s)
 order by m.name, t.label
 limit %(limit)s

-- list_atm_cities --
select distinct m.city from merchants m join terminals t on t.merchant_id = m.id and t.kind = 'atm' order by m.city

-- search_terms --
-- The bank's published figures of a product and kind whose words contain each word asked for.
select t.code, t.product, t.kind, t.label, t.amount_minor, t.currency, t.percent, t.quantity, t.unit
  from terms_at(%(now)s) t
 where (%(product)s::text is null or t.product = %(product)s)
   and (%(kind)s::text is null or t.kind = %(kind)s)
   and not exists (select from unnest(%(words)s::text[]) word
                    where position(word in lower(t.label || ' ' || translate(t.code, '._', '  ') || ' ' || t.product)) = 0)
 order by t.product, t.kind, t.code

-- list_term_products --
select distinct product from product_terms order by product
