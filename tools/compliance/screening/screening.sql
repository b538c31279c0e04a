-- find_generation --
-- Of the lists as they stand; null where none was ever loaded.
select max(generation) as generation from screening_loads

-- list_entries --
-- Current entries, or of these the ones that came after a generation.
select id, list, body from screening_entries where until is null and since > %(after)s order by id

-- record_screening --
select record_screening(%(kind)s, %(subject_id)s, %(name)s, %(fingerprint)s, %(generation)s, %(hits)s, %(now)s)

-- insert_load --
insert into screening_loads (list, format, published, sha256, added, changed, removed, unchanged, at)
values (%(list)s, %(format)s, %(published)s, %(sha256)s, %(added)s, %(changed)s, %(removed)s, %(unchanged)s, %(now)s)
returning generation

-- lock_lists --
-- Loads take turns: each compares with what the one before left.
select pg_advisory_xact_lock(7326543120773)

-- list_digests --
select id, source_id, digest, body -> 'names' -> 0 ->> 'text' as name
  from screening_entries where list = %(list)s and until is null

-- end_entries --
update screening_entries set until = %(generation)s where id = any (%(ids)s)

-- insert_entry --
insert into screening_entries (list, source_id, digest, body, since)
values (%(list)s, %(source_id)s, %(digest)s, %(body)s, %(generation)s)

-- withdraw_hits --
-- On versions of entries that are no more. A decision that was taken stays.
update screening_hits set status = 'withdrawn', decided_at = %(now)s
 where entry_id = any (%(ids)s) and status in ('open', 'proposed')

-- list_lists --
-- Each list as it was last loaded, and how many entries of it are current.
select l.list, l.format, l.published, l.generation, l.at,
       (select count(*) from screening_entries e where e.list = l.list and e.until is null) as entries
  from screening_loads l
 where l.generation = (select max(generation) from screening_loads same where same.list = l.list)
 order by l.list

-- list_subjects --
-- Everybody who has to be screened, in pieces: customers, their payees, and whom payments go to that wait for something.
select s.kind, s.subject_id, s.customer_id, s.name, s.born, s.country, k.fingerprint, k.generation
  from (select 'customer' as kind, id as subject_id, id as customer_id, full_name as name, date_of_birth as born, country
          from customers where %(kind)s = 'customer'
        union all
        select 'payee', id, customer_id, name, null, null from payees where %(kind)s = 'payee' and removed_at is null
        union all
        select 'operation', id, customer_id, recipient, null, null from banking_operations
         where %(kind)s = 'operation' and status in ('pending', 'processing') and recipient is not null) s
  left join screening_subjects k on k.kind = s.kind and k.subject_id = s.subject_id
 where s.subject_id > %(after)s
 order by s.subject_id limit %(limit)s

-- list_applicants --
-- Applications that somebody looks at: who they are about is sealed.
select a.id as subject_id, a.customer_id, a.sealed, k.fingerprint, k.generation
  from kyc_applications a
  left join screening_subjects k on k.kind = 'application' and k.subject_id = a.id
 where a.status in ('submitted', 'in_review') and a.id > %(after)s
 order by a.id limit %(limit)s

-- keep_screening --
select keep_screening(%(kind)s, %(subject_id)s, %(customer_id)s, %(name)s, %(fingerprint)s, %(generation)s, %(hits)s,
                      %(now)s)

-- list_hits --
select id, kind, subject_id, customer_id, name, list as list_name, source_id, entry, score, reasons, status, verdict, maker,
       maker_reason, checker, checker_reason, found_at, decided_at
  from list_screening_hits(%(status)s, %(limit)s, %(reason)s, %(now)s)

-- propose_verdict --
select status, is_done from propose_screening_verdict(%(hit_id)s, %(verdict)s, %(reason)s, %(now)s)

-- decide_verdict --
select status, is_done from decide_screening_verdict(%(hit_id)s, %(decision)s, %(reason)s, %(now)s)
