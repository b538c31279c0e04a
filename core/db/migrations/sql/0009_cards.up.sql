-- Cards: replacements and how they arrive, switches and limits, fees of operations, and what the bank's card processor
-- may do: hold money for a payment, take it, or let it go.

alter table cards
    add column replaces_id    uuid references cards,
    add column blocked_as     text check (blocked_as in ('lost', 'stolen')),
    add column cash_enabled   boolean not null default true,
    add column abroad_enabled boolean not null default true;
comment on column cards.replaces_id is 'The card that this one was ordered for. Activating this one closes that one.';
create unique index cards_replaces on cards (replaces_id) where replaces_id is not null;
create index cards_account on cards (account_id);
create index fraud_alerts_card on fraud_alerts (card_id) where card_id is not null;

create function guard_card_status() returns trigger language plpgsql as $$
begin
    if current_user <> 'tellergraph_owner' and (old.status, new.status) not in (
        ('active', 'frozen'), ('frozen', 'active'), ('pending_activation', 'active'),
        ('active', 'blocked'), ('frozen', 'blocked'), ('pending_activation', 'blocked'),
        ('active', 'closed'), ('frozen', 'closed'), ('expired', 'closed'), ('pending_activation', 'closed')) then
        raise exception 'card % cannot go from % to %', old.id, old.status, new.status using errcode = 'TG030';
    end if;
    return new;
end $$;
comment on function guard_card_status is 'What a customer''s operation may do to a card. Blocked is for good.';
create trigger cards_status before update of status on cards
    for each row when (new.status <> old.status) execute function guard_card_status();

grant insert (customer_id, account_id, kind, nickname, network, last4, status, expires_on, replaces_id, created_at,
              contactless_enabled, online_enabled, cash_enabled, abroad_enabled)
    on cards to tellergraph_app;
grant update (contactless_enabled, online_enabled, cash_enabled, abroad_enabled, blocked_as) on cards to tellergraph_app;

create table card_deliveries (
    id          uuid primary key default uuidv7(),
    customer_id uuid not null references customers,
    card_id     uuid not null references cards,
    item        text not null check (item in ('card', 'pin')),
    method      text not null check (method in ('standard', 'express', 'courier')),
    address     text not null,
    ordered_at  timestamptz not null,
    dispatch_on date not null,
    expected_on date not null check (expected_on > dispatch_on)
);
comment on table card_deliveries is 'What is in the post: a card, or the letter with its PIN.';
comment on column card_deliveries.expected_on is 'The last day on which delivery is normal.';
create index card_deliveries_customer on card_deliveries (customer_id, ordered_at desc);
create index card_deliveries_card on card_deliveries (card_id, ordered_at desc);
select protect_customer_table('card_deliveries');
grant select, insert on card_deliveries to tellergraph_app;

-- Limits -------------------------------------------------------------------------------------------------------------

create table card_limit_kinds (
    card_kind text not null check (card_kind in ('debit', 'credit', 'virtual')),
    kind      text not null check (kind in ('payments', 'cash')),
    period    text not null check (period in ('day', 'month')),
    term_code text,
    primary key (card_kind, kind)
);
comment on table card_limit_kinds is 'Which limits a card has, and the published term that is their maximum.';
insert into card_limit_kinds values
    ('debit', 'payments', 'day', 'card.payment.daily_limit'),
    ('debit', 'cash', 'day', 'cash.atm.daily_limit'),
    ('credit', 'cash', 'day', 'cash.atm.daily_limit'),
    ('virtual', 'payments', 'month', null);
grant select on card_limit_kinds to tellergraph_app;

create table card_limits (
    card_id      uuid not null references cards,
    kind         text not null check (kind in ('payments', 'cash')),
    customer_id  uuid not null references customers,
    amount_minor bigint not null check (amount_minor > 0),
    set_at       timestamptz not null,
    primary key (card_id, kind)
);
comment on table card_limits is 'What customers set for their cards, in the currency of the card''s account.';
create index card_limits_customer on card_limits (customer_id);
select protect_customer_table('card_limits');
grant select, insert on card_limits to tellergraph_app;
grant update (amount_minor, set_at) on card_limits to tellergraph_app;

create function term_in(p_code text, p_currency text, p_at timestamptz) returns bigint
    language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    term product_terms;
    rate numeric;
begin
    select * into term from product_terms where code = p_code;
    if not found or term.currency = p_currency then return term.amount_minor; end if;
    rate := rate_at(term.currency, p_currency, p_at);
    if rate is null then
        raise exception 'there is no rate for %', p_currency using errcode = 'TG013';
    end if;
    return exchanged(term.amount_minor, term.currency, p_currency, rate);
end $$;
comment on function term_in is 'A published amount in minor units of another currency. Null where none is published.';

create type card_allowance as (
    kind           text,
    period         text,
    currency       text,
    own_minor      bigint,
    maximum_minor  bigint,
    used_minor     bigint,
    together_minor bigint
);
create function card_allowances(p_card uuid, p_now timestamptz) returns setof card_allowance
    language sql stable
begin atomic
    select k.kind, k.period, a.currency::text, l.amount_minor, term_in(k.term_code, a.currency, p_now),
           used.of_card, used.together
      from cards c
      join accounts a on a.id = c.account_id
      join card_limit_kinds k on k.card_kind = c.kind
      left join card_limits l on l.card_id = c.id and l.kind = k.kind
     cross join lateral (
        select coalesce(sum(-t.amount_minor) filter (where t.card_id = c.id), 0)::bigint as of_card,
               coalesce(sum(-t.amount_minor), 0)::bigint as together
          from transactions t
         where t.account_id = c.account_id and t.occurred_at >= date_trunc(k.period, p_now, 'Europe/London')
           and t.card_id in (select o.id from cards o where o.account_id = c.account_id and o.kind = c.kind)
           and t.status in ('pending', 'booked', 'reversed') and t.amount_minor < 0
           and t.kind = any (case k.kind when 'cash' then array['cash_withdrawal']
                                         else array['card_payment', 'subscription'] end)) used
     where c.id = p_card;
end;
comment on function card_allowances is
    'The limits of a card: what its customer set, the bank''s maximum, what the card used since the day or month began, '
    'and what all cards of its kind on its account used, which counts towards the maximum. Sees what its caller sees.';

insert into operation_types (type, posts, limited, step_up) values
    ('activate_card', false, false, 'never'),
    ('report_card_lost', false, false, 'never'),
    ('replace_card', false, false, 'never'),
    ('create_virtual_card', false, false, 'never'),
    ('request_pin_change', false, false, 'never'),
    ('set_card_switch', false, false, 'never'),
    ('lower_card_limit', false, false, 'never'),
    ('raise_card_limit', false, false, 'always');

-- Fees of operations that post nothing else --------------------------------------------------------------------------

-- Internal: only functions of the owner call it. Null, or the code of a refusal, before anything was written.
create function post_fee(op banking_operations, p_account uuid, p_minor bigint, p_label text, p_now timestamptz) returns text
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    account accounts;
    refusal text;
    entry   bigint;
begin
    select * into account from accounts where id = p_account and customer_id = op.customer_id for no key update;
    refusal := case
        when account.id is null then 'account_unknown'
        when account.status <> 'open' then 'account_' || account.status
        when p_minor <= 0 then 'wrong_amount'
        when account.balance_minor - account.held_minor + account.overdraft_minor < p_minor then 'insufficient_funds'
    end;
    if refusal is not null then return refusal; end if;
    insert into journal_entries (kind, description, booked_at) values ('fee', p_label, p_now) returning id into entry;
    insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
    values (entry, account.id, account.customer_id, -p_minor, account.currency, p_now),
           (entry, internal_account('Fees', account.currency), null, p_minor, account.currency, p_now);
    insert into transactions (customer_id, account_id, entry_id, kind, status, amount_minor, currency, category, description,
                              occurred_at, booked_at)
    values (account.customer_id, account.id, entry, 'fee', 'booked', -p_minor, account.currency, 'fees', left(p_label, 200),
            p_now, p_now);
    update banking_operations set entry_id = entry where id = op.id;
    return null;
end $$;

create function charge_fee(p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    op banking_operations;
begin
    -- The owner check of this function: the operation that this transaction executes for its customer.
    select * into op from banking_operations
     where customer_id = app_customer_id() and type = 'replace_card' and status = 'processing'
       and executed_in = pg_current_xact_id();
    if not found or op.entry_id is not null then
        raise exception 'there is no fee to charge' using errcode = 'TG012';
    end if;
    if coalesce((op.payload ->> 'fee_minor')::bigint, 0) = 0 then return null; end if;
    return post_fee(op, (op.payload ->> 'fee_account_id')::uuid, (op.payload ->> 'fee_minor')::bigint,
                    op.payload ->> 'fee_label', p_now);
end $$;
comment on function charge_fee is
    'Posts the fee that the customer confirmed with the operation: fee_minor, fee_account_id and fee_label of its '
    'payload. Once. Null, or the code of a refusal, before anything was written.';

-- The card processor -------------------------------------------------------------------------------------------------
-- It names the card's holder as the transaction's customer, as everybody does. A pending transaction is the hold.

alter table transactions
    add column authorisation    text,
    add column authorised_minor minor_units_positive,
    add column released_at      timestamptz,
    add constraint transactions_authorised check ((authorisation is null) = (authorised_minor is null)),
    add constraint transactions_released check ((status = 'released') = (released_at is not null));
comment on column transactions.authorisation is 'The processor''s reference of an authorisation; once for each card.';
comment on column transactions.authorised_minor is 'What was asked for; what is taken in the end may be less.';
create unique index transactions_authorisation on transactions (card_id, authorisation) where authorisation is not null;

create function refuse_card_payment(
    card cards, account accounts, terminal terminals, merchant merchants, p_minor bigint, p_contactless boolean, p_now timestamptz)
    returns text language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    allowance card_allowance;
    is_cash constant boolean := terminal.kind = 'atm';
    refusal text := case
        when card.status = 'expired' or card.expires_on < (p_now at time zone 'Europe/London')::date then 'card_expired'
        when card.status = 'pending_activation' then 'card_not_activated'
        when card.status <> 'active' then 'card_' || card.status
        when account.status <> 'open' then 'account_' || account.status
        when is_cash and card.kind = 'virtual' then 'no_cash_with_virtual_card'
        when is_cash and not card.cash_enabled then 'cash_machines_off'
        when terminal.kind = 'online' and not card.online_enabled then 'online_payments_off'
        when merchant.country <> 'GB' and not card.abroad_enabled then 'payments_abroad_off'
        when p_contactless and not card.contactless_enabled then 'contactless_off'
        when p_contactless and not is_cash
             and p_minor > term_in('card.contactless.payment_limit', account.currency, p_now) then 'contactless_limit_exceeded'
    end;
begin
    if refusal is not null then return refusal; end if;
    for allowance in select * from card_allowances(card.id, p_now) where kind = case when is_cash then 'cash' else 'payments' end loop
        if allowance.used_minor + p_minor > allowance.own_minor
           or allowance.together_minor + p_minor > allowance.maximum_minor then
            return 'limit_exceeded';
        end if;
    end loop;
    if account.balance_minor - account.held_minor + account.overdraft_minor < p_minor then
        return 'insufficient_funds';
    end if;
    return null;
end $$;

create function authorise_card_payment(
    p_card uuid, p_terminal integer, p_minor bigint, p_authorisation text, p_contactless boolean, p_now timestamptz)
    returns transactions
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    card     cards;
    account  accounts;
    terminal terminals;
    merchant merchants;
    answer   transactions;
    refusal  text;
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
    refusal := refuse_card_payment(card, account, terminal, merchant, p_minor, coalesce(p_contactless, false), p_now);
    insert into transactions (customer_id, account_id, card_id, merchant_id, terminal_id, kind, status, amount_minor, currency,
                              category, description, decline_reason, occurred_at, authorisation, authorised_minor)
    values (card.customer_id, account.id, card.id, merchant.id, terminal.id,
            case terminal.kind when 'atm' then 'cash_withdrawal' else 'card_payment' end,
            case when refusal is null then 'pending' else 'declined' end, -p_minor, account.currency,
            case terminal.kind when 'atm' then 'cash' else merchant.category end, merchant.name, refusal, p_now,
            p_authorisation, p_minor)
    returning * into answer;
    return answer;
end $$;
comment on function authorise_card_payment is
    'The pending transaction that holds the amount (minor units of the account''s currency), or the declined one with '
    'its reason. The same reference gives the same answer again.';

-- Internal: the transaction, locked after its account, as everything that posts locks.
create function lock_hold(p_transaction bigint, p_customer uuid) returns transactions
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    held transactions;
begin
    perform 1 from accounts
      where id = (select account_id from transactions where id = p_transaction and customer_id = p_customer)
        for no key update;
    select * into held from transactions
     where id = p_transaction and customer_id = p_customer and card_id is not null and amount_minor < 0 for update;
    if not found then
        raise exception 'there is no such hold' using errcode = 'TG035';
    end if;
    return held;
end $$;

create function capture_hold(p_transaction bigint, p_minor bigint, p_now timestamptz) returns transactions
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: lock_hold() finds only what is the transaction's customer's.
    held  transactions := lock_hold(p_transaction, app_customer_id());
    entry bigint;
begin
    if held.status <> 'pending' then return held; end if;
    if coalesce(p_minor, 0) <= 0 or p_minor > -held.amount_minor then
        raise exception 'the amount is not within what was authorised' using errcode = 'TG033';
    end if;
    insert into journal_entries (kind, description, booked_at)
    values (held.kind, held.description, p_now) returning id into entry;
    insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
    values (entry, held.account_id, held.customer_id, -p_minor, held.currency, p_now),
           (entry, internal_account(case held.kind when 'cash_withdrawal' then 'Cash' else 'Card settlement' end, held.currency),
            null, p_minor, held.currency, p_now);
    update transactions set status = 'booked', amount_minor = -p_minor, entry_id = entry, booked_at = p_now
     where id = held.id and status = 'pending' returning * into held;
    return held;
end $$;
comment on function capture_hold is
    'Takes what was held, or less: posts it and books the transaction, once. One that is no hold any more is returned as '
    'it stands, and nothing is posted.';

create function release_hold(p_transaction bigint, p_now timestamptz) returns transactions
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The owner check of this function: lock_hold() finds only what is the transaction's customer's.
    held transactions := lock_hold(p_transaction, app_customer_id());
begin
    if held.status <> 'pending' then return held; end if;
    update transactions set status = 'released', released_at = p_now
     where id = held.id and status = 'pending' returning * into held;
    return held;
end $$;
comment on function release_hold is 'Lets go of what was held. One that is no hold any more is returned as it stands.';

revoke execute on function post_fee, charge_fee, refuse_card_payment, lock_hold, authorise_card_payment, capture_hold,
    release_hold from public;
grant execute on function charge_fee to tellergraph_app;
grant execute on function authorise_card_payment, capture_hold, release_hold to tellergraph_worker;
