-- list_bases --
-- Every knowledge base with how much is in it.
select b.kb, b.chunks as passages, b.index_version, b.updated_at,
    count(d.id) filter (where d.status = 'published') as published,
    count(d.id) filter (where d.status = 'quarantine') as waiting,
    count(d.id) filter (where d.status = 'retired') as retired
from knowledge_bases b left join kb_documents d on d.kb = b.kb
group by b.kb order by b.kb

-- measure_base --
-- What is in one knowledge base.
select b.kb, b.chunks as passages, b.index_version, b.updated_at,
    count(d.id) filter (where d.status = 'published') as published,
    count(d.id) filter (where d.status = 'quarantine') as waiting,
    count(d.id) filter (where d.status = 'retired') as retired,
    count(d.id) filter (where d.status = 'quarantine' and d.flags <> '[]') as flagged,
    count(d.id) filter (where d.status = 'published' and d.valid_to < %(today)s) as expired,
    count(d.id) filter (where d.status = 'published' and d.valid_from > %(today)s) as upcoming,
    count(d.id) filter (where d.uploaded_by is not null) as uploaded,
    coalesce(sum(length(d.body)) filter (where d.status = 'published'), 0)::bigint as characters,
    (select coalesce(jsonb_object_agg(audience, number), '{}') from (
        select audience, count(*) as number from kb_documents
        where kb = %(kb)s and status = 'published' group by audience) a) as audiences,
    (select coalesce(jsonb_object_agg(language, number), '{}') from (
        select language, count(*) as number from kb_documents
        where kb = %(kb)s and status = 'published' group by language) l) as languages,
    (select coalesce(jsonb_object_agg(product, number), '{}') from (
        select product, count(*) as number from kb_documents
        where kb = %(kb)s and status = 'published' group by product) p) as products
from knowledge_bases b left join kb_documents d on d.kb = b.kb
where b.kb = %(kb)s
group by b.kb

-- list_documents --
-- Revisions by id, from the one after ``after_id``, ``after_revision``.
select id, revision, status, title, audience, language, product, version, jurisdiction, valid_from, valid_to, flags, source,
    uploaded_by, updated_at
from kb_documents
where kb = %(kb)s and (%(status)s::text is null or status = %(status)s)
    and (id, revision) > (%(after_id)s, %(after_revision)s)
order by id, revision
limit %(limit)s

-- get_document --
-- One revision; without a number, the newest.
select id, revision, status, title, audience, language, product, version, jurisdiction, valid_from, valid_to, flags, source,
    uploaded_by, updated_at, intents, content_hash, body
from kb_documents
where kb = %(kb)s and id = %(id)s and (%(revision)s::integer is null or revision = %(revision)s)
order by revision desc
limit 1

-- upload_document --
select upload_document(%(kb)s, %(document)s, %(now)s) as revision

-- publish_document --
select publish_document(%(kb)s, %(id)s, %(revision)s, %(passages)s, %(now)s) as revision

-- retire_document --
select retire_document(%(kb)s, %(id)s, %(now)s) as revision
