"""Evaluates classifiers: confusion matrix, worst mistakes, accuracy by class, calibration, thresholds."""

from dataclasses import dataclass
from functools import partial

import torch
from lightning.pytorch import Trainer
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from lightlab.callbacks.base import data_of
from lightlab.callbacks.evaluation import Evaluation
from lightlab.callbacks.pictures import as_seen, save_picture
from lightlab.data.base import ResidentDataModule
from lightlab.modules.classification import BinaryClassification
from lightlab.modules.metrics import Calibration, calibrate
from lightlab.modules.supervised import SupervisedModule
from lightlab.plots.classes import classes_figure, confusion_figure, thresholds_figure
from lightlab.plots.images import Mistake, mistakes_figure


@dataclass(frozen=True)
class ClassOutputs:
    """A classifier's outputs, in the same form for two classes and for more.

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
        """Returns counts (classes, classes): rows are the true classes."""
        classes = len(self.names)
        return torch.bincount(self.targets * classes + self.predicted, minlength=classes**2).view(classes, classes)


def class_outputs(module: SupervisedModule, outputs: Tensor, targets: Tensor) -> ClassOutputs:
    """Converts logits (N, classes), or (N, 1) of class 1, whose targets (N, 1) are 0.0 or 1.0."""
    names = module.spec.class_names
    if module.spec.target == "class":
        losses = cross_entropy(outputs, targets, reduction="none")
        return ClassOutputs(names, outputs.softmax(1), outputs.argmax(1), targets, losses)
    assert isinstance(module, BinaryClassification)
    probability = outputs.sigmoid().squeeze(1)
    predicted = (probability >= module.threshold).long()
    losses = binary_cross_entropy_with_logits(outputs, targets, reduction="none").squeeze(1)
    both = torch.stack([1 - probability, probability], dim=1)
    return ClassOutputs(names or ("0", "1"), both, predicted, targets.squeeze(1).long(), losses)


class Mistakes(Evaluation):
    """Writes figures/confusion.png and, for images, figures/mistakes.png, and shows both in TensorBoard.

    Args:
        worst: how many mistakes are shown: those with the largest cross-entropy.
    """

    targets = ("class", "binary")

    def __init__(self, worst: int = 24) -> None:
        super().__init__()
        self.worst = worst

    def evaluate(
        self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, targets: Tensor
    ) -> None:
        classified = class_outputs(module, outputs, targets)
        threshold = getattr(module, "threshold", None)
        confusion = partial(confusion_figure, classified.confusion().numpy(), classified.names, threshold)
        save_picture(trainer, f"{stage}/confusion", confusion)
        mistakes = self._worst(classified, stage, data_of(trainer)) if len(module.spec.input_shape) == 3 else []
        if mistakes:
            save_picture(trainer, f"{stage}/mistakes", partial(mistakes_figure, mistakes, classified.names))

    def _worst(self, classified: ClassOutputs, stage: str, data: ResidentDataModule) -> list[Mistake]:
        losses = torch.where(classified.right, -1.0, classified.losses)
        worst = losses.topk(min(self.worst, int((~classified.right).sum()))).indices
        if not len(worst):
            return []
        rows = data.splits[stage]
        images = as_seen(data.prepare(rows.take(worst.to(rows.device)).inputs), data)
        mistakes = []
        for image, row in zip(images, worst.tolist(), strict=True):
            target, predicted = int(classified.targets[row]), int(classified.predicted[row])
            probability = float(classified.probabilities[row, predicted])
            mistakes.append(Mistake(float(classified.losses[row]), image, target, predicted, probability))
        return mistakes


class Classes(Evaluation):
    """Writes figures/classes.png: each class's accuracy and the reliability diagram.

    The results are ``accuracy/test/<class>`` for the classes that have rows, and ``ece/test``.
    """

    targets = ("class", "binary")

    def evaluate(
        self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, targets: Tensor
    ) -> None:
        classified = class_outputs(module, outputs, targets)
        confusion = classified.confusion()
        right, counts = confusion.diag().numpy(), confusion.sum(1).numpy()
        calibration = _calibration(classified)
        self.results = {f"ece/{stage}": calibration.expected_error} | {
            f"accuracy/{stage}/{name}": float(hits / count)
            for name, hits, count in zip(classified.names, right, counts, strict=True)
            if count
        }
        draw = partial(classes_figure, classified.names, right, counts, calibration, stage)
        save_picture(trainer, f"{stage}/classes", draw)


def _calibration(classified: ClassOutputs) -> Calibration:
    """Calibrates the second class's probability of two classes, the likeliest class's of more."""
    if len(classified.names) == 2:
        return calibrate(classified.probabilities[:, 1].numpy(), classified.targets.numpy() == 1)
    return calibrate(classified.probabilities.amax(1).numpy(), classified.right.numpy())


class Thresholds(Evaluation):
    """Writes figures/thresholds.png: the ROC and the precision-recall curve, with the point of ``module.threshold``."""

    targets = ("binary",)

    def evaluate(
        self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, targets: Tensor
    ) -> None:
        assert isinstance(module, BinaryClassification)
        classified = class_outputs(module, outputs, targets)
        probabilities, name = classified.probabilities[:, 1], classified.names[1]
        draw = partial(thresholds_figure, probabilities, classified.targets, module.threshold, name, stage)
        save_picture(trainer, f"{stage}/thresholds", draw)
