"""For classifiers: the confusion matrix and the worst mistakes on the test rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn.functional import cross_entropy

from lightlab.figures.confusion import confusion_figure
from lightlab.figures.mistakes import Mistake, mistakes_figure
from lightlab.figures.style import save
from lightlab.run_logger import RunLogger


class Mistakes(Callback):
    """Writes figures/confusion.png and, for images, figures/mistakes.png, and shows both in TensorBoard.

    Does nothing on a task that predicts no class.

    Args:
        worst: how many mistakes are shown: those with the largest cross-entropy.
    """

    def __init__(self, worst: int = 24) -> None:
        self.worst = worst
        self.confusion = torch.zeros(0)
        self.mistakes: list[Mistake] = []

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        spec = pl_module.spec
        classes = len(spec.class_names) if spec.target == "class" else 0  # type: ignore[union-attr,arg-type]
        self.confusion = torch.zeros(classes, classes, dtype=torch.long)
        self.mistakes = []

    def on_test_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: tuple[Tensor, Tensor],
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        if not len(self.confusion):
            return
        inputs, targets = (part.cpu() for part in batch)
        logits = outputs.float().cpu()  # (N, classes)
        predicted = logits.argmax(1)
        self.confusion.index_put_((targets, predicted), torch.tensor(1), accumulate=True)
        losses = torch.where(predicted == targets, 0.0, cross_entropy(logits, targets, reduction="none"))
        for row in losses.topk(min(self.worst, int((losses > 0).sum()))).indices.tolist():
            probability = float(logits[row].softmax(0).amax())
            found = Mistake(float(losses[row]), inputs[row], int(targets[row]), int(predicted[row]), probability)
            self.mistakes.append(found)
        self.mistakes = sorted(self.mistakes, key=lambda mistake: -mistake.loss)[: self.worst]

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not len(self.confusion):
            return
        names = pl_module.spec.class_names  # type: ignore[union-attr]
        figures = {"confusion": confusion_figure(self.confusion.numpy(), names)}  # type: ignore[arg-type]
        if self.mistakes and self.mistakes[0].image.ndim == 3:
            figures["mistakes"] = mistakes_figure(self.mistakes, names)  # type: ignore[arg-type]
        for name, figure in figures.items():
            self._keep(trainer, name, figure)

    def _keep(self, trainer: Trainer, name: str, figure: Figure) -> None:
        save(figure, Path(trainer.default_root_dir) / "figures" / f"{name}.png")
        for logger in trainer.loggers:
            if isinstance(logger, RunLogger):
                logger.experiment.add_figure(f"test/{name}", figure, trainer.global_step)
