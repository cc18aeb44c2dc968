"""Stops a run of a search that does not look promising beside the others."""

import math
from typing import Protocol

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from lightlab.callbacks.monitoring import is_fresh

_REPORTS = 100  # at most, at the same epochs in every run: one takes tens of milliseconds, a tiny network's epoch ten


class Trial(Protocol):
    """Receives metric values and decides whether the run stops."""

    def report(self, value: float, epoch: int) -> bool: ...


class Pruning(Checkpoint):
    """Reports the monitored metric when it has been measured, by epochs from 1, and ends the run if the search says so.

    A run in its last epoch ends by itself. It is a `Checkpoint`, and stands after the others, so that the epoch has
    been saved as one of a run that ``resume=`` may go on with.

    Args:
        monitor: name and mode of the metric.

    Attributes:
        reason: why the run was stopped; empty if it was not.
    """

    def __init__(self, trial: Trial, monitor: dict[str, str]) -> None:
        self.trial = trial
        self.metric, self.better = monitor["name"], max if monitor["mode"] == "max" else min
        self.best: tuple[float, int] | None = None  # value and epoch
        self.reason = ""

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not is_fresh(trainer, self.metric):
            return
        epoch, value = trainer.current_epoch + 1, float(trainer.callback_metrics[self.metric])
        if not math.isfinite(value):
            return
        self.best = self.better([*filter(None, [self.best]), (value, epoch)], key=lambda best: best[0])
        is_last = trainer.should_stop or epoch == trainer.max_epochs or trainer.global_step == trainer.max_steps
        is_reported = epoch % max(1, (trainer.max_epochs or 0) // _REPORTS) == 0
        if is_reported and self.trial.report(value, epoch) and not is_last:
            self.reason = (
                f"pruned after epoch {epoch} of {trainer.max_epochs}: {self.metric} {value:.4g}, at best "
                f"{self.best[0]:.4g} in epoch {self.best[1]}"
            )
            trainer.should_stop = True
