"""What is measured, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """Figures of one system at one concurrency in one round; ``metrics`` names carry their unit.

    ``cpu_<part>_ms`` are CPU milliseconds per turn, ``cpu_ms`` their sum; ``model_calls`` are per turn;
    ``bytes`` is the median answer on the wire with HTTP heads, ``bytes_max`` the largest.
    """

    system: str
    concurrency: int
    round: int
    metrics: dict[str, float]
    complaint: str | None
    """What was wrong with the first bad answer."""


@dataclass(frozen=True)
class Soak:
    """The server's resident memory (MiB) and threads before the first turn and after each tenth of the turns."""

    turns: int
    errors: int
    rss_mib: list[float]
    threads: list[int]

    @property
    def growth_mib(self) -> float:
        """Memory gained over the second half of the turns."""
        return self.rss_mib[-1] - self.rss_mib[len(self.rss_mib) // 2]
