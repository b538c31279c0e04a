-- Nobody is logged in any more, and access tokens are signed as they were before.
drop policy visitor_turn on chat_turns;
create policy visitor_turn on chat_turns for select to tellergraph_app
    using (owner like 'visitor:%' and id = nullif(current_setting('app.turn_id', true), '')::uuid);
drop trigger end_customer_sessions on customers;
drop trigger outdate_customer_tokens on customers;
drop trigger end_staff_sessions on staff;
drop trigger outdate_staff_tokens on staff;
drop function outdate_tokens(text);
drop table refresh_tokens, auth_sessions;
drop function outdate_customer_tokens, outdate_staff_tokens, note_auth_session, deny_tokens;
drop table token_denials, signing_keys;
