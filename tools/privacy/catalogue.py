"""Every table with what it means for the people in it, in one line each. A test compares with the schema: a table or a
column that is missing here fails.

The order is the order of erasure: what refers to something else goes first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Whose = Literal["customer_id", "owner", "id", "through postings", "thread"]
"""How a row is found to be a customer's: a column; ``owner`` is ``customer:<id>``; ``id`` is the customer's own."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Rows go. ``why`` they are not needed any more."""

    why: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Rows stay for as long as a retention rule says. ``why`` the law has the bank keep them."""

    why: str
    rule: str = "records"


@dataclass(frozen=True, slots=True)
class Blank:
    """Rows stay, and these columns are emptied: SQL by column. What stood there is sealed away for as long as the rule
    says (``retained_records``), unless ``is_sealed`` is false."""

    columns: Mapping[str, str]
    why: str
    rule: str = "records"
    is_sealed: bool = True


@dataclass(frozen=True, slots=True)
class Shred:
    """The key is destroyed and its row stays, as proof."""

    why: str


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: str
    """In the copy."""
    on_erasure: Delete | Keep | Blank | Shred
    withheld: Mapping[str, str] = field(default_factory=dict[str, str])
    """Columns that are not in the copy, by name (several in one go), with the reason."""
    whose: Whose = "customer_id"
    not_exported: str = ""
    """Why no row of it is in the copy."""

    @property
    def is_exported(self) -> bool:
        return not self.not_exported

    def exported_columns(self) -> list[str]:
        return self.columns.split()

    def withheld_columns(self) -> list[str]:
        return [column for group in self.withheld for column in group.split()]


_LEDGER = "ledger and payment records: MLR 2017 reg. 40, Companies Act 2006 s. 388; GDPR art. 17(3)(b)"
_AML = "identification and screening: MLR 2017 reg. 40; GDPR art. 17(3)(b)"
_AUDIT = "who did what: GDPR art. 5(2) and 32, PSD2 art. 72; art. 17(3)(b) and (e)"
_CLAIMS = "legal claims: Limitation Act 1980 s. 5; GDPR art. 17(3)(e)"
_FRAUD = "prevention of fraud: PSR 2017 reg. 97; GDPR art. 17(3)(b), ids and amounts without names"
_TIPPING_OFF = "would tell that somebody is suspected: POCA 2002 s. 333A, DPA 2018 sch. 2 par. 2"
_METHODS = "would tell how fraud is looked for: DPA 2018 sch. 2 par. 2"
_COLLEAGUE = "names a colleague: DPA 2018 sch. 2 par. 16"
_SECRET = "secret of the login; of no use but to get in"  # noqa: S105
_INTERNAL = "a number of ours that says nothing about anybody"
_SHORT = "of use for the moment alone"

CATALOGUE: tuple[Table, ...] = (
    Table("data_keys", "customer_id purpose id master_id created_at wrapped_at destroyed_at",
          Shred("crypto-shredding: every copy of what it encrypted becomes unreadable, backups too"),
          {"wrapped": "the key itself"}),
    Table("confirmation_slips", "", Delete(_SHORT), whose="customer_id", not_exported="hashes of used confirmations",
          withheld={"slip_hash customer_id operation_id payload_hash policy_version minted_at expires_at used_at":
          _SECRET}),
    Table("refresh_tokens", "", Delete("the login ends"), whose="owner", not_exported="hashes of what a browser holds",
          withheld={"hash session_id owner issued_at expires_at used_at raced": _SECRET}),
    Table("auth_sessions", "id owner user_agent opened_at last_used_at expires_at ended_at ended_reason",
          Delete("the login ends"), whose="owner"),
    Table("login_codes", "id customer_id purpose email sent_at expires_at used_at voided_at", Delete(_SHORT),
          {"staff_id": "empty in a customer's row", "code_hash": _SECRET}),
    Table("recovery_codes", "id customer_id made_at used_at", Delete("the login ends"),
          {"staff_id": "empty in a customer's row", "code_hash": _SECRET}),
    Table("second_factors", "id customer_id required_since", Delete("the login ends"),
          {"staff_id": "empty in a customer's row"}),
    Table("login_identities", "id issuer sub provider customer_id linked_at", Delete("the login ends"),
          {"staff_id": "empty in a customer's row"}),
    Table("api_keys", "id customer_id name prefix permissions created_at expires_at last_used_at revoked_at replaces",
          Delete("the login ends"), {"secret_hash": _SECRET}),
    Table("demo_outbox", "", Delete(_SHORT), not_exported="codes, in demo mode alone",
          withheld={"id customer_id operation_id text code sent_at": _SECRET}),
    Table("step_up_tries", "id customer_id operation_id tried_at was_right", Delete(_SHORT)),
    Table("step_up_challenges", "operation_id customer_id method payload_hash opened_at verified_at", Delete(_SHORT)),
    Table("totp_authenticators", "id customer_id created_at confirmed_at removed_at last_step", Delete("the login "
          "ends")),
    Table("name_checks", "", Delete(_SHORT), not_exported="hashes of names of other people",
          withheld={"customer_id account_hash name_hash checked_at": "hashes of names of other people"}),
    Table("event_outbox", "", Delete(_SHORT), not_exported=_METHODS,
          withheld={"id customer_id topic body created_at attempts next_at delivered_at given_up_at fault": _METHODS}),
    Table("callbacks", "id reference customer_id operation_id phone is_on_file topic starts_at ends_at status "
          "requested_at",
          Delete("service that is over")),
    Table("appointments", "id reference customer_id operation_id branch_id topic starts_at status booked_at "
          "cancelled_at",
          Delete("service that is over")),
    Table("handoffs", "id reference customer_id operation_id packet status requested_at taken_at closed_at",
          Delete("service that is over"), {"taken_by": _COLLEAGUE}),
    Table("customer_preferences", "customer_id statement_delivery language marketing_channel updated_at",
          Delete("there is nobody to write to any more")),
    Table("checkpoints.checkpoints", "", Delete("the conversation's memory"), whose="thread",
          not_exported="a working copy of chat_messages",
          withheld={"thread_id checkpoint_ns checkpoint_id parent_checkpoint_id type checkpoint metadata": "as above"}),
    Table("checkpoints.checkpoint_blobs", "", Delete("the conversation's memory"), whose="thread",
          not_exported="a working copy of chat_messages",
          withheld={"thread_id checkpoint_ns channel version type blob": "as above"}),
    Table("checkpoints.checkpoint_writes", "", Delete("the conversation's memory"), whose="thread",
          not_exported="a working copy of chat_messages",
          withheld={"thread_id checkpoint_ns checkpoint_id task_id idx channel type blob task_path": "as above"}),
    Table("turn_records", "", Delete("the conversation"), whose="owner",
          not_exported="how an answer was made; what was said is in chat_messages",
          withheld={"turn_id owner model digests policy_version sealed recorded_at": "as above"}),
    Table("feedback", "turn_id owner rating comment created_at changed_at", Delete("the conversation"), whose="owner"),
    Table("chat_messages", "id session_id turn_id owner role content route intent confidence citations created_at "
          "original has_pii pii_fields embedding", Delete("the conversation"), whose="owner"),
    Table("chat_turns", "id session_id owner status worker_id lease_expires_at outcome started_at finished_at",
          Delete("the conversation"), whose="owner"),
    Table("chat_sessions", "id owner title created_at updated_at", Delete("the conversation"), whose="owner"),
    Table("credentials", "customer_id email created_at verified_at", Delete("the login ends"),
          {"password_hash": _SECRET}),
    Table("customers", "id full_name date_of_birth phone address_line city postcode country tier kyc_status kyc_level "
          "kyc_document kyc_verified_at created_at",
          Blank({"full_name": "'erased'", "date_of_birth": "null", "phone": "null", "address_line": "null",
                 "city": "null", "postcode": "null", "kyc_document": "null"}, _AML), whose="id"),
    Table("accounts", "id customer_id kind name currency status sort_code account_number iban balance_minor "
          "overdraft_minor opened_at held_minor most_minor jurisdiction",
          Blank({"name": "'erased'"}, _LEDGER)),
    Table("cards", "id customer_id account_id kind nickname network last4 status expires_on contactless_enabled "
          "online_enabled created_at replaces_id blocked_as cash_enabled abroad_enabled",
          Blank({"nickname": "null"}, _LEDGER)),
    Table("card_deliveries", "id customer_id card_id item method address ordered_at dispatch_on expected_on",
          Blank({"address": "'erased'"}, _LEDGER)),
    Table("complaints", "id reference customer_id operation_id category text status received_at acknowledged_by "
          "answer_by answered_at", Blank({"text": "'erased'"}, "FCA DISP 1.9.1R; GDPR art. 17(3)(b)")),
    Table("disputes", "id reference customer_id account_id transaction_id operation_id kind reason regime jurisdiction "
          "amount_minor currency description liability_minor state credited_entry credited_at reversal_entry opened_at "
          "decided_at", Blank({"description": "'erased'"}, _CLAIMS)),
    Table("banking_operations", "id customer_id type status payload payload_hash summary idempotency_key initiated_by "
          "turn_id created_at expires_at completed_at amount_minor currency recipient policy_version posts step_up "
          "limit_minor entry_id error_code chat_message_id executed_in request_hash proposed decided",
          Blank({"payload": "'{}'", "summary": "'erased'", "proposed": "'{}'", "recipient": "null"}, _LEDGER)),
    Table("payees", "id customer_id name iban sort_code account_number currency created_at reference removed_at",
          Blank({"name": "'erased ' || id", "reference": "null"}, _LEDGER)),
    Table("standing_orders", "id customer_id account_id payee_id amount_minor currency frequency next_run_on reference "
          "status created_at to_account_id fee_minor starts_on ends_on not_before due_at",
          Blank({"reference": "null"}, _LEDGER)),
    Table("scheduled_payments", "id customer_id account_id payee_id to_account_id amount_minor currency fee_minor "
          "reference due_on not_before due_at status scheduled_by paid_by error_code created_at",
          Blank({"reference": "null"}, _LEDGER)),
    Table("privacy_requests", "id customer_id kind field wanted reason made_at answer_by status answer decided_at",
          Blank({"wanted": "case when wanted is not null then 'erased' end", "reason": "'erased'",
                 "answer": "case when answer is not null then 'erased' end"}, "what was asked and answered: GDPR "
                 "art. 5(2)"),
          {"decided_by": _COLLEAGUE}),
    Table("transactions", "id customer_id account_id card_id merchant_id terminal_id payee_id entry_id kind status "
          "amount_minor currency category description decline_reason occurred_at booked_at authorisation "
          "authorised_minor released_at", Keep(_LEDGER)),
    Table("postings", "id entry_id account_id customer_id amount_minor currency booked_at", Keep(_LEDGER)),
    Table("journal_entries", "id kind description booked_at reverses_id made_in", Keep(_LEDGER), whose="through "
          "postings"),
    Table("fx_deals", "entry_id customer_id from_currency from_minor to_currency to_minor rate", Keep(_LEDGER)),
    Table("payment_holds", "operation_id customer_id transaction_id status held_at expires_at ended_at ended_by",
          Keep(_LEDGER)),
    Table("card_limits", "card_id kind customer_id amount_minor set_at", Keep(_LEDGER)),
    Table("loan_applications", "id customer_id operation_id account_id status amount_minor currency months apr "
          "payment_minor purpose policy_version created_at decided_at", Keep(_CLAIMS)),
    Table("loans", "account_id customer_id application_id principal_minor months apr payment_minor paid_out_on "
          "first_due_on paid_minor interest_minor interest_to settled_at", Keep(_CLAIMS)),
    Table("consents", "id customer_id name version is_given operation_id at", Keep("proof of consent: GDPR art. 7(1)")),
    Table("attachments", "id customer_id purpose name media_type size_bytes sha256 created_at",
          Keep(f"sealed; {_AML}"), {"made_in key_id": _INTERNAL, "sealed_key": "the key itself"}),
    Table("attachment_chunks", "", Keep(f"sealed; {_AML}"), not_exported="each file is in the copy as it was sent",
          withheld={"attachment_id customer_id n content": "each file is in the copy as it was sent"}),
    Table("kyc_applications", "id reference customer_id level status sections sealed message created_at changed_at "
          "submitted_at decided_at valid_until", Keep(f"sealed; {_AML}"),
          {"taken_by maker checker": _COLLEAGUE, "verdict maker_reason checker_reason": _TIPPING_OFF}),
    Table("kyc_documents", "application_id kind customer_id attachment_id added_at", Keep(_AML)),
    Table("kyc_events", "", Keep(_AML), not_exported="the application itself is in the copy",
          withheld={"id application_id customer_id actor was becomes at": _COLLEAGUE}),
    Table("dispute_events", "id dispute_id customer_id kind is_shown detail at", Keep(_CLAIMS), {"actor": _COLLEAGUE}),
    Table("dispute_evidence", "id dispute_id customer_id attachment_id note operation_id at", Keep(_CLAIMS)),
    Table("dispute_clocks", "id dispute_id customer_id kind rule due_on due_at ended_at outcome", Keep(_CLAIMS)),
    Table("dispute_actions", "", Keep(_CLAIMS), not_exported="what colleagues weigh before they decide",
          withheld={"id dispute_id customer_id kind reason maker status approver remark error_code created_at "
          "expires_at "
                    "decided_at": _COLLEAGUE}),
    Table("care_cases", "id reference customer_id kind is_shown said turn_id opened_at taken_at closed_at",
          Keep("FCA DISP 1.9.1R; masked"), {"taken_by closed_by outcome": _COLLEAGUE}),
    Table("care_clocks", "case_id customer_id is_shown kind rule due_on", Keep("as the case")),
    Table("fraud_alerts", "id customer_id card_id transaction_id reason status created_at operation_id asked_at answer "
          "answered_at closed_at", Keep(_FRAUD), {"closed_by": _COLLEAGUE, "note decision_id": _METHODS}),
    Table("fraud_decisions", "", Keep(_FRAUD), not_exported=_METHODS,
          withheld={"id customer_id operation_id card_id authorisation payload_hash policy_version rules_version "
                    "model_version outcome score event_id features hits decided_at valid_until": _METHODS}),
    Table("fraud_events", "", Keep(_FRAUD), not_exported=_METHODS,
          withheld={"id customer_id transaction_id party merchant amount_minor occurred_at country device channel":
          _METHODS}),
    Table("fraud_firsts", "", Keep(_FRAUD), not_exported=_METHODS, withheld={"customer_id thing first_at": _METHODS}),
    Table("fraud_labels", "", Keep(_FRAUD), not_exported=_METHODS,
          withheld={"event_id customer_id party merchant amount_minor is_large occurred_at known_at withdrawn_at":
          _METHODS}),
    Table("fraud_scores", "", Keep(_FRAUD), not_exported=_METHODS,
          withheld={"event_id customer_id model probability features": _METHODS}),
    Table("screening_subjects", "", Keep(_AML), not_exported=_TIPPING_OFF,
          withheld={"kind subject_id customer_id fingerprint generation at": _TIPPING_OFF}),
    Table("screening_hits", "", Keep(_AML), not_exported=_TIPPING_OFF,
          withheld={"id kind subject_id customer_id fingerprint name entry_id score reasons status verdict maker "
                    "maker_reason checker checker_reason found_at decided_at": _TIPPING_OFF}),
    Table("screening_events", "", Keep(_AML), not_exported=_TIPPING_OFF,
          withheld={"id hit_id customer_id actor was becomes verdict reason at": _TIPPING_OFF}),
    Table("compliance.days", "", Keep(_AML), not_exported=_TIPPING_OFF,
          withheld={"customer_id currency day cash_in cash_out in_minor out_minor in_count payers payees places "
                    "transactions": _TIPPING_OFF}),
    Table("compliance.findings", "", Keep(_AML), not_exported=_TIPPING_OFF,
          withheld={"rule customer_id currency day window_from amount_minor evidence": _TIPPING_OFF}),
    Table("compliance.hits", "", Keep(_AML), not_exported=_TIPPING_OFF,
          withheld={"id run_id rule customer_id currency day window_from amount_minor evidence": _TIPPING_OFF}),
    Table("compliance.alerts", "", Keep(_AML), not_exported=_TIPPING_OFF,
          withheld={"id rule customer_id currency first_day hit_id case_id at": _TIPPING_OFF}),
    Table("compliance.cases", "", Keep(_AML), not_exported=_TIPPING_OFF,
          withheld={"id reference customer_id status opened_by opened_at reason assigned_to outcome proposed_by "
          "decided_by "
                    "closed_at": _TIPPING_OFF}),
    Table("staff_actions", "", Keep(_AUDIT), not_exported="what was done stands among banking_operations",
          withheld={"id kind customer_id account_id entry_id overdraft_minor currency reason maker status approver "
          "remark "
                    "error_code operation_id created_at expires_at decided_at held_operation_id": _COLLEAGUE}),
    Table("staff_reads", "id subject customer_id at", Keep(_AUDIT),
          {"staff_id": f"{_COLLEAGUE}; CJEU C-579/21", "reason": _TIPPING_OFF, "xact began_at": _INTERNAL}),
    Table("tool_calls", "id customer_id tool door outcome turn_id at", Keep(_AUDIT)),
    Table("audit_log", "id actor customer_id action resource detail turn_id at decision ip user_agent session",
          Keep(_AUDIT), {"request_id policy_version before_hash after_hash": _INTERNAL, "reason": _TIPPING_OFF}),
    Table("legal_holds", "", Keep(_CLAIMS), not_exported=_TIPPING_OFF,
          withheld={"id customer_id reason placed_by placed_at released_by released_at release_reason": _TIPPING_OFF}),
    Table("erasures", "id customer_id reason started_at done finished_at certificate",
          Keep("proof that it was done: GDPR art. 5(2)"), {"asked_by": _COLLEAGUE}),
    Table("retained_records", "", Keep("sealed: what the tables above say"), not_exported="exists once a customer is "
          "erased",
          withheld={"customer_id sealed kept_until made_at destroyed_at": "exists once a customer is erased"}),
)  # fmt: skip

NOBODYS: Mapping[str, str] = {
    "alembic_version": "the schema's revision",
    "audit_heads": "the last link of each chain",
    "audit_links": "hashes of the audit's lines",
    "branches": "the bank's branches",
    "card_limit_kinds": "terms",
    "checkpoints.checkpoint_migrations": "the library's revision",
    "compliance.journal": "about cases, by their number",
    "compliance.notes": "about cases, by their number; kept with them",
    "compliance.rule_sets": "rules",
    "compliance.runs": "counts of all",
    "consent_texts": "texts",
    "currencies": "currencies",
    "fraud_days_settled": "one date",
    "fraud_party_days": "counts of terminals and accounts of all",
    "fx_rates": "rates",
    "kb_chunks": "the bank's documents",
    "kb_documents": "the bank's documents",
    "kb_postings": "the bank's documents",
    "kb_sizes": "the bank's documents",
    "kb_words": "the bank's documents",
    "knowledge_bases": "the bank's documents",
    "kyc_levels": "rules",
    "lending_policies": "rules",
    "login_tries": "keyed hashes of logins and addresses",
    "merchants": "shops",
    "opening_hours": "the bank's branches",
    "operation_effects": "rules",
    "operation_types": "rules",
    "payment_policies": "rules",
    "permissions": "rules",
    "policy_disclosures": "rules",
    "policy_eligibility": "rules",
    "policy_fees": "rules",
    "policy_limits": "rules",
    "policy_proposals": "rules, and which colleague proposed them",
    "policy_terms": "rules",
    "product_terms": "terms",
    "record_removals": "when old records were removed",
    "retention_rules": "rules",
    "role_permissions": "rules",
    "roles": "rules",
    "screening_entries": "published lists of the sanctioned",
    "screening_loads": "published lists of the sanctioned",
    "signing_keys": "the server's keys for tokens",
    "staff_authenticators": "colleagues' authenticator apps",
    "staff": "colleagues: the bank's own records of its staff",
    "terminals": "shops' terminals",
    "token_denials": "tokens that do not count any more, until they would have ended",
}
"""Tables without customers' data, and what is in them."""


def exported_tables() -> list[Table]:
    return [table for table in CATALOGUE if table.is_exported]
