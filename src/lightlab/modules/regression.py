"""Predicts a number."""

from typing import Any

from torch import Tensor
from torchmetrics import MeanAbsoluteError, MeanSquaredError, Metric, MetricCollection

from lightlab.modules.metrics import R2, LogRmse, Pearson
from lightlab.modules.supervised import SupervisedModule


class Regression(SupervisedModule):
    """Outputs and targets are (N, 1), on the scale of `Spec.target_scale`; metrics are in the data's own unit.

    Args:
        correlation: also measure Pearson's correlation of predictions and targets.
    """

    target = "number"
    decoded = "value"

    def __init__(self, correlation: bool = False, **learning: Any) -> None:
        self.correlation = correlation
        super().__init__(**learning)

    def metrics(self) -> MetricCollection:
        metrics: dict[str, Metric | MetricCollection] = {
            "rmse": MeanSquaredError(squared=False),
            "mae": MeanAbsoluteError(),
            "r2": R2(),
        }
        if self.correlation:
            metrics["pearson"] = Pearson()
        if self.spec.positive_target:
            metrics["log_rmse"] = LogRmse()
        return MetricCollection(metrics)

    def update_metrics(self, metrics: MetricCollection, outputs: Tensor, targets: Tensor) -> None:
        restored = self.spec.target_scale.restored
        metrics.update(restored(outputs), restored(targets))

    def decode(self, outputs: Tensor) -> Tensor:
        """(N, 1) → (N,), in the data's own unit."""
        return self.spec.target_scale.restored(outputs).squeeze(1)

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        return {self.spec.target_name: self.decode(outputs).tolist()}
