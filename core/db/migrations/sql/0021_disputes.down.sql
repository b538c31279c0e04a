-- Disputes and files are gone.
drop table attachment_chunks, attachments;
drop function keep_attachment_chunk, keep_attachment, check_attachment_whole;
