-- Conversations. A session belongs to a subject: 'customer:<id>', 'staff:<id>', or 'visitor:<session id>' for a
-- visitor, whose only proof is the unguessable id itself. The transaction names it in app.subject.

create function app_subject() returns text
    language sql stable parallel safe
    return nullif(current_setting('app.subject', true), '');

create table chat_sessions (
    id         uuid primary key,
    owner      text not null,
    title      text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index chat_sessions_owner on chat_sessions (owner, updated_at desc);

create table chat_turns (
    id               uuid primary key,
    session_id       uuid not null references chat_sessions on delete cascade,
    owner            text not null,
    status           text not null check (status in ('running', 'waiting', 'done', 'failed')),
    worker_id        uuid not null,
    lease_expires_at timestamptz not null,
    outcome          jsonb,
    started_at       timestamptz not null,
    finished_at      timestamptz
);
comment on column chat_turns.status is
    'running: a worker holds it until lease_expires_at; waiting: stopped at a confirmation; done and failed: over.';
comment on column chat_turns.outcome is 'The last event of the turn (done or error), as it was sent.';
-- The lock that keeps two turns of one session apart, whatever process they run in.
create unique index chat_turns_one_running on chat_turns (session_id) where status = 'running';
create index chat_turns_session on chat_turns (session_id, started_at);
create index chat_turns_worker on chat_turns (worker_id) where status = 'running';

create table chat_messages (
    id         bigint generated always as identity primary key,
    session_id uuid not null references chat_sessions on delete cascade,
    turn_id    uuid not null references chat_turns on delete cascade,
    owner      text not null,
    role       text not null check (role in ('user', 'assistant')),
    content    text not null,
    route      text,
    intent     text,
    confidence real,
    citations  jsonb not null default '[]',
    created_at timestamptz not null
);
create index chat_messages_session on chat_messages (session_id, id);

do $$
declare t text;
begin
    foreach t in array array['chat_sessions', 'chat_turns', 'chat_messages'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy own on %I to tellergraph_app
                        using (owner = app_subject()) with check (owner = app_subject())', t);
        execute format('create policy owner_all on %I to tellergraph_owner using (true) with check (true)', t);
    end loop;
end $$;
-- A worker keeps the leases of its own turns, whoever they belong to, and ends those it lost.
create policy lease_seen on chat_turns for select to tellergraph_app
    using (worker_id = nullif(current_setting('app.worker_id', true), '')::uuid);
create policy lease_kept on chat_turns for update to tellergraph_app
    using (worker_id = nullif(current_setting('app.worker_id', true), '')::uuid)
    with check (worker_id = nullif(current_setting('app.worker_id', true), '')::uuid);

-- A visitor's proof for one turn is the turn's own unguessable id, named by the transaction in app.turn_id.
create policy visitor_turn on chat_turns for select to tellergraph_app
    using (owner like 'visitor:%' and id = nullif(current_setting('app.turn_id', true), '')::uuid);

grant select, insert, delete on chat_sessions, chat_turns, chat_messages to tellergraph_app;
grant update (updated_at, title) on chat_sessions to tellergraph_app;
grant update (status, lease_expires_at, outcome, finished_at) on chat_turns to tellergraph_app;
