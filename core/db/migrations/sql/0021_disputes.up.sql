-- Files that customers send, encrypted, and disputes of payments: what was opened, by when the law wants what done, and the
-- money that comes back. Clocks that run out are the worker's; what people decide, one proposes and another approves.

-- Attachments --------------------------------------------------------------------------------------------------------

create table attachments (
    id          uuid primary key,
    customer_id uuid not null references customers,
    purpose     text not null check (purpose in ('dispute', 'identity')),
    name        text not null check (length(name) between 1 and 120),
    media_type  text not null
        check (media_type in ('application/pdf', 'image/png', 'image/jpeg', 'image/webp', 'image/heic')),
    size_bytes  integer not null check (size_bytes between 1 and 10000000),
    sha256      bytea not null check (length(sha256) = 32),
    key_id      text not null check (key_id ~ '^[0-9a-f]{16}$'),
    sealed_key  bytea not null check (length(sealed_key) = 60),
    created_at  timestamptz not null,
    made_in     xid8 not null default pg_current_xact_id(),
    unique (id, customer_id)
);
comment on table attachments is 'Files that customers sent: tools/attachments. Never changed.';
comment on column attachments.sha256 is 'Of the content in the clear.';
comment on column attachments.key_id is 'Which key of the server sealed the file''s own.';
comment on column attachments.made_in is 'The transaction that wrote it, and alone may add its chunks.';
create index attachments_customer on attachments (customer_id, created_at desc);

create table attachment_chunks (
    attachment_id uuid not null,
    customer_id   uuid not null,
    n             smallint not null check (n >= 0),
    content       bytea not null check (length(content) between 17 and 262160),
    primary key (attachment_id, n),
    foreign key (attachment_id, customer_id) references attachments (id, customer_id)
);
comment on column attachment_chunks.content is '256 KiB of the file, the last fewer, and 16 bytes of authentication.';
create index attachment_chunks_customer on attachment_chunks (customer_id, attachment_id);
alter table attachment_chunks alter column content set storage external;

do $$
declare t text;
begin
    foreach t in array array['attachments', 'attachment_chunks'] loop
        perform protect_customer_table(t::regclass, false);
        perform show_to_staff(t::regclass);
        execute format('create trigger %I before update or delete or truncate on %I
                        for each statement execute function refuse_change()', t || '_append_only', t);
    end loop;
end $$;
grant select, insert (id, customer_id, purpose, name, media_type, size_bytes, sha256, key_id, sealed_key, created_at)
    on attachments to tellergraph_app;
grant select, insert on attachment_chunks to tellergraph_app;

create function keep_attachment_chunk() returns trigger language plpgsql as $$
begin
    if not exists (select from attachments
                    where id = new.attachment_id and customer_id = new.customer_id and made_in = pg_current_xact_id()) then
        raise exception 'nothing is added to a file of before' using errcode = 'TG001';
    end if;
    return new;
end $$;
create trigger attachment_chunks_kept before insert on attachment_chunks
    for each row execute function keep_attachment_chunk();

create function keep_attachment() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    kept record;
begin
    -- One after the other: a quota is one sum.
    perform 1 from customers where id = new.customer_id for no key update;
    select count(*) as files, coalesce(sum(size_bytes), 0) as bytes into kept
      from attachments where customer_id = new.customer_id;
    if kept.files >= 200 or kept.bytes + new.size_bytes > 500000000 then
        raise exception 'that is more than is kept of one customer' using errcode = 'TG082';
    end if;
    return new;
end $$;
create trigger attachments_kept before insert on attachments for each row execute function keep_attachment();

create function check_attachment_whole() returns trigger language plpgsql as $$
begin
    if (select coalesce(sum(length(content) - 16), 0) from attachment_chunks where attachment_id = new.id) <> new.size_bytes then
        raise exception 'a file is stored whole or not at all' using errcode = 'TG083';
    end if;
    return null;
end $$;
create constraint trigger attachments_whole after insert on attachments
    deferrable initially deferred for each row execute function check_attachment_whole();
revoke execute on function keep_attachment_chunk, keep_attachment, check_attachment_whole from public;
