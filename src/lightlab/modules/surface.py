"""Minimises a function of two variables."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import MetricCollection

from lightlab.errors import UsageError
from lightlab.modules.supervised import SupervisedModule


class SurfaceDescent(SupervisedModule):
    """Outputs (N, 2) are points; their height, which the surface gives, is the loss.

    Args:
        surface: one of `lightlab.surfaces`.

    Attributes:
        point: (x, y) of the last forward pass, before the step that follows it.

    Raises:
        UsageError: the surface has no finite height at the start.
    """

    target = "surface"

    def __init__(self, surface: nn.Module, **learning: Any) -> None:
        super().__init__(criterion=surface, **learning)
        self.point = torch.tensor(self.spec.start)
        height = float(self.criterion(self.point.unsqueeze(0)))
        if not abs(height) < float("inf"):
            x, y = self.spec.start
            raise UsageError(
                f"data.start=[{x:g}, {y:g}]: {self.spec.name} is {height} high there; start from where it is finite, "
                "such as [1, 1]"
            )

    def metrics(self) -> MetricCollection:
        return MetricCollection({})

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.network(x)
        self.point = outputs.detach()[-1]
        return outputs

    def end_train_epoch(self) -> None:
        super().end_train_epoch()
        self.log_dict({"point/x": self.point[0], "point/y": self.point[1]})

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        """Where the point has come to, and how high that is."""
        heights = [float(self.criterion(row.unsqueeze(0))) for row in outputs]
        return {"x": outputs[:, 0].tolist(), "y": outputs[:, 1].tolist(), "height": heights}
