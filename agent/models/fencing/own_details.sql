-- list_own_details --
-- What identifies the customer and the people they pay, the oldest first so that each keeps its number. Row-level
-- security shows nobody else's; account names are listed because they are no secret. One text: what has not changed since
-- it was last read is seen at once.
select coalesce(json_agg(json_build_array(kind, value) order by part, since, value)::text, '[]') as listed from (
    select detail.part, null::timestamptz as since, detail.kind, detail.value
      from customers c,
           lateral (values (1, 'NAME', c.full_name), (2, 'PHONE', c.phone), (2, 'ADDRESS', c.address_line),
                           (2, 'POSTCODE', c.postcode), (2, 'DOB', c.date_of_birth::text)) as detail (part, kind, value)
     where c.id = %(customer_id)s
    union all
    select 3, null, 'EMAIL', email from credentials where customer_id = %(customer_id)s
    union all
    select 4, a.opened_at, detail.kind, detail.value
      from accounts a,
           lateral (values ('IBAN', a.iban), ('ACCOUNT', a.account_number), ('SORT_CODE', a.sort_code),
                           ('ACCOUNT_NAME', a.name)) as detail (kind, value)
     where a.customer_id = %(customer_id)s
    union all
    select 5, p.created_at, detail.kind, detail.value
      from payees p,
           lateral (values ('NAME', p.name), ('IBAN', p.iban), ('ACCOUNT', p.account_number),
                           ('SORT_CODE', p.sort_code)) as detail (kind, value)
     where p.customer_id = %(customer_id)s
    union all
    (select 6, min(occurred_at), 'NAME', split_part(description, ', ', 1)
       from transactions received
      where customer_id = %(customer_id)s and kind = 'transfer_in' and description not like 'From %%'
        and not exists (select from transactions sent
                         where sent.entry_id = received.entry_id and sent.customer_id = received.customer_id
                           and sent.id <> received.id)
      group by 4 order by max(occurred_at) desc limit 200)
) details
 where value <> ''
