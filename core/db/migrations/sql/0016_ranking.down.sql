drop function nearest_chunks(text, halfvec, text[], date, integer);
alter table kb_documents drop column is_procedure;
drop index kb_documents_with_intents;
drop trigger kb_chunks_readable_added on kb_chunks;
drop trigger kb_chunks_readable_removed on kb_chunks;
drop function count_readable;
drop table kb_sizes, kb_words;

-- Large bases have indexes of their own, which the one over all makes needless.
do $$
declare
    own text;
begin
    for own in select indexname from pg_indexes where tablename = 'kb_chunks' and indexname like 'kb\_chunks\_near\_%' loop
        execute format('drop index %I', own);
    end loop;
end $$;
create index kb_chunks_embedding on kb_chunks using hnsw (embedding halfvec_cosine_ops) with (m = 16, ef_construction = 64);
create function nearest_chunks(kb text, wanted halfvec, most integer) returns table (number integer)
    language sql stable
    set hnsw.iterative_scan = strict_order
    set hnsw.ef_search = 100
    begin atomic
        select c.number from kb_chunks c where c.kb = nearest_chunks.kb order by c.embedding <=> wanted limit most;
    end;
grant execute on function nearest_chunks to tellergraph_app, tellergraph_staff, tellergraph_worker;
