-- What a customer has of each kind, as an address names it. Each statement is called as its kind.

-- account --
select name from accounts where customer_id = %(who)s and name <> 'Current'
union select right(account_number, 4) from accounts where customer_id = %(who)s;

-- account_id --
select id::text from accounts where customer_id = %(who)s;

-- card --
select last4 from cards where customer_id = %(who)s;

-- payee --
select name from payees where customer_id = %(who)s and removed_at is null;

-- attachment --
select id::text from attachments where customer_id = %(who)s;

-- identity_file --
select id::text from attachments where customer_id = %(who)s and purpose = 'identity';

-- appointment --
select reference from appointments where customer_id = %(who)s;

-- scheduled_payment --
select id::text from scheduled_payments where customer_id = %(who)s;

-- standing_order --
select id::text from standing_orders where customer_id = %(who)s;

-- transaction --
select id::text from transactions where customer_id = %(who)s order by id desc limit 40;

-- entry --
select entry_id::text from transactions where customer_id = %(who)s and entry_id is not null limit 20;

-- dispute --
select id::text from disputes where customer_id = %(who)s;

-- dispute_reference --
select reference from disputes where customer_id = %(who)s;

-- alert --
select id::text from fraud_alerts where customer_id = %(who)s;

-- operation --
select id::text from banking_operations where customer_id = %(who)s;

-- session --
select id::text from chat_sessions where owner = 'customer:' || %(who)s::text;

-- turn --
select id::text from chat_turns where owner = 'customer:' || %(who)s::text;

-- api_key --
select id::text from api_keys where customer_id = %(who)s;

-- customer --
select id::text from customers where id = %(who)s;

-- handoff --
select id::text from handoffs where customer_id = %(who)s;

-- care_case --
select id::text from care_cases where customer_id = %(who)s;

-- kyc_application --
select id::text from kyc_applications where customer_id = %(who)s;

-- staff_action --
select id::text from staff_actions where customer_id = %(who)s;

-- screening_hit --
select id::text from screening_hits where customer_id = %(who)s;

-- staff --
select id::text from staff where role = 'compliance' and %(who)s is not null;

-- login_session --
select id::text from auth_sessions where owner = 'customer:' || %(who)s::text;

-- privacy_request --
select id::text from privacy_requests where customer_id = %(who)s;
