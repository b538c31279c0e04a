-- What was agreed to under texts that go, goes with them.
alter table consents disable trigger consents_append_only;
delete from consents where name in ('model_improvement', 'outside_models');
alter table consents enable trigger consents_append_only;
delete from consent_texts where name in ('model_improvement', 'outside_models');
alter table consent_texts drop constraint consent_texts_name_check,
    add check (name in ('marketing', 'personalisation', 'research'));
drop function decide_privacy_request, open_privacy_request, list_privacy_requests;
delete from role_permissions where starts_with(permission, 'staff.privacy:');
delete from permissions where starts_with(name, 'staff.privacy:');
drop table privacy_requests, erasures, retained_records, legal_holds, retention_rules;
do $$
declare t record;
begin
    for t in select tablename from pg_policies where schemaname = 'public' and policyname = 'subject_reads' loop
        execute format('drop policy subject_reads on %I', t.tablename);
        execute format('revoke all on %I from tellergraph_subject', t.tablename);
    end loop;
end $$;
-- Rights on columns are revoked column by column.
do $$
declare g record;
begin
    for g in select table_name, column_name from information_schema.role_column_grants
              where grantee = 'tellergraph_subject' and table_schema = 'public' loop
        execute format('revoke select (%I) on %I from tellergraph_subject', g.column_name, g.table_name);
    end loop;
end $$;
revoke execute on function app_customer_id, app_subject from tellergraph_subject;
drop function show_to_subject(regclass, text, text);
