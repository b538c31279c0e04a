-- Codes for risky operations. The code itself is not stored: it is computed from the secret key and from what is to be
-- approved.

create table step_up_challenges (
    operation_id uuid primary key references banking_operations,
    customer_id  uuid not null references customers,
    payload_hash text not null,
    tries        smallint not null default 0 check (tries between 0 and 5),
    sent_at      timestamptz not null,
    verified_at  timestamptz
);
comment on table step_up_challenges is 'Five tries, then the operation is over.';
create index step_up_challenges_customer on step_up_challenges (customer_id);
select protect_customer_table('step_up_challenges', false);
grant select, insert on step_up_challenges to tellergraph_app;
grant update (tries, verified_at) on step_up_challenges to tellergraph_app;

create table demo_outbox (
    id          bigint generated always as identity primary key,
    customer_id uuid not null references customers,
    text        text not null,
    code        text not null,
    sent_at     timestamptz not null
);
comment on table demo_outbox is 'What the demo bank would have sent to a phone. Written in demo mode only.';
create index demo_outbox_customer on demo_outbox (customer_id, id desc);
select protect_customer_table('demo_outbox', false);
grant select, insert on demo_outbox to tellergraph_app;
