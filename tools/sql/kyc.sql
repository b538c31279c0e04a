-- find_identity_application --
-- The customer's latest, whatever became of it.
select id, reference, level, status, sections, sealed, message, submitted_at, valid_until
  from kyc_applications where customer_id = %(customer_id)s
 order by created_at desc limit 1

-- get_identity_standing --
select kyc_status as status, kyc_level as level from customers where id = %(customer_id)s

-- list_identity_pictures --
-- What the pictures of an application show.
select kind from kyc_documents
 where application_id = %(application_id)s and customer_id = %(customer_id)s order by kind

-- get_identity_level --
-- What a level takes.
select sections, documents from kyc_levels where level = %(level)s

-- list_details_of_turn --
-- What this turn has prepared already: sealed twice, the same words look different.
select payload ->> 'sealed' as sealed from banking_operations
 where customer_id = %(customer_id)s and turn_id = %(turn_id)s and type = 'fill_identity_details'

-- lock_identity_draft --
-- One change after the other.
select id, reference, level, status, sections, sealed, message, submitted_at, valid_until
  from kyc_applications where customer_id = %(customer_id)s and status in ('draft', 'submitted', 'in_review')
   for update

-- insert_identity_draft --
insert into kyc_applications (customer_id, level, sections, sealed, created_at, changed_at)
values (%(customer_id)s, %(level)s, %(sections)s, %(sealed)s, %(now)s, %(now)s)

-- set_identity_draft --
update kyc_applications set level = %(level)s, sections = %(sections)s, sealed = %(sealed)s, changed_at = %(now)s
 where id = %(application_id)s and customer_id = %(customer_id)s and status = 'draft'

-- set_identity_document --
insert into kyc_documents (application_id, kind, customer_id, attachment_id, added_at)
values (%(application_id)s, %(kind)s, %(customer_id)s, %(attachment_id)s, %(now)s)
on conflict (application_id, kind) do update set attachment_id = excluded.attachment_id, added_at = excluded.added_at

-- submit_identity_application --
update kyc_applications set status = 'submitted', submitted_at = %(now)s, changed_at = %(now)s, message = null
 where id = %(application_id)s and customer_id = %(customer_id)s and status = 'draft'
