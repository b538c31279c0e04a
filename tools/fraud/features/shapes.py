"""The features of one event, by name."""

from dataclasses import dataclass, fields
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Features:
    """What was known about an event at its moment: the columns of fraud_features_at (0019_fraud_features.up.sql), whose
    order this is. Amounts in major units; times in the unit of the name; None where nothing is known. ``features.toml``
    says in words what each one is."""

    amount: float | None
    hour: float | None
    is_night: float | None
    is_weekend: float | None
    count_1h: float | None
    count_1d: float | None
    count_7d: float | None
    count_30d: float | None
    sum_1d: float | None
    mean_1d: float | None
    mean_7d: float | None
    mean_30d: float | None
    deviation_1d: float | None
    deviation_7d: float | None
    deviation_30d: float | None
    seconds_since_last: float | None
    median_30d: float | None
    largest_30d: float | None
    largest_7d_to_median: float | None
    amount_z: float | None
    amount_to_mean: float | None
    amount_to_median: float | None
    amount_to_largest: float | None
    large_7d: float | None
    large_14d: float | None
    large_30d: float | None
    time_of_day_share: float | None
    customer_days: float | None
    party_is_new: float | None
    party_days: float | None
    party_visits_30d: float | None
    merchant_is_new: float | None
    country_is_new: float | None
    device_is_new: float | None
    channel_is_new: float | None
    party_count_1d: float | None
    party_count_7d: float | None
    party_count_30d: float | None
    party_risk_1d: float | None
    party_risk_7d: float | None
    party_risk_30d: float | None
    party_risk_recent: float | None
    party_frauds_30d: float | None
    party_victims_30d: float | None
    party_last_fraud_days: float | None
    party_first_fraud_days: float | None
    party_genuine_since: float | None
    party_last_genuine_days: float | None
    party_plain_frauds_30d: float | None
    party_last_plain_days: float | None
    party_first_plain_days: float | None
    party_mean_30d: float | None
    amount_to_party_mean: float | None
    merchant_count_1d: float | None
    merchant_count_7d: float | None
    merchant_count_30d: float | None
    merchant_risk_1d: float | None
    merchant_risk_7d: float | None
    merchant_risk_30d: float | None
    customer_frauds_7d: float | None
    customer_frauds_30d: float | None
    customer_last_fraud_days: float | None
    customer_first_fraud_days: float | None
    customer_large_frauds_30d: float | None
    customer_first_large_days: float | None
    amount_to_customer_frauds: float | None

    def vector(self) -> NDArray[np.float64]:
        """Shape (features,), NaN for None."""
        return np.array(_VALUES(self), dtype=np.float64)


NAMES: tuple[str, ...] = tuple(field.name for field in fields(Features))
_VALUES = attrgetter(*NAMES)
