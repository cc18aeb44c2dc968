"""Predicts a number."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchmetrics import MeanAbsoluteError, MeanSquaredError, MetricCollection, R2Score

from lightlab.modules.supervised import SupervisedModule


class _R2(R2Score):
    """NaN for one row, which has no variance, where torchmetrics raises."""

    def compute(self) -> Tensor:
        return super().compute() if self.total > 1 else torch.tensor(float("nan"))


class Regression(SupervisedModule):
    """Outputs and targets are (N, 1)."""

    target = "number"

    def metrics(self) -> MetricCollection:
        return MetricCollection({"rmse": MeanSquaredError(squared=False), "mae": MeanAbsoluteError(), "r2": _R2()})

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        return {self.spec.target_name: outputs.squeeze(1).tolist()}
