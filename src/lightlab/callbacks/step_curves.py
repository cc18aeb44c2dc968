"""Writes the curves of single steps to the logger: loss, learning rate, gradient norm."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from lightlab.callbacks.looking import Looking
from lightlab.callbacks.running import module_of


class StepCurves(Looking):
    """Every `every` steps, straight to the logger: `self.log` would cost as much as the step."""

    def __init__(self, every: int) -> None:
        self.every = every
        self._norm: Tensor | None = None

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        if trainer.loggers and self._due(trainer.global_step + 1):
            gradients = [parameter.grad for parameter in pl_module.parameters() if parameter.grad is not None]
            self._norm = get_total_norm(gradients)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self._norm is None:
            return
        values = {
            "loss/step": float(outputs["loss"]) * trainer.accumulate_grad_batches / module_of(pl_module).answers,
            "gradient_norm": float(self._norm),
            "learning_rate": trainer.optimizers[0].param_groups[0]["lr"],
        }
        self._norm = None
        for logger in trainer.loggers:
            logger.log_metrics(values, step=trainer.global_step)

    def _due(self, step: int) -> bool:
        return step == 1 or step % self.every == 0
