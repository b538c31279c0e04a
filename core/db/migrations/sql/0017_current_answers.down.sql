drop trigger knowledge_bases_stamp on knowledge_bases;
drop function stamp_base;
alter table knowledge_bases drop column index_stamp;

create or replace function publish_revision(p_kb text, p_id text, p_revision integer, p_passages jsonb) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    perform 1 from kb_documents where kb = p_kb and id = p_id and revision = p_revision and status <> 'published' for update;
    if not found then
        raise exception 'that revision does not wait' using errcode = 'TG021';
    end if;
    delete from kb_documents where kb = p_kb and id = p_id and revision <> p_revision and status <> 'quarantine';
    update kb_documents set status = 'published', updated_at = now()
     where kb = p_kb and id = p_id and revision = p_revision;
    perform store_passages(p_kb, p_id, p_revision, p_passages);
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
    delete from kb_chunks where kb = p_kb and document_id = p_id;
    return retired;
end $$;
drop function count_document_words;
