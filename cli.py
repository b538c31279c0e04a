"""``tellergraph``: joins the rooms' commands.

The garbage collector is off while they are loaded: it finds nothing there and takes a tenth of the start. What was
loaded is then kept from it, so that no request waits while it is gone through again.
"""

import gc

gc.disable()

import sys
from typing import Annotated

import typer

from agent.ask_cli import ask
from agent.graph_cli import graph_app
from agent.langfuse.langfuse_cli import langfuse_app
from agent.replay.replay_cli import replay
from api.chat_cli import chat
from api.serve import serve
from core.audit.audit_cli import audit_app
from core.cli import db_app
from core.errors import TellergraphError
from core.security.auth_cli import auth_app
from core.settings import load_settings
from evals.cli import app as evals_app
from finetune.cli import app as finetune_app
from knowledge.cli import ingest
from knowledge.kb_cli import kb_app
from tools.cli import db_app as demo_app
from tools.compliance.cli import compliance_app
from tools.fraud.cli import fraud_app
from tools.kyc.kyc_cli import kyc_app
from tools.mcp_cli import mcp
from tools.privacy.cli import privacy_app
from tools.schedules.worker_cli import worker

gc.freeze()
gc.enable()

app = typer.Typer(
    no_args_is_help=True, help="A bank's assistant that can be trusted with money.", pretty_exceptions_enable=False
)
db_app.add_typer(demo_app)
app.add_typer(auth_app, name="auth")
app.add_typer(db_app, name="db")
app.add_typer(audit_app, name="audit")
app.add_typer(compliance_app, name="compliance")
app.add_typer(evals_app, name="evals")
app.add_typer(finetune_app, name="finetune")
app.add_typer(fraud_app, name="fraud")
app.add_typer(graph_app, name="graph")
app.add_typer(kb_app, name="kb")
app.add_typer(kyc_app, name="kyc")
app.add_typer(langfuse_app, name="langfuse")
app.add_typer(privacy_app, name="privacy")
app.command()(ask)
app.command()(chat)
app.command()(ingest)
app.command()(mcp)
app.command()(replay)
app.command()(worker)


@app.command("serve")
def serve_command(
    host: Annotated[str | None, typer.Option(help="Default: TELLERGRAPH_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Default: TELLERGRAPH_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the address.")] = 1,
) -> None:
    """Serve the assistant until Ctrl-C."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    serve(load_settings().model_copy(update=given), workers=workers)


def main() -> None:
    """An error of ours is one line and exit code 1, whichever command it comes from."""
    try:
        app()
    except TellergraphError as error:
        typer.echo(f"Error: {error.message}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
