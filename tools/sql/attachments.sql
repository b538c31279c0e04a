-- insert_attachment --
insert into attachments (id, customer_id, purpose, name, media_type, size_bytes, sha256, key_id, sealed_key, created_at)
values (%(attachment_id)s, %(customer_id)s, %(purpose)s, %(name)s, %(media_type)s, %(size_bytes)s, %(sha256)s, %(key_id)s,
        %(sealed_key)s, %(now)s)

-- insert_attachment_chunk --
-- In the transaction that made the attachment, and no other.
insert into attachment_chunks (attachment_id, customer_id, n, content)
values (%(attachment_id)s, %(customer_id)s, %(n)s, %(content)s)

-- get_attachment --
select id, customer_id, purpose, name, media_type, size_bytes, sha256, key_id, sealed_key, created_at
  from attachments
 where id = %(attachment_id)s and customer_id = %(customer_id)s

-- list_attachment_chunks --
-- In their order.
select content from attachment_chunks
 where attachment_id = %(attachment_id)s and customer_id = %(customer_id)s
 order by n
