-- get_profile --
-- Who the customer is, how they can be reached, how well they are known, what they prefer.
select c.full_name as name, l.email, c.phone, c.address_line, c.city, c.postcode, c.country, c.date_of_birth, c.tier,
       c.kyc_status, c.kyc_level, c.kyc_document, c.kyc_verified_at, c.created_at,
       coalesce(p.statement_delivery, 'online') as statement_delivery, coalesce(p.language, 'en') as language,
       coalesce(p.marketing_channel, 'none') as marketing_channel
  from customers c
  left join credentials l on l.customer_id = c.id
  left join customer_preferences p on p.customer_id = c.id
 where c.id = %(customer_id)s

-- list_consents --
-- What is asked about today, with what the customer said last about each.
select t.name, t.version as asked_version, t.text, s.is_given, s.version, s.at
  from (select distinct on (name) name, version, text
          from consent_texts where active_from <= %(now)s order by name, active_from desc) t
  left join lateral (select is_given, version, at from consents c
                      where c.customer_id = %(customer_id)s and c.name = t.name order by c.id desc limit 1) s on true
 order by t.name

-- list_consent_history --
-- Everything the customer agreed to or took back, the latest first.
select c.name, c.version, c.is_given, c.at from consents c
 where c.customer_id = %(customer_id)s order by c.id desc limit %(limit)s

-- set_phone --
update customers set phone = %(phone)s where id = %(customer_id)s

-- set_email --
-- What the customer logs in with, unless somebody else does.
update credentials set email = %(email)s where customer_id = %(customer_id)s and not is_login_taken(%(email)s)

-- set_address --
update customers set address_line = %(address_line)s, city = %(city)s, postcode = %(postcode)s, country = 'GB'
 where id = %(customer_id)s

-- set_preferences --
-- Offers come only to somebody who agreed to them.
insert into customer_preferences (customer_id, statement_delivery, language, marketing_channel, updated_at)
select %(customer_id)s, %(statement_delivery)s, %(language)s, %(marketing_channel)s, %(now)s
 where %(marketing_channel)s = 'none'
    or (select is_given from consents c
         where c.customer_id = %(customer_id)s and c.name = 'marketing' order by c.id desc limit 1)
on conflict (customer_id) do update set statement_delivery = excluded.statement_delivery, language = excluded.language,
    marketing_channel = excluded.marketing_channel, updated_at = excluded.updated_at

-- insert_consent --
insert into consents (customer_id, name, version, is_given, at)
select %(customer_id)s, t.name, t.version, %(is_given)s, %(now)s
  from consent_texts t
 where t.name = %(name)s and t.version = %(version)s

-- stop_marketing --
-- Who takes the consent back is not written to any more.
update customer_preferences set marketing_channel = 'none', updated_at = %(now)s
 where customer_id = %(customer_id)s and marketing_channel <> 'none'
