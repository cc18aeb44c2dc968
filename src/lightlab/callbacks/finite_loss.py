"""Stops a run whose loss is no longer a number."""

from __future__ import annotations

import math
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.errors import LightlabError


class FiniteLoss(Callback):
    """Looks at every step's loss on the CPU; on a GPU, where looking means waiting, at every `every`-th.

    Raises:
        LightlabError: names the step and the learning rate. Nothing is saved from there on.
    """

    def __init__(self, every: int = 50) -> None:
        self.every = every

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        loss = outputs["loss"]
        if (loss.is_cpu or trainer.global_step % self.every == 0) and not math.isfinite(loss.item()):
            raise LightlabError(_explain(trainer, float(loss), exact=loss.is_cpu))

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Before the epoch's checkpoints are written."""
        loss = float(trainer.callback_metrics["loss/train"])
        if not math.isfinite(loss):
            raise LightlabError(_explain(trainer, loss, exact=False))


def _explain(trainer: Trainer, loss: float, exact: bool) -> str:
    rate = trainer.optimizers[0].param_groups[0]["lr"]
    return (
        f"the loss is {loss} {'at' if exact else 'at or before'} step {trainer.global_step} (epoch "
        f"{trainer.current_epoch + 1}, learning rate {rate:.3g}); try optimizer.lr={rate / 10:.1g}, "
        f"trainer.gradient_clip_val=1 or another initializer"
    )
