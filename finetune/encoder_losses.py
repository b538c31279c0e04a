"""What the tuned layers are trained for: the right class, and texts of one class near each other.

The targets are soft: label smoothing, and for BANKING77, whose labels are known to be wrong in places (Ying and Thomas
2022), a share of what a head on the frozen encoder says that has not seen the row.
"""

# torch comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from collections.abc import Mapping

import torch

_TEMPERATURE = 0.1
_NO_CLASS = -1


def soft_cross_entropy(logits: "torch.Tensor", targets: "torch.Tensor") -> "torch.Tensor":
    """Mean cross-entropy of `logits` [rows, classes] with the distributions `targets` [rows, classes]."""
    return -(targets * logits.log_softmax(dim=1)).sum(dim=1).mean()


def disagreement(logits: "torch.Tensor") -> "torch.Tensor":
    """Mean divergence of the first half of `logits` [2 * rows, classes] from the second and back, which are the same
    texts under other dropout."""
    one, other = logits.log_softmax(dim=1).chunk(2)
    return ((one.exp() - other.exp()) * (one - other)).sum(dim=1).mean() / 2


class SupervisedContrast:
    """Supervised contrastive loss (Khosla et al. 2020) over a batch and a queue of earlier ones (He et al. 2020).

    With 77 classes and more, a batch alone has too few texts of one class.
    """

    def __init__(self, width: int, length: int) -> None:
        self._points = torch.zeros(length, width)
        self._classes = torch.full((length,), _NO_CLASS)
        self._next = 0

    def __call__(self, points: "torch.Tensor", classes: "torch.Tensor") -> "torch.Tensor":
        """The loss of unit vectors `points` [rows, width] of `classes` [rows]; they then join the queue."""
        self._points, self._classes = self._points.to(points.device), self._classes.to(points.device)
        # Copies, because the queue changes before the gradients are computed.
        others, labels = self._points.clone(), self._classes.clone()
        self._push(points.detach(), classes)
        usable = torch.cat(
            [
                ~torch.eye(len(points), dtype=torch.bool, device=points.device),
                (labels != _NO_CLASS).expand(len(points), -1),
            ],
            dim=1,
        )
        same = (classes[:, None] == torch.cat([classes, labels])) & usable
        scores = (points @ torch.cat([points, others]).T / _TEMPERATURE).masked_fill(~usable, -torch.inf)
        logs = (scores - scores.logsumexp(dim=1, keepdim=True)).masked_fill(~same, 0.0)
        pairs = same.sum(dim=1)
        return -(logs.sum(dim=1) / pairs.clamp(min=1)).sum() / (pairs > 0).sum().clamp(min=1)

    def state(self) -> dict[str, "torch.Tensor"]:
        """What it remembers, for a checkpoint."""
        return {"points": self._points, "classes": self._classes, "next": torch.tensor([self._next])}

    def restore(self, state: Mapping[str, "torch.Tensor"]) -> None:
        """Remembers again what `state` gave."""
        self._points, self._classes = state["points"].clone(), state["classes"].clone()
        self._next = int(state["next"])

    def _push(self, points: "torch.Tensor", classes: "torch.Tensor") -> None:
        places = (self._next + torch.arange(len(classes), device=classes.device)) % len(self._classes)
        self._points[places], self._classes[places] = points, classes
        self._next += len(classes)
