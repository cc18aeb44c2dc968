"""Averages of the weights over the steps of a run: exponential (EMA) and equal (SWA).

Validation, the test, the ``state_dict`` of both checkpoints and prediction use the average. Training goes on with the
current weights, which the checkpoints keep beside it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, ClassVar

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn, update_bn

from lightlab.errors import UsageError
from lightlab.modules.supervised import SupervisedModule


class Averaging(WeightAveraging):
    """Lightning's `WeightAveraging` from a share of the run on; until then everything uses the current weights.

    A run that is resumed after the averaging has begun goes on averaging.

    Args:
        start: share of the run's steps before the first weights that are averaged, in [0, 1).
        options: of `torch.optim.swa_utils.AveragedModel`, such as ``multi_avg_fn``.

    Attributes:
        averaged: number of the weights in the average.
        message: is printed at the end of the run.
    """

    each: ClassVar[str] = "step"  # after which the average is updated

    def __init__(self, start: float = 0.0, **options: Any) -> None:
        if not 0 <= start < 1:
            raise UsageError(f"callbacks: start={start} of {type(self).__name__} is a share of the run, 0 <= start < 1")
        super().__init__(**options)
        self.start = start
        self.averaged = 0
        self.message = ""
        self._is_due = False

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        return step_idx is not None and self._is_due

    def on_averaged(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Is called after every update."""

    @contextmanager
    def in_use(self, trainer: Trainer, pl_module: LightningModule) -> Iterator[None]:
        """Gives the module the average, and its current weights again at the end."""
        super().on_validation_epoch_start(trainer, pl_module)
        yield
        super().on_validation_epoch_end(trainer, pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Updates the average before the validation that follows an epoch's last batch."""
        before = super().state_dict()
        self._is_due = self._has_begun(trainer, pl_module) and (self.each == "step" or trainer.is_last_batch)
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)
        if super().state_dict() != before:
            self.averaged += 1
            self.on_averaged(trainer, pl_module)

    def _has_begun(self, trainer: Trainer, module: LightningModule) -> bool:
        if self.averaged or not self.start:
            return True
        if isinstance(module, SupervisedModule):
            return trainer.global_step > self.start * module.run_length.steps
        return trainer.global_step > self.start * trainer.estimated_stepping_batches

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.averaged:
            super().on_validation_epoch_start(trainer, pl_module)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.averaged:
            super().on_validation_epoch_end(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        name = type(self).__name__
        self.message = f"weights      not averaged: the run ended before the share start={self.start} of it ({name})"
        if self.averaged:
            super().on_train_end(trainer, pl_module)
            number = f"{self.averaged:,} {self.each}{'' if self.averaged == 1 else 's'}"
            self.message = f"weights      the average over {number} ({name}) was validated, tested and kept"

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"averaged": self.averaged}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self.averaged = state_dict["averaged"]

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        if self.averaged and trainer.training:
            super().on_save_checkpoint(trainer, pl_module, checkpoint)

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        if "averaging_state" in checkpoint:  # else nothing has been averaged so far
            super().on_load_checkpoint(trainer, pl_module, checkpoint)


class Ema(Averaging):
    """Exponential moving average after every step n: average ← d · average + (1 − d) · weights.

    d = min(decay, (1 + n) / (10 + n)), so that the first weights are soon forgotten. The running statistics of batch
    norm are averaged in the same way.

    Args:
        decay: in [0, 1); the average reaches back 1 / (1 − decay) steps.
    """

    def __init__(self, decay: float = 0.999, start: float = 0.0) -> None:
        if not 0 <= decay < 1:
            raise UsageError(f"callbacks: decay={decay} of Ema must be in 0 <= decay < 1")

        def average(averages: list[Tensor], weights: list[Tensor], number: Tensor) -> None:
            n = int(number)
            get_ema_multi_avg_fn(min(decay, (1 + n) / (10 + n)))(averages, weights, number)

        super().__init__(start, multi_avg_fn=average)


class Swa(Averaging):
    """Mean of the weights at the ends of the epochs after `start` (Izmailov et al., 2018, arXiv:1803.05407).

    The statistics of batch norm are measured anew with the average, in a pass over the training rows. The learning
    rate is the schedule's: the average gains most where that stays high.
    """

    each = "epoch"

    def __init__(self, start: float = 0.75) -> None:
        super().__init__(start)

    def on_averaged(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert trainer.train_dataloader is not None
        device, limit = pl_module.device, trainer.num_training_batches
        batches = islice(trainer.train_dataloader, int(limit) if limit < float("inf") else None)
        # What dropout draws must not change the steps that follow.
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            trainer.precision_plugin.forward_context(),
            self.in_use(trainer, pl_module),
        ):
            update_bn(batches, pl_module, device)
