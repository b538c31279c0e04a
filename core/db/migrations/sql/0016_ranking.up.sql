-- Ranking in a base of any size. What a reader may see of a small one is compared passage by passage and needs no index
-- of vectors; a large one has an index of its own (knowledge/rank/index.py), because a shared one finds too little of
-- each and costs every small one its upkeep.

drop function nearest_chunks(text, halfvec, integer);
drop index kb_chunks_embedding;

-- How much there is ---------------------------------------------------------------------------------------------------

create table kb_sizes (
    kb       text not null references knowledge_bases on delete cascade,
    audience text not null,
    language text not null,
    passages integer not null,
    primary key (kb, audience, language)
);
comment on table kb_sizes is 'Kept by triggers: how a reader''s search of a base is done follows from it.';

create function count_readable() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into kb_sizes (kb, audience, language, passages)
        select kb, audience, language, count(*) from touched group by kb, audience, language order by kb, audience, language
        on conflict (kb, audience, language) do update set passages = kb_sizes.passages + excluded.passages;
    else
        update kb_sizes s set passages = s.passages - t.passages
          from (select kb, audience, language, count(*) as passages from touched group by kb, audience, language) t
         where (s.kb, s.audience, s.language) = (t.kb, t.audience, t.language);
    end if;
    return null;
end $$;
create trigger kb_chunks_readable_added after insert on kb_chunks referencing new table as touched
    for each statement execute function count_readable();
create trigger kb_chunks_readable_removed after delete on kb_chunks referencing old table as touched
    for each statement execute function count_readable();
insert into kb_sizes (kb, audience, language, passages)
select kb, audience, language, count(*) from kb_chunks group by kb, audience, language;

-- Of large bases only, and counted anew when one is settled: to count a frequent word takes longer than to search.
create table kb_words (
    kb       text not null references knowledge_bases on delete cascade,
    audience text not null,
    word     text not null,
    passages integer not null,
    primary key (kb, word, audience) include (passages)
);
comment on table kb_words is 'In how many passages a word stands. May lag behind; a word that is not there is rare.';

-- What a passage is ---------------------------------------------------------------------------------------------------

alter table kb_documents
    add column is_procedure boolean not null generated always as (body ~ '\m[a-z]+(_[a-z0-9]+)+\M') stored;
comment on column kb_documents.is_procedure is 'It names an operation by its identifier, so it says how something is done.';
-- Not of the intents: under row-level security an index serves only operators that leak nothing, and && is none of them.
create index kb_documents_with_intents on kb_documents (kb) where intents <> '{}';

-- The nearest passages of a large base, approximately. Iterative: it goes on until enough are found of what the reader may
-- see. The name is a literal in the query, without which the base's own index would not be considered.
create function nearest_chunks(p_kb text, p_wanted halfvec, p_languages text[], p_today date, p_most integer)
    returns table (number integer) language plpgsql stable
    set hnsw.iterative_scan = relaxed_order
    set hnsw.ef_search = 120
    set hnsw.max_scan_tuples = 60000
as $$
begin
    return query execute format('select c.number from kb_chunks c where c.kb = %L
        and ($2 is null or c.language = any ($2))
        and (c.valid_from is null or c.valid_from <= $3) and (c.valid_to is null or c.valid_to >= $3)
        order by c.embedding <=> $1 limit $4', p_kb)
    using p_wanted, p_languages, p_today, p_most;
end $$;

alter table kb_sizes enable row level security;
alter table kb_sizes force row level security;
alter table kb_words enable row level security;
alter table kb_words force row level security;
create policy readable on kb_sizes for select to tellergraph_app
    using (audience = any ((select app_audiences())::text[]));
create policy readable on kb_words for select to tellergraph_app
    using (audience = any ((select app_audiences())::text[]));
create policy owner_all on kb_sizes to tellergraph_owner using (true) with check (true);
create policy owner_all on kb_words to tellergraph_owner using (true) with check (true);
grant select on kb_sizes, kb_words to tellergraph_app;
grant execute on function nearest_chunks to tellergraph_app;
