"""A finished run as a dataset and an experiment in Langfuse: `tellergraph evals upload DIR`.

The cases become items of the dataset `tellergraph-SUITE`, the same again where the data are the same; what came back
becomes one experiment for each trial, with `value` of each case as its score and the run's figures as scores of the
whole. All of it is masked here before it is sent, and spans again as they leave (agent/langfuse): a case may come from
a customer's own words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

from httpx import HTTPError
from langfuse.api import DatasetItem
from langfuse.api.core import ApiError
from langfuse.experiment import ExperimentItem

from agent.langfuse.client import Connection
from core.errors import Unavailable
from core.settings import Settings
from evals.results.figures import flatten
from evals.results.record import Record
from evals.results.result import Result

_AT_ONCE = 200
"""Cases whose spans fit into the queue of what waits to be sent."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    dataset: str
    items: int
    experiments: list[str]


def upload(settings: Settings, result: Result, records: Sequence[Record]) -> Uploaded:
    """Returns when Langfuse has it.

    Raises:
        Unavailable: Langfuse cannot be reached or did not take everything. Uploaded again, items are not doubled.
    """
    connection = Connection(settings)
    try:
        uploaded = _Upload(connection, result).all_of(records)
    except (ApiError, HTTPError, OSError, ValueError) as error:
        raise Unavailable(f"Langfuse did not take the run ({type(error).__name__}).") from error
    finally:
        connection.end()
    if connection.lost:
        raise Unavailable("Langfuse did not take all of the run: upload it again.")
    return uploaded


class _Upload:
    def __init__(self, connection: Connection, result: Result) -> None:
        self._api = connection.api
        self._result = result
        self._apart = connection.apart
        self._dataset = f"tellergraph-{result.suite}"

    def all_of(self, records: Sequence[Record]) -> Uploaded:
        about = {"suite": self._result.suite, "data_sha256": self._result.run.data_sha256}
        self._api.create_dataset(name=self._dataset, description=f"Cases of {self._result.suite}.", metadata=about)
        items = {each.id: self._add_item(each) for each in {each.id: each for each in records}.values()}
        trials = sorted({record.trial for record in records})
        names = [self._add_trial(trial, [one for one in records if one.trial == trial], items) for trial in trials]
        return Uploaded(self._dataset, len(items), names)

    def _add_item(self, record: Record) -> DatasetItem:
        key = f"{self._result.suite}\0{self._result.run.data_sha256}\0{record.id}"
        return self._api.create_dataset_item(
            dataset_name=self._dataset,
            id=sha256(key.encode()).hexdigest()[:32],
            input=self._masked(record.input),
            expected_output=self._masked(record.expected),
            metadata=self._masked({"case": record.id, "group": record.group}),
        )

    def _add_trial(self, trial: int, records: Sequence[Record], items: dict[str, DatasetItem]) -> str:
        run = self._result.run
        name = f"{run.started_at:%Y-%m-%d %H:%M:%S} {run.revision[:12]} trial {trial}"
        about = {"revision": run.revision, "models": ", ".join(run.models), "data_sha256": str(run.data_sha256)}
        by_item = {items[record.id].id: record for record in records}

        def answer(*, item: ExperimentItem, **_: dict[str, Any]) -> Any:
            return self._masked(by_item[cast(DatasetItem, item).id].answer)

        experiment: str | None = None
        for first in range(0, len(records), _AT_ONCE):
            done = self._api.run_experiment(
                name=self._dataset,
                run_name=name,
                data=[items[record.id] for record in records[first : first + _AT_ONCE]],
                task=answer,
                max_concurrency=1,
                metadata=about,
                experiment_id=experiment,
            )
            experiment = done.experiment_id
            for each in done.item_results:
                self._score_case(by_item[cast(DatasetItem, each.item).id], each.trace_id)
        for figure, value in flatten(self._result.metrics).items():
            self._api.create_score(dataset_run_id=experiment, name=figure, value=value, data_type="NUMERIC")
        self._api.flush()
        return name

    def _score_case(self, record: Record, trace_id: str | None) -> None:
        """None for a case that could not be scored: that is not 0."""
        if record.value is not None and trace_id is not None:
            comment = self._apart().text(record.reason) or None
            self._api.create_score(
                trace_id=trace_id, name="value", value=record.value, data_type="NUMERIC", comment=comment
            )

    def _masked(self, value: Any) -> Any:
        return self._apart().attribute(value) if isinstance(value, str) else self._apart().value(value)
