"""How a dispute stands, as the chat says it."""

from agent.models.offline.results.disputes import BY_TOOL

DISPUTE = {
    "reference": "D-0123-4567-89AB",
    "payment": "Voltline",
    "paid": "2026-11-02",
    "amount": "249.99",
    "currency": "GBP",
    "opened": "2026-11-04",
    "state_in_words": "It was decided that the payment stands.",
}
OPENED = {"at": "2026-11-04T10:00:00Z", "what": "You opened the dispute."}


def test_who_asks_how_a_dispute_stands_reads_what_the_bank_found_and_what_it_asked_for():
    """12 CFR 1005.11(d)(1): the findings are explained."""
    asked = {"at": "2026-11-05T10:00:00Z", "what": "We asked you for evidence: Please send the order."}
    found = {"at": "2026-11-09T10:00:00Z", "what": "It was decided that the payment stands. You signed the receipt."}
    result = {"dispute": DISPUTE, "events": [OPENED, asked, found], "deadlines": [], "helpful_evidence": []}
    assert BY_TOOL["get_dispute_status"](result) == (
        "**D-0123-4567-89AB**, £249.99 of Voltline on 2 November 2026, opened on 4 November 2026. "
        "It was decided that the payment stands.\n\nWhat has happened:\n\n- You opened the dispute.\n"
        "- We asked you for evidence: Please send the order.\n"
        "- It was decided that the payment stands. You signed the receipt."
    )


def test_of_a_dispute_that_is_new_the_next_day_is_said_and_no_history():
    deadline = {"date": "2026-11-05", "what": "we give the money back", "rule": "PSRs 2017, reg. 76(2)"}
    result = {"dispute": DISPUTE, "events": [OPENED], "deadlines": [deadline], "helpful_evidence": ["the receipt"]}
    said = BY_TOOL["get_dispute_status"](result)
    assert "What has happened" not in said
    assert "- 5 November 2026: we give the money back (PSRs 2017, reg. 76(2))" in said
    assert said.endswith("What would help: the receipt.")
