-- What people thought of an answer. It goes with its conversation: by hand, at erasure, and when its time is over.

create table feedback (
    turn_id    uuid primary key references chat_turns on delete cascade,
    owner      text not null,
    rating     text not null check (rating in ('up', 'down')),
    comment    text check (length(comment) between 1 and 4000),
    created_at timestamptz not null,
    changed_at timestamptz not null check (changed_at >= created_at)
);
comment on table feedback is 'agent/feedback.py. Who asked is the one who judges: a turn has one owner.';
comment on column feedback.comment is 'Masked: core/security/pii. There is no original of it anywhere.';
create index feedback_owner on feedback (owner);
alter table feedback enable row level security;
alter table feedback force row level security;
create policy own on feedback to tellergraph_app using (owner = app_subject()) with check (owner = app_subject());
create policy owner_all on feedback to tellergraph_owner using (true) with check (true);
grant select, insert, update (rating, comment, changed_at) on feedback to tellergraph_app;
select show_to_subject('feedback', '', 'owner = app_subject()');
