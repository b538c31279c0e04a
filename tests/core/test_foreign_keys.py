"""Foreign keys of tables that grow are found by an index: removing or looking up what they point at never reads a whole
table, of a customer's data least of all."""

import psycopg

from core.services import Services

CLOSED_LISTS = [
    "card_limit_kinds",
    "consent_texts",
    "currencies",
    "lending_policies",
    "merchants",
    "operation_types",
    "payment_policies",
]
"""What keys may point at without an index: lists that an operator or a migration adds to. Nobody deletes from them, and
nobody asks for everything that points at a line of theirs."""

EXCEPTIONS = {
    "confirmation_slips (customer_id)": "written with every payment and found by hash or operation; customers are "
    "never deleted",
    "transactions (account_id, customer_id)": "an index begins with account_id, which has one customer; accounts with "
    "transactions are never deleted",
    "transactions (terminal_id)": "written with every payment; terminals are never deleted and nobody asks by them",
}

FOREIGN_KEYS = """
    select k.conrelid::regclass::text || ' (' || string_agg(a.attname, ', ' order by c.place) || ')',
           exists (select from pg_index i
                    where i.indrelid = k.conrelid and i.indisvalid
                      and k.conkey::int[] @> (i.indkey::int[])[0:cardinality(k.conkey) - 1]
                      -- An index of some rows counts where it leaves out the rows that point at nothing.
                      and (i.indpred is null
                           or pg_get_expr(i.indpred, i.indrelid)
                              = any (array_agg('(' || a.attname || ' IS NOT NULL)'))))
      from pg_constraint k
     cross join unnest(k.conkey) with ordinality c (number, place)
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.number
      join pg_class parent on parent.oid = k.confrelid
     where k.contype = 'f' and k.connamespace = 'public'::regnamespace and parent.relname <> all (%s)
     group by k.oid, k.conrelid, k.conkey"""


def without_index(owner_url: str) -> set[str]:
    with psycopg.connect(owner_url) as owner:
        found = dict(owner.execute(FOREIGN_KEYS, [CLOSED_LISTS]).fetchall())
    assert len(found) > 60
    return {name for name, has_index in found.items() if not has_index}


def test_every_foreign_key_has_an_index_that_begins_with_it(services: Services):
    """A new table: add the index, or a line to EXCEPTIONS that says who will never miss it."""
    assert without_index(services.owner_url) == set(EXCEPTIONS)


def test_a_forgotten_index_is_noticed(empty: Services):
    with psycopg.connect(empty.owner_url) as owner:
        owner.execute("drop index payees_customer")
        owner.execute("create index payees_some on payees (customer_id) where removed_at is not null")
    assert "payees (customer_id)" in without_index(empty.owner_url)
