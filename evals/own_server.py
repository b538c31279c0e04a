"""`tellergraph serve` as a process of its own, for what is timed: the runner's work must not hold up its answers."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import TellergraphError
from core.settings import Settings
from evals.bench.processes import BenchError, find_free_port, start, stop, wait_for
from evals.bench.systems import executable

_PATIENCE_S = 300.0
"""A cold start loads the demo bank and embeds the help centre."""
_OURS = ("TELLERGRAPH_", "OPENAI_", "OLLAMA_", "VLLM_", "TOGETHER_")
_NOT_TAKEN = ("TELLERGRAPH_DATABASE_URL", "TELLERGRAPH_DATABASE_OWNER_URL", "TELLERGRAPH_REDIS_URL")
"""It has databases of its own."""


@contextmanager
def running_server(settings: Settings) -> Generator[str]:
    """Yields its address. It has the settings of the environment, but the chain of `settings` and a bank of its own.

    Raises:
        TellergraphError: it does not come up; the message ends with its log.
    """
    with TemporaryDirectory(prefix="tellergraph-", ignore_cleanup_errors=True) as folder:
        port = find_free_port()
        given = {name: value for name, value in os.environ.items() if name.startswith(_OURS) and name not in _NOT_TAKEN}
        own = {
            "TELLERGRAPH_HOST": "127.0.0.1",
            "TELLERGRAPH_PORT": str(port),
            "TELLERGRAPH_DATA_DIR": str(Path(folder) / "data"),
            "TELLERGRAPH_LLM": settings.llm,
            "TELLERGRAPH_GRAPH": "off",
            "TELLERGRAPH_RATE_LIMITS": "off",
            "TELLERGRAPH_WORKER": "separate",
            "TELLERGRAPH_LOG_LEVEL": "ERROR",
        }
        child = start("server", [*executable(), "serve"], Path(folder), given | own)
        try:
            wait_for(child, f"http://127.0.0.1:{port}/health", _PATIENCE_S)
            yield f"http://127.0.0.1:{port}"
        except BenchError as error:
            raise TellergraphError(str(error)) from error
        finally:
            stop(child)
