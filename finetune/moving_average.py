"""The moving average of the weights that train: less noisy than the last ones, and often better."""

# torch comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterator
from contextlib import contextmanager

import torch


class MovingAverage:
    """Exponential moving average of the parameters that train."""

    def __init__(self, module: "torch.nn.Module", share: float) -> None:
        """`share` is that of the old value in each step."""
        self._live = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
        self.kept = {name: parameter.detach().clone() for name, parameter in self._live.items()}
        self._share, self.steps = share, 0

    @torch.no_grad()
    def update(self) -> None:
        self.steps += 1
        # At the start the average follows quickly, or it would remember the random adapters.
        share = min(self._share, (1 + self.steps) / (10 + self.steps))
        for name, live in self._live.items():
            self.kept[name].lerp_(live, 1 - share)

    @torch.no_grad()
    def install(self) -> None:
        """Puts the average in the place of the weights."""
        for name, live in self._live.items():
            live.copy_(self.kept[name])

    @contextmanager
    def installed(self) -> Iterator[None]:
        """The average in the place of the weights, which are put back at the end."""
        before = {name: live.detach().clone() for name, live in self._live.items()}
        self.install()
        try:
            yield
        finally:
            with torch.no_grad():
                for name, live in self._live.items():
                    live.copy_(before[name])
