"""The pictures that a run's records allow, as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from evals.classifying import predictions
from evals.plots import confusion_figure, latency_figure, reliability_figure
from evals.results.record import Record
from evals.suite import Suite


@dataclass(frozen=True, slots=True)
class Chart:
    name: str
    """Of its file."""
    title: str
    note: str
    svg: bytes


def draw_charts(suite: Suite, records: Sequence[Record]) -> list[Chart]:
    """Raises ConfigurationError: matplotlib is missing."""
    charts: list[Chart] = []
    if suite.classifies:
        truth, predicted, _, _ = predictions(records)
        figure = confusion_figure(truth, predicted)
        note = "Rows are what is right and add up to 100 %; a column is what it was taken for."
        charts.append(Chart("confusion", "Confusion matrix", note, _as_svg(figure)))
    sure = [record for record in records if record.confidence is not None and record.value is not None]
    if sure:
        figure = reliability_figure([suite.holds(each) for each in sure], [each.confidence or 0.0 for each in sure])
        note = (
            "On the dashed line a confidence of 80 % comes true in 80 of 100 cases; below it the assistant is too sure."
        )
        charts.append(Chart("reliability", "Reliability", note, _as_svg(figure)))
    if times := _times(records):
        note = "Solid: the median; dotted: the 95th percentile."
        charts.append(Chart("latency", "Latency", note, _as_svg(latency_figure(times))))
    return charts


def _times(records: Sequence[Record]) -> dict[str, Sequence[float]]:
    """In milliseconds."""
    first = [each for record in records if isinstance(each := record.details.get("first_token_s"), float)]
    total = [record.seconds for record in records if record.seconds]
    found = {"first token": first, "whole answer": total}
    return {name: [each * 1000 for each in times] for name, times in found.items() if times}


def _as_svg(figure: Any) -> bytes:
    """Without the moment at which it was drawn, so that the same run gives the same picture."""
    written = BytesIO()
    figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()
