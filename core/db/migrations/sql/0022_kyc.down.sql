-- Who was verified stays verified: that is the customer's own row.
drop table kyc_documents, kyc_events;
drop function decide_kyc_application, propose_kyc_verdict, take_kyc_application, list_waiting_kyc, expire_kyc, may_verify,
    audit_kyc, verified_level;
drop table kyc_applications;
drop table kyc_levels;
drop function follow_kyc_application, log_kyc_application, keep_kyc_document, keep_kyc_application;
delete from operation_effects where changes in ('kyc_applications', 'kyc_documents');
do $$
declare
    gone constant uuid[] := array(select id from banking_operations where type in (
        'fill_identity_details', 'add_identity_document', 'submit_identity_application'));
begin
    delete from step_up_challenges where operation_id = any (gone);
    delete from confirmation_slips where operation_id = any (gone);
    delete from banking_operations where id = any (gone);
end $$;
delete from operation_types
 where type in ('fill_identity_details', 'add_identity_document', 'submit_identity_application');
