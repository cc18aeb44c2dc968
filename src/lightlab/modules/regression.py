"""Predicts a number."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torchmetrics import MeanAbsoluteError, MeanSquaredError, MetricCollection, R2Score

from lightlab.modules.supervised import SupervisedModule


class Regression(SupervisedModule):
    """Outputs and targets are (N, 1)."""

    target = "number"

    def metrics(self) -> MetricCollection:
        return MetricCollection({"rmse": MeanSquaredError(squared=False), "mae": MeanAbsoluteError(), "r2": R2Score()})

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        return {self.spec.target_name: outputs.squeeze(1).tolist()}
