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
