-- Sessions and tokens. An access token is signed by a key of signing_keys and believed until it expires or token_denials
-- names its session or role; what renews it is a secret of which only a keyed hash is kept.

create table signing_keys (
    kid            text primary key check (kid ~ '^[A-Za-z0-9_-]{43}$'),
    status         text not null check (status in ('next', 'current', 'retired', 'withdrawn')),
    public_key     text not null check (public_key ~ '^[A-Za-z0-9_-]{43}$'),
    sealed_private text,
    made_at        timestamptz not null,
    changed_at     timestamptz not null,
    check ((sealed_private is not null) = (status in ('next', 'current')))
);
comment on table signing_keys is
    'Ed25519. next: published, signs nothing yet; current: signs; retired: what it signed is good until it expires; '
    'withdrawn: nothing that it signed is good.';
comment on column signing_keys.kid is 'The thumbprint of the public key (RFC 7638).';
comment on column signing_keys.sealed_private is 'Opened by the secret key of the deployment alone; gone with its use.';
create unique index signing_keys_one on signing_keys (status) where status in ('next', 'current');
grant select on signing_keys to tellergraph_app;

create table token_denials (
    key      text primary key,
    before   bigint not null,
    xact     xid8 not null,
    noted_at timestamptz not null
);
comment on table token_denials is 'Which tokens are no longer believed although they have not expired. Names nobody.';
comment on column token_denials.key is 'The id of a session.';
comment on column token_denials.before is 'Tokens issued up to this second since 1970 are refused.';
comment on column token_denials.xact is
    'Who has seen all transactions below one number has missed nothing if he goes on from there, however long one took.';
create index token_denials_xact on token_denials (xact);
create index token_denials_noted on token_denials (noted_at);
grant select on token_denials to tellergraph_app;

create table auth_sessions (
    id           uuid primary key,
    owner        text not null check (owner ~ '^(customer|staff):[0-9a-f-]{36}$'),
    user_agent   text not null check (length(user_agent) <= 200),
    opened_at    timestamptz not null,
    last_used_at timestamptz not null,
    expires_at   timestamptz not null check (expires_at > opened_at),
    ended_at     timestamptz,
    ended_reason text check (ended_reason ~ '^[a-z_]{3,40}$'),
    check ((ended_at is null) = (ended_reason is null)),
    unique (id, owner)
);
comment on table auth_sessions is 'A login on one device. Whoever holds its refresh token works in app.subject session:<id>.';
comment on column auth_sessions.expires_at is 'However often it is renewed.';
create index auth_sessions_owner on auth_sessions (owner, opened_at desc);

create table refresh_tokens (
    hash       bytea primary key check (length(hash) = 32),
    session_id uuid not null,
    owner      text not null,
    issued_at  timestamptz not null,
    expires_at timestamptz not null check (expires_at > issued_at),
    used_at    timestamptz,
    raced      boolean not null default false check (used_at is not null or not raced),
    foreign key (session_id, owner) references auth_sessions (id, owner) on delete cascade
);
comment on column refresh_tokens.hash is 'HMAC-SHA-256 under a key that is derived from the deployment''s secret.';
comment on column refresh_tokens.raced is 'Several requests that overlapped have sent it; one of them won.';
create index refresh_tokens_session on refresh_tokens (session_id, owner);

do $$
declare t text;
begin
    foreach t in array array['auth_sessions', 'refresh_tokens'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy owner_all on %I to tellergraph_owner using (true) with check (true)', t);
    end loop;
end $$;
create policy own on auth_sessions to tellergraph_app
    using (owner = app_subject()) with check (owner = app_subject());
-- Before anybody is known: the one session whose id the refresh token carries. Its hash then says whether it is right.
create policy of_token_seen on auth_sessions for select to tellergraph_app using (app_subject() = 'session:' || id);
create policy of_token_kept on auth_sessions for update to tellergraph_app using (app_subject() = 'session:' || id);
create policy own on refresh_tokens to tellergraph_app
    using (app_subject() in (owner, 'session:' || session_id))
    with check (app_subject() in (owner, 'session:' || session_id));
grant select, insert on auth_sessions to tellergraph_app;
grant update (last_used_at, ended_at, ended_reason) on auth_sessions to tellergraph_app;
grant select, insert, delete on refresh_tokens to tellergraph_app;
grant update (used_at, raced) on refresh_tokens to tellergraph_app;

-- What makes tokens bad --------------------------------------------------------------------------------------------------

-- Internal: only functions of the owner call it.
create function deny_tokens(p_key text, p_before bigint) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into token_denials as d (key, before, xact, noted_at)
    values (p_key, p_before, pg_current_xact_id(), clock_timestamp())
        on conflict (key) do update
       set before = greatest(d.before, excluded.before), xact = excluded.xact, noted_at = excluded.noted_at;
    -- No token lives for a day: see Settings.access_token_ttl. A few at a time, and none that another is deleting.
    delete from token_denials where key in (select key from token_denials
        where noted_at < clock_timestamp() - interval '25 hours' order by noted_at limit 20 for update skip locked);
end $$;

create function outdate_tokens(p_owner text) returns void
    language sql set search_path = pg_catalog, public, pg_temp
begin atomic
    -- Two seconds on: who renews a token while this transaction is under way still gets what was true before.
    select deny_tokens(id::text, extract(epoch from clock_timestamp())::bigint + 2) from auth_sessions
     where owner = p_owner and ended_at is null;
end;
comment on function outdate_tokens is
    'For triggers: what the access tokens of somebody say is no longer so. They have to be renewed; nobody is logged out.';

create function note_auth_session() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    forever constant bigint := 9223372036854775807;
    whose uuid;
begin
    if tg_op = 'DELETE' then
        if old.ended_at is null then
            perform deny_tokens(old.id::text, forever);
        end if;
        return null;
    end if;
    whose := case when new.owner like 'customer:%' then substr(new.owner, 10)::uuid end;
    if tg_op = 'INSERT' then
        insert into audit_log (actor, customer_id, action, resource, at)
        values (new.owner, whose, 'session.opened', 'session:' || new.id, new.opened_at);
    elsif old.ended_at is null and new.ended_at is not null then
        perform deny_tokens(new.id::text, forever);
        insert into audit_log (actor, customer_id, action, resource, detail, at)
        values (new.owner, whose, 'session.ended', 'session:' || new.id,
                jsonb_build_object('reason', new.ended_reason), new.ended_at);
    elsif old.ended_at is distinct from new.ended_at then
        raise exception 'a session that has ended stays so' using errcode = 'check_violation';
    end if;
    return null;
end $$;
create trigger note_auth_session after insert or update of ended_at or delete on auth_sessions
    for each row execute function note_auth_session();

create function outdate_staff_tokens() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if tg_op = 'DELETE' then
        update auth_sessions set ended_at = now(), ended_reason = 'gone'
         where owner = 'staff:' || old.id and ended_at is null;
    else
        perform outdate_tokens('staff:' || new.id);
    end if;
    return null;
end $$;
create trigger outdate_staff_tokens after update of role on staff
    for each row when (old.role is distinct from new.role) execute function outdate_staff_tokens();
create trigger end_staff_sessions after delete on staff for each row execute function outdate_staff_tokens();

create function outdate_customer_tokens() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if tg_op = 'DELETE' then
        delete from auth_sessions where owner = 'customer:' || old.id;
    else
        perform outdate_tokens('customer:' || new.id);
    end if;
    return null;
end $$;
create trigger outdate_customer_tokens after update of tier on customers
    for each row when (old.tier is distinct from new.tier) execute function outdate_customer_tokens();
create trigger end_customer_sessions after delete on customers
    for each row execute function outdate_customer_tokens();

-- A visitor who has a token is known by it, and what they were told is shown to nobody without it.
drop policy visitor_turn on chat_turns;
create policy visitor_turn on chat_turns for select to tellergraph_app
    using (owner = 'visitor:' || session_id and id = nullif(current_setting('app.turn_id', true), '')::uuid);
