-- The makers: what a customer has of each kind, as an address names it.

-- make_account --
select name from accounts where customer_id = %(who)s and name <> 'Current'
union select right(account_number, 4) from accounts where customer_id = %(who)s;

-- make_account_id --
select id::text from accounts where customer_id = %(who)s;

-- make_card --
select last4 from cards where customer_id = %(who)s;

-- make_payee --
select name from payees where customer_id = %(who)s and removed_at is null;

-- make_attachment --
select id::text from attachments where customer_id = %(who)s;

-- make_identity_file --
select id::text from attachments where customer_id = %(who)s and purpose = 'identity';

-- make_appointment --
select reference from appointments where customer_id = %(who)s;

-- make_scheduled_payment --
select id::text from scheduled_payments where customer_id = %(who)s;

-- make_standing_order --
select id::text from standing_orders where customer_id = %(who)s;

-- make_transaction --
select id::text from transactions where customer_id = %(who)s order by id desc limit 40;

-- make_entry --
select entry_id::text from transactions where customer_id = %(who)s and entry_id is not null limit 20;

-- make_dispute --
select id::text from disputes where customer_id = %(who)s;

-- make_dispute_reference --
select reference from disputes where customer_id = %(who)s;

-- make_alert --
select id::text from fraud_alerts where customer_id = %(who)s;

-- make_operation --
select id::text from banking_operations where customer_id = %(who)s;

-- make_session --
select id::text from chat_sessions where owner = 'customer:' || %(who)s::text;

-- make_turn --
select id::text from chat_turns where owner = 'customer:' || %(who)s::text;

-- make_api_key --
select id::text from api_keys where customer_id = %(who)s;

-- make_customer --
select id::text from customers where id = %(who)s;

-- make_handoff --
select id::text from handoffs where customer_id = %(who)s;

-- make_care_case --
select id::text from care_cases where customer_id = %(who)s;

-- make_kyc_application --
select id::text from kyc_applications where customer_id = %(who)s;

-- make_staff_action --
select id::text from staff_actions where customer_id = %(who)s;

-- make_screening_hit --
select id::text from screening_hits where customer_id = %(who)s;

-- make_login_session --
select id::text from auth_sessions where owner = 'customer:' || %(who)s::text;

-- make_privacy_request --
select id::text from privacy_requests where customer_id = %(who)s;

-- make_staff --
select id::text from staff where role = 'compliance' and %(who)s is not null;

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
