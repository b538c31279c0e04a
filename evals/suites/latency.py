"""`latency`: how long a visitor waits for the first token and for the whole answer, over HTTP with server-sent events.

`--questions` different questions are asked by `--parallel` clients at a time, each in a session of its own and one
after the other, of a server process that is started for it with a bank of its own, or of the one that `--url` names.
Questions are the shipped ones or JSON lines `{"text"}`. Times are milliseconds from the moment in which the request
goes out; connections are open already, as in a browser. A question that fails has no times and counts as failed.
"""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import httpx2
import numpy as np

import evals
from api.sse_client import read_events
from core.errors import Unavailable
from core.settings import Settings
from evals.dialogues.customer import PATIENCE_S
from evals.own_server import running_server
from evals.reading import read_json_lines
from evals.results.figures import Metric, share
from evals.results.record import Record, Scored
from evals.suite import OpenPlayer, Options, Plan, Play, Suite, name_cases, require, settings_of

SHIPPED = Path(evals.__file__).parent / "data" / "understanding.jsonl"
QUESTIONS = 100
CLIENTS = 4
_PERCENTILES = (50, 90, 95, 99)
_BINS = 20


def plan(options: Options) -> Plan[str]:
    """Raises InvalidInput: the file cannot be used, or has fewer questions than are to be asked."""
    path = require(options.data or SHIPPED, "--data FILE")
    texts = list(dict.fromkeys(row["text"] for row in read_json_lines(path, ("text",))))
    cases = name_cases(list(islice(texts, options.questions or QUESTIONS)), str)
    settings = None if options.url else settings_of(options)
    opened = partial(_opened, settings, options.url)
    return Plan(
        cases=cases,
        opened=opened,
        sources=[path],
        settings=settings,
        workers=CLIENTS,
        notes={"clients": min(options.parallel or CLIENTS, len(cases)), "server": options.url or "its own"},
    )


@contextmanager
def _opened(settings: Settings | None, url: str | None, _texts: Sequence[str]) -> Generator[OpenPlayer[str]]:
    if url is not None or settings is None:
        yield partial(_open_client, url or "")
    else:
        with running_server(settings) as own:
            yield partial(_open_client, own)


@contextmanager
def _open_client(url: str, _number: int) -> Generator[Play[str]]:
    with httpx2.Client(base_url=url, timeout=PATIENCE_S, trust_env=False) as http:
        # The connection is opened before anything is timed.
        try:
            http.get("/health")
        except httpx2.TransportError as error:
            raise Unavailable(f"No server answers at {url}.") from error
        yield partial(_ask, http)


def _ask(http: httpx2.Client, text: str) -> Scored:
    names: list[str] = []
    first: float | None = None
    answer = ""
    start = time.perf_counter()
    try:
        with http.stream("POST", "/api/v1/chat/stream", json={"message": text}) as response:
            if not response.is_success:
                return Scored(value=0, input=text, reason=f"HTTP {response.status_code}")
            for event in read_events(response):
                names.append(event.name)
                if event.name == "token" and first is None:
                    first = time.perf_counter() - start
                if event.name == "done":
                    answer = event.data["answer"]
    except httpx2.TransportError as error:
        return Scored(value=0, input=text, reason=type(error).__name__)
    total = time.perf_counter() - start
    if names[-1:] != ["done"]:
        return Scored(value=0, input=text, reason=f"ended with {names[-1] if names else 'nothing'}")
    return Scored(value=1, input=text, answer=answer, seconds=total, details={"first_token_s": first})


def measure(records: Sequence[Record]) -> dict[str, Metric]:
    answered = [record.passed for record in records]
    metrics: dict[str, Metric] = {
        "answered": sum(answered),
        "failed": len(answered) - sum(answered),
        "answered_rate": share(answered),
    }
    for name, times in _times(records).items():
        if times:
            metrics[name] = {f"p{at}": float(np.percentile(times, at)) for at in _PERCENTILES}
    return metrics


def _times(records: Sequence[Record]) -> dict[str, list[float]]:
    """In milliseconds. An answer without a token (a confirmation, say) has a total only."""
    firsts = [record.details.get("first_token_s") for record in records]
    return {
        "first_token_ms": [first * 1000 for first in firsts if first is not None],
        "total_ms": [record.seconds * 1000 for record in records if record.seconds is not None],
    }


def _describe(records: Sequence[Record]) -> dict[str, object]:
    """Histograms: the edges of bins in milliseconds, and how many lie in each."""
    found: dict[str, object] = {}
    for name, times in _times(records).items():
        if times:
            counts, edges = np.histogram(times, bins=_BINS)
            found[name] = {"edges": [round(float(edge), 3) for edge in edges], "counts": counts.tolist()}
    return {"distribution": found}


SUITE = Suite(plan=plan, measure=measure, describe=_describe)
