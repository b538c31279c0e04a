"""What can be wrong with a database without anybody noticing: who may see what, and whether the books add up.

``require_security`` is asked by every process that serves customers before it starts; ``inspect_database`` tells all.
docs/row-level-security.md says what each check looks for, and what it cannot see.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

from core.db.bootstrap import WORKER, find_role_faults
from core.db.migrate import find_revision, list_revisions
from core.db.queries import Queries
from core.errors import ConfigurationError
from core.services import Services

PUBLIC_TABLES = (
    "alembic_version",
    "branches",
    "card_limit_kinds",
    "consent_texts",
    "currencies",
    "fx_rates",
    "knowledge_bases",
    "kyc_levels",
    "lending_policies",
    "merchants",
    "opening_hours",
    "operation_effects",
    "operation_types",
    "payment_policies",
    "permissions",
    "policy_disclosures",
    "policy_eligibility",
    "policy_fees",
    "policy_limits",
    "policy_terms",
    "product_terms",
    "retention_rules",
    "role_permissions",
    "roles",
    "screening_entries",
    "screening_loads",
    "signing_keys",
    "terminals",
    "token_denials",
)
"""Tables without customers' data, readable by everybody."""

APPEND_ONLY = (
    "attachment_chunks",
    "attachments",
    "audit_links",
    "audit_log",
    "care_clocks",
    "compliance.alerts",
    "compliance.hits",
    "compliance.journal",
    "compliance.notes",
    "compliance.rule_sets",
    "compliance.runs",
    "consents",
    "dispute_events",
    "dispute_evidence",
    "fraud_decisions",
    "fx_deals",
    "journal_entries",
    "kyc_events",
    "payment_policies",
    "policy_disclosures",
    "policy_eligibility",
    "policy_fees",
    "policy_limits",
    "policy_terms",
    "postings",
    "record_removals",
    "screening_events",
    "screening_loads",
    "staff_reads",
    "tool_calls",
)
"""Tables whose rows nobody changes: each has a trigger that refuses, and no runtime role has the right."""

BY_OPERATION = (
    "accounts",
    "appointments",
    "callbacks",
    "card_deliveries",
    "card_limits",
    "cards",
    "complaints",
    "consents",
    "credentials",
    "customer_preferences",
    "customers",
    "dispute_evidence",
    "disputes",
    "fraud_alerts",
    "handoffs",
    "kyc_applications",
    "kyc_documents",
    "loan_applications",
    "loans",
    "payees",
    "scheduled_payments",
    "standing_orders",
    "totp_authenticators",
)
"""Tables that a runtime role changes only in the transaction that executes a confirmed operation."""

GUARDS = (
    *((table, "refuse_change") for table in APPEND_ONLY),
    *((table, "require_operation") for table in BY_OPERATION),
    ("audit_log", "complete_audit_entry"),
    ("audit_log", "link_audit_entry"),
    ("audit_log", "keep_young_record"),
    ("staff_reads", "keep_young_record"),
    ("tool_calls", "keep_young_record"),
    ("banking_operations", "complete_proposal"),
    ("banking_operations", "keep_operation_status"),
    ("banking_operations", "refuse_proposal"),
    ("banking_operations", "refuse_unverified"),
    ("credentials", "begin_unverified"),
    ("totp_authenticators", "drop_factor_with_app"),
    ("attachments", "keep_attachment"),
    ("attachments", "check_attachment_whole"),
    ("attachments", "keep_attachment_facts"),
    ("attachment_chunks", "keep_attachment_chunk"),
    ("care_cases", "keep_care_case"),
    ("disputes", "keep_dispute_state"),
    ("data_keys", "keep_data_key"),
    ("accounts", "keep_account_kind"),
    ("accounts", "keep_balance_limit"),
    ("postings", "add_posting_to_balance"),
    ("journal_entries", "check_entry_balances"),
    ("transactions", "keep_transaction"),
    ("kyc_applications", "keep_kyc_application"),
    ("kyc_applications", "log_kyc_application"),
    ("kyc_documents", "keep_kyc_document"),
    ("screening_hits", "keep_screening_hit"),
    ("screening_hits", "log_screening_hit"),
    ("fraud_alerts", "guard_alert"),
    ("api_keys", "keep_api_key"),
    ("role_permissions", "keep_role_permission"),
    ("role_permissions", "fit_role_permission"),
    ("staff", "keep_last_admin"),
)
"""Tables and the functions that their triggers must call."""

ACROSS_CUSTOMERS = (
    "audit_heads.worker_sees",
    "banking_operations.worker_sees",
    "cards.network_finds",
    "dispute_clocks.worker_sees",
    "event_outbox.worker_sees",
    "payment_holds.worker_sees",
    "scheduled_payments.worker_locks",
    "scheduled_payments.worker_sees",
    "standing_orders.worker_locks",
    "standing_orders.worker_sees",
    "transactions.worker_sees",
)
"""Policies that show rows of more than one customer on purpose: the worker finds what is due and the card network whose
card it is, by a few columns."""

_QUERIES = Queries(Path(__file__).with_name("health.sql"))
_FAULTS_SHOWN = 20
_FAULTS_IN_ONE_LINE = 3


@dataclass(frozen=True)
class Check:
    """One question and what speaks against a yes."""

    name: str
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.faults


def inspect_database(services: Services, *, demo: bool = True) -> list[Check]:
    """Every check, in the order in which somebody would mend them.

    Args:
        demo: whether this is a demo bank, which keeps security codes where its customers can read them.
    """
    with psycopg.connect(services.owner_url, autocommit=True) as owner:
        return [
            _check("the schema is at the newest revision", _revision_faults(services)),
            *_inspect_security(services, owner, demo=demo),
            _check("the ledger adds up", _ledger_faults(owner)),
        ]


def inspect_security(services: Services, *, demo: bool = True) -> list[Check]:
    """Who may see and change what. Reads the catalogue alone: a few hundredths of a second, however large the bank."""
    with psycopg.connect(services.owner_url, autocommit=True) as owner:
        return _inspect_security(services, owner, demo=demo)


def require_security(services: Services, *, demo: bool) -> None:
    """Refuses a database from which somebody's data could leak.

    Raises:
        ConfigurationError: the first faults, and how to see all.
    """
    faults = [fault for check in inspect_security(services, demo=demo) for fault in check.faults]
    if not faults:
        return
    shown = "; ".join(faults[:_FAULTS_IN_ONE_LINE])
    more = f"; and {len(faults) - _FAULTS_IN_ONE_LINE} more" if len(faults) > _FAULTS_IN_ONE_LINE else ""
    raise ConfigurationError(
        f"The database would not keep customers apart: {shown}{more}. Nothing is served from it. Run 'tellergraph db "
        f"check' for all of it, and mend it as docs/row-level-security.md says."
    )


def _inspect_security(services: Services, owner: Connection[Any], *, demo: bool) -> list[Check]:
    logins = [conninfo_to_dict(services.app_url)["user"], WORKER]
    roles = [oid for (oid,) in owner.execute(_QUERIES["list_reachable_roles"], {"logins": logins})]
    asked = {
        "roles": roles,
        "public": list(PUBLIC_TABLES),
        "append_only": list(APPEND_ONLY),
        "across": list(ACROSS_CUSTOMERS),
        "demo": demo,
        "tables": [table for table, _ in GUARDS],
        "functions": [function for _, function in GUARDS],
    }
    role_faults = [*find_role_faults(services.app_url), *_faults(owner, "list_role_faults", asked)]
    return [
        _check("the runtime logins are bound by row-level security", role_faults),
        *(_check(name, _faults(owner, query, asked)) for name, query in _SECURITY.items()),
    ]


_SECURITY = {
    "row-level security is forced on every table with customers' data": "list_unprotected_tables",
    "every right on a table has its policy": "list_missing_policies",
    "every policy asks for whom": "list_open_policies",
    "no right goes round the policies": "list_loose_grants",
    "views show what their reader may see": "list_loose_views",
    "functions with their owner's rights ask for whom": "list_loose_functions",
    "the triggers that keep promises are awake": "list_loose_guards",
}
"""Names of checks, and the queries that list what speaks against them."""


def _check(name: str, faults: Iterable[str]) -> Check:
    return Check(name, tuple(faults))


def _faults(owner: Connection[Any], query: str, asked: Mapping[str, object]) -> list[str]:
    return [fault for (fault,) in owner.execute(_QUERIES[query], asked)]


def _revision_faults(services: Services) -> list[str]:
    found, newest = find_revision(services.owner_url), list_revisions()[-1]
    return [] if found == newest else [f"it is at {found}, the newest is {newest}: run 'tellergraph db migrate'"]


def _ledger_faults(owner: Connection[Any]) -> list[str]:
    if not owner.execute(_QUERIES["has_ledger"]).fetchall()[0][0]:
        return ["there is no ledger"]
    rows = owner.execute(_QUERIES["list_ledger_faults"], {"limit": _FAULTS_SHOWN})
    return [f"{fault}: {subject}" for fault, subject in rows]
