-- A document is published, waits in quarantine beside the published one, or is retired. Passages exist of what is
-- published and of nothing else: whatever searches them needs to know nothing about the rest.

alter table knowledge_bases add column index_version bigint not null default 0;
comment on column knowledge_bases.index_version is 'Rises with every change of its passages, in the transaction of it.';
comment on column knowledge_bases.chunks is 'Kept by triggers: how rare a word is follows from it, and how to search.';

alter table kb_documents
    add column revision     integer not null default 1 check (revision > 0),
    add column status       text not null default 'published' check (status in ('published', 'quarantine', 'retired')),
    add column version      text not null default '',
    add column jurisdiction text not null default '',
    add column flags        jsonb not null default '[]',
    add column uploaded_by  uuid references staff,
    add check (valid_to >= valid_from);
comment on column kb_documents.revision is 'Counted by us; a later text of the document has a higher one.';
comment on column kb_documents.version is 'What its author calls it.';
comment on column kb_documents.jurisdiction is 'Where it holds, such as GB; empty: everywhere.';
comment on column kb_documents.flags is '[{kind, quote}]: what somebody should look at before it is published.';
comment on column kb_documents.uploaded_by is 'Null: it came from a folder, which says what becomes of it.';
create index kb_documents_uploaded_by on kb_documents (uploaded_by) where uploaded_by is not null;

alter table kb_chunks
    drop constraint kb_chunks_kb_document_id_fkey,
    add column revision   integer not null default 1,
    add column language   text not null default 'en',
    add column valid_from date,
    add column valid_to   date;
update kb_chunks c set language = d.language, valid_from = d.valid_from, valid_to = d.valid_to
  from kb_documents d where d.kb = c.kb and d.id = c.document_id;
alter table kb_chunks alter column revision drop default, alter column language drop default;
alter table kb_documents drop constraint kb_documents_pkey, add primary key (kb, id, revision);
create unique index kb_documents_current on kb_documents (kb, id) where status <> 'quarantine';
create unique index kb_documents_waiting on kb_documents (kb, id) where status = 'quarantine';
alter table kb_chunks add foreign key (kb, document_id, revision) references kb_documents on delete cascade;
drop index kb_chunks_document;
create index kb_chunks_document on kb_chunks (kb, document_id, revision);

drop policy readable on kb_documents;
create policy readable on kb_documents for select to tellergraph_app
    using (status = 'published' and audience = any ((select app_audiences())::text[]));
create policy colleagues on kb_documents for select to tellergraph_staff using (app_staff_id() is not null);
grant select on kb_documents, knowledge_bases to tellergraph_staff;

-- What follows from passages -----------------------------------------------------------------------------------------

-- The words of new passages with their weight in BM25 (k1 1.2, b 0.3, an average passage of 50 words without stop words).
-- A word in the title counts three times, one in the heading twice.
create function index_words() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into kb_postings (kb, word, chunk, audience, weight)
    select kb, word, number, audience, 2.2 * frequency / (frequency + 1.2 * (0.7 + 0.3 * length / 50))
    from (
        select c.kb, c.number, c.audience, w.lexeme as word,
            sum(w.times * cardinality(w.positions)) as frequency,
            coalesce(sum(sum(cardinality(w.positions)) filter (where w.times = 1)) over (partition by c.number), 0) as length
        from added c
        join kb_documents d on d.kb = c.kb and d.id = c.document_id and d.revision = c.revision
        cross join lateral (
            select lexeme, positions, 3 as times from unnest(to_tsvector('english', d.title))
            union all
            select lexeme, positions, 2 from unnest(to_tsvector('english', c.heading)) where c.heading <> d.title
            union all
            select lexeme, positions, 1 from unnest(to_tsvector('english', c.text))
        ) w
        group by c.kb, c.number, c.audience, w.lexeme
    ) words;
    return null;
end $$;
create trigger kb_chunks_words after insert on kb_chunks referencing new table as added
    for each statement execute function index_words();

create function count_passages() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    update knowledge_bases b
       set chunks = b.chunks + c.passages * case tg_op when 'INSERT' then 1 else -1 end,
           index_version = b.index_version + 1, updated_at = now()
      from (select kb, count(*) as passages from touched group by kb) c where c.kb = b.kb;
    return null;
end $$;
create trigger kb_chunks_added after insert on kb_chunks referencing new table as touched
    for each statement execute function count_passages();
create trigger kb_chunks_removed after delete on kb_chunks referencing old table as touched
    for each statement execute function count_passages();

-- Storing and publishing ---------------------------------------------------------------------------------------------

-- Internal, as all until upload_document: for the owner, who ingests folders, and for the functions below.
create function store_document(p_kb text, p_document jsonb, p_status text, p_staff uuid) returns integer
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    of_id text := p_document ->> 'id';
    number integer := 1 + coalesce((select max(revision) from kb_documents where kb = p_kb and id = of_id), 0);
begin
    delete from kb_documents where kb = p_kb and id = of_id and (status = 'quarantine' or p_status = 'published');
    insert into kb_documents (kb, id, revision, status, uploaded_by, source, title, body, intents, product, audience, language,
                              version, jurisdiction, valid_from, valid_to, flags, content_hash)
    select p_kb, of_id, number, p_status, p_staff, d.source, d.title, d.body,
           array(select jsonb_array_elements_text(p_document -> 'intents')), d.product, d.audience, d.language,
           d.version, d.jurisdiction, d.valid_from, d.valid_to, p_document -> 'flags', d.content_hash
      from jsonb_to_record(p_document) d (source text, title text, body text, product text, audience text, language text,
                                          version text, jurisdiction text, valid_from date, valid_to date, content_hash text);
    return number;
end $$;
comment on function store_document is 'A document''s next revision. Published it replaces all others, else it waits.';

create function store_passages(p_kb text, p_id text, p_revision integer, p_passages jsonb) returns void
    language sql set search_path = pg_catalog, public, pg_temp as $$
    insert into kb_chunks (id, kb, document_id, revision, ordinal, heading, anchor, text, audience, language, valid_from,
                           valid_to, embedding)
    select p.id, d.kb, d.id, d.revision, p.ordinal, p.heading, p.anchor, p.text, d.audience, d.language, d.valid_from,
           d.valid_to, p.embedding::halfvec
      from kb_documents d,
           jsonb_to_recordset(p_passages) p (id text, ordinal smallint, heading text, anchor text, text text, embedding text)
     where d.kb = p_kb and d.id = p_id and d.revision = p_revision and d.status = 'published'
     order by p.ordinal;
$$;

create function publish_revision(p_kb text, p_id text, p_revision integer, p_passages jsonb) returns void
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

create function retire_current(p_kb text, p_id text) returns integer
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

create function audit_document(p_staff uuid, p_action text, p_kb text, p_id text, p_revision integer, p_now timestamptz)
    returns void language sql set search_path = pg_catalog, public, pg_temp as $$
    insert into audit_log (actor, action, resource, detail, at)
    select 'staff:' || p_staff, 'document.' || p_action, 'document:' || p_kb || '/' || p_id,
           jsonb_build_object('revision', d.revision, 'content_hash', d.content_hash, 'flags', d.flags), p_now
      from kb_documents d where d.kb = p_kb and d.id = p_id and d.revision = p_revision;
$$;

create function upload_document(p_kb text, p_document jsonb, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('agent', 'supervisor', 'admin');
    number integer;
begin
    if not exists (select from knowledge_bases where kb = p_kb) then
        raise exception 'there is no such knowledge base' using errcode = 'TG021';
    end if;
    -- The next ingest of the folder would undo it.
    if exists (select from kb_documents where kb = p_kb and id = p_document ->> 'id' and uploaded_by is null) then
        raise unique_violation using message = 'that document comes from a folder', constraint = 'kb_documents_of_folder';
    end if;
    number := store_document(p_kb, p_document, 'quarantine', who.id);
    perform audit_document(who.id, 'uploaded', p_kb, p_document ->> 'id', number, p_now);
    return number;
end $$;
comment on function upload_document is 'A member of staff''s document. It waits until somebody publishes it.';

create function publish_document(p_kb text, p_id text, p_revision integer, p_passages jsonb, p_now timestamptz)
    returns integer
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('supervisor', 'admin');
begin
    perform publish_revision(p_kb, p_id, p_revision, p_passages);
    perform audit_document(who.id, 'published', p_kb, p_id, p_revision, p_now);
    return p_revision;
end $$;
comment on function publish_document is 'Replaces what is published of it. The passages are of exactly that revision.';

create function retire_document(p_kb text, p_id text, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('supervisor', 'admin');
    retired integer := retire_current(p_kb, p_id);
begin
    perform audit_document(who.id, 'retired', p_kb, p_id, retired, p_now);
    return retired;
end $$;
comment on function retire_document is 'Nobody finds or reads it any more. An ingest of its folder leaves it retired.';

revoke execute on function index_words, count_passages, store_document, store_passages, publish_revision, retire_current,
    audit_document, upload_document, publish_document, retire_document from public;
grant execute on function upload_document, publish_document, retire_document to tellergraph_staff;
