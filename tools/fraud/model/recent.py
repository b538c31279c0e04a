"""What a version would be measured against for drift: a file's last days, or what the bank's backfill scored."""

from datetime import datetime
from pathlib import Path

import numpy as np
import psycopg

from core.errors import InvalidInput
from tools.fraud.features.dataset import days_before, read_dataset
from tools.fraud.features.scratch import QUERIES, scratch_bank
from tools.fraud.model.drift import Drift, measure_drift
from tools.fraud.model.evaluation import events_features
from tools.fraud.model.scorer import load_scorer
from tools.fraud.model.versions import load_metadata, read_promoted


def drift_of_file(path: Path, days: int, folder: Path) -> Drift:
    """Of its last days."""
    metadata = load_metadata(folder, read_promoted(folder))
    data = read_dataset(path)
    first = int(data.before(days_before(data.occurred_at[-1], days)).sum())
    with scratch_bank(data, metadata.delay_days) as url:
        rows = events_features(url, range(first + 1, len(data) + 1), metadata.delay_days)
    return measure_drift(metadata, rows, load_scorer(folder).probabilities(rows))


def drift_of_bank(owner_url: str, since: datetime, folder: Path) -> Drift:
    """Raises InvalidInput when nothing was scored since."""
    metadata = load_metadata(folder, read_promoted(folder))
    with psycopg.connect(owner_url) as owner:
        found = owner.execute(QUERIES["recent_scores"], {"model": metadata.version, "since": since}).fetchall()
    if not found:
        raise InvalidInput("The promoted model has scored nothing in that time: run 'tellergraph fraud backfill'.")
    rows = np.array([features for features, _ in found], dtype=np.float32)
    return measure_drift(metadata, rows, np.array([probability for _, probability in found], dtype=np.float64))
