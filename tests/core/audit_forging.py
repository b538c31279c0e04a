"""What somebody who owns the database writes links with: the right hash over whatever the entry says now."""

from typing import LiteralString

FORGE: LiteralString = """
    create or replace function pg_temp.forge_link(head audit_heads, entry audit_log) returns void language plpgsql as $$
    declare
        said   bytea;
        linked bytea;
    begin
        select convert_to(string_agg(coalesce(octet_length(field) || ':' || field, '-') || ',', '' order by place),
                          'UTF8') into said
          from unnest(array['tellergraph.audit.1', head.chain::text, (head.seq + 1)::text, entry.id::text,
                            (extract(epoch from entry.at) * 1000000)::bigint::text, entry.actor,
                            entry.customer_id::text, entry.action, entry.resource, entry.detail::text,
                            entry.decision, entry.reason, entry.policy_version, entry.turn_id::text,
                            entry.request_id, entry.session::text, entry.ip::text, entry.user_agent,
                            encode(entry.before_hash, 'hex'), encode(entry.after_hash, 'hex')])
               with ordinality fields (field, place);
        linked := sha256(head.hash || said);
        insert into audit_links values (head.chain, head.seq + 1, entry.id, head.hash, linked);
        update audit_heads set seq = head.seq + 1, hash = linked where chain = head.chain;
    end $$;
"""
