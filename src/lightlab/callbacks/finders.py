"""Measurements for the choice of a learning rate and of a batch size; `lightlab.training.finders` starts them."""

import math
import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.errors import UsageError

SMOOTHING = 0.8  # share of the smoothed loss that a step keeps
DIVERGED = 4.0  # a smoothed loss of so many times the lowest ends the measurement


class RateSweep(Callback):
    """Raises the learning rate evenly on a logarithmic scale, and records the loss at each step.

    Groups of parameters keep the ratios of their rates. Ends early where the loss has diverged.

    Args:
        low: the first rate.
        high: the last rate, at step `steps`.

    Attributes:
        rates: that were tried, of the first group of parameters.
        losses: the smoothed losses at these rates.
    """

    def __init__(self, low: float, high: float, steps: int) -> None:
        self.low, self.high, self.steps = low, high, steps
        self.rates: list[float] = []
        self.losses: list[float] = []
        self._mean = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if len(trainer.optimizers) != 1:
            raise UsageError(f"find_lr=true: needs one optimizer, and this module has {len(trainer.optimizers)}")
        first = trainer.optimizers[0].param_groups[0]["lr"]
        self._ratios = [group["lr"] / first for group in trainer.optimizers[0].param_groups]

    def on_train_batch_start(self, trainer: Trainer, *_: Any) -> None:
        rate = self.low * (self.high / self.low) ** (trainer.global_step / max(1, self.steps - 1))
        for group, ratio in zip(trainer.optimizers[0].param_groups, self._ratios, strict=True):
            group["lr"] = rate * ratio
        self._rate = rate

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *_: Any) -> None:
        loss = float(outputs["loss"]) * trainer.accumulate_grad_batches
        self._mean = SMOOTHING * self._mean + (1 - SMOOTHING) * loss
        smooth = self._mean / (1 - SMOOTHING ** (len(self.losses) + 1))
        if not math.isfinite(smooth) or (self.losses and smooth > DIVERGED * max(min(self.losses), 1e-12)):
            trainer.should_stop = True
            return
        self.rates.append(self._rate)
        self.losses.append(smooth)


class StepTimer(Callback):
    """Times the steps after the first ones, which are slower, for at most `seconds`.

    Attributes:
        times: seconds of each step.
    """

    def __init__(self, warm_up: int = 2, seconds: float = 1.0) -> None:
        self.warm_up = warm_up
        self.seconds = seconds
        self.times: list[float] = []
        self._last = 0.0

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if pl_module.device.type == "cuda":
            torch.cuda.synchronize(pl_module.device)
        now = time.perf_counter()
        if trainer.fit_loop.total_batch_idx + 1 > self.warm_up:
            self.times.append(now - self._last)
        self._last = now
        trainer.should_stop = sum(self.times) > self.seconds
