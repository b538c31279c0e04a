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

-- search --
-- Passages for a question, best first, in one statement. ``cosine`` compares meaning, ``coverage`` is BM25 as a share of
-- what the question's words could earn; ``score`` adds them and the intent's prior. Up to ``exact_up_to`` passages are
-- all compared; of more, only the nearest in the HNSW index and those with the best words. Of the two halves of
-- ``evidence`` the other one is not run.
with
words as materialized (
    select q.lexeme as word, ln(1 + (greatest(b.chunks - p.passages, 0) + 0.5) / (p.passages + 0.5)) as rarity
    from knowledge_bases b
    cross join unnest(to_tsvector('english', %(text)s)) q
    cross join lateral (select count(*) as passages from kb_postings where kb = %(kb)s and word = q.lexeme) p
    where b.kb = %(kb)s
),
lexical as materialized (
    select p.chunk, sum(p.weight * w.rarity) / (select sum(rarity) from words) as coverage
    from words w
    join kb_postings p on p.kb = %(kb)s and p.word = w.word
    group by p.chunk
),
documents as materialized (
    select id, title, %(intent)s::text = any (intents) as intent_match
    from kb_documents
    where kb = %(kb)s
        and (valid_from is null or valid_from <= %(today)s) and (valid_to is null or valid_to >= %(today)s)
),
few as materialized (
    select chunks <= %(exact_up_to)s as holds from knowledge_bases where kb = %(kb)s
),
evidence as (
    select c.number, c.document_id, d.title, d.intent_match,
        1 - (c.embedding <=> %(vector)s) as cosine, coalesce(l.coverage, 0) as coverage
    from kb_chunks c
    join documents d on d.id = c.document_id
    left join lexical l on l.chunk = c.number
    where c.kb = %(kb)s and (select holds from few)
    union all
    select c.number, c.document_id, d.title, d.intent_match,
        1 - (c.embedding <=> %(vector)s), coalesce(l.coverage, 0)
    from (
        select number from nearest_chunks(%(kb)s, %(vector)s, %(limit)s * 16)
        union
        (select chunk from lexical order by coverage desc limit %(limit)s * 16)
    ) candidates
    join kb_chunks c using (number)
    join documents d on d.id = c.document_id
    left join lexical l on l.chunk = c.number
    where not (select holds from few)
),
scored as (
    select *, %(dense_weight)s * cosine + %(lexical_weight)s * coverage as relevance,
        case when intent_match then %(prior)s::float8 else 0 end as prior
    from evidence
),
-- Far fewer to sort than there are passages, and enough that a talkative document cannot crowd the others out.
nearest as (
    select number, document_id, title, intent_match, cosine, coverage, relevance + prior as score
    from scored
    where relevance >= %(threshold)s
    order by score desc, number
    limit %(limit)s * 8
),
ranked as (
    select *, row_number() over (partition by document_id order by score desc, number) as place
    from nearest
),
best as (
    select * from ranked where place <= %(per_document)s order by score desc, number limit %(limit)s
)
select c.id, c.document_id, b.title, c.heading, c.anchor, c.text, b.score, b.cosine, b.coverage::float8 as coverage,
    coalesce(b.intent_match, false) as intent_match
from best b
join kb_chunks c on c.number = b.number
order by b.score desc, b.number
