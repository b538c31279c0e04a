alter table chat_messages drop column original, drop column has_pii, drop column pii_fields, drop column embedding;
drop table data_keys;
drop function keep_data_key();
