-- Run once by the image's entry point, as the superuser, when the volume is new. Neither login is a superuser: the one that
-- serves customers is bound by row-level security, the other migrates (docs/row-level-security.md, decision 0002).
\getenv owner_password DATABASE_OWNER_PASSWORD
\getenv runtime_password DATABASE_RUNTIME_PASSWORD
\set ON_ERROR_STOP on
begin;
create role tellergraph_owner;
create role tellergraph_app;
create role tellergraph_checkpoint;
create role tellergraph_graph;
create role tellergraph_compliance;
create role tellergraph_worker;
create role tellergraph_staff;
create role tellergraph_network;
create role tellergraph_subject;
grant tellergraph_compliance to tellergraph_owner with inherit false, set true;
grant tellergraph_staff, tellergraph_network, tellergraph_subject to tellergraph_app with inherit false, set true;
create role migrator login password :'owner_password' in role tellergraph_owner, tellergraph_checkpoint,
    tellergraph_graph, tellergraph_worker, tellergraph_compliance;
create role runtime login password :'runtime_password' in role tellergraph_app;
create extension vector;
grant usage, create on schema public to tellergraph_owner;
grant usage on schema public to tellergraph_app, tellergraph_worker, tellergraph_staff, tellergraph_network,
    tellergraph_subject;
create schema checkpoints authorization tellergraph_checkpoint;
create schema lightrag authorization tellergraph_graph;
create schema compliance authorization tellergraph_compliance;
revoke temporary on database :"DBNAME" from public;
commit;
