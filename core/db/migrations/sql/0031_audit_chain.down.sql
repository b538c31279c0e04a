do $$
declare t text;
begin
    for t in select c.relname from pg_trigger g join pg_class c on c.oid = g.tgrelid
              where g.tgname = 'note_change' and c.relnamespace = 'public'::regnamespace loop
        execute format('drop trigger note_change on %I', t);
    end loop;
end $$;
drop function note_change();
drop trigger audit_log_link on audit_log;
drop trigger audit_log_complete on audit_log;
drop function link_audit_entry(), append_audit_link(audit_heads, audit_log), audit_bytes(smallint, bigint, audit_log), complete_audit_entry();
drop table audit_links, audit_heads;
alter table audit_log drop column decision, drop column reason, drop column policy_version, drop column ip,
    drop column user_agent, drop column session, drop column before_hash, drop column after_hash;
comment on column audit_log.customer_id is null;
