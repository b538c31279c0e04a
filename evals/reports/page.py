"""What a page shows of a run, and the two forms of it.

Whatever a model or a customer said is data: HTML escapes it (jinja2 with autoescape), and a policy in the page forbids
scripts and everything from elsewhere, so that a text that slipped through could do nothing either. Pictures are `data:`
images, in which no script runs. Markdown has every character escaped that means something to it.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evals.reports.charts import Chart, draw_charts
from evals.results.figures import flatten
from evals.results.record import Record
from evals.results.result import Result
from evals.resuming import write_options
from evals.suite import Options, Suite

_TEMPLATES = FileSystemLoader(Path(__file__).with_name("templates"))
_MOST_SHOWN = 200
_LONGEST = 1500
"""Characters of one text."""
_USUAL = write_options(Options())
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~-])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""Also those that write from right to left: a text must not rearrange the page."""


def write_html(suite: Suite, result: Result, records: Sequence[Record], path: Path) -> None:
    """One file that needs no other. Raises ConfigurationError: matplotlib is missing."""
    page = _environment().get_template("report.html.jinja")
    pictures = [{"chart": chart, "source": _as_data(chart)} for chart in draw_charts(suite, records)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page.render(_facts(result, records), pictures=pictures), encoding="utf-8")


def write_markdown(suite: Suite, result: Result, records: Sequence[Record], path: Path) -> None:
    """With its pictures in a folder beside it. Raises ConfigurationError: matplotlib is missing."""
    folder = path.with_name(f"{path.stem}_files")
    folder.mkdir(parents=True, exist_ok=True)
    charts = draw_charts(suite, records)
    for chart in charts:
        (folder / f"{chart.name}.svg").write_bytes(chart.svg)
    page = _environment().get_template("report.md.jinja")
    pictures = [{"chart": chart, "source": f"{folder.name}/{chart.name}.svg"} for chart in charts]
    path.write_text(page.render(_facts(result, records), pictures=pictures), encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=_TEMPLATES, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"short": _shorten, "md": escape_markdown, "figure": _as_figure}
    return environment


def _facts(result: Result, records: Sequence[Record]) -> dict[str, Any]:
    wrong = [record for record in records if record.value is None or record.value < 1]
    wrong.sort(key=lambda record: -1 if record.value is None else record.value)
    return {
        "result": result,
        "figures": [(name, value, result.errors.get(name)) for name, value in flatten(result.metrics).items()],
        "facts": _run_facts(result),
        "wrong": wrong[:_MOST_SHOWN],
        "wrong_in_all": len(wrong),
        "unscored": sum(record.value is None for record in records),
    }


def _run_facts(result: Result) -> list[tuple[str, str]]:
    """What is simple enough for a line; the rest stands in result.json."""
    run = result.run
    facts: dict[str, Any] = {
        "data": result.data,
        "SHA-256 of the data": run.data_sha256,
        "cases": result.n,
        "trials of each": result.trials,
        "started": f"{run.started_at:%Y-%m-%d %H:%M:%S %Z}",
        "seconds": run.seconds,
        "CPU seconds": run.cpu_seconds,
        "git revision": run.revision,
        "models": ", ".join(run.models),
        **{f"digest of {name}": digest for name, digest in run.model_digests.items()},
        **{f"version of {name}": version for name, version in run.versions.items()},
        **{f"setting {name}": value for name, value in run.settings.items()},
        **{f"option {name}": value for name, value in run.options.items() if value != _USUAL[name]},
        **{name: value for name, value in (run.model_extra or {}).items() if not isinstance(value, (Mapping, list))},
    }
    return [(name, str(value)) for name, value in facts.items() if value not in (None, "", False)]


def _shorten(value: object) -> str:
    text = _CONTROLS.sub("\ufffd", value if isinstance(value, str) else str(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def escape_markdown(value: object) -> Markup:
    """On one line, with nothing that Markdown or HTML would take for more than text."""
    text = " ".join(_shorten(value).split())
    marked = _MARKS.sub(r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A bare address would become a link by itself.
    return Markup(marked.replace("://", ":\u200b//"))  # noqa: S704


def _as_figure(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def _as_data(chart: Chart) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(chart.svg).decode()
