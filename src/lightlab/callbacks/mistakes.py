"""For classifiers: the confusion matrix and the worst mistakes."""

from __future__ import annotations

from functools import partial

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from lightlab.callbacks.images_shown import as_seen
from lightlab.callbacks.judged_classes import JudgedClasses, judged_classes
from lightlab.callbacks.judging import Judging
from lightlab.callbacks.pictures import keep_picture
from lightlab.callbacks.running import data_of
from lightlab.data.base import ResidentDataModule
from lightlab.data.resident import Split
from lightlab.figures.confusion import confusion_figure
from lightlab.figures.mistakes import Mistake, mistakes_figure
from lightlab.modules.supervised import SupervisedModule


class Mistakes(Judging):
    """Writes figures/confusion.png and, for images, figures/mistakes.png, and shows both in TensorBoard.

    Args:
        worst: how many mistakes are shown: those with the largest cross-entropy.
    """

    kinds = ("class", "binary")

    def __init__(self, worst: int = 24) -> None:
        super().__init__()
        self.worst = worst

    def judge(self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, rows: Split) -> None:
        judged = judged_classes(module, outputs, rows.targets)
        threshold = getattr(module, "threshold", None)
        confusion = partial(confusion_figure, judged.confusion().numpy(), judged.names, threshold)
        keep_picture(trainer, f"{stage}/confusion", confusion)
        mistakes = self._worst(judged, rows, data_of(trainer)) if len(module.spec.input_shape) == 3 else []
        if mistakes:
            keep_picture(trainer, f"{stage}/mistakes", partial(mistakes_figure, mistakes, judged.names))

    def _worst(self, judged: JudgedClasses, rows: Split, data: ResidentDataModule) -> list[Mistake]:
        losses = torch.where(judged.right, -1.0, judged.losses)
        worst = losses.topk(min(self.worst, int((~judged.right).sum()))).indices
        if not len(worst):
            return []
        images = as_seen(data.prepare(rows.inputs[worst.to(rows.inputs.device)]), data)
        return [
            Mistake(float(judged.losses[row]), image, target, predicted, float(judged.probabilities[row, predicted]))
            for image, row, target, predicted in zip(
                images, worst, judged.targets[worst].tolist(), judged.predicted[worst].tolist(), strict=True
            )
        ]
