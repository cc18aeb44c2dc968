"""The loss on the same training rows before the first step and after the last."""

from __future__ import annotations

from itertools import islice
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.callbacks.base import data_of
from lightlab.data.loader import ResidentLoader


class FirstAndLastLoss(Callback):
    """Adds ``loss/first`` and ``loss/last`` to the results: without augmentation and dropout.

    Args:
        rows: about so many training rows are judged, in whole batches.
    """

    def __init__(self, rows: int = 512) -> None:
        self.rows = rows
        self.results: dict[str, float] = {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.results["loss/first"] = self._loss(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.results["loss/last"] = self._loss(trainer, pl_module)

    @torch.no_grad()
    def _loss(self, trainer: Trainer, module: Any) -> float:
        data = data_of(trainer)
        split = data.splits["train"]
        order = data.order(split, data.batch_size, shuffle=data.shuffle)  # of the first epoch
        loader = ResidentLoader(split, data.batch_size, order, data.prepare)
        states = torch.random.get_rng_state()
        torch.manual_seed(0)  # noise words are drawn alike both times
        module.eval()
        with trainer.precision_plugin.val_step_context():
            for batch in islice(loader, max(1, self.rows // data.batch_size)):
                module.validation_step(trainer.precision_plugin.convert_input(batch), 0)
        module.train()
        torch.random.set_rng_state(states)
        loss = float(module.val_loss.compute())
        module.val_loss.reset()
        module.val_metrics.reset()
        return loss
