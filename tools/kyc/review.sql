-- list_waiting --
-- What waits for somebody, the oldest first. It does not say whose it is.
select id, reference, level, status, submitted_at, taken_by, verdict, maker from list_waiting_kyc(%(limit)s)

-- take --
-- Begins the review, and opens the customer's file by that.
select take_kyc_application(%(application_id)s, %(now)s) as customer_id

-- get_application --
select a.id, a.reference, a.customer_id, a.level, a.status, a.sealed, a.submitted_at, a.verdict, a.maker_reason, a.message,
       m.full_name as maker
  from kyc_applications a left join staff m on m.id = a.maker
 where a.id = %(application_id)s

-- list_documents --
select d.kind, d.attachment_id, a.name, a.media_type
  from kyc_documents d join attachments a on a.id = d.attachment_id where d.application_id = %(application_id)s
 order by d.kind

-- propose --
select status, is_done from propose_kyc_verdict(%(application_id)s, %(verdict)s, %(message)s, %(reason)s, %(now)s)

-- decide --
select status, is_done from decide_kyc_application(%(application_id)s, %(decision)s, %(reason)s, %(now)s)

-- expire --
select expire_kyc(%(now)s, %(limit)s) as ended
