"""From nothing to a serving assistant: services, schema, demo bank, help centre, HTTP."""

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from signal import SIGTERM, default_int_handler, signal
from socket import create_server, socket

from rich.console import Console

import knowledge
from agent.models.factory import list_models
from api.app import create_app
from api.process import AnnouncingServer, prepare_process
from api.protocol import server_config
from api.workers import SHUTDOWN_PATIENCE, Workers
from core.clock import system_clock
from core.db.health import require_security
from core.db.migrate import migrate
from core.errors import ConfigurationError
from core.logging import get_logger
from core.security.encryption.ring import require_known_masters
from core.security.key_store import ensure_signing_keys
from core.security.outgoing import require_allowed
from core.services import Services, running_services
from core.settings import Settings, unknown_variables
from core.telemetry.metrics_folder import counting_together
from knowledge.ingest import ingest_folder
from tools.demo_bank import LOGINS, close_outbox, ensure_demo_bank

HELP_CENTRE = Path(knowledge.__file__).parent / "help_centre"
Greet = Callable[[Sequence[str]], None]
"""Says that it serves, and which models answer."""

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


def serve(settings: Settings, *, workers: int = 1) -> None:
    """Runs until SIGINT or SIGTERM, then ends turns, connections and embedded servers in this order.

    Args:
        workers: processes that serve; one is this one.
    """
    prepare_process(settings)
    signal(SIGTERM, default_int_handler)  # so that the embedded servers are stopped on SIGTERM as well
    with suppress(KeyboardInterrupt):
        _serve(settings, workers)


def _serve(settings: Settings, workers: int) -> None:
    for name in unknown_variables():
        _log.warning("unknown_variable", name=name, hint="no setting reads it: is it misspelt?")
    # Where programs read the log, each line of it is one.
    console = Console(stderr=True, quiet=settings.log_format == "json" and not sys.stderr.isatty())
    require_allowed(settings)
    list_models(settings)
    with _listening_socket(settings) as listener, prepared_services(settings, console) as services:
        port = listener.getsockname()[1]

        def greet(models: Sequence[str]) -> None:
            _greet(settings, port, models, console)

        if workers == 1:
            _serve_here(settings, services, listener, greet)
        else:
            _serve_in_workers(settings, services, listener, greet, workers)


def _serve_here(settings: Settings, services: Services, listener: socket, greet: Greet) -> None:
    app = create_app(settings, services)
    config = server_config(app, settings, shutdown_patience=SHUTDOWN_PATIENCE)
    AnnouncingServer(config, lambda: greet([link.name for link in app.state.running.models.links])).run([listener])


def _serve_in_workers(settings: Settings, services: Services, listener: socket, greet: Greet, number: int) -> None:
    with ExitStack() as stack:
        counts = stack.enter_context(counting_together(settings.data_dir)) if settings.metrics_from else None
        workers = Workers(settings, services, listener, counts)
        workers.run(number, lambda: greet([str(name) for name in list_models(settings)]))


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


def _greet(settings: Settings, port: int, models: Sequence[str], console: Console) -> None:
    """On a terminal to whoever started it, elsewhere as a line of the log."""
    if console.quiet:
        _log.info("ready", url=f"http://{settings.host}:{port}", models=list(models))
        return
    lines = [f"\n[bold]Tellergraph is ready:[/bold] http://{settings.host}:{port}"]
    if settings.demo:
        customers = [login for login in LOGINS if login.role == "customer"]
        lines += [f"  log in as {login.email}  password {login.password}" for login in customers]
    lines.append(f"Answers come from: {', '.join(models)}. Press Ctrl-C to stop.\n")
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
