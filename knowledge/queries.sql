-- open_base --
-- Makes sure that the knowledge base exists.
insert into knowledge_bases (kb) values (%(kb)s) on conflict (kb) do nothing

-- lock_base --
-- One ingest of a knowledge base at a time; held until the connection closes.
select pg_advisory_lock(hashtextextended('knowledge base ' || %(kb)s, 0))

-- list_stored --
-- What is in the knowledge base: each document's file and the hash it was stored under.
select id, source, content_hash from kb_documents where kb = %(kb)s

-- put_document --
-- Stores or replaces a document; its passages follow in the same transaction.
insert into kb_documents (kb, id, source, title, body, intents, product, audience, language, valid_from, valid_to, content_hash)
values (%(kb)s, %(id)s, %(source)s, %(title)s, %(body)s, %(intents)s, %(product)s, %(audience)s, %(language)s,
        %(valid_from)s, %(valid_to)s, %(content_hash)s)
on conflict (kb, id) do update set
    source = excluded.source, title = excluded.title, body = excluded.body, intents = excluded.intents,
    product = excluded.product, audience = excluded.audience, language = excluded.language,
    valid_from = excluded.valid_from, valid_to = excluded.valid_to, content_hash = excluded.content_hash,
    updated_at = now()

-- delete_chunks --
-- A document's passages, and with them their words.
delete from kb_chunks where kb = %(kb)s and document_id = %(document_id)s

-- insert_chunk --
insert into kb_chunks (id, kb, document_id, ordinal, heading, anchor, text, audience, embedding)
values (%(id)s, %(kb)s, %(document_id)s, %(ordinal)s, %(heading)s, %(anchor)s, %(text)s, %(audience)s, %(embedding)s)

-- insert_postings --
-- The words of a document's passages with their weight in BM25 (k1 1.2, b 0.3, an average passage of 50 words without
-- stop words). A word in the title counts three times, one in the heading twice.
insert into kb_postings (kb, word, chunk, audience, weight)
select kb, word, number, audience, 2.2 * frequency / (frequency + 1.2 * (0.7 + 0.3 * length / 50))
from (
    select c.kb, c.number, c.audience, w.lexeme as word,
        sum(w.times * cardinality(w.positions)) as frequency,
        coalesce(sum(sum(cardinality(w.positions)) filter (where w.times = 1)) over (partition by c.number), 0) as length
    from kb_chunks c
    join kb_documents d on d.kb = c.kb and d.id = c.document_id
    cross join lateral (
        select lexeme, positions, 3 as times from unnest(to_tsvector('english', d.title))
        union all
        select lexeme, positions, 2 from unnest(to_tsvector('english', c.heading)) where c.heading <> d.title
        union all
        select lexeme, positions, 1 from unnest(to_tsvector('english', c.text))
    ) w
    where c.kb = %(kb)s and c.document_id = %(document_id)s
    group by c.kb, c.number, c.audience, w.lexeme
) words

-- delete_document --
delete from kb_documents where kb = %(kb)s and id = %(document_id)s

-- delete_base --
delete from knowledge_bases where kb = %(kb)s

-- count_chunks --
-- Brings the base's own count up to date.
update knowledge_bases
set chunks = (select count(*) from kb_chunks where kb = %(kb)s), updated_at = now()
where kb = %(kb)s

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
