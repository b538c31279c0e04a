drop table kb_chunks, kb_documents;
drop function app_audiences;
