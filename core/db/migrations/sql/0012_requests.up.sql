-- What an idempotency key stands for. A request that is sent again may find the world changed, the card frozen or the
-- money gone by its own doing; so the key is compared with the request and not with what it would prepare now.

alter table banking_operations
    add column request_hash text,
    add column proposed     jsonb not null default '{}';
comment on column banking_operations.request_hash is
    'SHA-256 of the tool and the arguments under the caller''s own idempotency key; null where the key is ours.';
comment on column banking_operations.proposed is 'What the customer was asked, field by field: the answer to the request.';
