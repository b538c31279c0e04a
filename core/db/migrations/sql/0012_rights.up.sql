-- What the revisions before leave open: staff see the newer tables of an opened file, no function is everybody's, and the
-- message that asked for an operation is found by its turn.

create index chat_messages_turn on chat_messages (turn_id);

do $$
declare t text;
begin
    foreach t in array array['scheduled_payments', 'card_deliveries', 'card_limits', 'loan_applications',
                             'loans'] loop
        perform show_to_staff(t::regclass);
    end loop;
end $$;
grant select on card_limit_kinds, product_terms to tellergraph_staff;

-- PostgreSQL lets everybody execute a new function. From now on nobody may, unless it is granted. What is already there
-- and runs with its caller's rights stays with our roles; what runs with its owner's was granted one by one.
alter default privileges revoke execute on functions from public;
do $$
declare f record;
begin
    for f in select p.oid::regprocedure as name, p.prosecdef from pg_proc p
              where p.pronamespace = 'public'::regnamespace and p.proowner = current_user::regrole
                and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0) loop
        if not f.prosecdef then
            execute format('grant execute on function %s to tellergraph_app, tellergraph_staff, tellergraph_worker', f.name);
        end if;
        execute format('revoke execute on function %s from public', f.name);
    end loop;
end $$;
