-- Knowledge bases: documents and their passages, each with a dense vector and its words beside it. The reader's
-- audiences are named by the transaction in app.audiences ('public' when unset).

create function app_audiences() returns text[]
    language sql stable parallel safe
    return string_to_array(coalesce(nullif(current_setting('app.audiences', true), ''), 'public'), ',');

create table knowledge_bases (
    kb         text primary key check (kb ~ '^[a-z0-9_]{1,40}$'),
    chunks     integer not null default 0,
    updated_at timestamptz not null default now()
);
comment on column knowledge_bases.chunks is 'Kept by ingest: how rare a word is follows from it, and how to search.';

create table kb_documents (
    kb           text not null references knowledge_bases on delete cascade,
    id           text not null,
    source       text not null,
    title        text not null,
    body         text not null,
    intents      text[] not null default '{}',
    product      text not null default 'general',
    audience     text not null check (audience in ('public', 'customer', 'staff')),
    language     text not null default 'en',
    valid_from   date,
    valid_to     date,
    content_hash text not null,
    updated_at   timestamptz not null default now(),
    primary key (kb, id)
);
comment on column kb_documents.source is 'The file it came from, relative to the folder that was ingested.';
comment on column kb_documents.content_hash is 'Of the file and of everything else that decides what is stored.';
comment on column kb_documents.valid_from is 'First day it holds; null: always did. valid_to is the last day.';

-- Audience is repeated here and below so that row-level security needs no look at the document.
create table kb_chunks (
    number       integer generated always as identity primary key,
    id           text not null unique,
    kb           text not null,
    document_id  text not null,
    ordinal      smallint not null,
    heading      text not null,
    anchor       text not null,
    text         text not null,
    audience     text not null,
    embedding    halfvec(384) not null,
    foreign key (kb, document_id) references kb_documents on delete cascade
);
comment on column kb_chunks.id is 'From sha256 of kb, document id, position, heading and text: equal content, equal id.';
-- In the row itself: a scan that had to fetch each vector from elsewhere would take several times as long.
alter table kb_chunks alter column embedding set storage plain;
create index kb_chunks_document on kb_chunks (kb, document_id);
create index kb_chunks_embedding on kb_chunks using hnsw (embedding halfvec_cosine_ops) with (m = 16, ef_construction = 64);

-- The nearest passages of a large knowledge base, approximately. Iterative, because the index is over all of them: it
-- goes on until enough of the asked one, and of what the reader may see, are found.
create function nearest_chunks(kb text, wanted halfvec, most integer) returns table (number integer)
    language sql stable
    set hnsw.iterative_scan = strict_order
    set hnsw.ef_search = 100
    begin atomic
        select c.number from kb_chunks c where c.kb = nearest_chunks.kb order by c.embedding <=> wanted limit most;
    end;

-- Full text as an inverted index of our own: PostgreSQL's ranking ignores how rare a word is, which for a customer's
-- question is the better half of the evidence. The weight is BM25's share that does not depend on other passages.
create table kb_postings (
    kb       text not null,
    word     text not null,
    chunk    integer not null references kb_chunks on delete cascade,
    audience text not null,
    weight   real not null,
    primary key (kb, word, chunk) include (audience, weight)
);
create index kb_postings_chunk on kb_postings (chunk);

alter table kb_documents enable row level security;
alter table kb_documents force row level security;
alter table kb_chunks enable row level security;
alter table kb_chunks force row level security;
alter table kb_postings enable row level security;
alter table kb_postings force row level security;
-- The sub-select runs once a query instead of once a row.
create policy readable on kb_documents for select to tellergraph_app
    using (audience = any ((select app_audiences())::text[]));
create policy readable on kb_chunks for select to tellergraph_app
    using (audience = any ((select app_audiences())::text[]));
create policy readable on kb_postings for select to tellergraph_app
    using (audience = any ((select app_audiences())::text[]));
create policy owner_all on kb_documents to tellergraph_owner using (true) with check (true);
create policy owner_all on kb_chunks to tellergraph_owner using (true) with check (true);
create policy owner_all on kb_postings to tellergraph_owner using (true) with check (true);
grant select on knowledge_bases, kb_documents, kb_chunks, kb_postings to tellergraph_app;
