drop function if exists nearest_chunks;
drop table kb_postings, kb_chunks, kb_documents, knowledge_bases;
drop function app_audiences();
