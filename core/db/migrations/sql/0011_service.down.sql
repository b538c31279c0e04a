-- Branches, opening hours and what customers asked of people are gone. What they changed of themselves stays.
drop function list_taken_slots, list_waiting_handoffs, take_handoff, close_handoff;
drop table appointments, opening_hours, branches, callbacks, complaints, handoffs, consents, consent_texts, customer_preferences;
drop function guard_appointment, new_reference, current_operation_id, is_login_taken;
drop index terminals_cash, merchants_city, product_terms_product;
revoke update (phone, address_line, city, postcode, country) on customers from tellergraph_app;
revoke update (email) on credentials from tellergraph_app;
drop trigger needs_operation on customers;
drop trigger needs_operation on credentials;
do $$
declare
    ours constant text[] := array['change_contact_details', 'change_address', 'set_preferences', 'set_consent', 'request_handoff',
                                  'make_complaint', 'book_appointment', 'cancel_appointment', 'request_callback'];
    gone constant uuid[] := array(select id from banking_operations where type = any (ours));
begin
    delete from demo_outbox where operation_id = any (gone);
    delete from step_up_tries where operation_id = any (gone);
    delete from step_up_challenges where operation_id = any (gone);
    delete from confirmation_slips where operation_id = any (gone);
    delete from banking_operations where id = any (gone);
    delete from operation_types where type = any (ours);
end $$;
