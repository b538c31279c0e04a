-- A state of a knowledge base has a name that no other state has, in this database or a copy of it: what is kept of a
-- search elsewhere stands under it (knowledge/cache), and ends with it.

alter table knowledge_bases add column index_stamp uuid not null default gen_random_uuid();
comment on column knowledge_bases.index_stamp is 'New with every rise of index_version, and never the same again.';

create function stamp_base() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    new.index_stamp := gen_random_uuid();
    return new;
end $$;
create trigger knowledge_bases_stamp before update of index_version on knowledge_bases
    for each row when (new.index_version <> old.index_version) execute function stamp_base();

-- Publishing and retiring keep the counts of words of a large base -------------------------------------------------------

-- Adds (p_sign 1) or takes away (-1) the words of a document's passages. A small base has no counts; one that has become
-- large is counted as a whole: more than EXACT_UP_TO passages (knowledge/rank/index.py).
create function count_document_words(p_kb text, p_id text, p_sign integer) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if exists (select from kb_words where kb = p_kb) then
        insert into kb_words as w (kb, audience, word, passages)
        select p.kb, p.audience, p.word, p_sign * count(*)
          from kb_chunks c join kb_postings p on p.kb = c.kb and p.chunk = c.number
         where c.kb = p_kb and c.document_id = p_id
         group by p.kb, p.audience, p.word
         order by p.kb, p.word, p.audience
        on conflict (kb, word, audience) do update set passages = greatest(w.passages + excluded.passages, 0);
    elsif p_sign > 0 and (select sum(passages) from kb_sizes where kb = p_kb) > 5000 then
        insert into kb_words (kb, audience, word, passages)
        select kb, audience, word, count(*) from kb_postings where kb = p_kb group by kb, audience, word;
    end if;
end $$;

create or replace function publish_revision(p_kb text, p_id text, p_revision integer, p_passages jsonb) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    perform 1 from kb_documents where kb = p_kb and id = p_id and revision = p_revision and status <> 'published' for update;
    if not found then
        raise exception 'that revision does not wait' using errcode = 'TG021';
    end if;
    perform count_document_words(p_kb, p_id, -1);
    delete from kb_documents where kb = p_kb and id = p_id and revision <> p_revision and status <> 'quarantine';
    update kb_documents set status = 'published', updated_at = now()
     where kb = p_kb and id = p_id and revision = p_revision;
    perform store_passages(p_kb, p_id, p_revision, p_passages);
    perform count_document_words(p_kb, p_id, 1);
end $$;

create or replace function retire_current(p_kb text, p_id text) returns integer
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    retired integer;
begin
    update kb_documents set status = 'retired', updated_at = now()
     where kb = p_kb and id = p_id and status = 'published' returning revision into retired;
    if not found then
        raise exception 'no such document is published' using errcode = 'TG021';
    end if;
    perform count_document_words(p_kb, p_id, -1);
    delete from kb_chunks where kb = p_kb and document_id = p_id;
    return retired;
end $$;

revoke execute on function stamp_base, count_document_words from public;
