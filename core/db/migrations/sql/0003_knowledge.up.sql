-- Knowledge bases: documents and their chunks with a dense vector and weighted full text side by side.
-- The reader's audiences are named by the transaction in app.audiences ('public' when unset).

create function app_audiences() returns text[]
    language sql stable parallel safe
    return string_to_array(coalesce(nullif(current_setting('app.audiences', true), ''), 'public'), ',');

create table kb_documents (
    kb           text not null check (kb ~ '^[a-z0-9_]{1,40}$'),
    id           text not null,
    title        text not null,
    body         text not null,
    intents      text[] not null default '{}',
    product      text not null default 'general',
    audience     text not null check (audience in ('public', 'customer', 'staff')),
    language     text not null default 'en',
    valid_from   date not null,
    valid_to     date,
    content_hash text not null,
    updated_at   timestamptz not null default now(),
    primary key (kb, id)
);

create table kb_chunks (
    id           text primary key,
    kb           text not null,
    document_id  text not null,
    ordinal      smallint not null,
    heading      text not null,
    anchor       text not null,
    text         text not null,
    audience     text not null,
    embedding    halfvec(384) not null,
    search       tsvector not null,
    foreign key (kb, document_id) references kb_documents on delete cascade
);
comment on column kb_chunks.id is 'sha256 of kb, document id, heading path and text: equal content, equal id.';
create index kb_chunks_document on kb_chunks (kb, document_id);
create index kb_chunks_embedding on kb_chunks using hnsw (embedding halfvec_cosine_ops) with (m = 16, ef_construction = 64);
create index kb_chunks_search on kb_chunks using gin (search);

alter table kb_documents enable row level security;
alter table kb_documents force row level security;
alter table kb_chunks enable row level security;
alter table kb_chunks force row level security;
create policy readable on kb_documents for select to tellergraph_app using (audience = any (app_audiences()));
create policy readable on kb_chunks for select to tellergraph_app using (audience = any (app_audiences()));
create policy owner_all on kb_documents to tellergraph_owner using (true) with check (true);
create policy owner_all on kb_chunks to tellergraph_owner using (true) with check (true);
grant select on kb_documents, kb_chunks to tellergraph_app;
