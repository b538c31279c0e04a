-- Answers that can be built again, and the customer's own ledger of what was done for them.

create table turn_records (
    turn_id        uuid primary key references chat_turns on delete cascade,
    owner          text not null,
    model          text not null,
    digests        jsonb not null,
    policy_version text references payment_policies,
    sealed         text not null,
    recorded_at    timestamptz not null
);
comment on table turn_records is 'What an answer was made of (agent/replay). Goes with its conversation.';
comment on column turn_records.digests is 'Of prompts, passages, program and models: to be searched, and no personal data.';
comment on column turn_records.sealed is 'The record, with the server''s key; whoever changes it has changed its seal.';
create index turn_records_policy on turn_records (policy_version);
alter table turn_records enable row level security;
alter table turn_records force row level security;
create policy owner_all on turn_records to tellergraph_owner using (true) with check (true);
create policy own on turn_records for insert to tellergraph_app with check (owner = app_subject());
-- Written by the server and never read by it.
grant insert on turn_records to tellergraph_app;

create table tool_calls (
    id          bigint generated always as identity primary key,
    customer_id uuid not null references customers,
    tool        text not null check (tool ~ '^[a-z_]{1,64}$'),
    door        text not null check (door in ('chat', 'rest', 'mcp', 'openai', 'staff')),
    outcome     text not null check (outcome in ('done', 'prepared', 'refused')),
    turn_id     uuid,
    at          timestamptz not null
);
comment on table tool_calls is 'Every call of a tool for a customer, with no arguments and no result.';
create index tool_calls_customer on tool_calls (customer_id, at desc, id desc);
create trigger tool_calls_append_only before update or delete or truncate on tool_calls
    for each statement execute function refuse_change();
select protect_customer_table('tool_calls', false);
grant select, insert on tool_calls to tellergraph_app;
select show_to_staff('tool_calls');

-- What the audit log says of a customer that they may read: what became of their operations, and what colleagues did with
-- their data. Nothing of what the law forbids to tell (money laundering, screening) or what could endanger them (who looked
-- after a case of coercion).
create function list_activity(p_before timestamptz, p_before_key text, p_limit integer)
    returns table (key text, at timestamptz, kind text, subject text, door text, outcome text, turn_id uuid)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    (select 'c' || lpad(c.id::text, 19, '0'), c.at, 'tool', c.tool, c.door, c.outcome, c.turn_id
       from tool_calls c
      -- The owner check of this function.
      where c.customer_id = app_customer_id()
        and (p_before is null or c.at <= p_before and (c.at, 'c' || lpad(c.id::text, 19, '0')) < (p_before, p_before_key))
      order by c.at desc, c.id desc limit p_limit)
    union all
    (select 'e' || lpad(e.id::text, 19, '0'), e.at, e.action, coalesce(e.detail ->> 'type', e.detail ->> 'kind', ''),
            case when starts_with(e.actor, 'staff:') then 'staff' else coalesce(e.detail ->> 'initiated_by', 'bank') end,
            case e.decision when 'deny' then 'refused' else 'done' end, e.turn_id
       from audit_log e
      where e.customer_id = app_customer_id()
        and e.action in ('operation.completed', 'operation.failed', 'operation.cancelled', 'operation.expired',
                         'operation.held', 'staff.file_opened', 'staff_action.completed', 'authenticator.removed')
        and coalesce(e.detail ->> 'reason', '') not like 'care case %'
        and (p_before is null or e.at <= p_before and (e.at, 'e' || lpad(e.id::text, 19, '0')) < (p_before, p_before_key))
      order by e.at desc, e.id desc limit p_limit)
     order by 2 desc, 1 desc limit p_limit
$$;
comment on function list_activity is 'Newest first. A place in the list is a moment and a key, which orders what happened in it.';
grant execute on function list_activity to tellergraph_app;

-- In a customer's copy of their data (tools/privacy/catalogue.py).
select show_to_subject('tool_calls');
