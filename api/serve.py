"""From nothing to a serving assistant: services, schema, demo bank, help centre, HTTP."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from signal import SIGTERM, default_int_handler, signal
from socket import create_server, socket

import uvicorn
from rich.console import Console

import knowledge
from agent.models.chain import ModelChain
from agent.models.factory import list_models
from api.app import create_app
from api.protocol import server_config
from core.clock import system_clock
from core.db.health import require_security
from core.db.migrate import migrate
from core.errors import ConfigurationError
from core.logging import configure_logging, get_logger, log_warnings
from core.security.encryption.ring import require_known_masters
from core.security.key_store import ensure_signing_keys
from core.security.outgoing import require_allowed
from core.services import Services, running_services
from core.settings import Settings, unknown_variables
from knowledge.ingest import ingest_folder
from tools.demo_bank import LOGINS, close_outbox, ensure_demo_bank

HELP_CENTRE = Path(knowledge.__file__).parent / "help_centre"
_SHUTDOWN_PATIENCE = timedelta(seconds=10)

_log = get_logger(__name__)


@contextmanager
def prepared_services(settings: Settings, console: Console) -> Generator[Services]:
    """Services with the schema in place and, in demo mode, the demo bank and its help centre loaded.

    Raises:
        ConfigurationError: also for a database that would not keep customers apart.
    """
    with running_services(settings) as services:
        migrated = migrate(services)
        if migrated.before != migrated.after:
            console.print(f"Database: {migrated.before} -> {migrated.after}")
        if not settings.demo:
            close_outbox(services.owner_url)
        require_security(services, demo=settings.demo)
        require_known_masters(settings, services.secret_key, services.owner_url)
        if ensure_signing_keys(services.owner_url, services.secret_key, system_clock()):
            console.print("Signing keys: made.")
        if settings.demo:
            _load_demo(settings, services, console)
        yield services


def serve(settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM, then ends turns, connections and embedded servers in this order."""
    configure_logging(settings.log_level, settings.log_format)
    log_warnings()
    signal(SIGTERM, default_int_handler)  # so that the embedded servers are stopped on SIGTERM as well
    with suppress(KeyboardInterrupt):
        _serve(settings)


def _serve(settings: Settings) -> None:
    for name in unknown_variables():
        _log.warning("unknown_variable", name=name, hint="no setting reads it: is it misspelt?")
    # Where programs read the log, each line of it is one.
    console = Console(stderr=True, quiet=settings.log_format == "json" and not sys.stderr.isatty())
    require_allowed(settings)
    list_models(settings)
    with _listening_socket(settings) as listener, prepared_services(settings, console) as services:
        app = create_app(settings, services)
        config = server_config(app, settings, shutdown_patience=int(_SHUTDOWN_PATIENCE.total_seconds()))
        port = listener.getsockname()[1]
        _Server(config, lambda: _greet(settings, port, app.state.running.models, console)).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says where to click once it answers."""

    def __init__(self, config: uvicorn.Config, greet: Callable[[], None]) -> None:
        super().__init__(config)
        self._greet = greet

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._greet()


@contextmanager
def _listening_socket(settings: Settings) -> Generator[socket]:
    """Bound before anything is started, so that a taken port costs nothing."""
    try:
        listener = create_server((settings.host, settings.port))
    except OSError as error:
        raise ConfigurationError(
            f"Port {settings.port} of {settings.host} is taken or not allowed. Set TELLERGRAPH_PORT to a free port, or "
            f"stop what uses this one."
        ) from error
    with listener:
        yield listener


def _greet(settings: Settings, port: int, models: ModelChain, console: Console) -> None:
    """On a terminal to whoever started it, elsewhere as a line of the log."""
    if console.quiet:
        url, answering = f"http://{settings.host}:{port}", [link.name for link in models.links]
        _log.info("ready", url=url, models=answering)
        return
    lines = [f"\n[bold]Tellergraph is ready:[/bold] http://{settings.host}:{port}"]
    if settings.demo:
        customers = [login for login in LOGINS if login.role == "customer"]
        lines += [f"  log in as {login.email}  password {login.password}" for login in customers]
    lines.append(f"Answers come from: {', '.join(link.name for link in models.links)}. Press Ctrl-C to stop.\n")
    console.print("\n".join(lines))


def _load_demo(settings: Settings, services: Services, console: Console) -> None:
    with console.status("Loading the demo bank and the help centre (first start only) ..."):
        bank = ensure_demo_bank(
            services.owner_url,
            customers=settings.demo_customers,
            seed=settings.demo_seed,
            now=system_clock(),
        )
        help_centre = ingest_folder(services.owner_url, HELP_CENTRE)
    if bank:
        console.print(f"Demo bank: {bank.customers} customers, {bank.transactions} transactions in {bank.seconds} s")
    if help_centre.added or help_centre.updated or help_centre.deleted:
        console.print(
            f"Help centre: {help_centre.added} articles added, {help_centre.updated} updated, "
            f"{help_centre.deleted} removed"
        )
    for failed in help_centre.failed:
        _log.warning("article_not_loaded", file=failed.file)
        console.print(f"[red]Help centre: {failed.file}: {failed.message}[/red]")
