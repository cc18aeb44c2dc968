"""Keeps last.ckpt, which resume= goes on from."""

from __future__ import annotations

import time
from pathlib import Path

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint


class LastCheckpoint(Checkpoint):
    """Writes checkpoints/last.ckpt every `every_n_epochs` epochs and after the last, however the run ends.

    Lightning's `ModelCheckpoint(save_last=True)` does so only when the best one has changed.

    Args:
        seconds_between: of epochs that are shorter some are passed over, so that writing does not outweigh training.
    """

    def __init__(self, every_n_epochs: int = 1, seconds_between: float = 1.0) -> None:
        self.every_n_epochs = every_n_epochs
        self.seconds_between = seconds_between
        self._next = 0.0

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        steps_done = 0 < trainer.max_steps <= trainer.global_step
        if epoch == trainer.max_epochs or steps_done or trainer.should_stop:
            save_last(trainer)
        elif epoch % self.every_n_epochs == 0 and time.monotonic() >= self._next:
            save_last(trainer)
            self._next = time.monotonic() + self.seconds_between


def save_last(trainer: Trainer) -> None:
    trainer.save_checkpoint(Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt")
