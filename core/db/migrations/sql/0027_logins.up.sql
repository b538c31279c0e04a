-- Logins: whether a customer's address is verified and what needs that, codes and tokens that are sent, how often somebody
-- may try, second factors, and identities of other providers. Nobody is known yet when a login is looked at, so what a
-- transaction works on is what it names in app.login_email; functions with their owner's rights ask for that.

create function app_login_email() returns text
    language sql stable parallel safe
    return nullif(current_setting('app.login_email', true), '');
comment on function app_login_email is
    'What somebody logs in with: an e-mail address in lower case, or issuer and subject of an identity, joined by a space.';

-- The verified address -----------------------------------------------------------------------------------------------

alter table credentials
    add column verified_at timestamptz default now(),
    alter column password_hash drop not null;
comment on column credentials.verified_at is
    'When the customer proved that messages reach them. A login that the bank itself enters counts as proved; one of a '
    'customer who registers does not.';
comment on column credentials.password_hash is 'Null: logs in through another provider only.';
update credentials set verified_at = created_at;

create function begin_unverified() returns trigger language plpgsql as $$
begin
    if current_user <> 'tellergraph_owner' then
        new.verified_at := null;
    end if;
    return new;
end $$;
create trigger credentials_unverified before insert on credentials
    for each row execute function begin_unverified();

alter table operation_types add column needs_verified boolean not null default true;
comment on column operation_types.needs_verified is 'Whether a customer needs a verified address for it. No money goes out before.';
update operation_types set needs_verified = false
 where type in ('freeze_card', 'report_card_lost', 'set_preferences', 'set_consent', 'request_handoff', 'make_complaint',
                'book_appointment', 'cancel_appointment', 'request_callback', 'open_dispute', 'add_evidence', 'withdraw_dispute',
                'fill_identity_details', 'add_identity_document', 'submit_identity_application', 'reverse_entry',
                'freeze_account', 'unfreeze_account', 'set_overdraft', 'cancel_scheduled_payment', 'cancel_standing_order');

create function refuse_unverified() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if new.status in ('pending', 'processing')
       and exists (select from operation_types where type = new.type and needs_verified)
       and exists (select from credentials where customer_id = new.customer_id and verified_at is null) then
        perform refuse_by_policy('contact_not_verified');
    end if;
    return new;
end $$;
comment on function refuse_unverified is 'Neither proposed nor executed, whoever asks.';
revoke execute on function refuse_unverified from public;
create trigger banking_operations_verified before insert or update of status on banking_operations
    for each row execute function refuse_unverified();

-- Whose a login is ---------------------------------------------------------------------------------------------------

create function login_owner(out account_type text, out customer_id uuid, out staff_id uuid)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    -- The owner check of this function: the login that app_login_email() names.
    select case when c.customer_id is not null then 'customer' when s.id is not null then 'staff' end, c.customer_id, s.id
      from (select app_login_email() as email) named
      left join credentials c on c.email = named.email
      left join staff s on s.email = named.email;
$$;

create function audit_login(p_action text, p_detail jsonb, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    whose record;
begin
    select * into whose from login_owner();
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values (coalesce(whose.account_type || ':' || coalesce(whose.customer_id, whose.staff_id), 'nobody'), whose.customer_id,
            -- Not the address: what somebody typed there may be a password.
            p_action, 'login:' || encode(substr(sha256(convert_to(app_login_email(), 'UTF8')), 1, 8), 'hex'), p_detail, p_now);
end $$;
comment on function audit_login is 'A line about the login that app_login_email() names, whether there is one or not.';

-- Tries --------------------------------------------------------------------------------------------------------------

create table login_tries (
    id       bigint generated always as identity primary key,
    kind     text not null check (kind in ('password', 'code', 'registration')),
    login    bytea not null check (length(login) = 32),
    address  bytea not null check (length(address) = 32),
    tried_at timestamptz not null,
    state    text not null default 'open' check (state in ('open', 'failed', 'forgiven'))
);
comment on table login_tries is
    'Tries at passwords and codes, by hashes of the login and of the network address, whether there is such a login or '
    'not. open: being looked at. forgiven: counts for the address alone, since the login''s owner came in after it.';
create index login_tries_login on login_tries (login, kind, tried_at);
create index login_tries_address on login_tries (address, kind, tried_at);
create index login_tries_old on login_tries (tried_at);
alter table login_tries enable row level security;
alter table login_tries force row level security;
create policy owner_all on login_tries to tellergraph_owner using (true) with check (true);

create function login_pause(p_failures bigint, p_free integer) returns interval
    language sql immutable set search_path = pg_catalog, public, pg_temp
    return case when p_failures < p_free then interval '0'
                else least(interval '30 seconds' * 2 ^ least(p_failures - p_free, 10), interval '15 minutes') end;
comment on function login_pause is 'How long nobody may try after so many failures in a row: 30 s, then twice as long each time, 15 min at most.';

create function take_login_try(p_kind text, p_address bytea, p_now timestamptz,
                               out try_id bigint, out retry_at timestamptz, out crowded boolean)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    named    bytea := sha256(convert_to(app_login_email(), 'UTF8'));
    counted  record;
begin
    -- The owner check of this function: tries at the login that app_login_email() names. They take turns.
    perform pg_advisory_xact_lock(hashtextextended('login:' || p_kind || encode(named, 'hex'), 0));
    perform pg_advisory_xact_lock(hashtextextended('address:' || p_kind || encode(p_address, 'hex'), 0));
    crowded := false;
    delete from login_tries where id in (
        select id from login_tries where tried_at < p_now - interval '1 day' limit 20 for update skip locked);
    for counted in
        select count(*) filter (where has_failed) as failures, count(*) filter (where not has_failed) as open,
               max(tried_at) filter (where has_failed) as last_at, by.free
          from (values (1, 5), (2, 100)) by (place, free)
          left join lateral (
                select tried_at, state <> 'open' or tried_at < p_now - interval '1 minute' as has_failed
                  from login_tries where by.place = 1 and login = named and kind = p_kind and state <> 'forgiven'
                   and tried_at > p_now - interval '1 day'
                union all
                select tried_at, state <> 'open' or tried_at < p_now - interval '1 minute'
                  from login_tries where by.place = 2 and address = p_address and kind = p_kind
                   and tried_at > p_now - interval '1 hour') t on true
         group by by.place, by.free
    loop
        if p_now < counted.last_at + login_pause(counted.failures, counted.free) then
            retry_at := greatest(retry_at, counted.last_at + login_pause(counted.failures, counted.free));
        elsif counted.open >= greatest(1, counted.free - counted.failures) then
            crowded := true;
        end if;
    end loop;
    if retry_at is null and not crowded then
        insert into login_tries (kind, login, address, tried_at) values (p_kind, named, p_address, p_now)
        returning id into try_id;
    end if;
end $$;
comment on function take_login_try is
    'Counts a try before anything is looked at. Five failures of a login, or a hundred of an address within an hour, and '
    'each further one makes everybody wait: retry_at. crowded: as many are being looked at as might still fail; ask again '
    'in a moment. A try whose process died counts as failed after a minute.';

create function fail_login_try(p_try bigint, p_now timestamptz) returns timestamptz
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    named  bytea := sha256(convert_to(app_login_email(), 'UTF8'));
    failed login_tries;
    until  timestamptz;
begin
    -- The owner check of this function: a try at the login that app_login_email() names.
    update login_tries set state = 'failed', tried_at = p_now where id = p_try and login = named and state = 'open'
    returning * into failed;
    if not found then
        return null;
    end if;
    select nullif(p_now + login_pause(count(*), 5), p_now) into until from login_tries
     where login = named and kind = failed.kind and state = 'failed' and tried_at > p_now - interval '1 day';
    perform audit_login(case when until is null then 'login.failed' else 'login.locked' end,
                        jsonb_strip_nulls(jsonb_build_object('kind', failed.kind, 'until', until)), p_now);
    return until;
end $$;
comment on function fail_login_try is 'Until when nobody may try this login; null when somebody may at once.';

create function pass_login_try(p_try bigint) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    named  bytea := sha256(convert_to(app_login_email(), 'UTF8'));
    passed login_tries;
begin
    -- The owner check of this function: a try at the login that app_login_email() names.
    delete from login_tries where id = p_try and login = named returning * into passed;
    update login_tries set state = 'forgiven' where login = named and kind = passed.kind and state = 'failed';
    return passed.id is not null;
end $$;
comment on function pass_login_try is 'It was right: what failed before counts for the network address alone.';

-- Passwords ----------------------------------------------------------------------------------------------------------

-- Internal: only functions of the owner call it.
create function end_login_sessions(p_but uuid, p_reason text, p_now timestamptz) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    update auth_sessions s set ended_at = p_now, ended_reason = p_reason from login_owner() whose
     where s.owner = whose.account_type || ':' || coalesce(whose.customer_id, whose.staff_id)
       and s.ended_at is null and s.id is distinct from p_but;
end $$;
comment on function end_login_sessions is 'Of the login that app_login_email() names, but for one that may go on.';

create function replace_password(p_old text, p_new text, p_but uuid, p_action text, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    changed integer;
begin
    -- The owner check of this function: the login that app_login_email() names, and it still has the old password.
    update credentials set password_hash = p_new
     where email = app_login_email() and password_hash is not distinct from p_old;
    get diagnostics changed = row_count;
    if changed = 0 then
        update staff set password_hash = p_new where email = app_login_email() and password_hash = p_old;
        get diagnostics changed = row_count;
    end if;
    if changed > 0 then
        perform audit_login(p_action, '{}', p_now);
        if p_action = 'password.changed' then
            perform end_login_sessions(p_but, 'password_changed', p_now);
        end if;
    end if;
    return changed > 0;
end $$;
comment on function replace_password is
    'False when somebody else changed it meanwhile. A changed one ends every session but p_but; the same one hashed anew, none.';

-- Codes and tokens that are sent -------------------------------------------------------------------------------------

create table login_codes (
    id          uuid primary key default uuidv7(),
    customer_id uuid references customers on delete cascade,
    staff_id    uuid references staff on delete cascade,
    purpose     text not null check (purpose in ('verify', 'reset')),
    email       text not null,
    code_hash   bytea not null check (length(code_hash) = 32),
    sent_at     timestamptz not null,
    expires_at  timestamptz not null,
    used_at     timestamptz,
    voided_at   timestamptz,
    check (num_nonnulls(customer_id, staff_id) = 1)
);
comment on table login_codes is 'What was sent to prove an address or to set a new password: only its hash, good once, and the latest alone.';
create index login_codes_customer on login_codes (customer_id, purpose, sent_at);
create index login_codes_staff on login_codes (staff_id, purpose, sent_at);
select protect_customer_table('login_codes', false);
-- Nobody but the functions below reads or writes it.

create function open_login_code(p_purpose text, p_hash bytea, p_expires_at timestamptz, p_now timestamptz,
                                out code_id uuid, out customer_id uuid, out staff_id uuid, out retry_at timestamptz)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    whose record;
begin
    -- The owner check of this function: the login that app_login_email() names. Codes of one login take turns.
    perform pg_advisory_xact_lock(hashtextextended('login code:' || app_login_email(), 0));
    select * into whose from login_owner();
    if whose.account_type is null
       or p_purpose = 'verify' and not exists (select from credentials c where c.customer_id = whose.customer_id and c.verified_at is null) then
        return;
    end if;
    select greatest(max(c.sent_at) + interval '1 minute', case when count(*) >= 5 then min(c.sent_at) + interval '1 hour' end)
      into retry_at
      from (select sent_at from login_codes c
             where c.purpose = p_purpose and c.sent_at > p_now - interval '1 hour'
               and coalesce(c.customer_id, c.staff_id) = coalesce(whose.customer_id, whose.staff_id)
             order by sent_at desc limit 5) c;
    if retry_at > p_now then
        return;
    end if;
    retry_at := null;
    delete from login_codes c
     where c.sent_at < p_now - interval '1 day'
       and coalesce(c.customer_id, c.staff_id) = coalesce(whose.customer_id, whose.staff_id);
    update login_codes c set voided_at = p_now
     where c.purpose = p_purpose and coalesce(c.customer_id, c.staff_id) = coalesce(whose.customer_id, whose.staff_id)
       and c.used_at is null and c.voided_at is null;
    insert into login_codes as c (customer_id, staff_id, purpose, email, code_hash, sent_at, expires_at)
    values (whose.customer_id, whose.staff_id, p_purpose, app_login_email(), p_hash, p_now, p_expires_at)
    returning c.id, c.customer_id, c.staff_id into code_id, customer_id, staff_id;
end $$;
comment on function open_login_code is
    'At most one a minute and five an hour for each purpose: else retry_at. Nothing at all for an address without a login, '
    'or one that is verified already.';

create function use_login_code(p_purpose text, p_hash bytea, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- The owner check of this function: a code that was sent to the login that app_login_email() names.
    update login_codes c set used_at = p_now
      from login_owner() whose
     where c.purpose = p_purpose and c.email = app_login_email() and c.code_hash = p_hash
       and coalesce(c.customer_id, c.staff_id) = coalesce(whose.customer_id, whose.staff_id)
       and c.used_at is null and c.voided_at is null and c.expires_at > p_now;
    return found;
end $$;
comment on function use_login_code is 'Whether it was good: it is not any more.';

create function verify_login(p_hash bytea, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if not use_login_code('verify', p_hash, p_now) then
        return false;
    end if;
    -- The owner check of this function: the login that app_login_email() names.
    update credentials set verified_at = p_now where email = app_login_email() and verified_at is null;
    perform audit_login('login.verified', '{}', p_now);
    return true;
end $$;

create function reset_password(p_hash bytea, p_password_hash text, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if not use_login_code('reset', p_hash, p_now) then
        return false;
    end if;
    -- The owner check of this function: the login that app_login_email() names. Who got the token has the address.
    update credentials set password_hash = p_password_hash, verified_at = coalesce(verified_at, p_now) where email = app_login_email();
    update staff set password_hash = p_password_hash where email = app_login_email();
    update login_tries set state = 'forgiven'
     where login = sha256(convert_to(app_login_email(), 'UTF8')) and kind = 'password' and state <> 'forgiven';
    perform end_login_sessions(null, 'password_reset', p_now);
    perform audit_login('password.reset', '{}', p_now);
    return true;
end $$;
comment on function reset_password is 'Ends every lock of the login''s password too: whoever locked its owner out has not won for long.';

-- Second factors -----------------------------------------------------------------------------------------------------

create table staff_authenticators (
    id           uuid primary key default uuidv7(),
    staff_id     uuid not null references staff on delete cascade,
    created_at   timestamptz not null,
    confirmed_at timestamptz,
    removed_at   timestamptz,
    last_step    bigint
);
comment on table staff_authenticators is 'As totp_authenticators, of staff: used at login alone.';
create unique index staff_authenticators_active on staff_authenticators (staff_id)
    where confirmed_at is not null and removed_at is null;
create index staff_authenticators_staff on staff_authenticators (staff_id);

create table second_factors (
    id             uuid primary key default uuidv7(),
    customer_id    uuid unique references customers on delete cascade,
    staff_id       uuid unique references staff on delete cascade,
    required_since timestamptz not null,
    check (num_nonnulls(customer_id, staff_id) = 1)
);
comment on table second_factors is 'Who wants a code of their authenticator app asked for at login.';

create table recovery_codes (
    id          uuid primary key default uuidv7(),
    customer_id uuid references customers on delete cascade,
    staff_id    uuid references staff on delete cascade,
    code_hash   bytea not null check (length(code_hash) = 32),
    made_at     timestamptz not null,
    used_at     timestamptz,
    check (num_nonnulls(customer_id, staff_id) = 1)
);
comment on table recovery_codes is 'In place of an app that is lost: hashes, each good once.';
create unique index recovery_codes_customer on recovery_codes (customer_id, code_hash) where customer_id is not null;
create unique index recovery_codes_staff on recovery_codes (staff_id, code_hash) where staff_id is not null;

do $$
declare t text;
begin
    foreach t in array array['staff_authenticators', 'second_factors', 'recovery_codes'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy owner_all on %I to tellergraph_owner using (true) with check (true)', t);
    end loop;
end $$;
-- Nobody but the functions below reads or writes them.

create function get_second_factor(out authenticator_id uuid, out begun_id uuid, out required_since timestamptz,
                                  out recovery_codes_left integer)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    -- The owner check of this function: what belongs to the login that app_login_email() names.
    select coalesce((select a.id from totp_authenticators a where a.customer_id = whose.customer_id
                        and a.confirmed_at is not null and a.removed_at is null),
                    (select a.id from staff_authenticators a where a.staff_id = whose.staff_id
                        and a.confirmed_at is not null and a.removed_at is null)),
           (select a.id from staff_authenticators a where a.staff_id = whose.staff_id
               and a.confirmed_at is null and a.removed_at is null order by a.created_at desc limit 1),
           (select f.required_since from second_factors f
             where f.customer_id = whose.customer_id or f.staff_id = whose.staff_id),
           (select count(*)::integer from recovery_codes r
             where (r.customer_id = whose.customer_id or r.staff_id = whose.staff_id) and r.used_at is null)
      from login_owner() whose;
$$;

create function begin_staff_authenticator(p_now timestamptz) returns uuid
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    member uuid;
    begun  uuid;
begin
    -- The owner check of this function: the member of staff whom app_login_email() names.
    select id into member from staff where email = app_login_email() for no key update;
    if not found or exists (select from staff_authenticators
                             where staff_id = member and confirmed_at is not null and removed_at is null) then
        return null;
    end if;
    update staff_authenticators set removed_at = p_now where staff_id = member and removed_at is null;
    insert into staff_authenticators (staff_id, created_at) values (member, p_now) returning id into begun;
    return begun;
end $$;

create function use_login_step(p_authenticator uuid, p_step bigint) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    whose record;
    used  integer;
begin
    -- The owner check of this function: an authenticator of the login that app_login_email() names.
    select * into whose from login_owner();
    update totp_authenticators set last_step = p_step
     where id = p_authenticator and customer_id = whose.customer_id and removed_at is null
       and (last_step is null or last_step < p_step);
    get diagnostics used = row_count;
    if used = 0 then
        update staff_authenticators set last_step = p_step
         where id = p_authenticator and staff_id = whose.staff_id and removed_at is null
           and (last_step is null or last_step < p_step);
        get diagnostics used = row_count;
    end if;
    return used > 0;
end $$;
comment on function use_login_step is 'False for a step that was used, here or for an operation, or one before it (RFC 6238, 5.2).';

create function replace_recovery_codes(p_hashes bytea[], p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    whose record;
begin
    -- The owner check of this function: codes of the login that app_login_email() names.
    select * into whose from login_owner();
    delete from recovery_codes where customer_id = whose.customer_id or staff_id = whose.staff_id;
    insert into recovery_codes (customer_id, staff_id, code_hash, made_at)
    select whose.customer_id, whose.staff_id, hash, p_now from unnest(p_hashes) hash;
    perform audit_login('recovery_codes.made', jsonb_build_object('count', cardinality(p_hashes)), p_now);
end $$;

create function require_second_factor(p_authenticator uuid, p_hashes bytea[], p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    whose record;
begin
    -- The owner check of this function: an authenticator of the login that app_login_email() names.
    select * into whose from login_owner();
    update staff_authenticators set confirmed_at = p_now
     where id = p_authenticator and staff_id = whose.staff_id and confirmed_at is null and removed_at is null;
    if not exists (select from totp_authenticators where id = p_authenticator and customer_id = whose.customer_id
                      and confirmed_at is not null and removed_at is null)
       and not exists (select from staff_authenticators where id = p_authenticator and staff_id = whose.staff_id
                          and confirmed_at is not null and removed_at is null) then
        return false;
    end if;
    insert into second_factors (customer_id, staff_id, required_since) values (whose.customer_id, whose.staff_id, p_now)
    on conflict do nothing;
    if not found then
        return false;
    end if;
    perform audit_login('second_factor.required', '{}', p_now);
    perform replace_recovery_codes(p_hashes, p_now);
    return true;
end $$;
comment on function require_second_factor is 'False when it is required already, or the app is not in use.';

create function use_recovery_code(p_hash bytea, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- The owner check of this function: a code of the login that app_login_email() names.
    update recovery_codes r set used_at = p_now from login_owner() whose
     where (r.customer_id = whose.customer_id or r.staff_id = whose.staff_id) and r.code_hash = p_hash and r.used_at is null;
    if not found then
        return false;
    end if;
    perform audit_login('recovery_code.used', '{}', p_now);
    return true;
end $$;

create function drop_second_factor(p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    whose record;
begin
    -- The owner check of this function: the login that app_login_email() names.
    select * into whose from login_owner();
    delete from second_factors where customer_id = whose.customer_id or staff_id = whose.staff_id;
    if not found then
        return false;
    end if;
    delete from recovery_codes where customer_id = whose.customer_id or staff_id = whose.staff_id;
    update staff_authenticators set removed_at = p_now where staff_id = whose.staff_id and removed_at is null;
    perform audit_login('second_factor.dropped', '{}', p_now);
    return true;
end $$;

create function drop_factor_with_app() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    delete from second_factors where customer_id = new.customer_id;
    if found then
        delete from recovery_codes where customer_id = new.customer_id;
        insert into audit_log (actor, customer_id, action, resource, at)
        values ('customer:' || new.customer_id, new.customer_id, 'second_factor.dropped', 'authenticator:' || new.id, new.removed_at);
    end if;
    return null;
end $$;
comment on function drop_factor_with_app is 'Who removes the app, with a code of it, is not asked for codes of it at login.';
revoke execute on function drop_factor_with_app from public;
create trigger totp_authenticators_removed after update of removed_at on totp_authenticators
    for each row when (old.confirmed_at is not null and old.removed_at is null and new.removed_at is not null)
    execute function drop_factor_with_app();

-- Identities of other providers --------------------------------------------------------------------------------------

create table login_identities (
    id          uuid primary key default uuidv7(),
    issuer      text not null check (issuer <> '' and issuer !~ ' '),
    sub         text not null check (sub <> ''),
    provider    text not null,
    customer_id uuid references customers on delete cascade,
    staff_id    uuid references staff on delete cascade,
    linked_at   timestamptz not null,
    check (num_nonnulls(customer_id, staff_id) = 1),
    unique (issuer, sub)
);
comment on table login_identities is
    'Who somebody is at another provider (OpenID Connect Core 1.0, 5.7: issuer and subject together, never an address).';
create index login_identities_customer on login_identities (customer_id);
create index login_identities_staff on login_identities (staff_id);
alter table login_identities enable row level security;
alter table login_identities force row level security;
create policy owner_all on login_identities to tellergraph_owner using (true) with check (true);
create policy named on login_identities for select to tellergraph_app
    using (customer_id = app_customer_id() or issuer || ' ' || sub = nullif(current_setting('app.login_email', true), ''));
grant select on login_identities to tellergraph_app;

create function link_identity(p_issuer text, p_sub text, p_provider text, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    whose record;
begin
    -- The owner check of this function: the login that app_login_email() names.
    select * into whose from login_owner();
    insert into login_identities (issuer, sub, provider, customer_id, staff_id, linked_at)
    values (p_issuer, p_sub, p_provider, whose.customer_id, whose.staff_id, p_now) on conflict do nothing;
    if not found then
        return false;
    end if;
    perform audit_login('identity.linked', jsonb_build_object('provider', p_provider, 'issuer', p_issuer), p_now);
    return true;
end $$;
comment on function link_identity is 'False when it is somebody''s already.';

create function unlink_identity(p_provider text, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    whose record;
begin
    -- The owner check of this function: the login that app_login_email() names.
    select * into whose from login_owner();
    delete from login_identities i where i.provider = p_provider
       and (i.customer_id = whose.customer_id or i.staff_id = whose.staff_id);
    if not found then
        return false;
    end if;
    perform audit_login('identity.unlinked', jsonb_build_object('provider', p_provider), p_now);
    return true;
end $$;

grant execute on function app_login_email, begin_unverified, login_owner, audit_login, take_login_try, fail_login_try,
    pass_login_try, replace_password, open_login_code, verify_login, reset_password, get_second_factor,
    begin_staff_authenticator, use_login_step, replace_recovery_codes, require_second_factor, use_recovery_code,
    drop_second_factor, link_identity, unlink_identity to tellergraph_app;
