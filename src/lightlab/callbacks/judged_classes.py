"""What a classifier made of rows, whether its classes are two or more."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from lightlab.modules.binary import BinaryClassification
from lightlab.modules.supervised import SupervisedModule


@dataclass(frozen=True)
class JudgedClasses:
    """Of each row, whatever the classifier's kind.

    Attributes:
        names: of the classes.
        probabilities: (N, classes).
        predicted: (N,) labels, by the module's threshold where it has one.
        targets: (N,) labels.
        losses: (N,) cross-entropy.
    """

    names: tuple[str, ...]
    probabilities: Tensor
    predicted: Tensor
    targets: Tensor
    losses: Tensor

    @property
    def right(self) -> Tensor:
        return self.predicted == self.targets

    def confusion(self) -> Tensor:
        """Counts (classes, classes): rows are the true classes."""
        classes = len(self.names)
        return torch.bincount(self.targets * classes + self.predicted, minlength=classes**2).view(classes, classes)


def judged_classes(module: SupervisedModule, outputs: Tensor, targets: Tensor) -> JudgedClasses:
    """From the logits of a classifier: (N, classes), or (N, 1) of class 1, whose targets (N, 1) are 0.0 or 1.0."""
    names = module.spec.class_names
    if module.spec.target == "class":
        losses = cross_entropy(outputs, targets, reduction="none")
        return JudgedClasses(names, outputs.softmax(1), outputs.argmax(1), targets, losses)
    assert isinstance(module, BinaryClassification)
    probability = outputs.sigmoid().squeeze(1)
    predicted = (probability >= module.threshold).long()
    losses = binary_cross_entropy_with_logits(outputs, targets, reduction="none").squeeze(1)
    both = torch.stack([1 - probability, probability], dim=1)
    return JudgedClasses(names or ("0", "1"), both, predicted, targets.squeeze(1).long(), losses)
