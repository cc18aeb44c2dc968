"""Callbacks of Lightning whose work a run would lose, each with what to use instead."""

from collections.abc import Mapping
from typing import Any

from lightning.pytorch import Callback
from lightning.pytorch.callbacks import (
    BatchSizeFinder,
    GradientAccumulationScheduler,
    LearningRateFinder,
    StochasticWeightAveraging,
)

from lightlab.errors import UsageError

_INSTEAD = {
    StochasticWeightAveraging: "sets the averaged weights after the last epoch, and the test and prediction use "
    "best.ckpt, which never holds them; use callbacks=[default,swa]",
    LearningRateFinder: "changes the rate after the schedule has been drawn for another; use find_lr=true, which "
    "suggests one for optimizer.lr=",
    BatchSizeFinder: "changes the batch size after the schedule has been drawn for another number of steps; use "
    "find_batch_size=true, which suggests one for data.batch_size=",
}


def check_callbacks(callbacks: Mapping[str, Callback | None], trainer: Mapping[str, Any]) -> None:
    """Refuses callbacks whose work would be lost, or that cannot go with the trainer's settings."""
    for name, callback in callbacks.items():
        reason = next((reason for kind, reason in _INSTEAD.items() if isinstance(callback, kind)), None)
        if reason is not None:
            raise UsageError(f"callbacks.{name}: Lightning's {type(callback).__name__} {reason}")
        if isinstance(callback, GradientAccumulationScheduler) and trainer["accumulate_grad_batches"] != 1:
            raise UsageError(
                f"callbacks.{name}: says how many batches are accumulated, and so does "
                f"trainer.accumulate_grad_batches={trainer['accumulate_grad_batches']}; leave one of them out"
            )
