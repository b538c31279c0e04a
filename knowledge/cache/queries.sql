-- read_stamp --
-- Of a knowledge base that exists.
select index_stamp::text as stamp from knowledge_bases where kb = %(kb)s

-- read_cached --
-- The passages of a kept answer, as far as the reader sees them, and the stamp that the answer must have. The statement
-- names its reader itself, and reads as that one: a lateral part that takes a value from `reader` and is kept whole
-- (offset 0) begins when that has been made. If it began before, the reader would be a visitor.
with reader as materialized (
    select set_config('app.audiences', %(audiences)s, true), %(kb)s::text as kb
)
select p.*
from reader
cross join lateral (
    select b.index_stamp::text as stamp, coalesce(c.id, '') as id, b.kb, coalesce(c.document_id, '') as document_id,
        coalesce(c.title, '') as title, coalesce(c.heading, '') as heading, coalesce(c.anchor, '') as anchor,
        coalesce(c.text, '') as text
    from knowledge_bases b
    left join lateral (
        select c.id, c.document_id, d.title, c.heading, c.anchor, c.text
        from kb_chunks c
        join kb_documents d on (d.kb, d.id, d.revision) = (c.kb, c.document_id, c.revision)
        where c.id = any (string_to_array(%(ids)s, ',')) and c.kb = b.kb
    ) c on true
    where b.kb = reader.kb
    offset 0
) p
