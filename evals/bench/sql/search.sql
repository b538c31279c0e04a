-- add_base --
insert into knowledge_bases (kb) values (%(kb)s)

-- add_documents --
-- Documents first to last, of which each has five passages.
insert into kb_documents (kb, id, source, title, body, audience, language, valid_to, content_hash)
select %(kb)s, 'd' || n, 'd' || n, 'Subject ' || n %% 1000, '-', (array['public', 'public', 'public', 'public', 'staff'])[1 + n %% 5],
    case when n %% 10 = 3 then 'de' else 'en' end, case when n %% 20 = 7 then date '2020-01-01' end, ''
from generate_series(%(first)s::integer, %(last)s::integer) n

-- copy_passages --
-- The columns that are not the document's.
copy bench_passages (id, document, ordinal, text, embedding) from stdin with (format binary)

-- make_stage --
create temporary table bench_passages (
    id text, document integer, ordinal smallint, text text, embedding halfvec(384)
) on commit delete rows

-- add_passages --
-- In the order of documents; triggers index the words.
insert into kb_chunks (id, kb, document_id, revision, ordinal, heading, anchor, text, audience, language, valid_to, embedding)
select p.id, d.kb, d.id, d.revision, p.ordinal, d.title, 'a', p.text, d.audience, d.language, d.valid_to, p.embedding
from bench_passages p join kb_documents d on d.kb = %(kb)s and d.id = 'd' || p.document
order by p.document, p.ordinal

-- vacuum --
vacuum (analyze) kb_documents, kb_chunks, kb_postings, kb_sizes, kb_words

-- find_nearest --
select number from nearest_chunks(%(kb)s, %(vector)s, array['en'], %(today)s, 10)

-- find_nearest_exactly --
-- The sum keeps the planner off the index.
select number from kb_chunks
where kb = %(kb)s and language = 'en' and (valid_to is null or valid_to >= %(today)s)
order by (embedding <=> %(vector)s) + 0 limit 10
