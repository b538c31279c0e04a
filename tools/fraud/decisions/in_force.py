"""What a bank sets for itself: the limits of the rules, and what follows from their findings."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from core.errors import ConfigurationError
from tools.fraud.decisions.policy import POLICY, DecisionPolicy, read_policy
from tools.fraud.rules import LIMITS, Limits
from tools.fraud.rules.limits import read_limits


@dataclass(frozen=True, slots=True)
class FraudPolicy:
    limits: Limits = LIMITS
    decisions: DecisionPolicy = POLICY

    @property
    def version(self) -> str:
        """As it is stored with each decision."""
        return f"rules {self.limits.version}, policy {self.decisions.version}"


SHIPPED = FraudPolicy()


def read_fraud_policy(folder: Path | None) -> FraudPolicy:
    """The bank's own ``limits.toml`` and ``policy.toml``; of a file that is not there, and without a folder, ours.

    Raises:
        ConfigurationError: a file cannot be read, lacks something or says too much.
    """
    if folder is None:
        return SHIPPED
    limits, decisions = folder / "limits.toml", folder / "policy.toml"
    if not (limits.is_file() or decisions.is_file()):
        raise ConfigurationError(f"TELLERGRAPH_FRAUD_POLICY: there is no limits.toml and no policy.toml in {folder}.")
    try:
        return FraudPolicy(
            read_limits(limits) if limits.is_file() else LIMITS,
            read_policy(decisions) if decisions.is_file() else POLICY,
        )
    except (ValidationError, ValueError, OSError) as error:
        raise ConfigurationError(f"TELLERGRAPH_FRAUD_POLICY, {folder}: {error}") from error
