"""Customers send files over HTTP and get them back; nobody else does. Issue 6, "Disputes"."""

import psycopg
import pytest

from core.services import Services
from tests.api.conftest import refused
from tests.talking import Caller
from tools.attachments.content import MOST_BYTES

ATTACHMENTS = "/api/v1/attachments"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"


def test_a_file_is_sent_and_fetched_as_a_download(alex: Caller, blair: Caller, still_services: Services):
    sent = alex.http.post(ATTACHMENTS, files={"file": ("../r\u00e9ceipt.html", PDF)}, data={"purpose": "dispute"})
    assert sent.status_code == 201, sent.text
    stored = sent.json()["data"]["attachment"]
    assert (stored["media_type"], stored["name"]) == ("application/pdf", "r\u00e9ceipt.html")

    fetched = alex.http.get(f"{ATTACHMENTS}/{stored['id']}")
    assert (fetched.status_code, fetched.content) == (200, PDF)
    assert fetched.headers["content-type"] == "application/pdf"
    assert fetched.headers["content-disposition"] == "attachment; filename*=UTF-8''r%C3%A9ceipt.html"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in fetched.headers["content-security-policy"]
    assert refused(blair.http.get(f"{ATTACHMENTS}/{stored['id']}"), 404) == "not_found"
    with psycopg.connect(still_services.owner_url) as owner:
        assert PDF not in b"".join(c for (c,) in owner.execute("select content from attachment_chunks"))


@pytest.mark.parametrize(
    ("content", "fields", "status", "code"),
    [
        (b"<svg><script/></svg>", {"purpose": "dispute"}, 400, "file_not_accepted"),
        (b"", {"purpose": "dispute"}, 400, "file_not_accepted"),
        (PDF, {"purpose": "other"}, 400, "invalid_input"),
        (PDF, {}, 400, "invalid_input"),
        (PDF, {"purpose": "dispute", "customer_id": "x"}, 400, "invalid_input"),
        (PDF + b" " * MOST_BYTES, {"purpose": "dispute"}, 413, "too_large"),
        (PDF + b" " * (MOST_BYTES + 70_000), {"purpose": "dispute"}, 413, "too_large"),
    ],
    ids=["svg", "empty", "other-purpose", "no-purpose", "further-field", "large-file", "large-request"],
)
def test_what_is_not_taken_is_refused_with_its_reason(
    alex: Caller, content: bytes, fields: dict[str, str], status: int, code: str
):
    response = alex.http.post(ATTACHMENTS, files={"file": ("receipt.pdf", content)}, data=fields)
    assert refused(response, status) == code


def test_a_request_that_is_no_form_is_told_what_to_send(alex: Caller):
    assert refused(alex.http.post(ATTACHMENTS, json={"file": "x"}), 400) == "invalid_input"


def test_visitors_and_staff_send_nothing(visitor: Caller, staff: Caller):
    files = {"file": ("receipt.pdf", PDF)}
    assert refused(visitor.http.post(ATTACHMENTS, files=files, data={"purpose": "dispute"}), 401) == "unauthorized"
    assert refused(staff.http.post(ATTACHMENTS, files=files, data={"purpose": "dispute"}), 403) == "customers_only"
