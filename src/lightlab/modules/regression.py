"""Predicts a number."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor
from torchmetrics import MeanAbsoluteError, MeanSquaredError, Metric, MetricCollection, PearsonCorrCoef, R2Score

from lightlab.modules.supervised import SupervisedModule


class _R2(R2Score):
    """NaN for one row, which has no variance, where torchmetrics raises."""

    def compute(self) -> Tensor:
        return super().compute() if self.total > 1 else torch.tensor(float("nan"))


class _LogRmse(MeanSquaredError):
    """√mean((ln max(ŷ, 1e-6) − ln y)²): relative errors, as for prices; targets y must be above 0."""

    def __init__(self) -> None:
        super().__init__(squared=False)

    def update(self, preds: Tensor, target: Tensor) -> None:
        super().update(preds.clamp(min=1e-6).log(), target.clamp(min=1e-6).log())


class _Pearson(PearsonCorrCoef):
    """NaN, without torchmetrics' warning, where predictions or targets do not vary."""

    def compute(self) -> Tensor:
        with warnings.catch_warnings(action="ignore"):
            return super().compute()


class Regression(SupervisedModule):
    """Outputs and targets are (N, 1), on the scale of `Spec.target_scale`; metrics are in the data's own unit.

    Args:
        correlation: measure Pearson's correlation of predictions and targets as well.
    """

    target = "number"

    def __init__(self, correlation: bool = False, **learning: Any) -> None:
        self.correlation = correlation
        super().__init__(**learning)

    def metrics(self) -> MetricCollection:
        found: dict[str, Metric | MetricCollection] = {
            "rmse": MeanSquaredError(squared=False),
            "mae": MeanAbsoluteError(),
            "r2": _R2(),
        }
        if self.correlation:
            found["pearson"] = _Pearson()
        if self.spec.positive_target:
            found["log_rmse"] = _LogRmse()
        return MetricCollection(found)

    def update(self, metrics: MetricCollection, outputs: Tensor, targets: Tensor) -> None:
        restored = self.spec.target_scale.restored
        metrics.update(restored(outputs), restored(targets))

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        return {self.spec.target_name: self.spec.target_scale.restored(outputs).squeeze(1).tolist()}
