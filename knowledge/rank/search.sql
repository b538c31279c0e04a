-- search --
-- Passages for a question, best first, in one statement. ``cosine`` compares meaning (vectors have unit length),
-- ``coverage`` is BM25 as a share of what the question's words could earn; ``relevance`` adds them, ``score`` adds
-- priors and, if it is asked for, the likeness to the two best documents. What the reader may see of a base is compared
-- passage by passage if it is little; of more, the nearest in the base's HNSW index, those with the best rare words and
-- those of the articles that name an intent. The half not asked for is not run.
with
size as materialized (
    select coalesce(sum(passages), 0) as passages, coalesce(sum(passages), 0) <= %(exact_up_to)s as is_small
    from kb_sizes
    where kb = %(kb)s and (%(languages)s::text[] is null or language = any (%(languages)s))
),
asked as materialized (
    select lexeme as word, place from unnest(to_tsvector('english', %(text)s)) with ordinality u (lexeme, p, w, place)
),
hits as materialized (
    select a.place, p.chunk, p.weight
    from asked a
    join kb_postings p on p.kb = %(kb)s and p.word = a.word
    where (select is_small from size)
),
counted as materialized (
    select place, word, coalesce(c.passages, 0) as passages
    from asked
    left join (
        select place, count(*) as passages from hits group by place
        union all
        select a.place, sum(k.passages) from asked a join kb_words k on k.kb = %(kb)s and k.word = a.word
        where not (select is_small from size)
        group by a.place
    ) c using (place)
),
words as materialized (
    select place, word, passages, rarity, rarity / sum(rarity) over () as share
    from (
        select c.place, c.word, c.passages,
            ln(1 + (greatest(s.passages - c.passages, 0) + 0.5) / (c.passages + 0.5))::float8 as rarity
        from counted c cross join size s
    ) rated
),
lexical as materialized (
    select chunk, sum(weight * share) as coverage from hits join words using (place) group by chunk
),
-- Articles that name an intent, and how likely it is that one of theirs is meant.
topical as materialized (
    select id, revision, intents, (
        select sum(g.trust) from unnest(%(intents)s::text[], %(trusts)s::float8[]) g (intent, trust)
        where g.intent = any (d.intents)
    ) as trust
    from kb_documents d
    where kb = %(kb)s and status = 'published' and intents <> '{}' and intents && %(intents)s::text[]
        and cardinality(%(intents)s::text[]) > 0
),
few as materialized (
    select c.number, c.document_id, c.revision, -(c.embedding <#> %(vector)s) as cosine,
        coalesce(l.coverage, 0) as coverage
    from kb_chunks c
    left join lexical l on l.chunk = c.number
    where c.kb = %(kb)s and (select is_small from size)
        and (%(languages)s::text[] is null or c.language = any (%(languages)s))
        and (c.valid_from is null or c.valid_from <= %(today)s) and (c.valid_to is null or c.valid_to >= %(today)s)
    order by %(lexical_weight)s * coalesce(l.coverage, 0) - %(dense_weight)s * (c.embedding <#> %(vector)s) desc,
        c.number
    limit %(candidates)s
),
near as (
    select n.number
    from (select 1 where not (select is_small from size)) large
    cross join nearest_chunks(%(kb)s, %(vector)s, %(languages)s::text[], %(today)s::date, %(probes)s) n
),
worded as (
    select p.chunk as number
    from words w
    join kb_postings p on p.kb = %(kb)s and p.word = w.word
    where not (select is_small from size) and w.passages <= %(rare_up_to)s
    group by p.chunk
    order by sum(p.weight * w.share) desc, p.chunk
    limit %(probes)s
),
answering as (
    select c.number
    from topical t
    cross join lateral (
        select number from kb_chunks where (kb, document_id, revision) = (%(kb)s, t.id, t.revision) offset 0
    ) c
    limit %(probes)s
),
further as (
    select number from near union select number from worded union select number from answering
    except select number from few
),
-- Far fewer than there are passages, and enough that a talkative document cannot crowd the others out. They and
-- their documents are looked up one by one (offset 0): the planner cannot know how few they are.
compared as materialized (
    select * from few
    union all
    select c.number, c.document_id, c.revision, -(c.embedding <#> %(vector)s), coalesce((
        select sum(p.weight * w.share)
        from words w
        join kb_postings p on p.kb = %(kb)s and p.word = w.word and p.chunk = c.number
    ), 0)
    from further f
    cross join lateral (select * from kb_chunks where number = f.number offset 0) c
    where (%(languages)s::text[] is null or c.language = any (%(languages)s))
        and (c.valid_from is null or c.valid_from <= %(today)s) and (c.valid_to is null or c.valid_to >= %(today)s)
),
judged as materialized (
    select c.number, c.document_id, c.cosine, c.coverage, d.title, d.is_procedure, coalesce(t.trust, 0) as trust,
        coalesce(t.intents, '{}') as intents,
        %(dense_weight)s * c.cosine + %(lexical_weight)s * c.coverage as relevance
    from compared c
    cross join lateral (
        select id, revision, title, is_procedure from kb_documents
        where (kb, id, revision) = (%(kb)s, c.document_id, c.revision)
        offset 0
    ) d
    left join topical t on (t.id, t.revision) = (d.id, d.revision)
),
rated as materialized (
    select *, relevance + %(intent_weight)s * trust
        + case when is_procedure then %(procedure_weight)s::float8 else 0 end as merit
    from judged
    where relevance >= %(floor)s and (select max(relevance) from judged) >= %(threshold)s
),
leaders as (
    select avg(embedding) as middle
    from (
        select number
        from (
            select distinct on (document_id) merit, number from rated order by document_id, merit desc, number
        ) best
        order by merit desc, number
        limit 2
    ) two
    join kb_chunks using (number)
),
scored as (
    select *, merit + %(likeness_weight)s * likeness as score
    from (
        select *, case when %(likeness_weight)s::float8 > 0 then (
            select -(c.embedding <#> (select middle from leaders)) from kb_chunks c where c.number = rated.number
        ) else 0 end as likeness
        from rated
    ) compared
),
best as (
    select * from (
        select *, row_number() over (partition by document_id order by score desc, number) as place from scored
    ) ranked
    where place <= %(per_document)s
    order by score desc, number
    limit %(limit)s
)
select c.id, c.kb, c.document_id, b.title, c.heading, c.anchor, c.text, b.score, b.cosine, b.coverage, b.likeness,
    b.trust, b.intents, array(
        select p.word from words w join kb_postings p on p.kb = %(kb)s and p.word = w.word and p.chunk = c.number
        order by p.weight * w.share desc, p.word
    ) as words
from best b
join kb_chunks c using (number)
order by b.score desc, b.number
