drop index chat_messages_turn;
alter default privileges grant execute on functions to public;
do $$
declare f record;
begin
    -- Those that the way up took from everybody: ours that run with their caller's rights and that all three roles have.
    for f in select p.oid::regprocedure as name from pg_proc p
              where p.pronamespace = 'public'::regnamespace and p.proowner = current_user::regrole and not p.prosecdef
                and (select count(*) = 3 from aclexplode(p.proacl) a
                      where a.grantee in ('tellergraph_app'::regrole, 'tellergraph_staff'::regrole, 'tellergraph_worker'::regrole)) loop
        execute format('grant execute on function %s to public', f.name);
        execute format('revoke execute on function %s from tellergraph_app, tellergraph_staff, tellergraph_worker', f.name);
    end loop;
end $$;

revoke select on card_limit_kinds, product_terms from tellergraph_staff;
do $$
declare t text;
begin
    foreach t in array array['scheduled_payments', 'card_deliveries', 'card_limits', 'loan_applications',
                             'loans'] loop
        execute format('drop policy staff_file on %I', t);
        execute format('revoke select on %I from tellergraph_staff', t);
    end loop;
end $$;
