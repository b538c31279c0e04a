-- open_base --
-- Makes sure that the knowledge base exists.
insert into knowledge_bases (kb) values (%(kb)s) on conflict (kb) do nothing

-- lock_base --
-- One ingest of a knowledge base at a time; held until the connection closes.
select pg_advisory_lock(hashtextextended('knowledge base ' || %(kb)s, 0))

-- list_stored --
-- The newest revision of what came from folders: each document's file and the hash it was stored under; and of what staff
-- have uploaded, the ids.
select distinct on (id) id, source, content_hash, status, uploaded_by is not null as uploaded
from kb_documents where kb = %(kb)s
order by id, revision desc

-- read_bodies --
-- The newest text of documents.
select distinct on (id) id, body from kb_documents where kb = %(kb)s and id = any (%(ids)s)
order by id, revision desc

-- store_document --
select store_document(%(kb)s, %(document)s, %(status)s, null) as revision

-- store_passages --
select store_passages(%(kb)s, %(document_id)s, %(revision)s, %(passages)s)

-- delete_document --
delete from kb_documents where kb = %(kb)s and id = %(document_id)s

-- delete_base --
delete from knowledge_bases where kb = %(kb)s

-- vacuum_base --
-- Fresh statistics, and a visibility map for the index-only scans of the postings.
vacuum (analyze) knowledge_bases, kb_documents, kb_chunks, kb_postings

-- get_article --
-- A document that holds on the day, as far as the reader's audiences go.
select id, title, body, intents, product, valid_from, updated_at
from kb_documents
where kb = %(kb)s and id = %(id)s
    and (valid_from is null or valid_from <= %(today)s) and (valid_to is null or valid_to >= %(today)s)

-- list_topics --
select id, intents from kb_documents where kb = %(kb)s

-- list_unpublished --
-- Revisions that wait: those with the ids, or all.
select id, revision, title, body, source, flags, intents, product, audience, language, version, jurisdiction, valid_from,
    valid_to
from kb_documents
where kb = %(kb)s and case when %(ids)s::text[] is null then status = 'quarantine'
                           else id = any (%(ids)s) and status <> 'published' end
order by id, revision

-- publish_revision --
select publish_revision(%(kb)s, %(document_id)s, %(revision)s, %(passages)s)

-- retire_current --
select retire_current(%(kb)s, %(document_id)s)

-- list_bases --
-- Every knowledge base with how much is in it.
select b.kb, b.chunks as passages, b.updated_at,
    count(d.id) filter (where d.status = 'published') as published,
    count(d.id) filter (where d.status = 'quarantine') as waiting,
    count(d.id) filter (where d.status = 'retired') as retired
from knowledge_bases b left join kb_documents d on d.kb = b.kb
group by b.kb order by b.kb
