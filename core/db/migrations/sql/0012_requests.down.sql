alter table banking_operations drop column request_hash, drop column proposed;
