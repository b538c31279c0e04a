create or replace function may_verify(application kyc_applications) returns boolean
    language sql stable set search_path = pg_catalog, public, pg_temp
    return application.id is not null;
comment on function may_verify is 'Replaced by 0023_screening: nobody is verified while screening waits for somebody.';
create or replace function must_wait(op banking_operations) returns boolean
    language sql stable set search_path = pg_catalog, public, pg_temp
    return false;
comment on function must_wait is 'Replaced by 0023_screening: a payment that staff have to look at first is held.';
drop function payee_to_screen, decide_screening_verdict, propose_screening_verdict, list_screening_hits, open_screening, screening_standing,
    record_screening, keep_screening, audit_screening;
drop table screening_events, screening_hits, screening_subjects, screening_entries, screening_loads;
drop function keep_screening_hit, log_screening_hit;
-- That the register was opened remains in the audit log.
alter table staff_reads disable trigger staff_reads_append_only;
delete from staff_reads where subject = 'screening';
alter table staff_reads enable trigger staff_reads_append_only;
alter table staff_reads drop constraint staff_reads_subject_check;
alter table staff_reads add constraint staff_reads_subject_check
    check (subject in ('customer', 'audit_log', 'staff_actions', 'fraud_alerts'));
