"""Predicts one of two classes, or one of several."""

from typing import Any

from torch import Tensor
from torchmetrics import Metric, MetricCollection
from torchmetrics.classification import (
    BinaryAccuracy,
    BinaryF1Score,
    BinaryPrecision,
    BinaryRecall,
    MulticlassAccuracy,
)

from lightlab.modules.metrics import Auroc
from lightlab.modules.supervised import SupervisedModule


class BinaryClassification(SupervisedModule):
    """Outputs are logits (N, 1) of class 1, targets (N, 1) are 0.0 or 1.0.

    Args:
        threshold: in (0, 1); probabilities of at least this much are predicted as 1.
    """

    target = "binary"
    predict_options = (*SupervisedModule.predict_options, "threshold")
    decoded = "probability"

    def __init__(self, threshold: float = 0.5, **learning: Any) -> None:
        self.threshold = threshold
        super().__init__(**learning)

    def metrics(self) -> MetricCollection:
        """Precision, recall and F1 are of class 1; precision is 0 where no row is predicted as 1."""
        metrics: dict[str, Metric | MetricCollection] = {
            "accuracy": BinaryAccuracy(self.threshold),
            "precision": BinaryPrecision(self.threshold),
            "recall": BinaryRecall(self.threshold),
            "f1": BinaryF1Score(self.threshold),
            "auroc": Auroc(),
        }
        return MetricCollection(metrics)

    def update_metrics(self, metrics: MetricCollection, outputs: Tensor, targets: Tensor) -> None:
        # Probabilities, because torchmetrics takes logits that happen to lie in [0, 1] for probabilities.
        metrics.update(outputs.sigmoid(), targets.long())

    def decode(self, outputs: Tensor) -> Tensor:
        """(N, 1) → (N,), of class 1."""
        return outputs.sigmoid().squeeze(1)

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        probability = self.decode(outputs)
        labels = (probability >= self.threshold).long().tolist()
        names = self.spec.class_names or ("0", "1")
        return {"class": [names[label] for label in labels], "probability": probability.tolist()}


class SoftmaxClassification(SupervisedModule):
    """Outputs are logits (N, classes), targets are labels (N,)."""

    target = "class"
    decoded = "probabilities"

    def metrics(self) -> MetricCollection:
        return MetricCollection({"accuracy": MulticlassAccuracy(self.spec.output_size, average="micro")})

    def decode(self, outputs: Tensor) -> Tensor:
        return outputs.softmax(1)

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        """Returns the likeliest class, and the probability of each class."""
        probabilities = self.decode(outputs)
        labels = probabilities.argmax(1).tolist()
        names = self.spec.class_names
        columns: dict[str, list[Any]] = {"class": [names[label] for label in labels]}
        columns["probability"] = probabilities.amax(1).tolist()
        return columns | {f"p({name})": probabilities[:, label].tolist() for label, name in enumerate(names)}
