-- list_files_sealed_otherwise --
-- Files whose own key another key of the server has sealed, in their order. Two rotations at once share the work.
select id, customer_id, key_id, sealed_key from attachments
 where key_id <> %(current)s and id > %(last)s order by id limit %(limit)s for update skip locked

-- reseal_file --
-- The file's own key under another one; the file stays as it is.
update attachments set key_id = %(key_id)s, sealed_key = %(sealed_key)s where id = %(id)s

-- count_files_sealed_otherwise --
-- How many are left.
select count(*) from attachments where key_id <> %(current)s

-- list_applications_sealed_otherwise --
-- Applications of identity checks, as list_files_sealed_otherwise.
select id, sealed from kyc_applications
 where not starts_with(sealed, %(current)s) and id > %(last)s order by id limit %(limit)s for update skip locked

-- reseal_application --
-- The same words under another key.
update kyc_applications set sealed = %(sealed)s where id = %(id)s

-- count_applications_sealed_otherwise --
-- How many are left.
select count(*) from kyc_applications where not starts_with(sealed, %(current)s)

-- list_turns_sealed_otherwise --
-- Records of answers, as list_files_sealed_otherwise.
select turn_id as id, sealed from turn_records
 where not starts_with(sealed, %(current)s) and turn_id > %(last)s order by turn_id limit %(limit)s for update skip locked

-- reseal_turn --
-- The same record under another key.
update turn_records set sealed = %(sealed)s where turn_id = %(id)s

-- count_turns_sealed_otherwise --
-- How many are left.
select count(*) from turn_records where not starts_with(sealed, %(current)s)

-- count_waiting_proposals --
-- Proposals sealed with another key that can still be approved: ten minutes at most.
select count(*) from banking_operations
 where status = 'pending' and expires_at > %(now)s and payload ? 'sealed'
   and not starts_with(payload ->> 'sealed', %(current)s)

-- record_resealing --
-- That sealed things were sealed again, how many of each kind.
insert into audit_log (actor, action, resource, detail, at)
values ('operator', 'keys.resealed', 'secret_key', %(detail)s, %(now)s)
