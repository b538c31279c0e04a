-- read_stamp --
-- Of a knowledge base that exists.
select index_stamp as stamp from knowledge_bases where kb = %(kb)s

-- read_cached --
-- The passages of a kept answer, as far as the reader sees them, and the stamp that the answer must have.
select b.index_stamp as stamp, p.*
from knowledge_bases b
left join lateral (
    select c.id, c.kb, c.document_id, d.title, c.heading, c.anchor, c.text
    from kb_chunks c
    join kb_documents d on (d.kb, d.id, d.revision) = (c.kb, c.document_id, c.revision)
    where c.id = any (%(ids)s) and c.kb = b.kb
) p on true
where b.kb = %(kb)s
