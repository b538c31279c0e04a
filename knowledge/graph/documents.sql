-- lock_graph --
-- One change of a knowledge base's graph at a time; held until the connection closes.
select pg_try_advisory_lock(hashtextextended('graph of ' || %(kb)s, 0))

-- read_state --
-- What names the knowledge base as it is now; no row where there is none.
select index_stamp::text from knowledge_bases where kb = %(kb)s

-- list_states --
select kb, index_stamp::text, chunks from knowledge_bases order by kb

-- list_published --
-- What is published, with the names of its passages in order.
select d.id as document_id, d.title, d.product, d.intents, array_agg(c.id order by c.ordinal) as passages
from kb_documents d join kb_chunks c on (c.kb, c.document_id, c.revision) = (d.kb, d.id, d.revision)
where d.kb = %(kb)s and d.status = 'published'
group by d.kb, d.id, d.revision
order by d.id

-- read_passages --
select id, document_id, heading, text, embedding::real[] as vector
from kb_chunks where kb = %(kb)s and document_id = any (%(documents)s)
order by document_id, ordinal

-- prepare_states --
-- In LightRAG's schema: how far each graph has come.
create table if not exists tellergraph_graphs (
    kb text primary key,
    state text not null,
    documents integer not null,
    failed integer not null,
    error text,
    updated_at timestamptz not null default now()
)

-- read_graphs --
select kb, state, documents, failed, error, updated_at from tellergraph_graphs order by kb

-- record_graph --
insert into tellergraph_graphs (kb, state, documents, failed, error)
values (%(kb)s, %(state)s, %(documents)s, %(failed)s, %(error)s)
on conflict (kb) do update set state = excluded.state, documents = excluded.documents, failed = excluded.failed,
    error = excluded.error, updated_at = now()

-- forget_graph --
delete from tellergraph_graphs where kb = %(kb)s

-- read_found --
-- Passages that the graph named, and of documents that it named all passages; as far as the reader sees them and they hold
-- on the day.
select c.id, c.kb, c.document_id, d.title, c.heading, c.anchor, c.text, -(c.embedding <#> %(vector)s) as score,
    -(c.embedding <#> %(vector)s) as cosine, 0::float8 as coverage, 0::float8 as likeness, 0::float8 as trust,
    '{}'::text[] as intents, '{}'::text[] as words
from kb_chunks c join kb_documents d on (d.kb, d.id, d.revision) = (c.kb, c.document_id, c.revision)
where c.kb = %(kb)s and (c.id = any (%(passages)s) or c.document_id = any (%(documents)s))
    and (%(languages)s::text[] is null or c.language = any (%(languages)s))
    and (c.valid_from is null or c.valid_from <= %(today)s) and (c.valid_to is null or c.valid_to >= %(today)s)
    and -(c.embedding <#> %(vector)s) >= %(least)s
order by c.id
