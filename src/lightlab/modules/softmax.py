"""Predicts one of several classes."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torchmetrics import MetricCollection
from torchmetrics.classification import MulticlassAccuracy

from lightlab.modules.supervised import SupervisedModule


class SoftmaxClassification(SupervisedModule):
    """Outputs are logits (N, classes), targets are labels (N,)."""

    target = "class"

    def metrics(self) -> MetricCollection:
        return MetricCollection({"accuracy": MulticlassAccuracy(self.spec.output_size, average="micro")})

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        """Returns the likeliest class, and the probability of each class."""
        probabilities = outputs.softmax(1)
        labels = probabilities.argmax(1).tolist()
        names = self.spec.class_names
        columns: dict[str, list[Any]] = {"class": [names[label] for label in labels]}
        columns["probability"] = probabilities.amax(1).tolist()
        return columns | {f"p({name})": probabilities[:, label].tolist() for label, name in enumerate(names)}
