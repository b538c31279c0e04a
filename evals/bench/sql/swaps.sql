-- list_marks --
-- Words that tell of a customer.
select unnest(array[c.id::text, c.full_name, k.email]) from customers c join credentials k on k.customer_id = c.id
 where c.id = %(who)s
union select unnest(array[id::text, iban, account_number, name]) from accounts where customer_id = %(who)s
union select unnest(array[id::text, name, iban]) from payees where customer_id = %(who)s
union select id::text from cards where customer_id = %(who)s
union select unnest(array[id::text, prefix]) from api_keys where customer_id = %(who)s
union select unnest(array[id::text, summary]) from banking_operations where customer_id = %(who)s
union select unnest(array[id::text, title]) from chat_sessions where owner = 'customer:' || %(who)s::text
union select id::text from chat_turns where owner = 'customer:' || %(who)s::text
union select unnest(array[id::text, reference]) from disputes where customer_id = %(who)s
union select id::text from attachments where customer_id = %(who)s;

-- print_things --
-- Of what a customer has: the same as long as nobody changes it. What waits for a yes changes nothing.
select md5(string_agg(line, ';' order by line)) from (
    select a::text from accounts a where customer_id = %(who)s
    union all select c::text from cards c where customer_id = %(who)s
    union all select p::text from payees p where customer_id = %(who)s
    union all select s::text from standing_orders s where customer_id = %(who)s
    union all select s::text from scheduled_payments s where customer_id = %(who)s
    union all select d::text from disputes d where customer_id = %(who)s
    union all select o.id::text || o.status from banking_operations o where customer_id = %(who)s and status <> 'pending'
    union all select s.id || '' || s.expires_at || coalesce(s.ended_reason, '') from auth_sessions s
               where owner = 'customer:' || %(who)s::text
    union all select p.id || p.status from privacy_requests p where customer_id = %(who)s
    union all select k.id || '' || k.expires_at || coalesce(k.revoked_at::text, '') from api_keys k where customer_id = %(who)s
) of_theirs (line);

-- find_card_payment --
select id::text from transactions
 where customer_id = %(who)s and kind = 'card_payment' and status = 'booked' order by occurred_at desc limit 1;

-- list_appointments --
-- Of everybody: two cannot have the same time.
select id::text from appointments where %(who)s is not null;

-- insert_care_case --
insert into care_cases (customer_id, kind, said, opened_at) values (%(who)s, 'lost_phone', 'My phone is gone', now());

-- insert_file --
-- What is in it nobody opens here.
with file as (
    insert into attachments (id, customer_id, purpose, name, media_type, size_bytes, sha256, key_id, sealed_key, created_at)
    values (%(file)s, %(who)s, %(purpose)s, 'scan.pdf', 'application/pdf', 1, sha256('s'), repeat('0', 16),
            convert_to(repeat('k', 60), 'UTF8'), now())
    returning id, customer_id
)
insert into attachment_chunks (attachment_id, customer_id, n, content)
select id, customer_id, 0, convert_to(repeat('c', 17), 'UTF8') from file;
