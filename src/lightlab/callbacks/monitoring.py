"""Keeps track of which metrics have just been measured, and checks that the monitored one is logged."""

import re
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from lightlab.callbacks.base import callbacks_of
from lightlab.errors import UsageError, did_you_mean


class Validations(Callback):
    """Notes when the last validation was, and which metrics it logged: Lightning keeps their values for later epochs.

    Attributes:
        epoch: of the last validation; -1 before the first.
        names: of the metrics that validations log.
    """

    def __init__(self) -> None:
        self.epoch = -1
        self.names: set[str] = set()
        self._before: set[str] = set()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not self.names:
            self._before = set(trainer.callback_metrics)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not self.names:
            self.names = set(trainer.callback_metrics) - self._before
        if not trainer.sanity_checking:
            self.epoch = trainer.current_epoch


def is_fresh(trainer: Trainer, metric: str | None) -> bool:
    """Whether the metric has a value of this epoch."""
    return metric in trainer.callback_metrics and metric not in stale_metrics(trainer)


def stale_metrics(trainer: Trainer) -> set[str]:
    """Returns the metrics of validation, in an epoch without a validation."""
    validations = [callback for callback in callbacks_of(trainer) if isinstance(callback, Validations)]
    return {name for each in validations if each.epoch != trainer.current_epoch for name in each.names}


class CheckMonitor(Checkpoint):
    """Refuses a monitored metric that nothing logs: after the first validation, or the first epoch.

    It is a `Checkpoint`, so that Lightning calls it after the module's own hook, and stands before the others.
    Lightning's trial validation before the first step counts, so that most errors cost a second.

    Raises:
        UsageError: names the metrics that are logged.
    """

    def __init__(self, metric: str) -> None:
        self.metric = metric
        self._is_validated = False

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._is_validated = True
        if re.search(r"(^|[/_.-])val(id|idation)?($|[/_.-])", self.metric):
            self._check(trainer, pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        validates_later = trainer.enable_validation and trainer.limit_val_batches != 0
        if self._is_validated or not validates_later:
            self._check(trainer, pl_module)

    def _check(self, trainer: Trainer, module: LightningModule) -> None:
        names: list[Any] = sorted(trainer.callback_metrics)
        if self.metric in names:
            return
        advice = did_you_mean(self.metric, names) or "name one of them in monitor.name, or null for none"
        raise UsageError(
            f"monitor.name={self.metric}: {type(module).__name__} logs {', '.join(names) or 'no metric'}; "
            f"{advice.strip()}"
        )
