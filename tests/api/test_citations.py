"""A citation opens its article at the passage, in the page that people see. Issue 5, part 6."""

import re
from html.parser import HTMLParser
from urllib.parse import urldefrag

import httpx2
import pytest
from psycopg import connect

from core.services import Services
from knowledge.plain import to_plain
from tests.api.conftest import SignIn, ok
from tests.talking import Caller, Meet

BLOCKS = re.compile("p|h[1-6]|li|t[rdh]|pre|blockquote|[uo]l|table")


class Page(HTMLParser):
    """The page's text, and where in it each anchor stands."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.anchors: dict[str, int] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if BLOCKS.fullmatch(tag):
            self.text += " "
        if (anchor := dict(attrs).get("id")) is not None:
            assert anchor not in self.anchors
            self.anchors[anchor] = len(self.text)

    def handle_endtag(self, tag: str) -> None:
        if BLOCKS.fullmatch(tag):
            self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data

    def below(self, anchor: str) -> str:
        return "".join(self.text[self.anchors[anchor] :].split())


def words(text: str) -> str:
    return "".join(text.split())


def test_every_passage_stands_in_its_page_below_its_anchor(shared_server: str, shared_services: Services) -> None:
    with connect(shared_services.owner_url) as owner:
        query = "select document_id, anchor, text from kb_chunks where kb = 'help' order by document_id, ordinal"
        passages = owner.execute(query).fetchall()
    assert len(passages) > 500
    pages: dict[str, Page] = {}
    with httpx2.Client(base_url=shared_server) as client:
        for document_id, _, _ in passages:
            if document_id not in pages:
                pages[document_id] = Page(client.get(f"/help/{document_id}").raise_for_status().text)
    assert len(pages) > 150
    lost = [
        (document_id, anchor)
        for document_id, anchor, text in passages
        if words(to_plain(text)) not in pages[document_id].below(anchor)
    ]
    assert lost == []


@pytest.mark.parametrize(
    "question",
    ["How do I activate my new card?", "What does it cost to take out cash abroad?", "my card was swallowed"],
)
def test_what_an_answer_cites_is_there(visitor: Caller, question: str) -> None:
    *events, done = visitor.hear(question)
    cited = [event.content for event in events if event.name == "citation"]
    assert done.content["citations"] == cited
    assert cited
    for citation in cited:
        address, anchor = urldefrag(citation["url"])
        page = Page(visitor.http.get(address).raise_for_status().text)
        assert citation["title"].split(" · ")[0] in page.text
        assert words(citation["quote"].removesuffix("…")) in page.below(anchor)


def test_a_passage_of_another_base_opens_its_document_there(
    server: str, meet: Meet, colleague: SignIn, fresh: Services
) -> None:
    supervisor, visitor = colleague("supervisor"), meet(server)
    with connect(fresh.owner_url) as owner:
        owner.execute("insert into knowledge_bases (kb) values ('rules')")
    text = b"# Zebra rules\n\n## At night\n\nThe zebra tariff has no rules at night.\n"
    sent = supervisor.http.post(
        "/api/v1/knowledge/documents",
        files={"file": ("activate-new-card.md", text)},
        data={"kb": "rules", "id": "fees/zebra & more?"},
    )
    document = sent.json()["data"]
    published = supervisor.http.post(
        "/api/v1/knowledge/documents/fees/zebra & more%3F/publish",
        json={"kb": "rules", "revision": document["revision"]},
    )
    assert ok(published)["status"] == "published"
    asked = {"q": "Are there zebra rules at night?", "kb": "rules"}
    (passage,) = ok(visitor.http.get("/api/v1/knowledge/search", params=asked))["passages"]
    address, anchor = urldefrag(passage["url"])
    page = Page(visitor.http.get(address).raise_for_status().text)
    assert words(passage["quote"]) in page.below(anchor)
    assert visitor.http.get(address.partition("?")[0]).status_code == 404
