"""``tellergraph kb``: what the operator does with knowledge bases beyond ingesting folders."""

from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer

from core.cli import AsJson, command_services
from core.db.migrate import migrate
from core.errors import InvalidInput, NotFound
from core.services import Services
from knowledge.embed import Encoder
from knowledge.passages import make_passages
from knowledge.store import Unpublished, list_bases, open_store

kb_app = typer.Typer(help="Knowledge bases: what is there, what waits, publish and retire.", no_args_is_help=True)

Kb = Annotated[str, typer.Option("--kb", help="The knowledge base.")]


@kb_app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """Every knowledge base with how much is in it."""
    with command_services(as_json) as services:
        migrate(services)
        bases = list_bases(services.owner_url)
    lines = [
        f"{base['kb']}: {base['published']} published ({base['passages']} passages), {base['waiting']} waiting, "
        f"{base['retired']} retired"
        for base in bases
    ]
    _print(as_json, lines or ["There is no knowledge base yet: see tellergraph ingest --help."], {"bases": bases})


@kb_app.command("waiting")
def waiting_command(kb: Kb = "help", as_json: AsJson = False) -> None:
    """What waits in quarantine, and what was flagged in it."""
    with command_services(as_json) as services:
        migrate(services)
        with open_store(services.owner_url, kb, create=False) as store:
            waiting = store.list_unpublished()
    lines = [line for one in waiting for line in _describe(one)]
    _print(as_json, lines or ["Nothing waits."], {"kb": kb, "waiting": [_as_dict(one) for one in waiting]})


@kb_app.command("publish")
def publish_command(
    document_ids: Annotated[list[str] | None, typer.Argument(help="Documents that wait or are retired.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that waits, also what was flagged.")] = False,
    kb: Kb = "help",
    as_json: AsJson = False,
) -> None:
    """Publish documents that wait in quarantine, or that were retired."""
    with command_services(as_json) as services:
        if bool(document_ids) == everything:
            raise InvalidInput("Name the documents to publish, or say --all.")
        migrate(services)
        published = _publish(services, kb, document_ids or None)
    _print(as_json, [f"Published {document_id}." for document_id in published], {"kb": kb, "published": published})


@kb_app.command("retire")
def retire_command(
    document_ids: Annotated[list[str], typer.Argument(help="Published documents.")],
    kb: Kb = "help",
    as_json: AsJson = False,
) -> None:
    """Take documents away from their readers, until they are published again. An ingest leaves them retired."""
    with command_services(as_json) as services:
        migrate(services)
        with open_store(services.owner_url, kb, create=False) as store:
            for document_id in document_ids:
                store.retire(document_id)
            store.settle()
    _print(as_json, [f"Retired {document_id}." for document_id in document_ids], {"kb": kb, "retired": document_ids})


@kb_app.command("delete")
def delete_command(
    kb: Annotated[str, typer.Argument(help="The knowledge base.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a knowledge base and all that is in it."""
    with command_services(as_json) as services:
        if not yes and (as_json or not typer.confirm(f"Delete knowledge base {kb} and all that is in it?", err=True)):
            raise InvalidInput("Nothing was deleted. Say --yes to delete without being asked.")
        migrate(services)
        with open_store(services.owner_url, kb, create=False) as store:
            store.delete_all()
    _print(as_json, [f"Deleted {kb}."], {"kb": kb, "deleted": True})


def _publish(services: Services, kb: str, document_ids: list[str] | None) -> list[str]:
    """The newest revision of each. All or, where one of them is not there, none."""
    with open_store(services.owner_url, kb, create=False) as store:
        found = {one.article.about.id: one for one in store.list_unpublished(document_ids)}
        missing = [document_id for document_id in document_ids or [] if document_id not in found]
        if missing:
            raise NotFound(f"{', '.join(missing)}: no such document of {kb} waits or is retired.")
        encoder = Encoder.load()
        for one in found.values():
            store.publish(one, make_passages(encoder, one.article))
        store.settle()
    return list(found)


def _describe(one: Unpublished) -> list[str]:
    flags = [f"    {flag.kind}: {flag.quote}" for flag in one.article.flags]
    return [f"{one.article.about.id} ({one.source}): {one.article.about.title}", *flags]


def _as_dict(one: Unpublished) -> dict[str, Any]:
    about = one.article.about
    flags = [asdict(flag) for flag in one.article.flags]
    return {"id": about.id, "revision": one.revision, "title": about.title, "source": one.source, "flags": flags}


def _print(as_json: bool, lines: list[str], result: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(result).decode() if as_json else "\n".join(lines))
