-- Every payment, change of a payee and card authorisation is decided before it is done: allow, ask for a code, hold, block.
-- The application decides (tools/fraud/decisions); the database does nothing that was not decided for this very payload and
-- policy, keeps what the decision rested on, holds the money of what is held, and asks the customer.

alter domain operation_status drop constraint operation_status_check;
alter domain operation_status add constraint operation_status_check
    check (value in ('pending', 'processing', 'held', 'completed', 'failed', 'cancelled', 'expired'));

alter table operation_types add column decided boolean not null default false;
comment on column operation_types.decided is 'Is executed only with a decision of the fraud engine.';
update operation_types set decided = true
 where posts or type in ('add_payee', 'change_payee', 'schedule_payment', 'create_standing_order', 'change_standing_order');
insert into operation_types (type, posts, limited, step_up, decided) values
    ('release_payment', false, false, 'always', false),
    ('cancel_held_payment', false, false, 'always', false),
    ('confirm_fraud', false, false, 'never', false),
    ('confirm_genuine', false, false, 'never', false);

alter table banking_operations add column decided boolean not null default false;
comment on column banking_operations.decided is 'As its type is: execute_operation() looks at nothing else.';
-- What waits for a yes just now is asked for again.
update banking_operations o set decided = true from operation_types t where t.type = o.type and t.decided and o.status = 'pending';

alter table payment_policies
    add column decision_valid interval not null default interval '15 minutes' check (decision_valid > interval '0'),
    add column held_for interval not null default interval '72 hours' check (held_for > interval '0');
comment on column payment_policies.decision_valid is 'How old a decision may be when the payment is made.';
comment on column payment_policies.held_for is 'How long a held payment waits for somebody to release or cancel it.';

create or replace function complete_proposal() returns trigger language plpgsql as $$
declare
    kind operation_types;
    policy payment_policies;
begin
    if current_user <> 'tellergraph_owner' then
        -- Whoever files an operation files a proposal, and in a customer's name.
        if new.initiated_by = 'schedule' then
            raise exception 'only the schedule itself pays on schedule' using errcode = 'TG018';
        end if;
        new.status := 'pending';
        new.entry_id := null;
        new.error_code := null;
        new.executed_in := null;
        new.completed_at := null;
    end if;
    select * into strict kind from operation_types where type = new.type;
    select * into strict policy from payment_policies where version = policy_at(new.created_at);
    new.policy_version := policy.version;
    new.posts := kind.posts;
    new.decided := kind.decided;
    new.payload_hash := payload_hash(new.type, new.payload);
    new.limit_minor := case when new.amount_minor is null then null
        when new.currency = policy.currency then new.amount_minor
        else exchanged(new.amount_minor, new.currency, policy.currency, rate_at(new.currency, policy.currency, new.created_at)) end;
    if new.amount_minor is not null and new.limit_minor is null then
        raise exception 'there is no rate for %', new.currency using errcode = 'TG013';
    end if;
    if kind.step_up = 'over' and new.payload ->> 'payee_id' is not null
       and new.amount_minor is distinct from coalesce(new.payload ->> 'amount_minor', new.amount_minor::text)::bigint
       or kind.step_up = 'over' and new.payload ->> 'payee_id' is not null and new.amount_minor is null then
        raise exception 'what the step-up looks at must be what is paid' using errcode = 'TG018';
    end if;
    new.step_up := kind.step_up = 'always'
        or kind.step_up = 'over' and coalesce(new.limit_minor, 0) > policy.step_up_over_minor;
    if not kind.limited then
        new.limit_minor := null;
    end if;
    return new;
end $$;

create or replace function keep_operation_status() returns trigger language plpgsql as $$
begin
    if (new.status in ('pending', 'processing', 'held')) <> (new.completed_at is null) then
        perform refuse_row('banking_operations', 'banking_operations_over');
    end if;
    if (new.amount_minor is null) <> (new.currency is null) then
        perform refuse_row('banking_operations', 'banking_operations_amount');
    end if;
    return new;
end $$;

-- Decisions ----------------------------------------------------------------------------------------------------------

create table fraud_decisions (
    id             bigint generated always as identity primary key,
    customer_id    uuid not null references customers,
    operation_id   uuid references banking_operations,
    card_id        uuid references cards,
    authorisation  text,
    payload_hash   text not null,
    policy_version text not null references payment_policies,
    rules_version  text not null,
    model_version  text,
    outcome        text not null,
    score          double precision,
    event_id       bigint references fraud_events,
    features       jsonb not null,
    hits           jsonb not null,
    decided_at     timestamptz not null,
    valid_until    timestamptz not null,
    constraint fraud_decisions_outcome check (outcome in ('allow', 'step_up', 'hold', 'block')),
    constraint fraud_decisions_subject check (num_nonnulls(operation_id, card_id) = 1),
    constraint fraud_decisions_score check (score between 0 and 1)
);
comment on table fraud_decisions is
    'One for each operation and each card authorisation: what was decided, and on what. Read by staff in the customer''s '
    'file and by nobody else: who sees which rule hit learns how to pass by it.';
comment on column fraud_decisions.hits is 'Rules that hit: name, severity, confidence and the sentence that says why.';
comment on column fraud_decisions.event_id is 'The payment as an event from which the features of later ones follow.';
comment on column fraud_decisions.features is 'The facts that the rules and the model were asked about.';
create unique index fraud_decisions_operation on fraud_decisions (operation_id) where operation_id is not null;
create unique index fraud_decisions_card on fraud_decisions (card_id, authorisation) where card_id is not null;
create index fraud_decisions_customer on fraud_decisions (customer_id, decided_at desc);
create index fraud_decisions_event on fraud_decisions (event_id) where event_id is not null;
create trigger fraud_decisions_append_only before update or delete or truncate on fraud_decisions
    for each statement execute function refuse_change();
alter table fraud_decisions enable row level security;
alter table fraud_decisions force row level security;
create policy owner_all on fraud_decisions to tellergraph_owner using (true) with check (true);
select show_to_staff('fraud_decisions');

-- Internal.
create function write_decision(op banking_operations, p_decision jsonb, p_now timestamptz) returns fraud_decisions
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    written fraud_decisions;
    event   bigint;
begin
    if op.posts and op.payload ->> 'payee_id' is not null
       and not exists (select from fraud_decisions where operation_id = op.id) then
        event := record_fraud_event(
            'account:' || coalesce((op.payload ->> 'sort_code') || ' ' || (op.payload ->> 'account_number'), op.payload ->> 'iban'),
            null, op.amount_minor, p_now, coalesce(left(op.payload ->> 'iban', 2), 'GB'), null, op.initiated_by);
    end if;
    insert into fraud_decisions (customer_id, operation_id, payload_hash, policy_version, rules_version, model_version, outcome,
                                 score, event_id, features, hits, decided_at, valid_until)
    select op.customer_id, op.id, op.payload_hash, op.policy_version, p_decision ->> 'rules_version',
           p_decision ->> 'model_version', p_decision ->> 'outcome', (p_decision ->> 'score')::double precision, event,
           p_decision -> 'features', p_decision -> 'hits', p_now, p_now + p.decision_valid
      from payment_policies p where p.version = op.policy_version
    on conflict (operation_id) where operation_id is not null do nothing
    returning * into written;
    if not found then
        -- The first one stands: nobody asks again until the answer pleases.
        select * into strict written from fraud_decisions where operation_id = op.id;
    end if;
    return written;
end $$;

create function record_decision(p_operation uuid, p_decision jsonb, p_now timestamptz, out outcome text, out step_up boolean)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    op       banking_operations;
    decision fraud_decisions;
begin
    -- The owner check of this function: an operation of the transaction's customer.
    select * into op from banking_operations where id = p_operation and customer_id = app_customer_id() for no key update;
    if not found or not op.decided then
        raise exception 'there is nothing to decide' using errcode = 'TG041';
    end if;
    if op.status = 'pending' then
        if p_decision ->> 'outcome' = 'hold' and not op.posts then
            raise exception 'only a payment can be held' using errcode = 'TG041';
        end if;
        decision := write_decision(op, p_decision, p_now);
        if decision.outcome = 'step_up' and not op.step_up then
            update banking_operations o set step_up = true where o.id = op.id returning o.* into op;
        elsif decision.outcome = 'block' then
            perform open_alert(decision, null, p_now);
            op := write_end(op.id, op.customer_id, 'pending', 'failed', 'not_possible_now', null, p_now);
        end if;
    else
        select * into decision from fraud_decisions d where d.operation_id = op.id;
    end if;
    outcome := decision.outcome;
    step_up := op.step_up;
end $$;
comment on function record_decision is
    'Once for each operation: the decision on it as it stands now. What is blocked is over with that; what asks for a code '
    'cannot be confirmed without one. Asked again it answers what stands.';

-- Facts --------------------------------------------------------------------------------------------------------------
-- What the rules and the model are asked about: amounts in minor units of the policy's currency, times in seconds before
-- now. Each reads a bounded number of rows of one customer, or those of a day, by an index.

create index banking_operations_paid on banking_operations (customer_id, created_at desc)
    where type = 'pay_payee' and initiated_by <> 'schedule' and status in ('pending', 'processing', 'held', 'completed');
create index banking_operations_changed on banking_operations (customer_id, completed_at desc)
    where status = 'completed' and type in ('change_contact_details', 'add_authenticator');

create function in_policy_currency(p_minor bigint, p_currency text, p_now timestamptz) returns bigint
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    currency constant text := (select p.currency from payment_policies p where p.version = policy_at(p_now));
begin
    if p_currency = currency then return p_minor; end if;
    return coalesce(exchanged(p_minor, p_currency, currency, rate_at(p_currency, currency, p_now)), p_minor);
end $$;

-- Internal: of a payment that is being prepared, or is due. Null ids where there is none.
create function payment_facts(
    p_customer uuid, p_operation uuid, p_type text, p_source uuid, p_payee uuid, p_minor bigint, p_currency text,
    p_memo text, p_turn uuid, p_now timestamptz) returns jsonb
    language plpgsql stable set search_path = pg_catalog, public, pg_temp
    set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
    account  accounts := (select a from accounts a where a.id = p_source and a.customer_id = p_customer);
    payee    payees := (select p from payees p where p.id = p_payee and p.customer_id = p_customer);
    in_units constant numeric := in_policy_currency(1000000, account.currency, p_now) / 1000000.0;
    log      record;
    known    record;
    changed_at timestamptz;
    received bigint;
    most     bigint;
    last_at  timestamptz;
    said     jsonb;
begin
    -- Each of these by itself: no number of other operations pushes one of them out of sight.
    select jsonb_agg(jsonb_build_object('ago', extract(epoch from p_now - o.created_at)::bigint, 'minor', o.minor,
                                        'payee', o.payee) order by o.created_at desc) as payments
      into log
      from (select created_at, payload ->> 'payee_id' is not distinct from p_payee::text as payee,
                   coalesce(limit_minor, in_policy_currency(amount_minor, currency, p_now)) as minor
              from banking_operations
             where customer_id = p_customer and created_at > p_now - interval '7 days' and created_at <= p_now
               and type = 'pay_payee' and initiated_by <> 'schedule' and status in ('pending', 'processing', 'held', 'completed')
               and (status <> 'pending' or expires_at > p_now) and id is distinct from p_operation
             order by created_at desc limit 60) o;
    changed_at := (select max(o.completed_at) from banking_operations o
                    where o.customer_id = p_customer and o.completed_at > p_now - interval '7 days' and o.completed_at <= p_now
                      and o.status = 'completed' and o.type in ('change_contact_details', 'add_authenticator'));
    select count(*) as payments, min(t.occurred_at) as first into known
      from (select occurred_at from transactions
             where payee_id = p_payee and customer_id = p_customer and status = 'booked' limit 24) t;
    received := (select sum(t.amount_minor) from transactions t
                  where t.account_id = p_source and t.occurred_at > p_now - interval '24 hours' and t.occurred_at <= p_now
                    and t.amount_minor > 0 and t.kind in ('transfer_in', 'top_up'));
    -- What was usual is asked about whom the customer hardly knows.
    if p_payee is not null and known.payments < 24 then
        most := (select coalesce(max(-t.amount_minor), 0)
                   from (select amount_minor, kind, status from transactions where account_id = p_source and occurred_at <= p_now
                          order by occurred_at desc, id desc limit 300) t
                  where t.amount_minor < 0 and t.kind in ('transfer_out', 'standing_order') and t.status = 'booked');
    end if;
    -- Of all accounts: savings may sleep.
    last_at := (select l.occurred_at from transactions l
                 where l.customer_id = p_customer and l.amount_minor < 0 and l.occurred_at <= p_now
                 order by l.occurred_at desc, l.id desc limit 1);
    if p_turn is not null then
        select jsonb_agg(m.content) into said
          from (select c.content from chat_turns u join chat_messages c on c.session_id = u.session_id
                 where u.id = p_turn and u.owner = 'customer:' || p_customer and c.role = 'user'
                   and c.created_at > p_now - interval '2 hours' order by c.id desc limit 8) m;
    end if;
    return jsonb_build_object(
        'kind', p_type, 'amount_minor', in_policy_currency(p_minor, p_currency, p_now),
        'payee_age', extract(epoch from p_now - payee.created_at)::bigint, 'payee_payments', known.payments,
        'payee_since', extract(epoch from p_now - known.first)::bigint,
        'recent', coalesce(log.payments, '[]'), 'contact_change', extract(epoch from p_now - changed_at)::bigint,
        'received_minor', round(coalesce(received, 0) * in_units)::bigint, 'most_minor', round(most * in_units)::bigint,
        'idle', extract(epoch from p_now - coalesce(last_at, account.opened_at))::bigint,
        'memo', p_memo, 'said', coalesce(said, '[]'));
end $$;

create function operation_facts(p_operation uuid, p_now timestamptz) returns jsonb
    language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: an operation of the transaction's customer.
    op banking_operations := (select o from banking_operations o where o.id = p_operation and o.customer_id = app_customer_id());
begin
    if op.id is null or not op.decided then return null; end if;
    if op.type = 'change_standing_order' then
        return (select payment_facts(op.customer_id, op.id, op.type, s.account_id, s.payee_id,
                                     (op.payload ->> 'amount_minor')::bigint, s.currency, s.reference, op.turn_id, p_now)
                  from standing_orders s
                 where s.id = (op.payload ->> 'standing_order_id')::uuid and s.customer_id = op.customer_id);
    end if;
    return payment_facts(op.customer_id, op.id, op.type, (op.payload ->> 'account_id')::uuid,
                         (op.payload ->> 'payee_id')::uuid, op.amount_minor, op.currency, op.payload ->> 'reference', op.turn_id, p_now);
end $$;
comment on function operation_facts is 'Null for an operation that nobody has to decide about.';

create function due_payment_facts(p_kind text, p_id uuid, p_due date, p_now timestamptz) returns jsonb
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: lock_due_payment() finds only what is the transaction's customer's.
    due due_payment := lock_due_payment(p_kind, p_id, app_customer_id(), p_due, p_now);
begin
    if due.id is null then return null; end if;
    return payment_facts(due.customer_id, null, case when due.payee_id is null then 'transfer_between_accounts' else p_kind end,
                         due.account_id, due.payee_id, due.amount_minor, due.currency, null, null, p_now);
end $$;
comment on function due_payment_facts is
    'Of the one payment that the worker is about to make: figures, no names and no words. Null where it is not due.';

-- The card network ---------------------------------------------------------------------------------------------------
-- tellergraph_network is no login; tellergraph_app becomes it for the card network's own credential, and inherits nothing
-- of it. It finds a card's holder and asks for one authorisation at a time. The facts are read without a lock, so that nobody
-- waits while the application decides; what was decided without having seen the card's newest use is not done.

create policy network_finds on cards for select to tellergraph_network using (true);
grant select (id, customer_id) on cards to tellergraph_network;

-- Internal: of those that card_facts() tells.
create function newest_use(p_card uuid, p_now timestamptz) returns bigint
    language sql stable set search_path = pg_catalog, public, pg_temp as $$
    select coalesce(max(t.id), 0)
      from (select id from transactions where card_id = p_card and occurred_at > p_now - interval '2 days'
             order by occurred_at desc, id desc limit 200) t;
$$;

create function card_facts(p_card uuid, p_terminal integer, p_minor bigint, p_now timestamptz) returns jsonb
    language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp
    set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
    card     record;
    place    record;
    in_units numeric;
    seen     constant bigint := newest_use(p_card, p_now);
    recent   jsonb;
    last_at  timestamptz;
    is_new   boolean;
    most     bigint;
    vouched  boolean;
begin
    -- The owner check of this function: a card of the transaction's customer.
    select c.id, c.customer_id, c.created_at, a.currency into card
      from cards c join accounts a on a.id = c.account_id where c.id = p_card and c.customer_id = app_customer_id();
    if not found then
        raise exception 'there is no such card' using errcode = 'TG031';
    end if;
    select t.id, t.kind, t.merchant_id, m.country into place
      from terminals t join merchants m on m.id = t.merchant_id where t.id = p_terminal;
    if not found then
        raise exception 'there is no such terminal' using errcode = 'TG032';
    end if;
    in_units := in_policy_currency(1000000, card.currency, p_now) / 1000000.0;
    select jsonb_agg(jsonb_build_object('ago', extract(epoch from p_now - t.occurred_at)::bigint,
                                        'minor', round(-t.amount_minor * in_units)::bigint, 'is_declined', t.status = 'declined',
                                        'country', m.country, 'is_online', coalesce(x.kind = 'online', true))
                     order by t.occurred_at desc) into recent
      from (select occurred_at, amount_minor, status, merchant_id, terminal_id from transactions
             where card_id = card.id and occurred_at > p_now - interval '2 days' and occurred_at <= p_now
             order by occurred_at desc, id desc limit 200) t
      left join merchants m on m.id = t.merchant_id left join terminals x on x.id = t.terminal_id;
    -- Of the latest two hundred uses, as few as answer the question: a card that was in this country yesterday is asked no more.
    last_at := (select t.occurred_at
                  from (select occurred_at, status from transactions where card_id = card.id and occurred_at <= p_now
                         order by occurred_at desc, id desc limit 200) t
                 where t.status in ('booked', 'pending') limit 1);
    is_new := not exists (
        select from (select merchant_id, status from transactions where card_id = card.id and occurred_at <= p_now
                      order by occurred_at desc, id desc limit 200) t
         where t.status in ('booked', 'pending')
           and (select m.country from merchants m where m.id = t.merchant_id) = place.country);
    if is_new then
        most := (select coalesce(max(-t.amount_minor), 0)
                   from (select amount_minor, status from transactions where card_id = card.id and occurred_at <= p_now
                          order by occurred_at desc, id desc limit 200) t
                  where t.status in ('booked', 'pending'));
    end if;
    vouched := exists (select from fraud_alerts f join transactions t on t.id = f.transaction_id
                        where f.card_id = card.id and f.customer_id = card.customer_id
                          and f.answered_at > p_now - interval '24 hours' and f.answer = 'genuine'
                          and t.merchant_id = place.merchant_id and -t.amount_minor >= p_minor);
    return jsonb_build_object(
        'kind', case place.kind when 'atm' then 'cash' else 'card' end, 'currency', card.currency, 'seen', seen,
        'amount_minor', round(p_minor * in_units)::bigint, 'country', place.country, 'is_online', place.kind = 'online',
        'recent', coalesce(recent, '[]'), 'most_minor', round(most * in_units)::bigint, 'is_new_country', is_new,
        'idle', extract(epoch from p_now - coalesce(last_at, card.created_at))::bigint, 'is_vouched', vouched,
        'model', fraud_vector('terminal:' || place.id, 'merchant:' || place.merchant_id, p_minor, p_now, place.country, null,
                              place.kind));
end $$;
comment on function card_facts is
    'What is known of a card and its use when it is to be charged, p_minor in the currency of its account. most_minor is told '
    'where the country is new; model is fraud_vector().';

-- Internal.
create function write_card_decision(
    card cards, p_terminal integer, p_minor bigint, p_authorisation text, p_decision jsonb, p_now timestamptz)
    returns fraud_decisions
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    written fraud_decisions;
begin
    if p_decision is null then
        raise exception 'nobody has decided about this authorisation' using errcode = 'TG045';
    end if;
    insert into fraud_decisions (customer_id, card_id, authorisation, payload_hash, policy_version, rules_version, model_version,
                                 outcome, score, features, hits, decided_at, valid_until)
    select card.customer_id, card.id, p_authorisation,
           payload_hash('card_authorisation', jsonb_build_object('card_id', card.id, 'terminal_id', p_terminal,
                                                                 'minor', p_minor, 'authorisation', p_authorisation)),
           p.version, p_decision ->> 'rules_version', p_decision ->> 'model_version', p_decision ->> 'outcome',
           (p_decision ->> 'score')::double precision, p_decision -> 'features', p_decision -> 'hits', p_now, p_now
      from payment_policies p where p.version = policy_at(p_now)
    returning * into written;
    return written;
end $$;

drop function authorise_card_payment;
create function authorise_card_payment(
    p_card uuid, p_terminal integer, p_minor bigint, p_authorisation text, p_contactless boolean, p_decision jsonb,
    p_now timestamptz)
    returns transactions
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    card     cards;
    account  accounts;
    terminal terminals;
    merchant merchants;
    answer   transactions;
    refusal  text;
    decision fraud_decisions;
begin
    -- The owner check of this function: a card of the transaction's customer. Locked against being frozen meanwhile.
    select * into card from cards where id = p_card and customer_id = app_customer_id() for share;
    if not found then
        raise exception 'there is no such card' using errcode = 'TG031';
    end if;
    select * into terminal from terminals where id = p_terminal;
    if not found then
        raise exception 'there is no such terminal' using errcode = 'TG032';
    end if;
    if coalesce(p_minor, 0) <= 0 or coalesce(p_authorisation, '') = '' then
        raise exception 'an authorisation has an amount and a reference' using errcode = 'TG033';
    end if;
    select * into strict merchant from merchants where id = terminal.merchant_id;
    select * into strict account from accounts where id = card.account_id for no key update;
    select * into answer from transactions where card_id = card.id and authorisation = p_authorisation;
    if found then
        if (answer.terminal_id, answer.authorised_minor) is distinct from (p_terminal, p_minor) then
            raise exception 'the reference stands for another payment' using errcode = 'TG034';
        end if;
        return answer;
    end if;
    -- Two decisions that were taken at once would each have seen the other missing: one of them is taken again.
    if (p_decision -> 'features' ->> 'seen')::bigint <> newest_use(card.id, p_now) then
        raise exception 'the card was used meanwhile' using errcode = 'serialization_failure';
    end if;
    refusal := refuse_card_payment(card, account, terminal, merchant, p_minor, coalesce(p_contactless, false), p_now);
    decision := write_card_decision(card, p_terminal, p_minor, p_authorisation, p_decision, p_now);
    refusal := coalesce(refusal, case decision.outcome when 'allow' then null when 'step_up' then 'authentication_required'
                                                       else 'suspected_fraud' end);
    insert into transactions (customer_id, account_id, card_id, merchant_id, terminal_id, kind, status, amount_minor, currency,
                              category, description, decline_reason, occurred_at, authorisation, authorised_minor)
    values (card.customer_id, account.id, card.id, merchant.id, terminal.id,
            case terminal.kind when 'atm' then 'cash_withdrawal' else 'card_payment' end,
            case when refusal is null then 'pending' else 'declined' end, -p_minor, account.currency,
            case terminal.kind when 'atm' then 'cash' else merchant.category end, merchant.name, refusal, p_now,
            p_authorisation, p_minor)
    returning * into answer;
    perform record_fraud_event('terminal:' || terminal.id, 'merchant:' || merchant.id, p_minor, p_now, merchant.country, null,
                               terminal.kind, answer.id);
    if answer.decline_reason = 'suspected_fraud' then
        perform open_alert(decision, answer.id, p_now);
    end if;
    return answer;
end $$;
comment on function authorise_card_payment is
    'The pending transaction that holds the amount (minor units of the account''s currency), or the declined one with '
    'its reason. The same reference gives the same answer again. p_decision: what the fraud engine decided, by card_facts().';

-- What the card network asks for, each in a statement that is a transaction. Neither has a right of its own: until it ends,
-- it is tellergraph_network, which works for the card's holder, or for nobody where there is no such card.
create function act_for_network(p_card uuid) returns void language plpgsql as $$
begin
    perform set_config('role', 'tellergraph_network', true);
    perform set_config('app.customer_id', coalesce((select c.customer_id::text from cards c where c.id = p_card), ''), true);
end $$;

create function ask_card_facts(p_card uuid, p_terminal integer, p_minor bigint, p_now timestamptz) returns jsonb
    language plpgsql as $$
begin
    perform act_for_network(p_card);
    return card_facts(p_card, p_terminal, p_minor, p_now);
end $$;

create function ask_authorisation(
    p_card uuid, p_terminal integer, p_minor bigint, p_authorisation text, p_contactless boolean, p_decision jsonb,
    p_now timestamptz)
    returns transactions
    language plpgsql as $$
begin
    perform act_for_network(p_card);
    return authorise_card_payment(p_card, p_terminal, p_minor, p_authorisation, p_contactless, p_decision, p_now);
end $$;

-- Held payments ------------------------------------------------------------------------------------------------------

create table payment_holds (
    operation_id   uuid primary key references banking_operations,
    customer_id    uuid not null references customers,
    transaction_id bigint not null references transactions,
    status         text not null default 'held' check (status in ('held', 'released', 'cancelled', 'expired', 'failed')),
    held_at        timestamptz not null,
    expires_at     timestamptz not null,
    ended_at       timestamptz,
    ended_by       text check (ended_by in ('customer', 'staff', 'clock')),
    constraint payment_holds_clock check (expires_at > held_at),
    constraint payment_holds_ended check ((status = 'held') = (ended_at is null) and (ended_at is null) = (ended_by is null))
);
comment on table payment_holds is
    'Payments that wait for a person. The pending transaction holds the money; nothing is posted before the release.';
create index payment_holds_customer on payment_holds (customer_id, held_at desc);
create unique index payment_holds_transaction on payment_holds (transaction_id);
create index payment_holds_due on payment_holds (expires_at) where status = 'held';
select protect_customer_table('payment_holds', false);
select show_to_staff('payment_holds');
grant select on payment_holds to tellergraph_app;
create policy worker_sees on payment_holds for select to tellergraph_worker using (status = 'held');
grant select (operation_id, customer_id, status, expires_at) on payment_holds to tellergraph_worker;

alter table scheduled_payments
    drop constraint scheduled_payments_status_check,
    drop constraint scheduled_payments_check1,
    add constraint scheduled_payments_status_check check (status in ('scheduled', 'paid', 'held', 'failed', 'cancelled')),
    add constraint scheduled_payments_paid_by check ((paid_by is not null) = (status in ('paid', 'held', 'failed')));

-- Internal: the refusal that posting would meet now; null for none. The posting is tried and undone.
create function posting_refusal(op banking_operations, p_now timestamptz) returns text
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    refusal text;
begin
    begin
        select posted.refusal into refusal from post_entry(op, p_now) posted;
        raise exception 'only a look' using errcode = 'TG099';
    exception when sqlstate 'TG099' then null;
    end;
    return refusal;
end $$;

-- Internal: as execute_operation() and run_due_payment() end what is not to be posted yet.
create function hold_payment(op banking_operations, decision fraud_decisions, p_now timestamptz) returns banking_operations
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    refusal text := posting_refusal(op, p_now);
    taken   bigint;
begin
    if refusal is not null then
        return write_end(op.id, op.customer_id, op.status, 'failed', refusal, null, p_now);
    end if;
    insert into transactions (customer_id, account_id, payee_id, kind, status, amount_minor, currency, category, description,
                              occurred_at)
    values (op.customer_id, (op.payload ->> 'account_id')::uuid, (op.payload ->> 'payee_id')::uuid, 'transfer_out', 'pending',
            -((op.payload ->> 'debit_minor')::bigint + coalesce((op.payload ->> 'fee_minor')::bigint, 0)),
            op.payload ->> 'debit_currency', 'transfers', left(coalesce(op.recipient, op.summary), 200), p_now)
    returning id into taken;
    update banking_operations o set status = 'held' where o.id = op.id and o.status = op.status returning o.* into op;
    insert into payment_holds (operation_id, customer_id, transaction_id, held_at, expires_at)
    select op.id, op.customer_id, taken, p_now, p_now + p.held_for from payment_policies p where p.version = op.policy_version;
    insert into audit_log (actor, customer_id, action, resource, detail, turn_id, at)
    values (case when op.initiated_by = 'schedule' then 'schedule' else 'customer:' || op.customer_id end, op.customer_id,
            'operation.held', 'operation:' || op.id,
            jsonb_build_object('type', op.type, 'decision_id', decision.id, 'payload_hash', op.payload_hash), op.turn_id, p_now);
    perform open_alert(decision, taken, p_now);
    return op;
end $$;

-- Internal: a held payment ends, and its money is free. False for one that is not held any more.
create function end_held(p_operation uuid, p_customer uuid, p_to text, p_error text, p_by text, p_now timestamptz,
                         p_entry bigint default null)
    returns boolean
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    held payment_holds;
begin
    update payment_holds
       set status = case p_to when 'completed' then 'released' else p_to end, ended_at = p_now, ended_by = p_by
     where operation_id = p_operation and customer_id = p_customer and status = 'held' returning * into held;
    if not found then return false; end if;
    update transactions set status = 'released', released_at = p_now where id = held.transaction_id and status = 'pending';
    update banking_operations set status = p_to, error_code = p_error, entry_id = p_entry, completed_at = p_now
     where id = p_operation and customer_id = p_customer and status = 'held';
    update scheduled_payments
       set status = case p_to when 'completed' then 'paid' else 'failed' end,
           error_code = case p_to when 'completed' then null else coalesce(p_error, 'not_released') end
     where paid_by = p_operation and status = 'held';
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values (case p_by when 'customer' then 'customer:' || p_customer when 'staff' then 'staff:' || app_staff_id() else p_by end,
            p_customer, 'operation.' || p_to, 'operation:' || p_operation,
            jsonb_build_object('from', 'held', 'error', p_error, 'entry_id', p_entry), p_now);
    return true;
end $$;

create function must_wait(op banking_operations) returns boolean
    language sql stable set search_path = pg_catalog, public, pg_temp
    return false;
comment on function must_wait is 'Replaced by 0023_screening: a payment that staff have to look at first is held.';

-- Internal: posts what was held. Null, or the code of a refusal, with which the payment is over; it waits on while it is
-- still_checked.
create function release_held(p_operation uuid, p_customer uuid, p_by text, p_now timestamptz) returns text
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    op     banking_operations;
    held   payment_holds;
    posted record;
begin
    select * into op from banking_operations
     where id = p_operation and customer_id = p_customer and status = 'held' for no key update;
    if not found then return 'not_held'; end if;
    if must_wait(op) or p_by = 'customer' and exists (
        select from staff_actions where held_operation_id = op.id and status = 'pending' and expires_at > p_now) then
        return 'still_checked';
    end if;
    -- Its own hold is in the way of nobody but others. It is taken off first, in the transaction that posts.
    select * into strict held from payment_holds where operation_id = op.id;
    -- Over, though the worker has not come by yet.
    if held.expires_at <= p_now then return 'not_held'; end if;
    update transactions set status = 'released', released_at = p_now where id = held.transaction_id and status = 'pending';
    posted := post_entry(op, p_now);
    perform end_held(op.id, op.customer_id, case when posted.refusal is null then 'completed' else 'failed' end, posted.refusal,
                     p_by, p_now, posted.entry);
    return posted.refusal;
end $$;

create function release_held_payment(p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: what this transaction executes for its customer, as the customer confirmed it.
    op constant banking_operations := executing_operation('release_payment');
begin
    return release_held((op.payload ->> 'operation_id')::uuid, op.customer_id, 'customer', p_now);
end $$;

create function cancel_held_payment(p_type text, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: what this transaction executes for its customer, as the customer confirmed it.
    op constant banking_operations := executing_operation(p_type);
begin
    if p_type not in ('cancel_held_payment', 'confirm_fraud') then
        raise exception '% cancels nothing', p_type using errcode = 'TG012';
    end if;
    return case when end_held((op.payload ->> 'operation_id')::uuid, op.customer_id, 'cancelled', null, 'customer', p_now)
                then null else 'not_held' end;
end $$;

create function expire_held_payment(p_operation uuid, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- The owner check of this function: a payment of the transaction's customer.
    perform 1 from payment_holds
      where operation_id = p_operation and customer_id = app_customer_id() and status = 'held' and expires_at <= p_now;
    return found and end_held(p_operation, app_customer_id(), 'expired', 'not_released', 'clock', p_now);
end $$;
comment on function expire_held_payment is 'False for one that is over, or whose time has not come.';

-- Executing ----------------------------------------------------------------------------------------------------------

create function policy_refusal(op banking_operations, p_now timestamptz) returns text
    language sql stable
    return case when op.policy_version <> policy_at(p_now) then 'policy_changed' end;
comment on function policy_refusal is
    'What execute_operation() asks before it does anything: null, policy_changed, or why the policy does not allow it.';

create or replace function execute_operation(p_operation uuid, p_slip text, p_now timestamptz) returns banking_operations
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
    -- Planning the posting anew costs as much as posting; and a plan made while a table was empty must not scan it
    -- for the rest of the session.
    set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
    op banking_operations;
    refusal text;
    posted record;
    decision fraud_decisions;
begin
    -- The owner check of this function: an operation of the transaction's customer.
    op := (select o from banking_operations o
            where o.id = p_operation and o.customer_id = app_customer_id() for no key update);
    if op.id is null then
        raise exception 'there is no such operation' using errcode = 'TG016';
    end if;
    if op.status <> 'pending' then return op; end if;
    if op.expires_at <= p_now then
        return end_operation(op.id, 'pending', 'expired', 'expired', p_now);
    end if;
    update confirmation_slips set used_at = p_now
     where slip_hash = sha256(convert_to(p_slip, 'UTF8')) and operation_id = op.id and customer_id = op.customer_id
       and payload_hash = op.payload_hash and policy_version = op.policy_version
       and used_at is null and expires_at > p_now;
    if not found then
        raise exception 'the confirmation does not count' using errcode = 'TG010';
    end if;
    refusal := policy_refusal(op, p_now);
    if refusal is not null then
        return end_operation(op.id, 'pending', case refusal when 'policy_changed' then 'cancelled' else 'failed' end, refusal, p_now);
    end if;
    if op.decided then
        decision := (select d from fraud_decisions d where d.operation_id = op.id);
        if (decision.payload_hash, decision.policy_version) is distinct from (op.payload_hash, op.policy_version) then
            raise exception 'nobody has decided about this operation as it stands' using errcode = 'TG045';
        end if;
        if decision.valid_until <= p_now then
            return end_operation(op.id, 'pending', 'cancelled', 'decision_stale', p_now);
        end if;
        if decision.outcome = 'block' then
            return end_operation(op.id, 'pending', 'failed', 'not_possible_now', p_now);
        end if;
        if decision.outcome = 'hold' or op.posts and must_wait(op) then
            return hold_payment(op, decision, p_now);
        end if;
    end if;
    if not op.posts then
        update banking_operations set status = 'processing', executed_in = pg_current_xact_id()
         where id = op.id and status = 'pending' returning * into op;
        return op;
    end if;
    -- From pending to its end at once: between the two nobody could see it.
    posted := post_entry(op, p_now);
    return write_end(op.id, op.customer_id, 'pending', case when posted.refusal is null then 'completed' else 'failed' end,
                     posted.refusal, posted.entry, p_now);
end $$;

-- Internal: what a payment of this day costs, and why it is not made.
create function due_fee(due due_payment, p_now timestamptz) returns bigint
    language sql stable set search_path = pg_catalog, public, pg_temp
    return due.fee_minor;
comment on function due_fee is 'Replaced by 0024_aml_policy: the fee of the policy that holds on the day.';
create function due_refusal(op banking_operations, p_confirmed_fee bigint, p_arranged timestamptz, p_now timestamptz)
    returns text language sql stable set search_path = pg_catalog, public, pg_temp
    return policy_refusal(op, p_now);
comment on function due_refusal is 'Replaced by 0024_aml_policy: why a payment is not made at the price of the day.';

drop function run_due_payment;
create function run_due_payment(
    p_kind text, p_id uuid, p_due date, p_next_due date, p_retry_at timestamptz, p_decision jsonb,
    p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: lock_due_payment() finds only what is the transaction's customer's.
    due       due_payment := lock_due_payment(p_kind, p_id, app_customer_id(), p_due, p_now);
    key       constant text := p_kind || ':' || p_id || ':' || to_char(p_due, 'YYYY-MM-DD');
    payee     payees;
    recipient text;
    op        banking_operations;
    posted    record;
    refusal   text;
    entry     bigint;
    decision  fraud_decisions;
    waits     boolean;
    fee       bigint;
begin
    if due.id is null then return null; end if;
    if p_next_due <= p_due or p_retry_at <= p_now then
        raise exception 'a payment moves forward in time' using errcode = 'TG061';
    end if;
    select * into payee from payees where id = due.payee_id;
    recipient := coalesce(payee.name, (select name from accounts where id = due.to_account_id));
    fee := due_fee(due, p_now);
    insert into banking_operations (customer_id, type, status, payload, payload_hash, summary, amount_minor, currency, recipient,
                                    idempotency_key, initiated_by, created_at, expires_at, executed_in)
    values (due.customer_id, case when due.payee_id is null then 'transfer_between_accounts' else 'pay_payee' end, 'processing',
            jsonb_strip_nulls(jsonb_build_object(
                'account_id', due.account_id, 'to_account_id', due.to_account_id, 'payee_id', due.payee_id,
                'iban', payee.iban, 'sort_code', payee.sort_code, 'account_number', payee.account_number,
                'debit_minor', due.amount_minor, 'debit_currency', due.currency,
                'credit_minor', due.amount_minor, 'credit_currency', due.currency,
                'fee_minor', nullif(fee, 0), 'fee_label', case when fee > 0 then 'Payment fee' end,
                'reference', due.reference, 'standing_order_id', case p_kind when 'standing_order' then due.id end)),
            '', case p_kind when 'standing_order' then 'Standing order' else 'Scheduled payment' end || ' to ' || recipient,
            due.amount_minor, due.currency, recipient, key, 'schedule', p_now, p_now, pg_current_xact_id())
    on conflict (customer_id, idempotency_key) do nothing
    returning * into op;
    if found then
        waits := must_wait(op);
        refusal := due_refusal(op, due.fee_minor,
                               case p_kind when 'standing_order' then (select created_at from standing_orders where id = due.id)
                                           else (select created_at from scheduled_payments where id = due.id) end, p_now);
        if refusal is not null then
            null;
        elsif p_decision ->> 'outcome' = 'allow' and not waits then
            select * into posted from post_entry(op, p_now);
            refusal := posted.refusal;
            entry := posted.entry;
        else
            -- Nobody is there to send a code: what would ask for one is held.
            refusal := case when p_decision ->> 'outcome' = 'block' then 'not_possible_now' else posting_refusal(op, p_now) end;
        end if;
        if refusal = 'insufficient_funds' and p_retry_at is not null then
            delete from banking_operations where id = op.id;
            perform move_due_payment(p_kind, due, p_retry_at, 'payment.retry', p_now);
            return 'retry';
        end if;
        decision := write_decision(op, case p_decision ->> 'outcome' when 'step_up' then jsonb_set(p_decision, '{outcome}', '"hold"')
                                            else p_decision end, p_now);
        if refusal is null and (decision.outcome = 'hold' or waits) then
            op := hold_payment(op, decision, p_now);
        else
            op := write_end(op.id, op.customer_id, 'processing', case when refusal is null then 'completed' else 'failed' end,
                            refusal, entry, p_now);
        end if;
    else
        -- Made already; or a key of the customer's own choice is in the way, and there is no telling.
        select * into strict op from banking_operations
         where customer_id = due.customer_id and idempotency_key = key;
        refusal := case when op.status not in ('completed', 'held')
                             or op.initiated_by <> 'schedule' then coalesce(op.error_code, 'not_allowed') end;
    end if;
    if p_kind = 'scheduled_payment' then
        update scheduled_payments
           set status = case when refusal is not null then 'failed' when op.status = 'held' then 'held' else 'paid' end,
               paid_by = op.id, error_code = refusal,
               not_before = null
         where id = due.id;
    else
        update standing_orders
           set next_run_on = coalesce(p_next_due, next_run_on), not_before = null,
               status = case when p_next_due is null then 'ended' else status end
         where id = due.id;
    end if;
    return case when refusal is not null then 'failed' when op.status = 'held' then 'held' else 'paid' end;
end $$;
comment on function run_due_payment is
    'Makes a payment of this day, once, as it was decided by due_payment_facts(): operation, decision, posting and the step '
    'to the next day (null: there is none) are one transaction, and the kind, id and day are the operation''s idempotency key. '
    'paid, held, failed, retry (there was too little money, and it is due again at p_retry_at), or null where it was not due.';

-- Staff release or cancel with two pairs of eyes ---------------------------------------------------------------------

alter table staff_actions
    add column held_operation_id uuid references banking_operations,
    drop constraint staff_actions_kind_check,
    drop constraint staff_actions_check1,
    add constraint staff_actions_kind_check check (kind in ('reverse_entry', 'freeze_account', 'unfreeze_account',
        'set_overdraft', 'release_payment', 'cancel_held_payment')),
    add constraint staff_actions_subject check (num_nonnulls(account_id, entry_id, held_operation_id) = 1
        and (kind in ('release_payment', 'cancel_held_payment')) = (held_operation_id is not null));
create index staff_actions_held on staff_actions (held_operation_id) where held_operation_id is not null;
drop index staff_actions_waiting;
create unique index staff_actions_waiting on staff_actions (kind, account_id, entry_id, held_operation_id) nulls not distinct
    where status = 'pending';

create function entry_in_dispute(p_entry bigint) returns boolean
    language sql stable set search_path = pg_catalog, public, pg_temp
    return p_entry is null and false;
comment on function entry_in_dispute is 'Replaced by 0021_disputes: what a dispute has credited does not come back twice.';

create or replace function staff_action_refusal(action staff_actions) returns text
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    account accounts;
begin
    if action.kind = 'reverse_entry' then
        return case
            when entry_in_dispute(action.entry_id) then 'disputed'
            when exists (select from journal_entries where id = action.entry_id and reverses_id is not null) then 'is_reversal'
            when exists (select from journal_entries where reverses_id = action.entry_id) then 'already_reversed'
            -- What a loan owes is more than its postings: interest and paid instalments are kept beside them.
            when exists (select from journal_entries where id = action.entry_id and kind in ('pay_loan', 'apply_for_loan'))
                then 'loan_entry'
            when exists (select from postings p join accounts a on a.id = p.account_id
                          where p.entry_id = action.entry_id and a.customer_id is not null
                          group by a.id having a.balance_minor - a.held_minor - sum(p.amount_minor) < -a.overdraft_minor)
                then 'below_limit'
            when exists (select from postings p join accounts a on a.id = p.account_id
                          where p.entry_id = action.entry_id and a.status = 'closed') then 'account_closed'
        end;
    end if;
    if action.held_operation_id is not null then
        return case
            when not exists (select from payment_holds where operation_id = action.held_operation_id and status = 'held')
                then 'not_held'
            when action.kind = 'release_payment'
                 and must_wait((select o from banking_operations o where o.id = action.held_operation_id)) then 'still_checked'
        end;
    end if;
    select * into strict account from accounts where id = action.account_id;
    return case
        when account.status = 'closed' then 'account_closed'
        when action.kind = 'freeze_account' and account.status = 'frozen' then 'already_frozen'
        when action.kind = 'unfreeze_account' and account.status <> 'frozen' then 'not_frozen'
        when action.kind = 'set_overdraft' and account.kind <> 'current' then 'no_overdraft'
        when action.kind = 'set_overdraft' and account.currency <> action.currency then 'wrong_currency'
        when action.kind = 'set_overdraft' and account.balance_minor - account.held_minor < -action.overdraft_minor then 'overdraft_in_use'
    end;
end $$;

create or replace function do_staff_action(action staff_actions, p_now timestamptz) returns text
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    refusal text;
    constraint_hurt text;
begin
    -- A payment that runs meanwhile is waited for, and rows are locked in the order in which payments lock them.
    perform 1 from accounts
      where id = action.account_id or id in (select account_id from postings where entry_id = action.entry_id)
        and customer_id is not null order by id for no key update;
    refusal := staff_action_refusal(action);
    if refusal is not null then return refusal; end if;
    case action.kind
        when 'release_payment' then return release_held(action.held_operation_id, action.customer_id, 'staff', p_now);
        when 'cancel_held_payment' then
            perform end_held(action.held_operation_id, action.customer_id, 'cancelled', null, 'staff', p_now);
        when 'reverse_entry' then perform reverse_entry(action.entry_id, action.reason, p_now);
        when 'freeze_account' then update accounts set status = 'frozen' where id = action.account_id and status = 'open';
        when 'unfreeze_account' then update accounts set status = 'open' where id = action.account_id and status = 'frozen';
        when 'set_overdraft' then update accounts set overdraft_minor = action.overdraft_minor where id = action.account_id;
    end case;
    return null;
exception when check_violation or unique_violation then
    -- Nothing of the change stays: leaving by an exception undoes this function's statements.
    get stacked diagnostics constraint_hurt = constraint_name;
    case constraint_hurt
        when 'accounts_balance_limit' then return 'below_limit';
        when 'journal_entries_reversed_once' then return 'already_reversed';
        else raise;
    end case;
end $$;

create or replace function log_staff_action(action staff_actions, p_now timestamptz) returns uuid
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    account_name text := (select name from accounts where id = action.account_id);
    operation uuid;
    reversal bigint := (select id from journal_entries where reverses_id = action.entry_id);
begin
    insert into banking_operations (customer_id, type, status, payload, payload_hash, summary, idempotency_key, initiated_by,
                                    entry_id, created_at, expires_at, completed_at)
    values (action.customer_id, action.kind, 'completed', jsonb_build_object('staff_action_id', action.id), '',
            case action.kind
                when 'reverse_entry' then 'The bank reversed: '
                    || (select description from journal_entries where id = action.entry_id)
                when 'freeze_account' then 'The bank froze your account ' || account_name
                when 'unfreeze_account' then 'The bank unfroze your account ' || account_name
                when 'release_payment' then 'The bank let a payment go: '
                    || (select summary from banking_operations where id = action.held_operation_id)
                when 'cancel_held_payment' then 'The bank cancelled a payment: '
                    || (select summary from banking_operations where id = action.held_operation_id)
                when 'set_overdraft' then 'The bank changed the overdraft limit of your account ' || account_name
            end,
            'staff:' || action.id, 'staff', reversal, action.created_at, action.expires_at, p_now)
    returning id into operation;
    return operation;
end $$;

drop function propose_staff_action;
create function propose_staff_action(
    p_kind text, p_account uuid, p_entry bigint, p_overdraft bigint, p_currency text, p_held uuid, p_reason text,
    p_now timestamptz, p_expires_at timestamptz, out action_id uuid, out refusal text)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who staff := require_staff('agent', 'supervisor', 'admin');
    action staff_actions;
    other uuid;
begin
    action.kind := p_kind;
    action.account_id := p_account;
    action.entry_id := p_entry;
    action.overdraft_minor := p_overdraft;
    action.currency := p_currency;
    action.held_operation_id := p_held;
    action.customer_id := case p_kind
        when 'reverse_entry' then (select customer_id from postings where entry_id = p_entry and customer_id is not null
                                    order by amount_minor, id limit 1)
        when 'release_payment' then (select customer_id from payment_holds where operation_id = p_held)
        when 'cancel_held_payment' then (select customer_id from payment_holds where operation_id = p_held)
        else (select customer_id from accounts where id = p_account and customer_id is not null) end;
    -- As if it were not there: whoever has not opened the file learns nothing about the customer. What is refused is said
    -- and not raised, so that the opening stays on record.
    if action.customer_id is null or action.customer_id <> all (opened_customers()) then
        refusal := 'not_found';
        return;
    end if;
    -- Whether money can come back says something about who received it.
    for other in select distinct customer_id from postings where entry_id = p_entry and customer_id <> action.customer_id loop
        perform open_customer_file(other, p_reason, p_now);
    end loop;
    update staff_actions set status = 'expired', decided_at = p_now
     where status = 'pending' and expires_at <= p_now and (account_id = p_account or entry_id = p_entry or held_operation_id = p_held);
    refusal := staff_action_refusal(action);
    if refusal is not null then return; end if;
    insert into staff_actions (kind, customer_id, account_id, entry_id, overdraft_minor, currency, held_operation_id, reason, maker, created_at,
                               expires_at)
    values (action.kind, action.customer_id, action.account_id, action.entry_id, action.overdraft_minor, action.currency,
            action.held_operation_id, p_reason, who.id, p_now, p_expires_at)
    on conflict (kind, account_id, entry_id, held_operation_id) where status = 'pending' do nothing
    returning * into action;
    if not found then
        refusal := 'already_proposed';
        return;
    end if;
    perform audit_staff_action(who.id, action, p_now);
    action_id := action.id;
end $$;
comment on function propose_staff_action is 'Files an action about the customer whose file this transaction has opened.';

-- The worker's nights ------------------------------------------------------------------------------------------------

create function settle_fraud_totals(p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Of days in which nothing can still be open, from two in the morning on.
    day constant date := ((p_now - interval '26 hours') at time zone 'UTC')::date;
begin
    -- The owner check of this function: it is nobody's transaction. The totals are of counterparties, and it tells nothing.
    if app_customer_id() is not null or not exists (select from fraud_days_settled where until > '-infinity' and until < day) then return false; end if;
    perform settle_fraud_days(day);
    return true;
end $$;
comment on function settle_fraud_totals is
    'Goes on from what is settled. The first time is the backfill''s, which does not hold up payments.';

-- Alerts -------------------------------------------------------------------------------------------------------------

alter table fraud_alerts
    alter column card_id drop not null,
    alter column transaction_id drop not null,
    add column operation_id uuid references banking_operations,
    add column decision_id  bigint references fraud_decisions,
    add column asked_at     timestamptz,
    add column answer       text check (answer in ('fraud', 'genuine')),
    add column answered_at  timestamptz,
    add column closed_at    timestamptz,
    add column closed_by    uuid references staff,
    add column note         text check (length(note) <= 500),
    drop constraint fraud_alerts_status_check;
-- Whoever answered before did so at some moment that nobody wrote down.
update fraud_alerts set answer = replace(status, 'confirmed_', ''), answered_at = created_at where status <> 'open';
alter table fraud_alerts
    add constraint fraud_alerts_status_check
        check (status in ('open', 'customer_asked', 'confirmed_fraud', 'confirmed_genuine', 'closed')),
    add constraint fraud_alerts_about check (num_nonnulls(transaction_id, operation_id) > 0),
    add constraint fraud_alerts_answered check ((answer is null) = (answered_at is null)),
    add constraint fraud_alerts_answer_stands check (status in ('open', 'customer_asked') and answer is null
        or status = 'confirmed_' || answer or status = 'closed'),
    add constraint fraud_alerts_closed check ((status = 'closed') = (closed_at is not null));
create unique index fraud_alerts_operation on fraud_alerts (operation_id) where operation_id is not null;
create index fraud_alerts_decision on fraud_alerts (decision_id) where decision_id is not null;
create index fraud_alerts_closed_by on fraud_alerts (closed_by) where closed_by is not null;
-- What staff note about it, and who, is not the customer's.
revoke select on fraud_alerts from tellergraph_app;
grant select (id, customer_id, card_id, transaction_id, operation_id, status, reason, answer, asked_at, answered_at, created_at)
    on fraud_alerts to tellergraph_app;
create index fraud_alerts_queue on fraud_alerts (created_at) where status <> 'closed';
comment on column fraud_alerts.asked_at is 'When the customer was first asked whether it was them.';

create function guard_alert() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if (old.id, old.customer_id, old.card_id, old.transaction_id, old.operation_id, old.decision_id, old.reason, old.created_at)
       is distinct from
       (new.id, new.customer_id, new.card_id, new.transaction_id, new.operation_id, new.decision_id, new.reason, new.created_at)
    then
        raise exception 'what an alert is about stays' using errcode = 'TG042';
    end if;
    if new.status <> old.status and (old.status, new.status) not in (
        ('open', 'customer_asked'), ('open', 'confirmed_fraud'), ('open', 'confirmed_genuine'), ('open', 'closed'),
        ('customer_asked', 'confirmed_fraud'), ('customer_asked', 'confirmed_genuine'), ('customer_asked', 'closed'),
        ('confirmed_fraud', 'closed'), ('confirmed_genuine', 'closed')) then
        raise exception 'alert % cannot go from % to %', old.id, old.status, new.status using errcode = 'TG042';
    end if;
    if old.answer is not null and (new.answer, new.answered_at) is distinct from (old.answer, old.answered_at) then
        raise exception 'an answer stays' using errcode = 'TG042';
    end if;
    return new;
end $$;
create trigger fraud_alerts_life before update on fraud_alerts for each row execute function guard_alert();
create trigger needs_operation before insert or update or delete on fraud_alerts
    for each statement when (current_user <> 'tellergraph_owner') execute function require_operation();
insert into operation_effects (type, changes) values
    ('confirm_fraud', 'cards'), ('confirm_fraud', 'card_deliveries'), ('confirm_fraud', 'card_limits');

create function answer_alert(p_type text, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: what this transaction executes for its customer, as the customer confirmed it.
    op     constant banking_operations := executing_operation(p_type);
    said   constant text := case p_type when 'confirm_fraud' then 'fraud' when 'confirm_genuine' then 'genuine' end;
    alert  fraud_alerts;
    event  bigint;
begin
    update fraud_alerts set status = 'confirmed_' || said, answer = said, answered_at = p_now
     where id = (op.payload ->> 'alert_id')::uuid and customer_id = op.customer_id and status in ('open', 'customer_asked')
    returning * into alert;
    if not found then return 'alert_answered'; end if;
    select coalesce((select d.event_id from fraud_decisions d where d.id = alert.decision_id),
                    (select e.id from fraud_events e where e.transaction_id = alert.transaction_id)) into event;
    if event is not null then
        perform record_fraud_label(event, said = 'fraud', p_now);
    end if;
    insert into audit_log (actor, customer_id, action, resource, turn_id, at)
    values ('customer:' || op.customer_id, op.customer_id, 'fraud_alert.confirmed_' || said, 'fraud_alert:' || alert.id, op.turn_id,
            p_now);
    perform tell_about_alert(alert, p_now);
    return null;
end $$;
comment on function answer_alert is 'Null, or the code of a refusal, before anything was written.';

-- What other systems of the bank are told, by a signed webhook (tools/fraud/webhook.py). Read by no customer.
create table event_outbox (
    id           uuid primary key default uuidv7(),
    customer_id  uuid not null references customers,
    topic        text not null,
    body         jsonb not null,
    created_at   timestamptz not null,
    attempts     integer not null default 0 check (attempts >= 0),
    next_at      timestamptz not null,
    delivered_at timestamptz,
    given_up_at  timestamptz,
    fault        text check (length(fault) <= 100),
    constraint event_outbox_end check (num_nonnulls(delivered_at, given_up_at) < 2)
);
create index event_outbox_customer on event_outbox (customer_id);
create index event_outbox_due on event_outbox (next_at) where delivered_at is null and given_up_at is null;
alter table event_outbox enable row level security;
alter table event_outbox force row level security;
create policy owner_all on event_outbox to tellergraph_owner using (true) with check (true);
create policy worker_sees on event_outbox for select to tellergraph_worker using (delivered_at is null and given_up_at is null);
grant select (id, customer_id, next_at, delivered_at, given_up_at) on event_outbox to tellergraph_worker;

-- Internal: the alert of a decision, unless the same question waits for an answer already. A payment that was not made
-- has no transaction.
create function open_alert(decision fraud_decisions, p_transaction bigint, p_now timestamptz) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    alert fraud_alerts;
begin
    if exists (select from fraud_alerts f
                where f.customer_id = decision.customer_id and f.card_id = decision.card_id
                  and f.status in ('open', 'customer_asked') and f.created_at > p_now - interval '1 hour') then
        return;
    end if;
    insert into fraud_alerts (customer_id, card_id, transaction_id, operation_id, decision_id, reason, created_at)
    values (decision.customer_id, decision.card_id, p_transaction, decision.operation_id, decision.id,
            'it did not look like your usual payments', p_now)
    on conflict (operation_id) where operation_id is not null do nothing
    returning * into alert;
    if found then
        insert into audit_log (actor, customer_id, action, resource, detail, at)
        values ('fraud_engine', alert.customer_id, 'fraud_alert.open', 'fraud_alert:' || alert.id,
                jsonb_build_object('decision_id', decision.id), p_now);
        perform tell_about_alert(alert, p_now);
    end if;
end $$;

-- Internal.
create function tell_about_alert(alert fraud_alerts, p_now timestamptz) returns void
    language sql set search_path = pg_catalog, public, pg_temp as $$
    insert into event_outbox (customer_id, topic, body, created_at, next_at)
    select alert.customer_id, 'fraud.alert',
           jsonb_build_object('alert_id', alert.id, 'customer_id', alert.customer_id, 'status', alert.status,
                              'amount_minor', coalesce(-t.amount_minor, o.amount_minor), 'currency', coalesce(t.currency, o.currency),
                              'merchant', coalesce(t.description, o.recipient), 'card_last4', c.last4,
                              'created_at', alert.created_at), p_now, p_now
      from (select 1) one
      left join transactions t on t.id = alert.transaction_id
      left join banking_operations o on o.id = alert.operation_id
      left join cards c on c.id = alert.card_id;
$$;

create function take_event(p_event uuid, p_now timestamptz, p_retry_at timestamptz) returns jsonb
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    event event_outbox;
begin
    -- The owner check of this function: an event about the transaction's customer. Who takes it has it until p_retry_at.
    update event_outbox set attempts = attempts + 1, next_at = p_retry_at
     where id = (select e.id from event_outbox e
                  where e.id = p_event and e.customer_id = app_customer_id() and e.delivered_at is null
                    and e.given_up_at is null and e.next_at <= p_now for update skip locked)
    returning * into event;
    if not found or p_retry_at <= p_now then return null; end if;
    return jsonb_build_object('id', event.id, 'topic', event.topic, 'body', event.body, 'attempts', event.attempts);
end $$;
comment on function take_event is 'Null where another process has it, or its time has not come.';

create function settle_event(p_event uuid, p_fault text, p_retry_at timestamptz, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    event event_outbox;
begin
    -- The owner check of this function: an event about the transaction's customer.
    update event_outbox
       set delivered_at = case when p_fault is null then p_now end, fault = p_fault,
           given_up_at = case when p_fault is not null and p_retry_at is null then p_now end,
           next_at = coalesce(p_retry_at, next_at)
     where id = p_event and customer_id = app_customer_id() and delivered_at is null and given_up_at is null
    returning * into event;
    if found and event.delivered_at is not null and event.topic = 'fraud.alert' then
        perform ask_customer((event.body ->> 'alert_id')::uuid, p_now);
    end if;
    return event.id is not null;
end $$;
comment on function settle_event is
    'It arrived (no fault), is tried again at p_retry_at, or is given up. Who was told about an alert asks the customer.';

-- Internal.
create function ask_customer(p_alert uuid, p_now timestamptz) returns boolean
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    update fraud_alerts set status = 'customer_asked', asked_at = p_now where id = p_alert and status = 'open';
    return found;
end $$;

-- The staff's queue. The list says nothing of customers.
alter table staff_reads drop constraint staff_reads_subject_check, drop constraint staff_reads_check,
    add constraint staff_reads_subject_check check (subject in ('customer', 'audit_log', 'staff_actions', 'fraud_alerts')),
    add constraint staff_reads_check check ((subject = 'customer') = (customer_id is not null));

create function list_fraud_queue(p_status text, p_limit integer)
    returns table (id uuid, status text, is_card boolean, is_held boolean, outcome text, score double precision,
                   created_at timestamptz, asked_at timestamptz, answered_at timestamptz)
    language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- Who may: who has opened this register.
    perform require_staff('agent', 'supervisor', 'auditor', 'admin');
    return query select f.id, f.status, f.card_id is not null, coalesce(h.status = 'held', false), d.outcome, d.score,
                        f.created_at, f.asked_at, f.answered_at
                   from fraud_alerts f left join fraud_decisions d on d.id = f.decision_id
                   left join payment_holds h on h.operation_id = f.operation_id
                  where f.status = p_status and has_opened('fraud_alerts')
                  order by f.created_at, f.id limit p_limit;
end $$;

create function open_alert_file(p_alert uuid, p_reason text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    whose uuid;
begin
    -- Who may: app_staff_id() with one of these roles.
    perform require_staff('agent', 'supervisor', 'auditor', 'admin');
    select customer_id into whose from fraud_alerts where id = p_alert;
    if not found then
        raise exception 'there is no such alert' using errcode = 'TG021';
    end if;
    perform open_customer_file(whose, p_reason, p_now);
end $$;
comment on function open_alert_file is 'An alert is a part of its customer''s file.';

create function move_alert(p_alert uuid, p_to text, p_note text, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- Who may: app_staff_id() with one of these roles.
    who   staff := require_staff('agent', 'supervisor', 'admin');
    alert fraud_alerts;
begin
    select * into alert from fraud_alerts where id = p_alert for no key update;
    if not found then
        raise exception 'there is no such alert' using errcode = 'TG021';
    end if;
    if alert.customer_id <> all (opened_customers()) then
        raise exception 'there is no such alert' using errcode = 'TG021';
    end if;
    case p_to
    when 'customer_asked' then
        if not ask_customer(alert.id, p_now) then return 'already_asked'; end if;
        perform tell_about_alert(alert, p_now);
    when 'closed' then
        -- A question that nobody answered is dropped by somebody who may decide.
        if alert.answer is null then who := require_staff('supervisor', 'admin'); end if;
        update fraud_alerts set status = 'closed', closed_at = p_now, closed_by = who.id, note = p_note
         where id = alert.id and status <> 'closed';
        if not found then return 'already_closed'; end if;
    end case;
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values ('staff:' || who.id, alert.customer_id, 'fraud_alert.' || p_to, 'fraud_alert:' || alert.id,
            jsonb_build_object('note', p_note, 'answer', alert.answer), p_now);
    return null;
end $$;

-- Who may call what --------------------------------------------------------------------------------------------------

grant execute on function record_decision, operation_facts, release_held_payment, cancel_held_payment, answer_alert to tellergraph_app;
grant execute on function card_facts, authorise_card_payment to tellergraph_network;
grant execute on function act_for_network, ask_card_facts, ask_authorisation to tellergraph_app;
grant execute on function run_due_payment, due_payment_facts, expire_held_payment, take_event, settle_event, settle_fraud_totals
    to tellergraph_worker;
grant execute on function list_fraud_queue, open_alert_file, move_alert, propose_staff_action to tellergraph_staff;
