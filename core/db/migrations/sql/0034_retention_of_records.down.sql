do $$
begin
    execute replace(pg_get_functiondef('keep_kyc_application'::regproc),
        'if not (current_user = ''tellergraph_owner'' and to_jsonb(new) - ''sealed'' = to_jsonb(old) - ''sealed'')
       and old.status <> ''draft'' and (new.sealed,',
        'if old.status <> ''draft'' and (new.sealed,');
end $$;
drop trigger attachments_facts on attachments;
drop trigger audit_log_young on audit_log;
drop trigger staff_reads_young on staff_reads;
drop trigger tool_calls_young on tool_calls;
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: post a reversing entry instead', tg_table_name using errcode = 'TG001';
end $$;
drop table record_removals cascade;
drop function keep_young_record(), keep_attachment_facts();
