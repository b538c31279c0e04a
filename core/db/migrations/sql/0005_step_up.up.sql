-- Codes for risky operations, authenticator apps, and the payee name check. No code and no secret is stored: they are
-- computed from the server's key (tools/step_up/codes.py, tools/step_up/totp.py). What was tried, and how often, is counted here.

insert into operation_types (type, posts, limited, step_up) values ('add_authenticator', false, false, 'always');

create table step_up_challenges (
    operation_id uuid primary key references banking_operations,
    customer_id  uuid not null references customers,
    method       text not null check (method in ('delivered', 'authenticator')),
    payload_hash text not null,
    opened_at    timestamptz not null,
    verified_at  timestamptz
);
comment on table step_up_challenges is
    'That an operation waits for a code, and of which kind. It ends with the operation: mint_slip() looks at both.';
create index step_up_challenges_customer on step_up_challenges (customer_id, opened_at desc);
select protect_customer_table('step_up_challenges', false);
grant select on step_up_challenges to tellergraph_app;

alter table payment_policies add column codes_per_hour integer not null default 12 check (codes_per_hour > 0);
comment on column payment_policies.codes_per_hour is 'How many codes are sent to one customer within an hour, whatever they are for.';

create function open_step_up_challenge(p_operation uuid, p_now timestamptz,
                                       out is_new boolean, out how text, out retry_at timestamptz)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    op banking_operations;
begin
    is_new := false;
    -- The owner check of this function: the customer's own operation. Codes of one customer take turns.
    perform 1 from customers where id = app_customer_id() for no key update;
    select * into op from banking_operations
     where id = p_operation and customer_id = app_customer_id() and status = 'pending';
    if not found or exists (select from step_up_challenges where operation_id = p_operation) then
        return;
    end if;
    how := case when exists (select from totp_authenticators
                              where customer_id = app_customer_id() and confirmed_at is not null and removed_at is null)
                then 'authenticator' else 'delivered' end;
    if how = 'delivered' then
        select max(c.opened_at) + interval '1 hour' into retry_at
          from (select opened_at from step_up_challenges
                 where customer_id = app_customer_id() and method = 'delivered' and opened_at > p_now - interval '1 hour'
                 order by opened_at desc
                offset (select codes_per_hour - 1 from payment_policies where version = policy_at(p_now)) limit 1) c;
        if retry_at is not null then
            return;
        end if;
    end if;
    insert into step_up_challenges (operation_id, customer_id, method, payload_hash, opened_at)
    values (op.id, op.customer_id, how, op.payload_hash, p_now);
    is_new := true;
end $$;
comment on function open_step_up_challenge is
    'Once for each operation. retry_at: so many codes were sent that the next one has to wait until then.';

create table step_up_tries (
    id           bigint generated always as identity primary key,
    customer_id  uuid not null references customers,
    operation_id uuid references banking_operations,
    tried_at     timestamptz not null,
    was_right    boolean not null default false
);
comment on table step_up_tries is
    'Each code that was sent to us. Five wrong ones end the operation that they were for; fifteen within an hour, for '
    'whatever, end step-up for a while. Without an operation: an authenticator app is proved or removed.';
create index step_up_tries_customer on step_up_tries (customer_id, tried_at desc);
create index step_up_tries_operation on step_up_tries (operation_id) where operation_id is not null;
select protect_customer_table('step_up_tries', false);
grant select on step_up_tries to tellergraph_app;

create function step_up_locked_until(p_now timestamptz) returns timestamptz
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
    return (select max(t.tried_at) + interval '1 hour'
              from (select tried_at from step_up_tries
                     -- The owner check of this function.
                     where customer_id = app_customer_id() and not was_right and tried_at > p_now - interval '1 hour'
                     order by tried_at desc offset 14 limit 1) t);
comment on function step_up_locked_until is 'Null when the customer may try codes.';

create function take_step_up_try(p_operation uuid, p_now timestamptz,
                                 out try_id bigint, out tries_left integer, out locked_until timestamptz)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- The owner check of this function: the customer's own operation and tries. Tries of one customer take turns.
    perform 1 from customers where id = app_customer_id() for no key update;
    if not found then
        return;
    end if;
    locked_until := step_up_locked_until(p_now);
    if locked_until is not null then
        return;
    end if;
    select 14 - count(*) into tries_left from step_up_tries
     where customer_id = app_customer_id() and not was_right and tried_at > p_now - interval '1 hour';
    if p_operation is not null then
        perform 1 from step_up_challenges c join banking_operations o on o.id = c.operation_id
         where c.operation_id = p_operation and c.customer_id = app_customer_id()
           and c.payload_hash = o.payload_hash and o.status = 'pending' and o.expires_at > p_now;
        if not found then
            return;
        end if;
        select least(tries_left, 4 - count(*)) into tries_left from step_up_tries
         where operation_id = p_operation and customer_id = app_customer_id() and not was_right;
        if tries_left < 0 then
            return;
        end if;
    end if;
    insert into step_up_tries (customer_id, operation_id, tried_at)
    values (app_customer_id(), p_operation, p_now) returning id into try_id;
end $$;
comment on function take_step_up_try is
    'Counts a try as wrong before the code is looked at. No try_id: it may not be looked at, because of the lock or '
    'because nothing waits for a code. tries_left: after this one, should it be wrong.';

create function pass_step_up_try(p_try bigint, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    for_operation uuid;
begin
    -- The owner check of this function: the customer's own try.
    update step_up_tries set was_right = true
     where id = p_try and customer_id = app_customer_id() and not was_right
    returning operation_id into for_operation;
    update step_up_challenges set verified_at = p_now
     where operation_id = for_operation and customer_id = app_customer_id() and verified_at is null;
end $$;
comment on function pass_step_up_try is 'The code was right.';

-- Authenticator apps (RFC 6238) --------------------------------------------------------------------------------------

create table totp_authenticators (
    id           uuid primary key default uuidv7(),
    customer_id  uuid not null references customers,
    created_at   timestamptz not null,
    confirmed_at timestamptz,
    removed_at   timestamptz,
    last_step    bigint
);
comment on table totp_authenticators is 'The secret follows from the server''s key and the id. A row is never used again.';
comment on column totp_authenticators.last_step is 'The latest time step whose code was used; none counts twice.';
create index totp_authenticators_customer on totp_authenticators (customer_id, created_at desc);
create unique index totp_authenticators_active on totp_authenticators (customer_id)
    where confirmed_at is not null and removed_at is null;
select protect_customer_table('totp_authenticators');
grant select on totp_authenticators to tellergraph_app;
grant update (confirmed_at) on totp_authenticators to tellergraph_app;

create function begin_totp(p_now timestamptz) returns uuid
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    begun uuid;
begin
    -- The owner check of this function: the customer's own authenticators.
    perform 1 from customers where id = app_customer_id() for no key update;
    if not found or exists (select 1 from totp_authenticators
            where customer_id = app_customer_id() and confirmed_at is not null and removed_at is null) then
        return null;
    end if;
    update totp_authenticators set removed_at = p_now where customer_id = app_customer_id() and removed_at is null;
    insert into totp_authenticators (customer_id, created_at) values (app_customer_id(), p_now) returning id into begun;
    return begun;
end $$;
comment on function begin_totp is 'A new authenticator that nothing counts on yet; null when there is one in use.';

create function use_totp_step(p_authenticator uuid, p_step bigint) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- The owner check of this function: the customer's own authenticator.
    update totp_authenticators set last_step = p_step
     where id = p_authenticator and customer_id = app_customer_id() and removed_at is null
       and (last_step is null or last_step < p_step);
    return found;
end $$;
comment on function use_totp_step is 'False for a step that was used, or one before it.';

create function remove_totp(p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    removed uuid;
begin
    -- The owner check of this function: the customer's own authenticator and operations.
    update totp_authenticators set removed_at = p_now
     where customer_id = app_customer_id() and confirmed_at is not null and removed_at is null
    returning id into removed;
    if removed is null then
        return false;
    end if;
    perform end_operation(o.id, 'pending', 'cancelled', 'step_up_changed', p_now)
       from step_up_challenges c join banking_operations o on o.id = c.operation_id
      where c.customer_id = app_customer_id() and c.method = 'authenticator' and o.status = 'pending';
    insert into audit_log (actor, customer_id, action, resource, at)
    values ('customer:' || app_customer_id(), app_customer_id(), 'authenticator.removed', 'authenticator:' || removed, p_now);
    return true;
end $$;
comment on function remove_totp is 'What waited for its code is cancelled. False when there is none in use.';

revoke execute on function open_step_up_challenge, step_up_locked_until, take_step_up_try, pass_step_up_try, begin_totp,
    use_totp_step, remove_totp from public;
grant execute on function open_step_up_challenge, step_up_locked_until, take_step_up_try, pass_step_up_try, begin_totp,
    use_totp_step, remove_totp to tellergraph_app;

-- The demo bank's telephone ------------------------------------------------------------------------------------------

create table demo_outbox (
    id           bigint generated always as identity primary key,
    customer_id  uuid not null references customers,
    operation_id uuid references banking_operations,
    text         text not null,
    code         text not null,
    sent_at      timestamptz not null
);
comment on table demo_outbox is
    'What the demo bank would have sent to a phone. Nobody may write it but in demo mode: tools/demo_bank/outbox.py.';
create index demo_outbox_customer on demo_outbox (customer_id, id desc);
create index demo_outbox_operation on demo_outbox (operation_id);
select protect_customer_table('demo_outbox', false);
grant select on demo_outbox to tellergraph_app;

-- Payee name check ---------------------------------------------------------------------------------------------------

create index payees_customer on payees (customer_id);

create table name_checks (
    customer_id  uuid not null references customers,
    account_hash bytea not null check (length(account_hash) = 32),
    name_hash    bytea not null check (length(name_hash) = 32),
    checked_at   timestamptz not null,
    primary key (customer_id, account_hash, name_hash)
);
comment on table name_checks is
    'Which names a customer has tried on which accounts of this bank: a few a day are answered, so that nobody finds '
    'out a name by guessing. The same name again is no new guess.';
create index name_checks_recent on name_checks (customer_id, checked_at);
select protect_customer_table('name_checks', false);
-- Nobody but check_payee_name() reads or writes it.

create function name_words(p_name text) returns text[]
    language sql immutable set search_path = pg_catalog, public, pg_temp
    return (select coalesce(array_agg(case word when 'limited' then 'ltd' when 'company' then 'co' else word end order by place), '{}')
              from regexp_split_to_table(
                       regexp_replace(casefold(normalize(replace(p_name collate "pg_unicode_fast", '&', ' and '), NFKD)),
                                      '[\u0300-\u036f''’`]', '', 'g'),
                       '[^[:alnum:]]+') with ordinality as w (word, place)
             where word <> '' and word not in ('mr', 'mrs', 'ms', 'miss', 'mx', 'dr', 'prof', 'professor', 'sir', 'dame',
                                               'lord', 'lady', 'rev', 'reverend', 'the'));
comment on function name_words is 'A name without case, accents, punctuation and titles.';

create function is_one_slip(p_one text, p_other text) returns boolean
    language plpgsql immutable set search_path = pg_catalog, public, pg_temp as $$
declare
    longer integer := greatest(length(p_one), length(p_other));
    shorter integer := least(length(p_one), length(p_other));
    head integer := 0;
    tail integer := 0;
begin
    while head < shorter and substr(p_one, head + 1, 1) = substr(p_other, head + 1, 1) loop
        head := head + 1;
    end loop;
    while tail < shorter - head
          and substr(p_one, length(p_one) - tail, 1) = substr(p_other, length(p_other) - tail, 1) loop
        tail := tail + 1;
    end loop;
    return longer - head - tail <= 1
        or (longer = shorter and longer - head - tail = 2
            and substr(p_one, head + 1, 2) = reverse(substr(p_other, head + 1, 2)));
end $$;
comment on function is_one_slip is 'The same but for one letter too many, too few, wrong, or two swapped.';

create function compare_names(p_said text, p_held text) returns text
    language plpgsql immutable set search_path = pg_catalog, public, pg_temp as $$
declare
    said text[] := name_words(p_said);
    held text[] := name_words(p_held);
    surname_at integer := cardinality(held);
    word text;
    place integer;
    found_words integer := 0;
    slips integer := 0;
begin
    if (select array_agg(w order by w) from unnest(said) w) = (select array_agg(w order by w) from unnest(held) w) then
        return 'match';
    end if;
    foreach word in array said loop
        place := array_position(held, word);
        if place is null then
            select i into place from generate_subscripts(held, 1) i
             where length(word) > 3 and length(held[i]) > 3 and is_one_slip(word, held[i]) limit 1;
            slips := slips + (place is not null)::integer;
        end if;
        if place is null then
            select i into place from generate_subscripts(held, 1) i
             where i <> surname_at and least(length(word), length(held[i])) = 1 and left(word, 1) = left(held[i], 1) limit 1;
        end if;
        if place is not null then
            found_words := found_words + 1;
            held[place] := null;
        end if;
    end loop;
    return case
        when held[surname_at] is null and slips <= 1 and cardinality(said) - found_words <= 1
             and found_words >= least(2, surname_at) then 'close_match'
        else 'no_match' end;
end $$;
comment on function compare_names is
    'match: the same words in any order. close_match: the surname and another name fit, of which one may be an initial, '
    'one may have a slip of the pen, and others may be left out or one be there in addition. Else no_match.';

create function check_payee_name(p_sort_code text, p_account_number text, p_iban text, p_name text, p_now timestamptz)
    returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    -- The IBAN of a British account holds its sort code and number (ISO 13616).
    at_sort_code text := coalesce(p_sort_code, case when p_iban like 'GB%' then
        substr(p_iban, 9, 2) || '-' || substr(p_iban, 11, 2) || '-' || substr(p_iban, 13, 2) end);
    at_number text := coalesce(p_account_number, case when p_iban like 'GB%' then substr(p_iban, 15, 8) end);
    account bytea;
    guesses bigint;
    accounts_tried bigint;
    held text;
    verdict text;
begin
    -- The owner check of this function: it counts on, and answers to, the transaction's customer; the name that is
    -- compared never leaves it. Checks of one customer take turns.
    perform 1 from customers where id = app_customer_id() for no key update;
    if not found or not exists (select 1 from accounts where sort_code = at_sort_code) then
        return 'unable';
    end if;
    account := sha256(convert_to(at_sort_code || ' ' || at_number, 'UTF8'));
    insert into name_checks (customer_id, account_hash, name_hash, checked_at)
    values (app_customer_id(), account, sha256(convert_to(array_to_string(name_words(p_name), ' '), 'UTF8')), p_now)
    on conflict do nothing;
    select count(*) filter (where account_hash = account), count(distinct account_hash) into guesses, accounts_tried
      from name_checks where customer_id = app_customer_id() and checked_at > p_now - interval '1 day';
    if guesses > 5 or accounts_tried > 20 then
        return 'unable';
    end if;
    select c.full_name into held from accounts a join customers c on c.id = a.customer_id
     where a.sort_code = at_sort_code and a.account_number = at_number and a.status <> 'closed';
    -- An account that is not there answers like one of somebody else, after the same work.
    verdict := compare_names(p_name, coalesce(held, 'Somebody Else'));
    return case when held is null then 'no_match' else verdict end;
end $$;
comment on function check_payee_name is
    'match, close_match, no_match or unable: nothing else of the account''s holder. Unable: another bank''s account, or '
    'asked too often.';
revoke execute on function name_words, is_one_slip, compare_names, check_payee_name from public;
grant execute on function check_payee_name to tellergraph_app;
