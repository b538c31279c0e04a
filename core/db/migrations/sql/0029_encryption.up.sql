-- Personal data encrypted field by field: the customers' own keys, and what a conversation keeps under them.

create table data_keys (
    customer_id  uuid not null references customers,
    purpose      text not null check (purpose in ('chat', 'retained')),
    id           uuid not null unique,
    wrapped      bytea,
    master_id    text not null,
    created_at   timestamptz not null,
    wrapped_at   timestamptz,
    destroyed_at timestamptz,
    primary key (customer_id, purpose),
    check ((wrapped is null) = (destroyed_at is not null))
);
comment on table data_keys is 'core/security/encryption/data_keys.py. Without a key, what it encrypted is erased.';
comment on column data_keys.wrapped is 'By the master key; null once destroyed.';
comment on column data_keys.wrapped_at is 'When another master key wrapped it again.';
create index data_keys_master on data_keys (master_id) where destroyed_at is null;
select protect_customer_table('data_keys', false);
-- A key is made once. Only the owner wraps it again or destroys it.
grant select, insert (customer_id, purpose, id, wrapped, master_id, created_at) on data_keys to tellergraph_app;

create function keep_data_key() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.destroyed_at is not null
       or (new.customer_id, new.purpose, new.id, new.created_at)
          is distinct from (old.customer_id, old.purpose, old.id, old.created_at) then
        raise exception 'a data key is wrapped again or destroyed, and never comes back' using errcode = 'TG012';
    end if;
    return new;
end $$;
create trigger data_keys_keep before update or delete on data_keys for each row execute function keep_data_key();

alter table chat_messages
    add column original   bytea,
    add column has_pii    boolean not null default false,
    add column pii_fields text[] not null default '{}',
    add column embedding  halfvec(384);
comment on column chat_messages.content is 'Masked: core/security/pii.';
comment on column chat_messages.original is
    'What stood there before it was masked, without secrets, under the customer''s key. Null: nothing was masked, or it is a '
    'visitor''s.';
comment on column chat_messages.pii_fields is 'Kinds of what was masked.';
comment on column chat_messages.embedding is 'Of the customer''s masked words: what the turn was understood and looked up by.';

-- Messages of before keep their masked text alone: nobody has the rest any more.
update chat_messages m
   set has_pii = true, pii_fields = found.kinds
  from (select id, array_agg(distinct coalesce(part[1], part[2]) order by coalesce(part[1], part[2])) as kinds
          from chat_messages, regexp_matches(content, '\[(?:([A-Z][A-Z_]*)_\d+|(SECRET))\]', 'g') part group by id) found
 where found.id = m.id;
