drop function upload_document, publish_document, retire_document, audit_document, retire_current, publish_revision,
    store_passages, store_document;
drop trigger kb_chunks_words on kb_chunks;
drop trigger kb_chunks_added on kb_chunks;
drop trigger kb_chunks_removed on kb_chunks;
drop function index_words, count_passages;

revoke select on kb_documents, knowledge_bases from tellergraph_staff;
drop policy colleagues on kb_documents;
drop policy readable on kb_documents;
create policy readable on kb_documents for select to tellergraph_app
    using (audience = any ((select app_audiences())::text[]));

-- Nobody may read what is not published, and the older schema does not know that.
delete from kb_documents where status <> 'published';
alter table kb_chunks drop constraint kb_chunks_kb_document_id_revision_fkey;
drop index kb_documents_current, kb_documents_waiting, kb_chunks_document;
alter table kb_documents drop constraint kb_documents_pkey, add primary key (kb, id);
alter table kb_chunks drop column revision, drop column language, drop column valid_from, drop column valid_to,
    add foreign key (kb, document_id) references kb_documents on delete cascade;
create index kb_chunks_document on kb_chunks (kb, document_id);
alter table kb_documents drop constraint kb_documents_check, drop column revision, drop column status, drop column version,
    drop column jurisdiction, drop column flags, drop column uploaded_by;
alter table knowledge_bases drop column index_version;
comment on column knowledge_bases.chunks is 'Kept by ingest: how rare a word is follows from it, and how to search.';
