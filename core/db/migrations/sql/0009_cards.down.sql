-- What was posted stays posted; what was ordered and set is forgotten.
drop function release_hold, capture_hold, lock_hold, authorise_card_payment, refuse_card_payment, charge_fee, post_fee;
drop index transactions_authorisation;
update transactions set status = 'declined', decline_reason = 'released', released_at = null where status = 'released';
alter table transactions
    drop constraint transactions_released,
    drop constraint transactions_authorised,
    drop column authorisation, drop column authorised_minor, drop column released_at;

do $$
declare
    gone uuid[] := array(select id from banking_operations where type in (
        'activate_card', 'report_card_lost', 'replace_card', 'create_virtual_card', 'request_pin_change',
        'set_card_switch', 'lower_card_limit', 'raise_card_limit'));
begin
    delete from step_up_challenges where operation_id = any (gone);
    delete from confirmation_slips where operation_id = any (gone);
    delete from banking_operations where id = any (gone);
end $$;
delete from operation_types where type in (
    'activate_card', 'report_card_lost', 'replace_card', 'create_virtual_card', 'request_pin_change',
    'set_card_switch', 'lower_card_limit', 'raise_card_limit');

drop function card_allowances;
drop type card_allowance;
drop function term_in;
drop table card_limits, card_limit_kinds, card_deliveries;

revoke insert (customer_id, account_id, kind, nickname, network, last4, status, expires_on, replaces_id, created_at,
               contactless_enabled, online_enabled, cash_enabled, abroad_enabled)
    on cards from tellergraph_app;
revoke update (contactless_enabled, online_enabled, cash_enabled, abroad_enabled, blocked_as) on cards from tellergraph_app;
drop trigger cards_status on cards;
drop function guard_card_status;
drop index cards_replaces, cards_account, fraud_alerts_card;
alter table cards
    drop column replaces_id, drop column blocked_as, drop column cash_enabled, drop column abroad_enabled;
